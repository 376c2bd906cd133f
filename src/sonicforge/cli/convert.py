"""`sonicforge convert`: the same sound in another format, rate, depth or number of channels."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sonicforge.cli.files import Report


def convert(
    inputs: Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.")],
    out: Annotated[Path, typer.Argument(help="The new file; for several, a folder.")],
    rate: Annotated[int | None, typer.Option(help="Sample rate in Hz, 8000 .. 192000.")] = None,
    channels: Annotated[int | None, typer.Option(help="1 or 2; surround is folded down.")] = None,
    bits: Annotated[str | None, typer.Option(help="16, 24 or 32f, for wav and flac.")] = None,
    bitrate: Annotated[str | None, typer.Option(help="As in 192k, for mp3, ogg, opus and m4a.")] = None,
    dither: Annotated[str, typer.Option(help="none, tpdf or shaped.")] = "tpdf",
    tags: Annotated[list[str] | None, typer.Option(help="key=value; an empty value takes a tag away.")] = None,
    format: Annotated[str | None, typer.Option(help="wav flac mp3 ogg opus m4a.")] = None,  # noqa: A002
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Convert sound files; tags and cover stay, what needs no change comes through bit for bit."""
    from sonicforge.cli.files import work_on
    from sonicforge.workshop.convert import Wish
    from sonicforge.workshop.convert import convert as convert_file

    wish = Wish(
        format=format or "",
        sample_rate=rate,
        channels=channels,
        bits=bits,
        bitrate=None if bitrate is None else bits_per_second(bitrate),
        dither=dither,
        tags=tags_from(tags or ()),
    ).checked()

    def work(source: Path, target: Path, report: "Report") -> "Mapping[str, object]":
        return convert_file(source, target, wish, report)

    work_on(inputs, out, "", work, format=format, as_json=as_json)


def bits_per_second(words: str) -> int:
    """A bit rate as people write it: "192k", "192000", or "192" for thousands. Raises `BadInput`."""
    from sonicforge.errors import BadInput

    number, thousands = (words[:-1], True) if words[-1:] in ("k", "K") else (words, False)
    if not number.isdecimal():
        raise BadInput(f"bit rate is {words!r}, but must be a number as in 192k")
    return int(number) * (1000 if thousands or int(number) < 1000 else 1)


def tags_from(words: "list[str] | tuple[str, ...]") -> dict[str, str]:
    """Tags from `key=value` words; raises `BadInput`, and `UnknownName` for a key no file could carry."""
    from sonicforge.errors import BadInput, UnknownName
    from sonicforge.sound.tags import NAMES

    tags = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise BadInput(f"tag is {word!r}, but must be as in title=Name")
        if name.strip().lower() not in NAMES:
            raise UnknownName("tag", name.strip(), NAMES)
        tags[name.strip().lower()] = value.strip()
    return tags
