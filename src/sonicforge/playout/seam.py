"""Seams: how one item passes into the next, from the DJ's composed bridge down to a quick fade made on the spot."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sonicforge.playout.block import RATE, Kind
from sonicforge.playout.deck import Deck
from sonicforge.playout.item import Item
from sonicforge.sound.audio import Samples

QUICK_S: Final = 1.0
"""Length of the fade when somebody skips, and when an item ends before anything better was ready."""


@dataclass(frozen=True, slots=True)
class Seam:
    """`samples` sound after sample `leaves_out_at` of the old item's file; then `deck` goes on with the new one.

    `transition` is the decision in plain values.
    """

    out: Item
    into: Item
    kind: Kind
    samples: Samples
    leaves_out_at: int
    deck: Deck
    transition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Joint:
    """A bridge as whoever makes it gives it: what `Seam` needs besides the items."""

    samples: Samples
    leaves_out_at_s: float
    enters_in_at_s: float
    transition: Mapping[str, Any]


Join = Callable[[Item, Item, float], Iterator[Joint]]
"""From the old item, the new one and the first second of the old that may still be left: joints, each better than the
last. Raises `SonicForgeError` when a file cannot be read."""


def seam_of(joint: Joint, out: Item, into: Item, kind: Kind) -> Seam | None:
    """The joint with the new item's deck opened where it enters; None for a joint that cannot be played."""
    samples = joint.samples
    good = samples.ndim == 2 and len(samples) == 2 and samples.shape[1] > 0 and np.isfinite(samples.sum())
    if not good or joint.leaves_out_at_s < 0 or not 0 <= joint.enters_in_at_s < into.duration_s:
        return None
    sound = np.ascontiguousarray(samples, np.float32)
    deck = Deck(into, joint.enters_in_at_s)
    return Seam(out, into, kind, sound, round(joint.leaves_out_at_s * RATE), deck, joint.transition)


def quick_seam(out: Item, leaves_out_at: int, tail: Samples, deck: Deck, kind: Kind, *, why: str) -> Seam:
    """`tail`, what was still to come of the old item, goes while `deck` begins; as long as the tail, at most `QUICK_S`.

    What is longer stays whole in front, so that the new item can begin on a beat.
    """
    length = min(tail.shape[1], round(QUICK_S * RATE))
    enters = deck.take(length)
    length = enters.shape[1]
    turn = np.linspace(0, np.pi / 2, length, dtype=np.float32)
    going = tail.shape[1] - length
    samples = tail.astype(np.float32, copy=True)
    samples[:, going:] = tail[:, going:] * np.cos(turn) + enters * np.sin(turn)
    told = {"method": "quick", "words": "quick fade", "length_s": round(tail.shape[1] / RATE, 3), "reasons": [why]}
    return Seam(out, deck.item, kind, samples, leaves_out_at, deck, told)


def first_bar(item: Item) -> float:
    """The second of the file where the music is entered in a hurry: its first bar line, if that comes soon."""
    first = item.barlines.bars_s[0] if item.barlines is not None else 0.0
    return first if 0 < first < min(10.0, item.duration_s / 4) else 0.0


def to_next_beat(item: Item, second: float) -> float:
    """Seconds from `second` of the file to the next beat, 0 where no beat is known or it is more than half a second."""
    lines = item.barlines
    if lines is None or not lines.bars_s[0] <= second < lines.bars_s[-1]:
        return 0.0
    beat = 60.0 / lines.bpm_at(second)
    wait = -(second - lines.bars_s[lines.bar_at(second)]) % beat
    return wait if wait < 0.5 else 0.0
