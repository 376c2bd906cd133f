"""Bringing a library to the newest schema, in one transaction that holds everybody off and begins with a snapshot."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, text

from sonicforge.errors import BadDataFile, CannotWrite, SonicForgeError
from sonicforge.library.database import SCHEMA, Database, refuse_newer, schema_of

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database, *, migrations: Path = MIGRATIONS, target: str = SCHEMA) -> str | None:
    """Bring the library to the schema `target`; returns the revision it came from, None for an empty one.

    A library that holds something is first copied to `station.db.schema-NNNN`. The migrations run in one transaction in
    which no other process can write: killed or failing at any moment, the file is as before or as after. A migration
    that left its transaction and failed is undone from the copy.

    Raises `NewerData`, `Busy`, `CannotWrite`, or `BadDataFile` with what went wrong.
    """
    before = database.schema()
    if before == target:
        return before
    refuse_newer(database.path, before, target)
    snapshot: Path | None = None
    try:
        with database.exclusive() as connection:
            before = schema_of(connection)
            if before and before != target:
                snapshot = take_snapshot(database.path, before)
            _migrate(connection, migrations, target)
    except Exception as error:
        if snapshot and _shape(database.path) != _shape(snapshot):
            restore_snapshot(database.path, snapshot)
        if isinstance(error, SonicForgeError):
            raise
        kept = f"nothing was changed, and a copy is {snapshot}" if snapshot else "nothing was changed"
        problem = f"cannot be upgraded from {before or 'nothing'} to {target}: {error}; {kept}"
        raise BadDataFile(database.path, "schema", problem) from error
    return before


def take_snapshot(path: Path, label: str) -> Path:
    """A whole copy of a database beside it, safe on disk; one made earlier under this label is replaced."""
    target = path.with_name(f"{path.name}.schema-{label}")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise CannotWrite(f"{target}: no copy could be made, so nothing was upgraded ({error})") from error
    finally:
        part.unlink(missing_ok=True)
    return target


def restore_snapshot(path: Path, snapshot: Path) -> None:
    """Make a database what its snapshot is, page by page, in one transaction."""
    with closing(sqlite3.connect(snapshot)) as source, closing(sqlite3.connect(path, timeout=15.0)) as target:
        source.backup(target)


def _shape(path: Path) -> list[tuple[str, int]]:
    """Definition and number of rows of every table."""
    with closing(sqlite3.connect(path, timeout=15.0)) as base:
        tables = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return [(sql, base.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name, sql in tables]  # noqa: S608


def _migrate(connection: Connection, migrations: Path, target: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, target)
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise BadDataFile(migrations, "foreign_key_check", f"table {broken[0]} would point at missing rows")
