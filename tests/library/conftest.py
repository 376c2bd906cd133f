"""A library for every test. Whatever engine is added to `ENGINES` has to pass the same tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sonicforge.library.database import Database, open_database
from sonicforge.library.objects import Objects
from sonicforge.library.stations import add
from sonicforge.library.upgrade import upgrade


def sqlite_library(folder: Path) -> Database:
    database = open_database(folder)
    upgrade(database)
    return database


ENGINES: dict[str, Callable[[Path], Database]] = {"sqlite": sqlite_library}


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty library with one station, `main`."""
    database = ENGINES[request.param](tmp_path / "data")
    with database.write() as session:
        add(session, "main", "Main", now=0.0)
    yield database
    database.close()


@pytest.fixture
def objects(database: Database) -> Objects:
    return Objects(database.folder / "objects")
