"""`python -m sonicforge.roof.prepare`: library, stations, outputs and the first music, before the station starts.

A process of its own, because what it needs (database, studio) would stay in the roof's memory for ever. Reads what is
wanted as JSON from standard input, writes the names of the stations that should be on air, or what is wrong, to
standard output; progress goes to standard error.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from sonicforge.errors import SonicForgeError
from sonicforge.genres.load import load
from sonicforge.library import stations
from sonicforge.library.database import open_database
from sonicforge.library.programme import GenreShare
from sonicforge.library.upgrade import upgrade
from sonicforge.playout.outputs.wish import checked_wishes
from sonicforge.tasks.reserve import fill_reserve

MAIN, TITLE = "main", "SonicForge"
OUTPUTS_FILE, TITLE_FILE = "outputs.json", "title"


def prepare(data: Path, genres: Sequence[str] = (), outputs: Iterable[Mapping[str, Any]] = ()) -> list[str]:
    """Make a folder ready for the station; what is there stays. Returns the stations that should be on air."""
    for name in genres:
        load(name, folder=data / "genres")
    database = open_database(data)
    upgrade(database)
    with database.write() as session:
        stations.ensure(session, MAIN, TITLE)
        if genres:
            _play_only(session, genres)
        playing = [station for station in stations.listing(session) if station.on_air]
    database.close()
    for station in playing:
        _replace(data / "air" / station.id, TITLE_FILE, station.name)
    write_outputs(data / "air" / MAIN, outputs)
    fill_reserve(data, genres=tuple(genres))
    return [station.id for station in playing]


def write_outputs(folder: Path, outputs: Iterable[Mapping[str, Any]]) -> None:
    """Store which outputs a station has; none leaves them as they are."""
    wishes = checked_wishes(list(outputs))
    if not wishes:
        return
    _replace(folder, OUTPUTS_FILE, json.dumps([wish.to_json() for wish in wishes]))


def _replace(folder: Path, name: str, text: str) -> None:
    """Write a small file whole, for its owner only: addresses of outputs hold passwords and stream keys."""
    folder.mkdir(parents=True, exist_ok=True)
    hidden = folder / f".{name}.part"
    with hidden.open("w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    hidden.replace(folder / name)


def _play_only(session: Session, genres: Sequence[str]) -> None:
    """The main station plays these genres and no others; hours and weights that some of them have stay."""
    programme = stations.get(session, MAIN).programme
    known = {share.genre: share for share in programme.genres}
    shares = tuple(known.get(name, GenreShare(name)) for name in dict.fromkeys(genres))
    stations.change(session, MAIN, programme=replace(programme, genres=shares))


def main() -> int:
    """Prepare what standard input asks for; exit code 2 with the reason where that cannot be."""
    asked = json.load(sys.stdin)
    try:
        print(json.dumps(prepare(Path(asked["data"]), asked["genres"], asked["outputs"])))  # noqa: T201
    except SonicForgeError as error:
        print(error)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
