"""A library with one station for every test of the tasks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sonicforge.library.database import Database, open_database
from sonicforge.library.programme import GenreShare, Programme
from sonicforge.library.stations import add
from sonicforge.library.upgrade import upgrade

RULES = Programme(
    genres=(GenreShare("lofi_hiphop"), GenreShare("house_deep"), GenreShare("synthwave")),
    timezone="UTC",
    buffer_min=60.0,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty library with the station `main`, which plays three genres."""
    opened = open_database(tmp_path / "data")
    upgrade(opened)
    with opened.write() as session:
        add(session, "main", "Main", programme=RULES, now=0.0)
    yield opened
    opened.close()
