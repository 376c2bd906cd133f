"""`sonicforge judge` and `sonicforge measure`: what the critic and the meters say about any sound file."""

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(help="Any sound file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def judge(
    file: File,
    genre: Annotated[str | None, typer.Option(help="Judge against this genre's targets.")] = None,
    as_json: AsJson = False,
) -> None:
    """Judge a sound file by the critic's audio checks, with reasons in words."""
    from rich.table import Table

    from sonicforge.cli.words import people, print_json
    from sonicforge.critic.judge import judge_audio
    from sonicforge.critic.verdict import verdict
    from sonicforge.genres.load import load
    from sonicforge.settings import load_settings
    from sonicforge.sound.files import read

    target = load(genre, folder=load_settings().genres) if genre else None
    audio = read(file)
    told = verdict(judge_audio(audio, target))
    if as_json:
        print_json({"file": str(file), "genre": genre, **told.to_json()})
        return
    console = people()
    table = Table(box=None, header_style="bold")
    for heading in ("check", "", "reason"):
        table.add_column(heading)
    colours = {"ok": "green", "warn": "yellow", "fail": "red", "skipped": "dim"}
    for finding in told.findings:
        colour = colours[finding.status]
        table.add_row(f"{finding.id} {finding.name}", f"[{colour}]{finding.status}[/{colour}]", finding.reason)
    console.print(table)
    console.print(f"score {told.score:.1f} of 10, {'passes' if told.passed else 'does not pass'}")


def measure(file: File, as_json: AsJson = False) -> None:
    """Measure loudness after BS.1770 and R 128: integrated, momentary, short-term, range, true peak."""
    from rich.table import Table

    from sonicforge.cli.words import people, print_json
    from sonicforge.sound.files import read
    from sonicforge.sound.loudness import measure as measure_loudness

    audio = read(file)
    loudness = measure_loudness(audio)
    facts = {
        "file": str(file),
        "duration_s": round(audio.duration_s, 3),
        "sample_rate": audio.sample_rate,
        "channels": audio.channels,
        **loudness.to_json(),
    }
    if as_json:
        print_json(facts)
        return
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), str(value))
    people().print(table)
