"""A whole station as a person starts it, in a folder of its own, with a little music in its library."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from whole_station import Station, until

from sonicforge.cli.generate import make
from sonicforge.cli.server import NoAnswer
from sonicforge.genres.concept import Concept
from sonicforge.library import queue, stations, tracks
from sonicforge.library.database import open_database
from sonicforge.library.objects import Objects
from sonicforge.library.upgrade import upgrade
from sonicforge.tasks.reserve import fill_reserve

SOFT_START_S = 30.0
"""The very first seconds of a station may be a soft beginning."""

GENRES = ("lofi_hiphop", "jazz_lounge", "house_deep")


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """A data folder with a reserve and a queue of short tracks."""
    data = tmp_path_factory.mktemp("station")
    fill_reserve(data, genres=GENRES[:1], least=1)
    database, objects = open_database(data), Objects(data / "objects")
    upgrade(database)
    ids = []
    for number, genre in enumerate(GENRES):
        made = make(Concept(genre=genre, seed=number, length_s=40.0), tmp_path_factory.mktemp("takes"))
        folder = Path(made["files"][0]).parent
        with database.write() as session:
            stations.ensure(session, "main", "Chaos")
            ids.append(tracks.add_take(session, objects, folder, approved=True).id)
    for id_ in ids * 3:
        with database.write() as session:
            queue.add(session, "main", id_, source="person", pinned=True)
    database.close()
    return data, tuple(ids)


@pytest.fixture(scope="session")
def station(stocked: tuple[Path, tuple[str, ...]]) -> Iterator[Station]:
    """The station on air; ended with SIGTERM, after which nothing of it may be left."""
    data, ids = stocked
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sonicforge", "serve", "--data", str(data), "--port", str(port), "--no-generate"]
    roof = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    made = Station(data, port, roof, ids)

    def on_air() -> bool:
        try:
            return (made.ask("/now-playing", station="main")["elapsed_s"] or 0.0) > SOFT_START_S
        except NoAnswer:
            return False

    try:
        until(on_air, 90, "going on air")
        yield made
    finally:
        children = psutil.Process(roof.pid).children(recursive=True) if roof.poll() is None else []
        roof.terminate()
        roof.wait(40)
        gone, alive = psutil.wait_procs(children, timeout=5)
        for process in alive:
            process.kill()
        assert not alive, f"{len(alive)} of {len(alive) + len(gone)} processes outlived the station"
