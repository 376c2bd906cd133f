"""`sonicforge process`: any effect, or any chain of them, on any recording."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sonicforge.cli.files import Report
    from sonicforge.effects.chain_file import Step


def process(
    inputs: Annotated[
        list[str], typer.Argument(help="Sound files, or folders of them; after --effect also its settings, key=value.")
    ],
    out: Annotated[Path, typer.Option(help="The new file; for several, a folder.")],
    chain: Annotated[Path | None, typer.Option(help="A chain file (YAML).")] = None,
    effect: Annotated[str | None, typer.Option(help="One effect by name; see sonicforge effects.")] = None,
    tail: Annotated[float, typer.Option(help="Seconds added at the end for what rings on, 0 .. 60.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Chance of noises and movements.")] = 0,
    format: Annotated[str | None, typer.Option(help="wav flac mp3 ogg opus m4a.")] = None,  # noqa: A002
    bits: Annotated[str, typer.Option(help="16, 24 or 32f, for wav and flac.")] = "24",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send sound files through an effect, or through a chain of them."""
    from sonicforge.cli.files import work_on
    from sonicforge.workshop.process import Treatment, process_file

    files, settings = _told_apart(inputs, effect)
    treatment = Treatment(_steps(chain, effect, settings), seed, tail, format or "", bits).checked()

    def work(source: Path, target: Path, report: "Report") -> "Mapping[str, object]":
        return process_file(source, target, treatment, report)

    work_on(files, out, "", work, format=format, as_json=as_json, tell=_in_words)


def _told_apart(words: list[str], effect: str | None) -> tuple[list[Path], list[str]]:
    """Files and settings; a word with "=" is a setting unless such a file exists. Raises `BadInput`."""
    from sonicforge.errors import BadInput

    settings = [word for word in words if effect is not None and "=" in word and not Path(word).exists()]
    files = [Path(word) for word in words if word not in settings]
    if not files:
        raise BadInput("say which files")
    return files, settings


def _steps(chain: Path | None, effect: str | None, settings: list[str]) -> "tuple[Step, ...]":
    from sonicforge.effects.chain_file import read_chain, step_in_words
    from sonicforge.errors import BadInput

    if (chain is None) == (effect is None):
        raise BadInput("say either --chain FILE or --effect NAME")
    return read_chain(chain) if chain is not None else (step_in_words(str(effect), settings),)


def _in_words(told: "Mapping[str, object]") -> str:
    warning = f"; peaks of {told['peak_db']} dB were cut off, add a gain or a limiter" if told["clipped"] else ""
    return f"{told['out']}{warning}"
