"""`sonicforge serve`: the station on air."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    data: Annotated[Path | None, typer.Option(help="Folder of everything the station owns.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for the whole network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of page, streams and API.")] = 8000,
    genres: Annotated[str | None, typer.Option(help="What to play, as in lofi_hiphop,jazz_lounge.")] = None,
    no_generate: Annotated[bool, typer.Option("--no-generate", help="Compose only what is asked for.")] = False,
    icecast: Annotated[list[str] | None, typer.Option(help="icecast://source:PASSWORD@host:8000/mount")] = None,
    rtmp: Annotated[list[str] | None, typer.Option(help="rtmp://host/app/key, or rtmps; may be given again.")] = None,
    srt: Annotated[list[str] | None, typer.Option(help="srt://host:port")] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep everything that was on air, hour by hour.")] = False,
) -> None:
    """Start the station: it composes, plays and broadcasts until Ctrl-C."""
    from sonicforge.playout.outputs.wish import DEFAULT, OutputKind, Wish, checked_wishes
    from sonicforge.roof.serve import Wanted
    from sonicforge.roof.serve import serve as run
    from sonicforge.settings import load_settings

    folder = data or load_settings().data
    wanted_genres = tuple(name.strip() for name in genres.split(",") if name.strip()) if genres else ()
    asked: tuple[tuple[OutputKind, list[str] | None], ...] = (("icecast", icecast), ("rtmp", rtmp), ("srt", srt))
    extra = [Wish(kind, f"{kind}-{number}", url) for kind, urls in asked for number, url in enumerate(urls or (), 1)]
    if record:
        extra.append(Wish("recording", "recording"))
    outputs = checked_wishes([wish.to_json() for wish in (*DEFAULT, *extra)]) if extra else ()
    told = tuple(wish.to_json() for wish in outputs)
    run(Wanted(folder, host, port, wanted_genres, told, not no_generate), typer.echo)
