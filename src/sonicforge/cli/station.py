"""`sonicforge station`: what a running station plays, and steering it from the terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sonicforge.cli.server import Server

app = typer.Typer(help="Ask a running station, and steer it.", no_args_is_help=True, rich_markup_mode=None)
queue = typer.Typer(help="What is played next.", invoke_without_command=True, rich_markup_mode=None)
app.add_typer(queue, name="queue")

Url = Annotated[str, typer.Option(envvar="SONICFORGE_URL", help="Address of the station's server.")]
Name = Annotated[str, typer.Option("--station", help="Which of its stations.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the server's answer.")]
HERE = "http://127.0.0.1:8000"


@app.command()
def status(url: Url = HERE, station: Name = "main", as_json: AsJson = False) -> None:
    """What is on air, what comes next, and how every output is."""
    from sonicforge.cli.words import print_json

    server = _server(url)
    told = {
        "now": server.ask("GET", "/now-playing", station=station),
        "health": server.ask("GET", "/health", station=station),
        "queue": server.ask("GET", "/queue", station=station),
        "listeners": server.ask("GET", "/listeners", station=station),
    }
    if as_json:
        print_json(told)
        return
    typer.echo(_on_air(told["now"]))
    queued = told["queue"]
    following = [item["track"]["title"] for item in (*queued["taken"], *queued["waiting"])]
    typer.echo(f"next     {', '.join(following[:3]) or 'nothing is queued'} ({queued['waiting_s'] / 60:.0f} min ready)")
    typer.echo(f"ears     {told['listeners']['listeners']}")
    health = told["health"]
    typer.echo(f"health   {health['health']}{': ' + health['why'] if health['why'] else ''}")
    for output in health["outputs"]:
        level = "" if output.get("level_lufs") is None else f"{output['level_lufs']:.1f} LUFS"
        typer.echo(f"  {output['name']:<12} {output['health']:<6} {output['state']:<11} {level:<11} {output['why']}")


@app.command()
def skip(url: Url = HERE, station: Name = "main") -> None:
    """End what is on air with a quick transition."""
    _server(url).ask("POST", "/skip", station=station)
    typer.echo("skipping")


@app.command()
def say(
    words: Annotated[list[str], typer.Argument(help='As in "more energy after 22:00" or "play something like rain".')],
    url: Url = HERE,
    station: Name = "main",
    as_json: AsJson = False,
) -> None:
    """Tell the station in words what to play or how to behave."""
    from sonicforge.cli.words import print_json

    told = _server(url).ask("POST", "/say", {"text": " ".join(words)}, station=station)
    if as_json:
        print_json(told)
    else:
        typer.echo(told["words"] or "heard")


@queue.callback()
def listed(context: typer.Context, url: Url = HERE, station: Name = "main", as_json: AsJson = False) -> None:
    """List what is played next."""
    from sonicforge.cli.words import print_json

    if context.invoked_subcommand is not None:
        return
    told = _server(url).ask("GET", "/queue", station=station)
    if as_json:
        print_json(told)
        return
    for item in told["taken"]:
        typer.echo(f"   now or next  {_line(item)}")
    for item in told["waiting"]:
        typer.echo(f"{item['place']:>3}  {'pinned' if item['pinned'] else item['source']:<10} {_line(item)}")


@queue.command()
def add(
    track: Annotated[str, typer.Argument(help="Id of a track.")],
    place: Annotated[int | None, typer.Option(help="0 is next; left out, at the end.")] = None,
    url: Url = HERE,
    station: Name = "main",
) -> None:
    """Put a track into the queue."""
    told = _server(url).ask("POST", "/queue", {"track": track, "place": place}, station=station)
    typer.echo(f"{told['track']['title']} is at place {told['place']}")


@queue.command()
def move(
    item: Annotated[int, typer.Argument(help="Id of the queue item.")],
    place: Annotated[int, typer.Argument(help="0 is next.")],
    url: Url = HERE,
) -> None:
    """Give a waiting item another place."""
    told = _server(url).ask("PATCH", f"/queue/{item}", {"place": place})
    typer.echo(f"{told['track']['title']} is at place {told['place']}")


@queue.command()
def remove(item: Annotated[int, typer.Argument(help="Id of the queue item.")], url: Url = HERE) -> None:
    """Take a waiting item out."""
    _server(url).ask("DELETE", f"/queue/{item}")
    typer.echo("removed")


def _server(url: str) -> "Server":
    from sonicforge.cli.server import Server

    return Server(url)


def _on_air(now: Mapping[str, Any]) -> str:
    play = now["play"]
    if play is None:
        return "on air   nothing that is known of yet"
    elapsed = now["elapsed_s"] or 0.0
    return f"on air   {play['title']} ({play['genre'] or play['kind']}), {_clock(elapsed)} in"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def _line(item: Mapping[str, Any]) -> str:
    track = item["track"]
    length = _clock(track["duration_s"])
    return f"{item['id']:>5}  {track['title']}  {track['genre']}  {length}  score {track['score']:.1f}"
