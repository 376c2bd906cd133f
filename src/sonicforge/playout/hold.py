"""Only one tower plays a station: a lock that the system lets go of when its process dies, however it dies."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from sonicforge.errors import Conflict

LOCK_FILE: Final = "tower.lock"
_PATIENCE_S: Final = 1.5


@contextmanager
def sole_tower(folder: Path) -> Iterator[None]:
    """Holds the station's folder; raises `Conflict` when another process keeps it for longer than a moment."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a") as file:
        until = time.monotonic() + _PATIENCE_S
        while not _locked(file):
            if time.monotonic() > until:
                raise Conflict(f"the station in {folder} is on air already, from another process")
            time.sleep(0.05)
        yield


def _locked(file: IO[str]) -> bool:
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
