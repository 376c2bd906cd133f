"""`sonicforge generate`: from a few words to a finished track in a folder."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sonicforge.genres.concept import Concept
    from sonicforge.studio.progress import Report
    from sonicforge.studio.take import Take

Words = Annotated[list[str] | None, typer.Argument(help="What you want, in plain words.", show_default=False)]
Genre = Annotated[str | None, typer.Option(help="Genre name; see `sonicforge genres`.")]
Moods = Annotated[list[str] | None, typer.Option("--mood", help="Mood word; may be given twice or comma separated.")]
Bpm = Annotated[float | None, typer.Option(help="Tempo in quarter notes per minute.")]
Key = Annotated[str | None, typer.Option(help='Key, as in "F minor" or "D dorian".')]
Energy = Annotated[float | None, typer.Option(help="0 calm .. 1 full.")]
Minutes = Annotated[float | None, typer.Option(help="Length, 0.5 .. 30.")]
FormName = Annotated[str | None, typer.Option("--form", help="A form of the genre.")]
Feature = Annotated[list[str] | None, typer.Option("--with", help="Instrument to feature.")]
Without = Annotated[list[str] | None, typer.Option("--without", help="Instrument to leave out.")]
Seed = Annotated[int | None, typer.Option(help="The same seed makes the same track; drawn when missing.")]


def generate(
    words: Words = None,
    genre: Genre = None,
    mood: Moods = None,
    bpm: Bpm = None,
    key: Key = None,
    energy: Energy = None,
    minutes: Minutes = None,
    form: FormName = None,
    feature: Feature = None,
    without: Without = None,
    seed: Seed = None,
    candidates: Annotated[int, typer.Option(help="Tries, 1 .. 16; the first that passes is taken.")] = 1,
    formats: Annotated[str, typer.Option("--format", help="wav wav16 wav32f flac mp3 ogg opus m4a.")] = "flac",
    stems: Annotated[bool, typer.Option("--stems", help="Also write every stem.")] = False,
    midi: Annotated[bool, typer.Option("--midi/--no-midi", help="Write score.mid.")] = True,
    pictures: Annotated[bool, typer.Option("--pictures", help="Waveform, spectrogram, piano roll.")] = False,
    out: Annotated[Path, typer.Option(help="Folder that gets one folder per track.")] = Path("tracks"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a finished track: composed, played, mixed, mastered and judged."""
    from sonicforge.cli.wishes import concept_from
    from sonicforge.cli.words import people, print_json, progress_bar
    from sonicforge.library.folder import parse_formats
    from sonicforge.settings import load_settings

    wanted = parse_formats(formats)
    settings = load_settings()
    concept, understood = concept_from(
        " ".join(words or []),
        genre=genre,
        moods=mood or (),
        bpm=bpm,
        key=key,
        energy=energy,
        minutes=minutes,
        form=form,
        feature=feature or (),
        without=without or (),
        seed=seed,
        genre_folder=settings.genres,
    )
    console = people()
    if not as_json:
        for line in understood:
            console.print(f"[dim]{line}[/dim]")
    with progress_bar("composing", quiet=as_json) as report:
        result = make(
            concept,
            out,
            formats=wanted,
            candidates=candidates,
            stems=stems,
            midi=midi,
            pictures=pictures,
            threads=settings.threads,
            genre_folder=settings.genres,
            report=report,
        )
    if as_json:
        print_json(result | {"understood": list(understood)})
    else:
        tell(result)


def make(
    concept: "Concept",
    out: Path,
    *,
    formats: tuple[str, ...] = ("flac",),
    candidates: int = 1,
    stems: bool = False,
    midi: bool = True,
    pictures: bool = False,
    threads: int = 2,
    genre_folder: Path | None = None,
    report: "Report | None" = None,
) -> dict[str, Any]:
    """Produce a take and save it; returns what `--json` prints."""
    from sonicforge.library.files import TakeFiles
    from sonicforge.library.folder import folder_name, put_in_place, unfinished
    from sonicforge.studio.produce import produce
    from sonicforge.studio.progress import unheard

    begin = time.perf_counter()
    with unfinished(out) as work, TakeFiles(work, formats=formats, midi=midi, pictures=pictures) as files:
        take = produce(
            concept,
            candidates=candidates,
            threads=threads,
            genre_folder=genre_folder,
            report=report or unheard,
            on_stem=files.stem if stems else None,
            on_master=files.master,
        )
        saving = time.perf_counter()
        files.keep(take)
        target = out / folder_name(take)
        paths = sorted(str(target / path.relative_to(work)) for path in work.rglob("*") if path.is_file())
        put_in_place(work, target)
        seconds = dict(take.seconds) | {"save": time.perf_counter() - saving}
    total = time.perf_counter() - begin
    return _facts(take, paths, seconds | {"total": total}, total)


def _facts(take: "Take", files: list[str], seconds: dict[str, float], total: float) -> dict[str, Any]:
    from sonicforge.cli.memory import peak_memory_mb

    duration = take.audio.duration_s
    return {
        "id": take.id,
        "title": take.score.title,
        "files": files,
        "duration_s": round(duration, 3),
        "concept": take.concept.to_json(),
        "compromises": list(take.compromises),
        "verdict": take.verdict.to_json(),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "realtime_factor": round(duration / total, 1),
        "peak_memory_mb": peak_memory_mb(),
    }


def tell(result: dict[str, Any]) -> None:
    """The result for people."""
    from rich.table import Table

    from sonicforge.cli.words import people

    console = people()
    verdict = result["verdict"]
    word = "[green]passes[/green]" if verdict["passed"] else "[yellow]does not pass[/yellow]"
    console.print(f"[bold]{result['title']}[/bold]  {result['concept']['genre']}, seed {result['concept']['seed']}")
    console.print(f"score {verdict['score']:.1f} of 10, {word} the bar for air (8.5)")
    for line in result["compromises"]:
        console.print(f"[yellow]{line}[/yellow]")
    for reason in verdict["reasons"]:
        console.print(f"  [dim]·[/dim] {reason}")
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_row("length", f"{result['duration_s']:.1f} s")
    table.add_row("made in", f"{result['seconds']['total']:.1f} s, {result['realtime_factor']:.0f} times real time")
    table.add_row("peak memory", f"{result['peak_memory_mb']:.0f} MB")
    console.print(table)
    for path in result["files"]:
        console.print(path, soft_wrap=True)


def preview(
    words: Words = None,
    genre: Genre = None,
    mood: Moods = None,
    bpm: Bpm = None,
    key: Key = None,
    seed: Seed = None,
    bars: Annotated[int, typer.Option(help="Bars from the start, 1 .. 64.")] = 8,
    out: Annotated[Path, typer.Option(help="The WAV or FLAC file to write.")] = Path("preview.wav"),
) -> None:
    """Render only the first bars of a track, in a second or two."""
    from sonicforge.cli.wishes import concept_from
    from sonicforge.cli.words import people
    from sonicforge.library.folder import parse_formats
    from sonicforge.settings import load_settings
    from sonicforge.sound.files import write
    from sonicforge.studio.produce import first_bars

    kind = parse_formats(out.suffix.lstrip(".") or "wav")[0]
    settings = load_settings()
    concept, _ = concept_from(
        " ".join(words or []),
        genre=genre,
        moods=mood or (),
        bpm=bpm,
        key=key,
        seed=seed,
        genre_folder=settings.genres,
    )
    audio = first_bars(concept, bars, threads=settings.threads, genre_folder=settings.genres)
    write(out, audio, format=kind)
    people().print(f"{out}: {audio.duration_s:.1f} s, seed {concept.seed}", soft_wrap=True)
