"""`Air`: what is on air, as run: turns the marks of outgoing blocks into news, and answers what sounds now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.door import News, NewsKind
from sonicforge.playout.item import Item
from sonicforge.playout.state import Sounding, State

_PROVEN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Run:
    """What began last: its mark, and where and when that was."""

    mark: Mark
    position: int
    utc: float


class Air:
    """Follows the blocks in order, from a position and a time of day on.

    `tell` takes news and never waits; `resumed` says that the first item goes on after a restart.
    """

    def __init__(self, tell: Callable[[News], None], position: int, utc: float, *, resumed: bool = False) -> None:
        self._tell = tell
        self._resumed = resumed
        self._run: _Run | None = None
        self._missed = 0
        self._began_at = position
        self.position, self.utc = position, utc

    @property
    def item(self) -> Item | None:
        """What sounds, or in a bridge what comes out of it."""
        return None if self._run is None else self._run.mark.item

    def passed(self, block: Block) -> None:
        """A block is on its way to the listeners."""
        # Positions that were never made are no seconds of the item: it stood still with the station.
        self._missed += block.position - self.position
        for mark in block.marks:
            self._begin(mark, block.position + mark.offset, block.utc + mark.offset / RATE)
        self.position, self.utc = block.position + BLOCK, block.utc + BLOCK / RATE

    def news(self, kind: NewsKind, /, **data: Any) -> None:
        """News about now."""
        self._tell(News(kind, self.position, self.utc, data))

    def skipped(self, why: str) -> None:
        """Somebody wants something else than what sounds."""
        if self._run is not None:
            self.news("skipped", item=brief(self._run.mark.item), at_s=round(self._second(), 3), why=why)

    def stopped(self) -> None:
        """The station goes off air."""
        if self._run is not None:
            self._end(self._run, self.position, self.utc, stopped=True)
            self._run = None

    def state(self) -> State:
        """What a restart needs. It does not name what sounds before that has proved to be no end of the process."""
        if self._run is None or self.position - self._began_at < _PROVEN_S * RATE:
            return State(self.position, self.utc)
        kind = "track" if self._run.mark.kind == "bridge" else self._run.mark.kind
        return State(self.position, self.utc, Sounding(kind, self._run.mark.item, self._second()))

    def now(self) -> dict[str, Any]:
        """What sounds, in plain values for readers outside."""
        if self._run is None:
            return {"sounding": None, "transition": None}
        mark = self._run.mark
        sounding = {
            "kind": mark.kind,
            "item": brief(mark.item),
            "left": None if mark.left is None else brief(mark.left),
            "at_s": round(self._second(), 3),
            "since": {"position": self._run.position, "utc": self._run.utc},
        }
        return {"sounding": sounding, "transition": None if mark.transition is None else dict(mark.transition)}

    def _second(self) -> float:
        assert self._run is not None
        return self._run.mark.at_s + (self.position - self._run.position - self._missed) / RATE

    def _begin(self, mark: Mark, position: int, utc: float) -> None:
        if self._run is not None:
            self._end(self._run, position, utc)
        self._run, self._missed = _Run(mark, position, utc), 0
        data = {
            "kind": mark.kind,
            "item": brief(mark.item),
            "at_s": round(mark.at_s, 6),
            "left": None if mark.left is None else brief(mark.left),
            "transition": None if mark.transition is None else dict(mark.transition),
            "resumed": self._resumed,
        }
        self._resumed = False
        self._tell(News("began", position, utc, data))

    def _end(self, run: _Run, position: int, utc: float, *, stopped: bool = False) -> None:
        played_s = round((position - run.position - self._missed) / RATE, 6)
        data = {"kind": run.mark.kind, "item": brief(run.mark.item), "began": run.position, "played_s": played_s}
        self._tell(News("ended", position, utc, data | {"stopped": stopped}))


def brief(item: Item) -> dict[str, Any]:
    """An item in plain values without its bar lines and without where its file lies."""
    return {
        "id": item.id,
        "title": item.title,
        "artist": item.artist,
        "genre": item.genre,
        "duration_s": item.duration_s,
        "bpm": item.bpm,
        "key": item.key,
        "energy": item.energy,
        "ticket": item.ticket,
        "tags": dict(item.tags),
    }
