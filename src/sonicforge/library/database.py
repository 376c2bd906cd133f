"""The library's database: one SQLite file with a write-ahead log, opened by several processes at a time.

Reading never waits for writing. Writers take turns: `BEGIN IMMEDIATE`, so that what a writer has read is still true
when it commits. A commit has reached the disk when `write()` returns.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from sonicforge.errors import BadDataFile, Busy, CannotWrite, NewerData, SonicForgeError

SCHEMA: Final = "0001"
"""The newest revision in `migrations/`; revisions are numbered in order."""

FILE: Final = "station.db"
BUSY_S: Final = 15.0
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    f"busy_timeout = {round(BUSY_S * 1000)}",
    "journal_size_limit = 67108864",
    "cache_size = -16384",
    "temp_store = MEMORY",
)


class Database:
    """Sessions for reading and for writing. `folder` is the data directory."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder, self.engine = folder, engine
        self._reading = engine.execution_options(begin="DEFERRED")
        self._writing = engine.execution_options(begin="IMMEDIATE")
        self._turn = threading.Lock()
        self._known = False

    @property
    def path(self) -> Path:
        return self.folder / FILE

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one unchanging state and cannot write.

        Raises `NewerData`, `BadDataFile`, `Busy` or `CannotWrite`.
        """
        with self._refusals():
            self._check()
            with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
                yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes become true all at once when the block ends, or not at all when it raises.

        Waits up to 15 s for other writers, then raises `Busy`; a full or read-only disk is `CannotWrite`.
        """
        with self._refusals():
            self._check()
            if not self._turn.acquire(timeout=BUSY_S):
                raise Busy(f"the library {self.path} was busy for {BUSY_S:.0f} s; try again")
            try:
                with Session(self._writing, expire_on_commit=False) as session, session.begin():
                    yield session
            finally:
                self._turn.release()

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        """A connection that keeps every other writer out until the block ends; for migrations.

        References between tables are not enforced inside, because rebuilding a table would delete what points at it.
        """
        with self._refusals(), self.engine.connect() as connection:
            raw = connection.connection.cursor()
            raw.execute("PRAGMA foreign_keys = OFF")
            try:
                exclusive = connection.execution_options(begin="EXCLUSIVE")
                with exclusive.begin():
                    yield exclusive
            finally:
                raw.execute("PRAGMA foreign_keys = ON")

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    def schema(self) -> str | None:
        """Revision of the file, None for an empty one."""
        with self._refusals(), self.engine.connect() as connection:
            return schema_of(connection)

    def _check(self) -> None:
        if self._known:
            return
        found = self.schema()
        refuse_newer(self.path, found)
        if found != SCHEMA:
            raise BadDataFile(self.path, "schema", f"is {found or 'empty'}, but {SCHEMA} is needed; upgrade it first")
        self._known = True

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except SonicForgeError:
            raise
        except NoneFree as error:
            raise Busy(f"the library {self.path} has too many readers; try again") from error
        except DatabaseError as error:
            _refuse(self.path, error)


def open_database(folder: Path) -> Database:
    """The library in a data directory, which is made if it is missing; an empty one needs `upgrade` before use.

    Raises `NewerData` for a data directory of a newer version, `BadDataFile` for a file that is no library,
    `CannotWrite` where folder or disk refuse.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{folder}: {error.strerror or error}") from error
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=24,
        pool_timeout=BUSY_S,
        connect_args={"timeout": BUSY_S, "isolation_level": None},
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    database = Database(folder, engine)
    try:
        refuse_newer(path, database.schema())
    except BaseException:
        database.close()
        raise
    return database


def schema_of(connection: Connection) -> str | None:
    """Revision that the migrations have left behind, None where they never ran."""
    tables = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    if "alembic_version" not in tables:
        if tables:
            raise BadDataFile(connection.engine.url.database, "schema", "this database is not a SonicForge library")
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def refuse_newer(path: Path, found: str | None, known: str = SCHEMA) -> None:
    """Raise `NewerData` for a schema that this version does not know."""
    if found is not None and found > known:
        raise NewerData(
            f"the data in {path.parent} was written by a newer SonicForge (schema {found}, this one knows up to "
            f"{known}); install the newer version again or use another data directory"
        )


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """The driver is told to begin nothing by itself; here every transaction begins as its session says."""
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"PRAGMA query_only = {int(mode == 'DEFERRED')}")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _to_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode()


def _refuse(path: Path, error: DatabaseError) -> NoReturn:
    """Say what the disk or another process refused; anything else is a bug and stays loud."""
    reason = str(error.orig).lower()
    if "locked" in reason or "busy" in reason:
        raise Busy(f"the library {path} was held by another process for {BUSY_S:.0f} s; try again") from error
    if "full" in reason:
        raise CannotWrite(f"{path}: the disk is full") from error
    if any(word in reason for word in ("readonly database", "unable to open", "disk i/o")):
        raise CannotWrite(f"{path}: {error.orig}") from error
    if "not a database" in reason or "malformed" in reason:
        raise BadDataFile(path, "file", f"is damaged or no library ({error.orig})") from error
    raise error
