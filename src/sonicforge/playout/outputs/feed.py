"""`Feed`: what one target still has to send, bounded in time."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Condition

from sonicforge.playout.outputs.flv import Tag
from sonicforge.playout.probe import ProbeReading

MOST_WAITING_MS = 10_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to send at a time of the stage's clock: an FLV tag, or packets of MPEG-TS.

    `entry` says that playing can begin here, `setup` that a decoder needs it first.
    """

    at_ms: int
    content: Tag | bytes
    entry: bool = False
    setup: bool = False

    def moved(self, at_ms: int) -> "Piece":
        """The same at another time."""
        content = replace(self.content, at_ms=at_ms) if isinstance(self.content, Tag) else self.content
        return replace(self, at_ms=at_ms, content=content)


class Feed:
    """Pieces in order, with the setup in front at each start and change of `rung`.

    When more than ten seconds wait, all of them are dropped and the target goes on at the next entry.
    """

    def __init__(self, container: str, rung: int) -> None:
        self.container, self.wanted = container, rung
        self.rung: int | None = None
        self.dropped_ms = 0
        self.reading = ProbeReading()
        self._ended = ""
        self._pieces: deque[Piece] = deque()
        self._news = Condition()

    @property
    def waiting_ms(self) -> int:
        """How much time lies between the oldest and the newest piece that wait."""
        with self._news:
            return self._pieces[-1].at_ms - self._pieces[0].at_ms if self._pieces else 0

    def put(self, rung: int, setup: Iterable[Piece], pieces: Iterable[Piece], before: Iterable[Piece] = ()) -> None:
        """New pieces of `rung`. If the target is not on that rung yet, it changes at the first entry among them.

        `before` are the pieces of the rung it leaves, which are used up to that entry.
        """
        pieces = list(pieces)
        if rung != self.rung:
            at = next((number for number, piece in enumerate(pieces) if piece.entry), None)
            if at is None:
                self._append(before)
                return
            first_ms = pieces[at].at_ms
            self._append([piece for piece in before if piece.at_ms < first_ms])
            late = [piece for piece in pieces[:at] if piece.at_ms >= first_ms]
            pieces = [*(piece.moved(first_ms) for piece in setup), *late, *pieces[at:]]
            self.rung = rung
        self._append(pieces)

    def take(self, timeout_s: float) -> Piece | None:
        """The oldest piece, or None when none came for a while; raises `ConnectionError` after `end`."""
        with self._news:
            if self._ended:
                raise ConnectionAbortedError(self._ended)
            if not self._pieces:
                self._news.wait(timeout_s)
            return self._pieces.popleft() if self._pieces else None

    def end(self, reason: str) -> None:
        """Nothing will come any more."""
        with self._news:
            self._ended = reason
            self._news.notify()

    def _append(self, pieces: Iterable[Piece]) -> None:
        with self._news:
            self._pieces.extend(pieces)
            waiting = self._pieces[-1].at_ms - self._pieces[0].at_ms if self._pieces else 0
            if waiting > MOST_WAITING_MS:
                self.dropped_ms += waiting
                self._pieces.clear()
                self.rung = None
            self._news.notify()
