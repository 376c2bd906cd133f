"""`sonicforge analyse`: tempo, beats, key, chords, sections, loudness, stereo and defects of any recording."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sonicforge.cli.files import Report
    from sonicforge.workshop.analyse import Analysis


_MOST_SECTIONS = 24
"""More are no song but a set of many, and no help on a screen."""


def analyse(
    inputs: Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.")],
    out: Annotated[Path | None, typer.Option(help="Folder for analyses (JSON) and pictures.")] = None,
    pictures: Annotated[bool, typer.Option("--pictures", help="Draw spectrogram, chroma, loudness, stereo.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
) -> None:
    """Find tempo, beats, key, chords and sections, and measure loudness, stereo and defects."""
    from sonicforge.cli.files import Job, sound_files, work_on, work_through
    from sonicforge.workshop.analyse import analyse as analyse_file
    from sonicforge.workshop.analyse import write_analysis

    def look(source: Path, report: "Report") -> "Mapping[str, object]":
        return analyse_file(source, report).to_json()

    def keep(source: Path, target: Path, report: "Report") -> "Mapping[str, object]":
        found: Analysis = analyse_file(source, report, pictures=pictures)
        files = write_analysis(found, target, pictures=pictures)
        return {**found.to_json(), "out": str(target.parent), "files": [str(path) for path in files]}

    if out is None and not pictures:

        def work(job: Job, report: "Report") -> "Mapping[str, object]":
            return look(job.source, report)

        work_through(sound_files(inputs), work, as_json=as_json, tell=in_words)
    else:
        work_on(inputs, out or Path("analysis"), "json", keep, format=None, as_json=as_json, tell=in_words)


def in_words(found: "Mapping[str, Any]") -> str:
    """What was found in one file, in a few lines."""
    tempo, key, loudness = found["tempo"], found["key"], found["loudness"]
    bars = len(found["downbeats"])
    pulse = f"{tempo['bpm']:.1f} bpm, {bars} bars of {found['beats_per_bar']}" if tempo["bpm"] else "no tempo"
    level = f"{loudness['integrated']} LUFS, {loudness['true_peak']} dBTP, range {loudness['range_lu']} LU"
    if loudness["integrated"] is None:
        level = "silent, or too quiet for a loudness"
    elif loudness["too_short"]:
        level += ", too short to be sure"
    channels = "1 channel" if found["channels"] == 1 else f"{found['channels']} channels"
    lines = [
        f"{found['file']}",
        f"  {found['duration_s']:.1f} s, {found['sample_rate']} Hz, {channels}",
        f"  {pulse} ({_sure(tempo['confidence'])}); {key['name'] or 'no key'} ({_sure(key['confidence'])})",
        f"  sections {_sections(found['sections'])}",
        f"  chords {_chords(found['chords'])}",
        f"  {level}; correlation {found['stereo']['correlation']['full']:.2f}",
        *(f"  ! {defect['words']}" for defect in found["defects"]),
    ]
    return "\n".join([*lines, *(f"  {path}" for path in found.get("files", ()))])


def _sure(share: float) -> str:
    return "sure" if share > 0.8 else "likely" if share > 0.5 else "a guess"


def _sections(sections: "list[Mapping[str, Any]]") -> str:
    from sonicforge.analysis.picture import clock_text

    shown = [f"{section['label']} {clock_text(section['start_s'])}" for section in sections[:_MOST_SECTIONS]]
    more = len(sections) - len(shown)
    return " ".join(shown + [f"and {more} more, which --json tells"] * (more > 0)) or "none"


def _chords(chords: "list[list[Any]]") -> str:
    """The eight that sound longest, in the order in which they first come."""
    seconds: dict[str, float] = {}
    for start, end, name in chords:
        if name != "-":
            seconds[name] = seconds.get(name, 0.0) + end - start
    longest = sorted(seconds, key=seconds.__getitem__, reverse=True)[:8]
    return " ".join(name for name in seconds if name in longest) or "none"
