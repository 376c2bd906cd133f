"""`Block`: a tenth of a second of programme on the station's one sample clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sonicforge.playout.item import Item
from sonicforge.sound.audio import Samples

RATE = 48_000
BLOCK = 4608
"""Samples of a block: 4.5 AAC frames, one FLAC frame; 62 blocks are a segment of 5.952 s in every codec."""

Kind = Literal["track", "bridge", "jingle", "reserve"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something begins `offset` samples into a block.

    A bridge carries both what it leaves (`left`) and what it enters (`item`), and the DJ's decision in plain values.
    `at_s` is the second of the item's file that sounds at the mark.
    """

    offset: int
    kind: Kind
    item: Item
    at_s: float = 0.0
    left: Item | None = None
    transition: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """`samples` (2, BLOCK) float32 in -1..1 at RATE. Nobody who receives a block may write into it.

    `position` counts samples since the station's epoch and goes on over restarts; `utc` is the time of day of the first
    sample, in seconds since 1970. `gap` says that positions before this block were never made (a restart, a machine
    that slept).
    """

    position: int
    utc: float
    samples: Samples
    marks: tuple[Mark, ...] = ()
    gap: bool = False
