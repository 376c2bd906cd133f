"""`sonicforge separate`: harmony and drums, frequency bands, or the stems of a Demucs model, as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sonicforge.cli.files import Report


def separate(
    inputs: Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.")],
    out: Annotated[
        Path, typer.Option(help="Folder for the parts; for one file also what their names begin with, as in song.wav.")
    ],
    bands: Annotated[str | None, typer.Option(help="Frequency borders, as in 200,2000.")] = None,
    model: Annotated[str, typer.Option(help="A Demucs model, as in htdemucs, where Demucs is installed.")] = "",
    margin: Annotated[float, typer.Option(help="Above 1 (to 16) only what is clear; the rest is residual.")] = 1.0,
    format: Annotated[str, typer.Option(help="wav flac mp3 ogg opus m4a.")] = "wav",  # noqa: A002
    bits: Annotated[str, typer.Option(help="16, 24 or 32f.")] = "32f",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take sound apart into harmonic and percussive files, bands or stems that add up to it again."""
    from sonicforge.cli.files import work_on
    from sonicforge.workshop.separate import Cut
    from sonicforge.workshop.separate import separate as separate_file

    cut = Cut(bands_hz=borders(bands), model=model, margin=margin, format=format, bits=bits).checked()

    def work(source: Path, target: Path, report: "Report") -> "Mapping[str, object]":
        return separate_file(source, target, cut, report)

    def tell(result: "Mapping[str, object]") -> str:
        parts = result["parts"]
        assert isinstance(parts, dict)
        return "\n".join(parts.values())

    def written(target: Path) -> "Iterable[Path]":
        return cut.files(target).values()

    work_on(inputs, out, format, work, format=format, as_json=as_json, tell=tell, written=written)


def borders(words: str | None) -> tuple[float, ...]:
    """Frequencies from "200,2000"; raises `BadInput`."""
    from sonicforge.errors import BadInput

    try:
        return tuple(float(word) for word in words.split(",")) if words else ()
    except ValueError:
        raise BadInput(f"bands are {words!r}, but must be frequencies as in 200,2000") from None
