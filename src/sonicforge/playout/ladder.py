"""`Ladder`: what comes next, from the queue down to the reserve. Below its last rung only the soft bed is left."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import Kind
from sonicforge.playout.deck import Deck
from sonicforge.playout.item import Item
from sonicforge.playout.reserve import Reserve, Rotation

_TRIES: Final = 12
"""Bad items in a row, after which the next rung is asked."""


class Shelf(Protocol):
    """Where items come from: the courier."""

    best: tuple[Item, ...]

    def fetch(self, wait_s: float) -> Item | None: ...


@dataclass(frozen=True, slots=True)
class Pick:
    """An item that can be played, and as what it is on air."""

    item: Item
    kind: Kind


class Ladder:
    """Every pick was opened and its beginning decoded; `fault` hears of each item that could not be, and why."""

    def __init__(
        self, shelf: Shelf, reserve: Reserve, *, fault: Callable[[Item, str], None], chance: random.Random
    ) -> None:
        self._shelf, self._reserve, self._fault = shelf, reserve, fault
        self._rotation = Rotation(chance)

    def broke(self, item: Item, words: str) -> None:
        """This one cannot be played."""
        self._rotation.heard(item.id)
        self._fault(item, words)

    def heard(self, item: Item) -> None:
        """An item is on air; it comes late in the rotations."""
        self._rotation.heard(item.id)

    def queued(self, wait_s: float) -> Pick | None:
        """The next playable item of the queue; bad ones are passed over."""
        for _ in range(_TRIES):
            item = self._shelf.fetch(wait_s)
            if item is None:
                return None
            if self._plays(item):
                return Pick(item, "jingle" if item.tags.get("kind") == "jingle" else "track")
        return None

    def queued_now(self) -> Pick | None:
        """The same for somebody who cannot wait."""
        return self.queued(0.3)

    def fallen_back(self) -> Pick | None:
        """A piece of the library's best, else of the reserve."""
        return next(self._fallbacks(), None)

    def _fallbacks(self) -> Iterator[Pick]:
        rungs: tuple[tuple[Callable[[], Sequence[Item]], Kind], ...] = (
            (lambda: self._shelf.best, "track"),
            (self._reserve.items, "reserve"),
        )
        for items, kind in rungs:
            for item in self._rotation.order(items())[:_TRIES]:
                if self._plays(item):
                    yield Pick(item, kind)

    def _plays(self, item: Item) -> bool:
        try:
            Deck(item).close()
        except UnreadableAudio as error:
            self.broke(item, str(error))
            return False
        return True
