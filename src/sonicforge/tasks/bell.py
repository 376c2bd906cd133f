"""A doorbell: whether anything has happened in the library since somebody last asked, for the price of one look."""

import time
from collections.abc import Callable

from sonicforge.library import events
from sonicforge.library.database import Database


class Bell:
    """For one asker. It also rings when it was silent for `at_least_every_s`, for what only time brings about."""

    def __init__(
        self, database: Database, at_least_every_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database, self._every_s, self._clock = database, at_least_every_s, clock
        self._number = -1
        self._rang_at = float("-inf")

    def rings(self) -> bool:
        """Whether it rings; the next call hears only what happens from now on. Raises `Busy`."""
        with self._database.read() as session:
            number = events.bounds(session)[1]
        now = self._clock()
        if number == self._number and now - self._rang_at < self._every_s:
            return False
        self._number, self._rang_at = number, now
        return True

    def ring(self) -> None:
        """Let the next call be answered with yes."""
        self._rang_at = float("-inf")
