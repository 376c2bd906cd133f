"""`sonicforge genres`, `info` and `version`: what there is and where it is."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def genres(
    name: Annotated[str | None, typer.Argument(help="Show one genre in detail.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the genres, or show one."""
    from rich.table import Table

    from sonicforge.cli.words import people, print_json
    from sonicforge.genres.load import load, names
    from sonicforge.settings import load_settings

    folder = load_settings().genres
    if name is not None:
        genre = load(name, folder=folder)
        facts = {
            "name": genre.name,
            "title": genre.title,
            "also": list(genre.synonyms),
            "what it is": genre.markers,
            "bpm": list(genre.bpm),
            "keys": list(genre.tonal.keys),
            "modes": dict(genre.tonal.modes),
            "moods": list(genre.moods),
            "energy": list(genre.energy),
            "forms": {form: f"{rows.bars} bars" for form, rows in genre.forms.items()},
            "instruments": sorted(genre.patches),
            "drums": sorted(genre.kit),
            "loudness": f"{genre.target.lufs} LUFS, {genre.target.true_peak} dBTP",
            "version": genre.version,
        }
        if as_json:
            print_json(facts)
            return
        table = Table(box=None, show_header=False, padding=(0, 2))
        for key, value in facts.items():
            shown = ", ".join(map(str, value)) if isinstance(value, list | dict) else str(value)
            table.add_row(f"[bold]{key}[/bold]", shown)
        people().print(table)
        return
    rows = [load(each, folder=folder) for each in names(folder=folder)]
    if as_json:
        print_json({"genres": [{"name": row.name, "title": row.title, "bpm": list(row.bpm)} for row in rows]})
        return
    table = Table(box=None, header_style="bold")
    for heading in ("name", "bpm", "moods"):
        table.add_column(heading)
    for row in rows:
        table.add_row(row.name, f"{row.bpm[0]:.0f}-{row.bpm[1]:.0f}", ", ".join(row.moods[:5]))
    people().print(table)


def info(as_json: AsJson = False) -> None:
    """Show the version, the folders and the machine."""
    import platform
    from importlib.metadata import version as installed

    from sonicforge import __version__
    from sonicforge.cli.words import people, print_json
    from sonicforge.genres.load import names
    from sonicforge.settings import load_settings

    settings = load_settings()
    facts = {
        "sonicforge": __version__,
        "python": platform.python_version(),
        "numpy": installed("numpy"),
        "numba": installed("numba"),
        "av": installed("av"),
        "machine": f"{platform.system()} {platform.machine()}",
        "threads": settings.threads,
        "data": str(settings.data),
        "own genre files": str(settings.genres),
        "genres": len(names(folder=settings.genres)),
    }
    if as_json:
        print_json(facts)
        return
    for key, value in facts.items():
        people().print(f"{key:18}{value}", soft_wrap=True)


def version() -> None:
    """Print the version."""
    from sonicforge import __version__

    typer.echo(__version__)
