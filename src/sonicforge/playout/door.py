"""`Door`: all that the tower wants from the rest of the world. It plays on when nobody is behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sonicforge.playout.item import Item

NewsKind = Literal["began", "ended", "output", "skipped", "fault"]
OrderKind = Literal["skip", "reload", "outputs"]


@dataclass(frozen=True, slots=True)
class News:
    """Something happened on air at a sample `position` and a time (`utc`, seconds since 1970); `data` are plain values.

    `began` and `ended` tell of an item, jingle, bridge or reserve as run; `output` of a change of an output's state.
    """

    kind: NewsKind
    position: int
    utc: float
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """A wish: `skip` what sounds, `reload` what was planned ahead, `outputs` as listed in `data`."""

    number: int
    kind: OrderKind
    data: Mapping[str, Any]


class Door(Protocol):
    """Called from the tower's own helper threads, never from its clock; every method may block or raise.

    `next_item` fetches what to play next, None when nothing waits; `best` are good pieces for when it stays empty;
    `report` delivers news in order (the same news may come twice); `orders` are wishes in order, and `carried_out` says
    what became of one.
    """

    def next_item(self) -> Item | None: ...

    def best(self) -> Sequence[Item]: ...

    def report(self, news: Sequence[News]) -> None: ...

    def orders(self) -> Sequence[Order]: ...

    def carried_out(self, number: int, outcome: str) -> None: ...
