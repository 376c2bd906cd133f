"""`sonicforge restore`: clicks, clipping, hum, noise and single faults out of any recording."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sonicforge.cli.files import Report


def restore(
    inputs: Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.")],
    out: Annotated[Path, typer.Option(help="The new file; for several, a folder.")],
    auto: Annotated[bool, typer.Option("--auto", help="Listen first, then mend what is wrong.")] = False,
    declick: Annotated[bool, typer.Option("--declick", help="Clicks and pops.")] = False,
    sensitivity: Annotated[float, typer.Option(help="To clicks: 0 loud pops only .. 1 crackle too.")] = 0.5,
    declip: Annotated[bool, typer.Option("--declip", help="Peaks that were cut off.")] = False,
    dehum: Annotated[str | None, typer.Option(help="Mains hum at 50, 60 or auto.")] = None,
    denoise: Annotated[bool, typer.Option("--denoise", help="Steady noise.")] = False,
    amount: Annotated[float, typer.Option(help="Of noise reduction, 0 none .. 1 by 30 dB.")] = 0.6,
    gate: Annotated[bool, typer.Option("--gate", help="Turn the pauses down.")] = False,
    agc: Annotated[bool, typer.Option("--agc", help="Bring soft and loud passages closer.")] = False,
    repair: Annotated[list[str] | None, typer.Option(help="Seconds@hertz to fill anew: 12.3-12.6@4000-6000.")] = None,
    format: Annotated[str | None, typer.Option(help="wav flac mp3 ogg opus m4a.")] = None,  # noqa: A002
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: what was found and mended.")] = False,
) -> None:
    """Mend recordings: choose the steps, or let --auto choose them."""
    from sonicforge.cli.files import work_on
    from sonicforge.workshop.restore import Wishes, box_from, restore_file

    flags = {"declick": declick, "declip": declip, "dehum": dehum, "denoise": denoise, "gate": gate, "agc": agc}
    wishes = Wishes(
        steps=frozenset(name for name, on in flags.items() if on),
        auto=auto,
        amount=amount,
        sensitivity=sensitivity,
        mains=dehum or "auto",
        boxes=tuple(box_from(words) for words in repair or ()),
        format=format or "",
    ).checked()

    def work(source: Path, target: Path, report: "Report") -> "Mapping[str, object]":
        return restore_file(source, target, wishes, report)

    work_on(inputs, out, "", work, format=format, as_json=as_json, tell=in_words)


def in_words(result: "Mapping[str, Any]") -> str:
    """One line: where the result is and what was done."""
    parts = [_IN_WORDS[step](result["done"][step], result["found"]) for step in result["steps"]]
    if result["turned_down_db"]:
        parts.append(f"{result['turned_down_db']:.0f} dB lower to make room for peaks")
    return f"{result['out']}: {', '.join(parts) if parts else 'nothing to mend'}"


_IN_WORDS: "Mapping[str, Any]" = {
    "declip": lambda done, found: f"{done['samples']} clipped samples ({100 * found['clipped_share']:.2f} %)",
    "declick": lambda done, _found: f"{sum(done['clicks'])} clicks",
    "dehum": lambda _done, found: f"hum at {found['hum']['hz']:.2f} Hz, {found['hum']['level_db']:.0f} dBFS",
    "repair": lambda _done, _found: "boxes filled",
    "denoise": lambda _done, found: f"noise at {found['noise_floor_db']:.0f} dBFS",
    "gate": lambda _done, _found: "gated",
    "agc": lambda _done, _found: "levelled",
}
