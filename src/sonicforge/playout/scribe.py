"""`Scribe`: writes the station's small files in a thread of its own, so that a slow or full disk holds nobody up."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Final

from sonicforge.playout.state import write_json

log = logging.getLogger(__name__)

DURABLE_EVERY: Final = 15
"""Every so many writes of a file the disk is asked to have it; a kill of the process loses none, a power cut these."""


class Scribe:
    """Keeps the newest value for each file and writes it; older ones that were not written in time are forgotten.

    `fault` hears once when the disk begins to refuse. Without `start`, `write` writes at once.
    """

    def __init__(self, folder: Path, *, fault: Callable[[str], None]) -> None:
        self._folder, self._fault = folder, fault
        self._waiting: dict[str, Any] = {}
        self._written: dict[str, int] = {}
        self._news = Condition()
        self._ended = False
        self._refused = False
        self._thread: Thread | None = None

    def start(self) -> None:
        """From now on write in a thread."""
        self._thread = Thread(target=self._serve, name="scribe", daemon=True)
        self._thread.start()

    def write(self, **values: Any) -> None:
        """Replace `<name>.json` in the folder for each `name=value`; underscores become hyphens."""
        with self._news:
            self._waiting |= values
            self._news.notify()
        if self._thread is None:
            self._write_all()

    def close(self, timeout_s: float = 3.0) -> None:
        """Write what waits, durably, and stop."""
        with self._news:
            self._ended = True
            self._written.clear()
            self._news.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)
        else:
            self._write_all()

    def _serve(self) -> None:
        while not self._ended:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._ended)
            self._write_all()

    def _write_all(self) -> None:
        with self._news:
            values, self._waiting = self._waiting, {}
        for name, value in values.items():
            self._write(name, value)

    def _write(self, name: str, value: Any) -> None:
        count = self._written.get(name, 0)
        path = self._folder / f"{name.replace('_', '-')}.json"
        try:
            write_json(path, value, durable=count % DURABLE_EVERY == 0)
            self._written[name] = count + 1
            self._refused = False
        except OSError as error:
            if not self._refused:
                log.warning("cannot write %s: %s", name, error)
                self._fault(f"{name} cannot be written: {error}")
            self._refused = True
            _write_over(path, value)


def _write_over(path: Path, value: Any) -> None:
    """On a full disk the old file's own place still takes the new words; readers of a half-written one look again."""
    with suppress(OSError), path.open("r+b") as file:
        file.write(json.dumps(value, ensure_ascii=False).encode())
        file.truncate()
