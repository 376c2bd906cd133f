"""The library keeps its word: writers take turns, readers do not wait, refusals are said plainly."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from sonicforge.errors import BadDataFile, Busy, CannotWrite, NewerData
from sonicforge.library import database as module
from sonicforge.library import events
from sonicforge.library.database import Database, open_database
from sonicforge.library.upgrade import upgrade


def test_what_was_written_is_there_for_others(database: Database) -> None:
    with database.write() as session:
        number = events.append(session, None, "test", {"word": "tür"})
    other = open_database(database.folder)
    with other.read() as session:
        assert events.after(session, number - 1)[0].data == {"word": "tür"}
    other.close()


def test_an_error_inside_takes_everything_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:
        events.append(session, None, "test", {})
        raise ZeroDivisionError
    with database.read() as session:
        assert not events.after(session, 0, kinds=["test"])


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(CannotWrite, match="readonly"), database.read() as session:
        events.append(session, None, "test", {})


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as session:
        before = events.bounds(session)
        with database.write() as writer:
            events.append(writer, None, "test", {})
        assert events.bounds(session) == before
    with database.read() as session:
        assert events.bounds(session)[1] == before[1] + 1


def test_writers_in_many_threads_lose_nothing(database: Database) -> None:
    def work(name: int) -> None:
        for i in range(10):
            with database.write() as session:
                events.append(session, None, "test", {"by": name, "i": i})

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        told = events.after(session, 0, 1000, kinds=["test"])
    assert len(told) == 60
    for name in range(6):
        assert [event.data["i"] for event in told if event.data["by"] == name] == list(range(10))


def test_a_library_held_for_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PRAGMAS", (*module._PRAGMAS, "busy_timeout = 50"))
    database = open_database(tmp_path)
    upgrade(database)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="try again"), database.write() as session:
            events.append(session, None, "test", {})
        with database.read() as session:
            assert events.bounds(session) == (0, 0)
        holder.execute("ROLLBACK")
    with database.write() as session:
        assert events.append(session, None, "test", {}) == 1
    database.close()


def test_a_full_disk_says_so_and_loses_nothing(database: Database) -> None:
    with database.write() as session:
        kept = events.append(session, None, "test", {})
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
    with pytest.raises(CannotWrite, match="disk is full"), database.write() as session:
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
        for _ in range(200):
            events.append(session, None, "test", {"filler": "x" * 2000})
    database.close()
    again = open_database(database.folder)
    with again.write() as session:
        assert events.append(session, None, "test", {}) == kept + 1
    again.close()


def test_data_of_a_newer_version_is_refused_untouched(database: Database) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    database.close()
    with pytest.raises(NewerData, match="newer SonicForge"):
        open_database(database.folder)


def test_a_library_that_was_never_upgraded_says_so(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with pytest.raises(BadDataFile, match="upgrade it first"), database.read():
        raise AssertionError
    database.close()


@pytest.mark.parametrize("content", [b"this is no database at all, but a letter" * 50])
def test_a_file_that_is_no_library_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "station.db").write_bytes(content)
    with pytest.raises(BadDataFile, match="no library"):
        open_database(tmp_path)
    assert (tmp_path / "station.db").read_bytes() == content


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "station.db")) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(BadDataFile, match="not a SonicForge library"):
        open_database(tmp_path)


def test_a_folder_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotWrite, match="file"):
        open_database(tmp_path / "file" / "data")
