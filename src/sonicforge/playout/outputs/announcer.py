"""`Announcer`: tells a server titles from a thread of its own, so that no title ever waits in front of sound."""

import logging
from collections.abc import Callable
from threading import Condition, Thread

log = logging.getLogger(__name__)

_TRIES = 3
_BETWEEN_S = 2.0


class Announcer:
    """Passes the newest title to `tell`; older ones that nobody has told yet are forgotten."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._title: str | None = None
        self._ending = False
        self._news = Condition()
        self._thread = Thread(target=self._run, name="announcer", daemon=True)
        self._thread.start()

    def announce(self, title: str) -> None:
        """Say this next; returns at once."""
        with self._news:
            self._title = title
            self._news.notify()

    def close(self) -> None:
        """Say no more."""
        with self._news:
            self._ending = True
            self._news.notify()
        self._thread.join(1.0)

    def _run(self) -> None:
        while (title := self._next()) is not None:
            for _ in range(_TRIES):
                try:
                    self._tell(title)
                    break
                except OSError as error:
                    log.warning("title not told: %s", error)
                with self._news:
                    if self._ending or self._title is not None or self._news.wait(_BETWEEN_S):
                        break

    def _next(self) -> str | None:
        with self._news:
            while self._title is None and not self._ending:
                self._news.wait()
            title, self._title = self._title, None
            return None if self._ending else title
