"""`sonicforge stretch`: another tempo, another pitch, or both."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sonicforge.cli.files import Report


def stretch(
    inputs: Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.")],
    out: Annotated[Path, typer.Option(help="The new file; for several, a folder.")],
    tempo: Annotated[str, typer.Option(help="104% or +4% for faster, 97% or -3% for slower; 50% .. 200%.")] = "100%",
    semitones: Annotated[float, typer.Option(help="Pitch up or down, -12 .. 12, fractions too.")] = 0.0,
    varispeed: Annotated[
        bool, typer.Option("--varispeed", help="Pitch goes with the tempo, as on a turntable.")
    ] = False,
    format: Annotated[str | None, typer.Option(help="wav flac mp3 ogg opus m4a.")] = None,  # noqa: A002
    bits: Annotated[str, typer.Option(help="16, 24 or 32f, for wav and flac.")] = "24",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Change tempo or pitch of sound files; the other stays as it is."""
    from sonicforge.cli.files import work_on
    from sonicforge.workshop.stretch import Change, stretch_file

    change = Change(speed_in(tempo), semitones, varispeed, format or "", bits).checked()

    def work(source: Path, target: Path, report: "Report") -> "Mapping[str, object]":
        return stretch_file(source, target, change, report)

    work_on(inputs, out, "", work, format=format, as_json=as_json)


def speed_in(words: str) -> float:
    """Speed from a tempo as people write it: "104%" and "+4%" are 1.04. Raises `BadInput`."""
    from math import isfinite

    from sonicforge.errors import BadInput

    number = words.strip().removesuffix("%")
    try:
        percent = float(number)
    except ValueError:
        percent = float("nan")
    if not isfinite(percent) or not words.strip().endswith("%"):
        raise BadInput(f"tempo is {words!r}, but must be a percentage as in 104% or -3%")
    return (100 + percent if number[0] in "+-" else percent) / 100
