"""Schemas: the models are what the migrations make, and an upgrade happens whole or not at all."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from sonicforge.errors import BadDataFile, NewerData
from sonicforge.library import events
from sonicforge.library.database import SCHEMA, Database, open_database, schema_of
from sonicforge.library.tables import Base
from sonicforge.library.upgrade import MIGRATIONS, upgrade

NEXT = """
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("tracks", sa.Column("colour", sa.Text(), nullable=True))
    op.get_bind().exec_driver_sql("DELETE FROM events")
    {then}
"""


def migrations_with(folder: Path, then: str) -> Path:
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "r0002_next.py").write_text(NEXT.format(then=then))
    return folder


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as base:
        return list(base.iterdump())


def test_the_models_are_what_the_migrations_make(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_revisions_are_one_numbered_line_up_to_the_schema() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]
    assert script.get_heads() == [SCHEMA]


def test_the_first_schema_stays_as_it_was_released(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    upgrade(database, target="0001")
    database.close()
    with closing(sqlite3.connect(tmp_path / "station.db")) as base:
        rows = base.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        made = [" ".join(sql.split()) for (sql,) in rows]
    assert made == (Path(__file__).parent / "schema-0001.sql").read_text().splitlines()


def test_an_upgrade_is_done_once(database: Database) -> None:
    before = content(database.path)
    assert upgrade(database) == SCHEMA
    assert content(database.path) == before


def test_an_upgrade_leaves_a_copy_from_before(database: Database, tmp_path: Path) -> None:
    before = content(database.path)
    assert upgrade(database, migrations=migrations_with(tmp_path / "m", "pass"), target="0002") == "0001"
    assert database.schema() == "0002"
    assert content(database.folder / "station.db.schema-0001") == before


@pytest.mark.parametrize(
    "then",
    [
        "raise RuntimeError('no such thing')",
        "op.get_bind().exec_driver_sql('INSERT INTO votes VALUES (1)')",
        "op.get_bind().exec_driver_sql('COMMIT'); raise RuntimeError('no such thing')",
    ],
    ids=["fails", "asks for nonsense", "leaves its transaction"],
)
def test_a_failed_upgrade_changes_nothing(database: Database, tmp_path: Path, then: str) -> None:
    before = content(database.path)
    with pytest.raises(BadDataFile, match="cannot be upgraded from 0001 to 0002"):
        upgrade(database, migrations=migrations_with(tmp_path / "m", then), target="0002")
    assert content(database.path) == before
    with database.write() as session:
        events.append(session, None, "test", {})


def test_a_migration_that_leaves_dangling_references_is_refused(database: Database, tmp_path: Path) -> None:
    then = "op.get_bind().exec_driver_sql(\"INSERT INTO track_moods VALUES ('nobody', 'calm')\")"
    before = content(database.path)
    with pytest.raises(BadDataFile, match="track_moods"):
        upgrade(database, migrations=migrations_with(tmp_path / "m", then), target="0002")
    assert content(database.path) == before


def test_a_killed_upgrade_changes_nothing(database: Database, tmp_path: Path) -> None:
    before = content(database.path)
    folder = migrations_with(tmp_path / "m", "import time; print('half', flush=True); time.sleep(60)")
    code = (
        "from pathlib import Path\n"
        "from sonicforge.library.database import open_database\n"
        "from sonicforge.library.upgrade import upgrade\n"
        f"upgrade(open_database(Path({str(database.folder)!r})), migrations=Path({str(folder)!r}), target='0002')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert content(database.path) == before
    assert database.schema() == "0001"


def test_two_who_upgrade_at_once_both_find_it_done(tmp_path: Path) -> None:
    databases = [open_database(tmp_path / "data") for _ in range(2)]
    threads = [threading.Thread(target=upgrade, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        assert database.schema() == SCHEMA
        with database.engine.connect() as connection:
            assert schema_of(connection) == SCHEMA
        database.close()


def test_going_back_is_refused(database: Database, tmp_path: Path) -> None:
    upgrade(database, migrations=migrations_with(tmp_path / "m", "pass"), target="0002")
    with pytest.raises(NewerData):
        upgrade(database)
    with pytest.raises(NewerData):
        open_database(database.folder)
