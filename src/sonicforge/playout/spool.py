"""`Spool`: news on its way out, kept in a file until somebody has taken it."""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sonicforge.playout.door import News

MOST_BYTES: Final = 32 << 20
"""Weeks of news. Beyond it only what began and ended is kept, and beyond twice that nothing more."""

_IN_MEMORY: Final = 2000


class Spool:
    """First in, first out; survives a kill. Used from one thread.

    `add` writes, `oldest` shows what waits, `told` forgets what was shown last. While the disk refuses, the newest news
    wait in memory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = 0
        self._shown: tuple[int, int] = (0, 0)
        self._homeless: deque[str] = deque(maxlen=_IN_MEMORY)
        self._end_broken_line()

    def add(self, news: Sequence[News]) -> None:
        """Keep these."""
        lines = [json.dumps(asdict(piece), ensure_ascii=False, default=str) for piece in news if self._room(piece)]
        self._homeless.extend(lines)
        if not self._homeless:
            return
        try:
            with self._path.open("ab") as file:
                file.write("".join(f"{line}\n" for line in self._homeless).encode("utf-8", "replace"))
        except OSError:
            return
        self._homeless.clear()

    def oldest(self, most: int = 100) -> list[News]:
        """What has waited longest, in order."""
        lines, end = self._lines(most)
        homeless = [] if lines else list(self._homeless)[:most]
        self._shown = (end, len(homeless))
        told = [_news(line) for line in (*lines, *homeless)]
        return [piece for piece in told if piece is not None]

    def told(self) -> None:
        """What `oldest` gave is known to others now."""
        end, homeless = self._shown
        for _ in range(homeless):
            self._homeless.popleft()
        self._from = end
        if end and end >= self._size():
            self._path.unlink(missing_ok=True)
            self._from = 0
        self._shown = (self._from, 0)

    def _end_broken_line(self) -> None:
        """A kill in the middle of a line must not spoil the next one."""
        try:
            with self._path.open("r+b") as file:
                file.seek(-1, 2)
                if file.read(1) != b"\n":
                    file.write(b"\n")
        except OSError:
            return

    def _lines(self, most: int) -> tuple[list[str], int]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._from)
                raw = list(islice(file, most))
        except OSError:
            return [], self._from
        return [line.decode("utf-8", "replace") for line in raw], self._from + sum(map(len, raw))

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def _room(self, piece: News) -> bool:
        size = self._size()
        return size < MOST_BYTES or (piece.kind in ("began", "ended") and size < 2 * MOST_BYTES)


def _news(line: str) -> News | None:
    try:
        told: dict[str, Any] = json.loads(line)
        return News(told["kind"], int(told["position"]), float(told["utc"]), dict(told["data"]))
    except (ValueError, KeyError, TypeError):
        return None
