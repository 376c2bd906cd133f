"""`Reserve`: the pieces made at set-up that play when nothing else can be had.

`reserve/` holds JSON documents of items, each beside its sound file; paths in them are relative to the document. Every
piece is decoded from end to end once after the start, so that a bad one is known before it is needed.
"""

import json
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from sonicforge.errors import BadDataFile, SonicForgeError
from sonicforge.playout.deck import Deck
from sonicforge.playout.item import Item

_MOST: Final = 200
_SILENT: Final = 1e-3
"""A piece whose highest sample is below -60 dBFS is no reserve."""


def reserve_items(folder: Path) -> tuple[Item, ...]:
    """Items of the documents in a folder and the folders in it, by name; what cannot be understood is left out."""
    documents = sorted([*folder.glob("*.json"), *folder.glob("*/*.json")])[:_MOST]
    items = []
    for document in documents:
        try:
            item = Item.from_json(json.loads(document.read_text("utf-8")))
        except (OSError, ValueError, RecursionError, AttributeError, BadDataFile):
            continue
        items.append(replace(item, path=document.parent / item.path, ticket=None))
    return tuple(items)


class Rotation:
    """Draws from a list so that what came lately comes late again."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._lately: deque[str] = deque(maxlen=_MOST)

    def heard(self, item_id: str) -> None:
        """This one was on air."""
        if item_id in self._lately:
            self._lately.remove(item_id)
        self._lately.append(item_id)

    def order(self, items: Sequence[Item]) -> list[Item]:
        """All of them, the longest unheard first; what was never heard comes first of all, in any order."""
        places = {name: place for place, name in enumerate(self._lately)}
        shuffled = self._chance.sample(list(items), len(items))
        return sorted(shuffled, key=lambda item: places.get(item.id, -1))


class Reserve:
    """The pieces of a folder that are not known to be bad. `tell` hears of each bad one once, with the reason."""

    def __init__(self, folder: Path, *, tell: Callable[[Item, str], None]) -> None:
        self._folder, self._tell = folder, tell
        self._bad: set[tuple[str, int]] = set()

    def items(self) -> tuple[Item, ...]:
        """What can be played, as the folder is now."""
        return tuple(item for item in reserve_items(self._folder) if _stamp(item) not in self._bad)

    def check(self) -> None:
        """Decode everything once; seconds of work at a low pace."""
        for item in self.items():
            try:
                problem = "it is silent" if _highest(item) < _SILENT else ""
            except SonicForgeError as error:
                problem = str(error)
            if problem:
                self._bad.add(_stamp(item))
                self._tell(item, problem)


def _highest(item: Item) -> float:
    deck = Deck(item)
    highest = 0.0
    try:
        while (part := deck.read(1 << 16)).shape[1]:
            highest = max(highest, float(np.abs(part).max()))
        if deck.fault:
            raise SonicForgeError(deck.fault)
    finally:
        deck.close()
    return highest


def _stamp(item: Item) -> tuple[str, int]:
    try:
        return str(item.path), item.path.stat().st_mtime_ns
    except OSError:
        return str(item.path), 0
