"""`sonicforge judge` and `sonicforge measure`: what the critic and the meters say about any sound file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sonicforge.critic.verdict import Verdict
    from sonicforge.sound.loudness import Loudness

Inputs = Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_LONGEST_JUDGED_S = 1800.0
_HELD_S = 600.0
"""Longer files are measured as they are read, shorter ones at once, which is faster."""


def judge(
    files: Inputs,
    genre: Annotated[str | None, typer.Option(help="Judge against this genre's targets.")] = None,
    as_json: AsJson = False,
) -> None:
    """Judge sound files by the critic's audio checks, with reasons in words."""
    from sonicforge.critic.judge import judge_audio
    from sonicforge.critic.verdict import verdict
    from sonicforge.errors import OutOfRange
    from sonicforge.genres.load import load
    from sonicforge.settings import load_settings
    from sonicforge.sound.files import info, read

    target = load(genre, folder=load_settings().genres) if genre else None

    def work(path: Path) -> dict[str, object]:
        length_s = info(path).duration_s
        if length_s > _LONGEST_JUDGED_S:
            raise OutOfRange(f"length of {path}", round(length_s), 0, round(_LONGEST_JUDGED_S), "s for the critic")
        told = verdict(judge_audio(read(path), target))
        if not as_json:
            _show_verdict(path, told, named=several(files))
        return {"genre": genre, **told.to_json()}

    _listen(files, work, as_json=as_json)


def measure(files: Inputs, as_json: AsJson = False) -> None:
    """Measure loudness after BS.1770 and R 128: integrated, momentary, short-term, range, true peak."""

    def work(path: Path) -> dict[str, object]:
        facts = _measured(path)
        if not as_json:
            _show_facts({"file": str(path), **facts})
        return facts

    _listen(files, work, as_json=as_json)


def several(files: list[Path]) -> bool:
    """Whether more than one file was asked for: several names, or a folder."""
    from sonicforge.cli.files import is_folder

    return len(files) > 1 or is_folder(files[0])


def _listen(files: list[Path], work: Callable[[Path], dict[str, object]], *, as_json: bool) -> None:
    """One named file is told as itself; several, or a folder, as a list that leaves out what cannot be read."""
    if not several(files):
        from sonicforge.cli.words import print_json

        facts = work(files[0])
        if as_json:
            print_json({"file": str(files[0]), **facts})
        return
    from sonicforge.cli.files import sound_files, work_through

    work_through(sound_files(files), lambda job, _report: work(job.source), as_json=as_json, tell=_nothing_more)


def _nothing_more(_told: Mapping[str, Any]) -> str:
    return ""


def _measured(path: Path) -> dict[str, object]:
    from sonicforge.sound.blockwise import measure_blocks
    from sonicforge.sound.files import blocks, info, read
    from sonicforge.sound.loudness import measure as measure_loudness

    facts = info(path)
    loudness: Loudness
    if 0 < facts.duration_s <= _HELD_S:
        loudness = measure_loudness(read(path))
    else:
        loudness = measure_blocks((block.samples for block in blocks(path)), facts.sample_rate)
    return {
        "duration_s": round(loudness.duration_s, 3),
        "sample_rate": facts.sample_rate,
        "channels": facts.channels,
        **loudness.to_json(),
    }


def _show_facts(facts: Mapping[str, object]) -> None:
    from rich.table import Table

    from sonicforge.cli.words import people

    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), str(value))
    people().print(table)


def _show_verdict(path: Path, told: "Verdict", *, named: bool) -> None:
    from rich.table import Table

    from sonicforge.cli.words import people

    console = people()
    if named:
        console.print(str(path), style="bold", markup=False, soft_wrap=True)
    table = Table(box=None, header_style="bold")
    for heading in ("check", "", "reason"):
        table.add_column(heading)
    colours = {"ok": "green", "warn": "yellow", "fail": "red", "skipped": "dim"}
    for finding in told.findings:
        colour = colours[finding.status]
        table.add_row(f"{finding.id} {finding.name}", f"[{colour}]{finding.status}[/{colour}]", finding.reason)
    console.print(table)
    console.print(f"score {told.score:.1f} of 10, {'passes' if told.passed else 'does not pass'}")
