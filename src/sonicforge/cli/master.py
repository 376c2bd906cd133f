"""`sonicforge master`: finish recordings, by a preset or after references, with a report of what was done and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sonicforge.cli.files import Report
    from sonicforge.workshop.master import Mastered, Wishes


def master(
    inputs: Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.")],
    out: Annotated[Path, typer.Option(help="The finished file; for several, a folder.")],
    reference: Annotated[list[Path] | None, typer.Option(help="Sound like this; may be given several times.")] = None,
    preset: Annotated[str | None, typer.Option(help="streaming club broadcast vinyl podcast gentle loud ...")] = None,
    target_lufs: Annotated[float | None, typer.Option(help="Loudness in LUFS, -40 .. -5.")] = None,
    ceiling: Annotated[float | None, typer.Option(help="Highest true peak in dBTP, -12 .. 0.")] = None,
    strength: Annotated[float | None, typer.Option(help="How far the tone is drawn to the goal, 0 .. 100 %.")] = None,
    width: Annotated[float | None, typer.Option(help="Stereo width: 0 mono, 1 as it is, up to 2.")] = None,
    format: Annotated[str | None, typer.Option(help="wav flac mp3 ogg opus m4a.")] = None,  # noqa: A002
    rate: Annotated[int | None, typer.Option(help="Sample rate in Hz, 8000 .. 192000.")] = None,
    bits: Annotated[str, typer.Option(help="16, 24 or 32f, for wav and flac.")] = "24",
    bitrate: Annotated[str | None, typer.Option(help="As in 192k, for mp3, ogg, opus and m4a.")] = None,
    dither: Annotated[str | None, typer.Option(help="none, tpdf or shaped.")] = None,
    decision: Annotated[Path | None, typer.Option(help="Do what this file says (from --report).")] = None,
    report: Annotated[bool, typer.Option("--report", help="Write OUT.master.json and .png beside it.")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="Write before and after by turns, equally loud.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Master sound files: tone, dynamics, width, loudness, true peak. Tags and cover stay."""
    from dataclasses import replace

    from sonicforge.cli.convert import bits_per_second
    from sonicforge.cli.files import work_on
    from sonicforge.errors import Conflict, UnknownName
    from sonicforge.settings import load_settings
    from sonicforge.sound.dither import DITHERS
    from sonicforge.workshop.master import Wishes, hear_reference, master_file
    from sonicforge.workshop.mastering.decision import load_decision
    from sonicforge.workshop.mastering.preset import DEFAULT, load, names

    if decision is not None and (reference or preset is not None or strength is not None or width is not None):
        raise Conflict("a decision says all that reference, preset, strength and width could; give one or the other")
    if dither is not None and dither not in DITHERS:
        raise UnknownName("dither", dither, DITHERS)
    _check("target loudness", target_lufs, -40, -5, "LUFS")
    _check("ceiling", ceiling, -12, 0, "dBTP")
    _check("strength", strength, 0, 100, "%")
    _check("width", width, 0, 2)
    own = load_settings().data / "mastering"
    stored = None if decision is None else load_decision(decision)
    name = preset or (stored.preset if stored is not None and stored.preset in names(own) else DEFAULT)
    chosen = load(name, folder=own).at(lufs=target_lufs, ceiling_db=ceiling, width=width)
    if stored is not None:
        level = stored.level
        if ceiling is not None:
            level = replace(level, ceiling_db=ceiling, gain_db=None)
        stored = replace(stored, level=level, dither=dither or stored.dither)
    wishes = Wishes(
        preset=chosen,
        references=[hear_reference(path) for path in reference or ()],
        strength=None if strength is None else strength / 100,
        # A preset that is named sets the loudness, though references set the tone.
        target_lufs=chosen.lufs if preset is not None and target_lufs is None and stored is None else target_lufs,
        decision=stored,
        format=format or "",
        bits=bits,
        bitrate=None if bitrate is None else bits_per_second(bitrate),
        sample_rate=rate,
        dither=dither,
    )

    def work(source: Path, target: Path, follow: "Report") -> "Mapping[str, object]":
        asked = replace(wishes, compare=target.with_name(f"{target.stem}.compare{target.suffix}") if compare else None)
        return _told(master_file(source, target, asked, follow), source, target, asked, report=report)

    work_on(inputs, out, "", work, format=format, as_json=as_json, tell=_in_a_line)


def _check(name: str, value: float | None, low: float, high: float, unit: str = "") -> None:
    from sonicforge.errors import OutOfRange

    if value is not None and not low <= value <= high:
        raise OutOfRange(name, value, low, high, unit)


def _told(mastered: "Mastered", source: Path, target: Path, wishes: "Wishes", *, report: bool) -> dict[str, Any]:
    """What is printed; with `report` everything is written beside the result too."""
    from sonicforge.workshop.mastering.picture import draw_report
    from sonicforge.workshop.mastering.report import report as report_of

    whole = report_of(mastered, source, target)
    told: dict[str, Any] = {name: whole[name] for name in ("before", "after", "gain_reduction_db", "words")}
    if wishes.compare is not None:
        told["compare"] = str(wishes.compare)
    if report:
        import orjson

        facts, picture = target.with_suffix(".master.json"), target.with_suffix(".master.png")
        _put(facts, orjson.dumps(whole, option=orjson.OPT_INDENT_2))
        _put(picture, draw_report(whole))
        told |= {"report": str(facts), "picture": str(picture)}
    return told


def _put(path: Path, content: bytes) -> None:
    from secrets import token_hex

    from sonicforge.errors import CannotWrite

    hidden = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        hidden.write_bytes(content)
        hidden.replace(path)
    except OSError as error:
        hidden.unlink(missing_ok=True)
        raise CannotWrite(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error


def _in_a_line(told: "Mapping[str, Any]") -> str:
    def shown(figures: "Mapping[str, Any]") -> str:
        loudness, peak = figures["integrated"], figures["true_peak"]
        return "silence" if loudness is None or peak is None else f"{loudness:.1f} LUFS {peak:.1f} dBTP"

    warnings = [line for line in told["words"] if line.startswith("warning")]
    return "\n  ".join([f"{told['out']}: {shown(told['before'])} -> {shown(told['after'])}", *warnings])
