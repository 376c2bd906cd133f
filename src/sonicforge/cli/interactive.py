"""`sonicforge interactive`: a guided way to a track, which shows the command it amounts to."""

import shlex
from pathlib import Path
from typing import Annotated

import typer


def interactive(
    out: Annotated[Path, typer.Option(help="Folder that gets one folder per track.")] = Path("tracks"),
) -> None:
    """Ask what you want step by step, then make it. An empty answer leaves the choice to chance."""
    from rich.prompt import Confirm, Prompt

    from sonicforge.cli.generate import make, tell
    from sonicforge.cli.wishes import concept_from
    from sonicforge.cli.words import people, progress_bar
    from sonicforge.errors import SonicForgeError
    from sonicforge.genres.load import load, names
    from sonicforge.settings import load_settings

    console = people()
    settings = load_settings()
    answers: dict[str, str] = {}

    def ask(name: str, question: str, hint: str = "") -> str:
        while True:
            console.print(f"[bold]{question}[/bold]" + (f" [dim]{hint}[/dim]" if hint else ""))
            answer = Prompt.ask(">", console=console, default="", show_default=False).strip()
            try:
                _check(name, answer, answers)
            except SonicForgeError as error:
                console.print(f"[red]{error}[/red]")
                continue
            if answer:
                answers[name] = answer
            return answer

    ask("words", "What would you like to hear?", "in your own words, or empty")
    genre = ask("genre", "Which genre?", ", ".join(names(folder=settings.genres)))
    if genre:
        chosen = load(genre, folder=settings.genres)
        console.print(f"[dim]{chosen.markers}[/dim]")
        ask("mood", "Which mood?", ", ".join(chosen.moods))
        ask("bpm", "How fast?", f"{chosen.bpm[0]:.0f} to {chosen.bpm[1]:.0f} bpm")
    else:
        ask("mood", "Which mood?", "calm, dark, euphoric, melancholic, dreamy ...")
    ask("key", "In which key?", "such as F minor or D dorian")
    ask("energy", "How much energy?", "0 calm .. 1 full")
    ask("minutes", "How long?", "minutes")
    ask("seed", "Which seed?", "a whole number; the same seed makes the same track")
    command = command_of(answers)
    console.print(f"\n[dim]the same as:[/dim] {command}\n", soft_wrap=True)
    if not Confirm.ask("Make it?", console=console, default=True):
        return
    concept, understood = concept_from(answers.get("words", ""), genre_folder=settings.genres, **_options(answers))  # type: ignore[arg-type]
    for line in understood:
        console.print(f"[dim]{line}[/dim]")
    with progress_bar("composing", quiet=False) as report:
        result = make(concept, out, threads=settings.threads, genre_folder=settings.genres, report=report)
    tell(result)
    if "seed" not in answers:
        console.print(f"[dim]to make it again:[/dim] {command} --seed {concept.seed}", soft_wrap=True)


def command_of(answers: dict[str, str]) -> str:
    """The `sonicforge generate` command that the answers amount to."""
    words = [shlex.quote(answers["words"])] if "words" in answers else []
    options = [f"--{name} {shlex.quote(value)}" for name, value in answers.items() if name != "words"]
    return " ".join(["sonicforge generate", *words, *options])


def _options(answers: dict[str, str]) -> dict[str, object]:
    numbers = {"bpm": float, "energy": float, "minutes": float, "seed": int}
    options: dict[str, object] = {
        name: numbers[name](value) if name in numbers else value
        for name, value in answers.items()
        if name not in ("words", "mood")
    }
    if "mood" in answers:
        options["moods"] = (answers["mood"],)
    return options


def _check(name: str, answer: str, answers: dict[str, str]) -> None:
    """Raise at once when an answer, together with the earlier ones, cannot be."""
    from sonicforge.cli.wishes import concept_from
    from sonicforge.errors import BadInput

    if not answer:
        return
    try:
        options = _options(answers | {name: answer})
    except ValueError as error:
        raise BadInput(f"{name} must be a number, not {answer!r}") from error
    concept_from((answers | {name: answer}).get("words", ""), **{"seed": 0} | options)  # type: ignore[arg-type]
