"""`Desk`: what every route works with. Library and disk are asked in threads, so that the event loop never waits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from sonicforge.errors import Busy, NotFound
from sonicforge.library.database import Database, open_database
from sonicforge.library.objects import Objects

READERS: Final = 6
WRITERS: Final = 2
"""Writers take turns in the library anyway; they have threads of their own so that readers go on while it is locked."""
THINKERS: Final = 2
MOST_WAITING: Final = 200
MOST_THOUGHTS: Final = 20

T = TypeVar("T")


class _Pool:
    """Threads with a bounded number of callers; one more is turned away at once."""

    def __init__(self, name: str, threads: int, most: int = MOST_WAITING) -> None:
        self._most = most
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._most:
            raise Busy(f"{self._most} calls are waiting already; try again in a moment")
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._done)
        return await future

    def _done(self, _future: object) -> None:
        self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)


class Desk:
    """The library of a data directory, asked from the event loop. `data` is that directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.database: Database = open_database(data)
        self.objects = Objects(data / "objects")
        self._reading, self._writing = _Pool("reading", READERS), _Pool("writing", WRITERS)
        self._thinking = _Pool("thinking", THINKERS, MOST_THOUGHTS)

    async def read(self, ask: Callable[[Session], T]) -> T:
        """What `ask` says of the library. Raises what it raises, or `Busy`."""
        return await self._reading.run(lambda: self._read(ask))

    async def write(self, change: Callable[[Session], T]) -> T:
        """Change the library; what it returns is true and on the disk."""
        return await self._writing.run(lambda: self._write(change))

    async def work(self, work: Callable[[], T]) -> T:
        """Anything else that waits for the disk."""
        return await self._reading.run(work)

    async def think(self, work: Callable[[], T]) -> T:
        """What takes long, as understanding words does; it cannot hold up those who read."""
        return await self._thinking.run(work)

    def air(self, station: str) -> Path:
        """The folder of a station on air; raises `NotFound` for what cannot be its name."""
        if not station.replace("-", "a").isalnum() or not station.isascii() or len(station) > 40:
            raise NotFound("station", station)
        return self.data / "air" / station

    def close(self) -> None:
        """Finish what runs and let go of the library."""
        self._reading.close()
        self._writing.close()
        self._thinking.close()
        self.database.close()

    def _read(self, ask: Callable[[Session], T]) -> T:
        with self.database.read() as session:
            return ask(session)

    def _write(self, change: Callable[[Session], T]) -> T:
        with self.database.write() as session:
            return change(session)
