"""`sonicforge lofi`: any recording through old machines."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sonicforge.cli.files import Report


def lofi(
    inputs: Annotated[list[Path] | None, typer.Argument(help="Sound files, or folders of them.")] = None,
    out: Annotated[Path | None, typer.Option(help="The new file; for several, a folder.")] = None,
    preset: Annotated[str | None, typer.Option(help="A medium by name; see --list.")] = None,
    tape: Annotated[float | None, typer.Option(help="Tape machine, 0 none .. 1 all of it.")] = None,
    speed_ips: Annotated[float | None, typer.Option(help="Tape speed, 1.875 .. 30 inches a second.")] = None,
    model: Annotated[str | None, typer.Option(help="Tape model: light, rk2 or rk4.")] = None,
    vinyl: Annotated[float | None, typer.Option(help="Record, 0 new .. 1 ruined.")] = None,
    eq: Annotated[str | None, typer.Option(help="Band of a medium, as in telephone or am_radio.")] = None,
    bits: Annotated[float | None, typer.Option(help="Converter depth, 1 .. 16.")] = None,
    rate: Annotated[float | None, typer.Option(help="Converter clock, 1000 .. 48000 Hz.")] = None,
    wow: Annotated[float | None, typer.Option(help="Weighted percent.")] = None,
    flutter: Annotated[float | None, typer.Option(help="Weighted percent.")] = None,
    hiss: Annotated[float | None, typer.Option(help="Level in dBFS, -120 .. -20.")] = None,
    dropouts: Annotated[float | None, typer.Option(help="0 none .. 1 worn out.")] = None,
    spin_down: Annotated[float | None, typer.Option(help="Seconds in which it stops at the end, up to 30.")] = None,
    seed: Annotated[int, typer.Option(help="Chance of noise, wow and dropouts.")] = 0,
    format: Annotated[str | None, typer.Option(help="wav flac mp3 ogg opus m4a.")] = None,  # noqa: A002
    show: Annotated[bool, typer.Option("--list", help="List the presets.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Age sound files: tape, vinyl, telephone, samplers; by preset or by hand."""
    from sonicforge.cli.files import work_on
    from sonicforge.effects.lofi import load
    from sonicforge.errors import BadInput
    from sonicforge.settings import load_settings
    from sonicforge.workshop.lofi import Wishes, age_file

    own = load_settings().data / "lofi"
    if show:
        _list(own, as_json=as_json)
        return
    if not inputs or out is None:
        raise BadInput("say which files and --out, or --list")
    wishes = Wishes(
        preset=None if preset is None else load(preset, folder=own),
        tape=tape,
        vinyl=vinyl,
        eq=eq,
        bits=bits,
        rate=rate,
        wow=wow,
        flutter=flutter,
        hiss=hiss,
        dropouts=dropouts,
        speed_ips=speed_ips,
        spin_down=spin_down,
        model=model,
        seed=seed,
        format=format or "",
    ).checked()

    def work(source: Path, target: Path, report: "Report") -> "Mapping[str, object]":
        return age_file(source, target, wishes, report)

    work_on(inputs, out, "", work, format=format, as_json=as_json)


def _list(own: Path, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from sonicforge.cli.words import print_json
    from sonicforge.effects.lofi import load, names

    presets = [load(name, folder=own) for name in names(own)]
    if as_json:
        rows = [{"name": p.name, "title": p.title, "about": p.about} for p in presets]
        print_json({"presets": rows})
        return
    table = Table(box=None, header_style="bold")
    for heading in ("preset", "title", "about"):
        table.add_column(heading)
    for one in presets:
        table.add_row(one.name, one.title, one.about)
    Console(highlight=False).print(table)
