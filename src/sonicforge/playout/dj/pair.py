"""`Pair`: two items with known bars that are about to meet."""

from dataclasses import dataclass

from sonicforge.playout.dj.match import Match
from sonicforge.playout.dj.phrases import Phrases
from sonicforge.playout.item import Item


@dataclass(frozen=True, slots=True)
class Pair:
    """The old and the new item, the bars of both, and how well they suit each other."""

    out: Item
    into: Item
    out_bars: Phrases
    in_bars: Phrases
    match: Match
