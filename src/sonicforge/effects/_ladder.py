"""Four windows at once for `stretch`: a long one tells bass notes apart, a short one keeps cymbals sharp.

Each window is half as long as the one below it and is read twice as often. Around an edge both have their bins and fade
into each other. There the bins of one of them lead and their twins in the other window turn the same way; who leads
changes where the sound is weakest, so that no tone is torn.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

EDGES_HZ = (300.0, 2000.0, 6000.0)
"""Where one window hands over to the next; those out of reach of a low rate are left out."""
FADE = 1.4
"""An edge's fade reaches from edge / FADE to edge * FADE."""
LONGEST_S = 0.17
OVERLAP = 4

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ladder:
    """Which bins of which window stand where in the line of all bins.

    Window w has sizes[w] samples and is read every every[w] frames, `hop` samples apart in the output. Its bins stand
    in the line from first[w] to first[w + 1]; numbers[place] says which bin of its window that is. `twins` is the place
    of the same frequency in the neighbouring window (-1 where there is none), `odd` marks places half a bin above
    theirs, shared[w] the first and last place of window w + 1 whose twins stand in window w. `gains` are the fades.
    """

    sizes: Integers
    every: Integers
    hop: int
    first: Integers
    numbers: NDArray[np.float64]
    twins: Integers
    odd: NDArray[np.bool_]
    shared: Integers
    gains: NDArray[np.float32]

    @property
    def longest(self) -> int:
        return int(self.sizes[0])

    @property
    def group(self) -> int:
        """Frames from one reading of the longest window to the next."""
        return int(self.every[0])

    def span(self, w: int) -> tuple[slice, slice]:
        """Where the bins of window w stand, and which they are."""
        a, z = int(self.first[w]), int(self.first[w + 1])
        return slice(a, z), slice(int(self.numbers[a]), int(self.numbers[z - 1]) + 1)


@lru_cache(maxsize=8)
def ladder(sample_rate: int) -> Ladder:
    """The ladder for a rate: windows of 171, 85, 43 and 21 ms at 48 kHz."""
    longest = 1 << round(math.log2(LONGEST_S * sample_rate))
    edges = [hz for hz in EDGES_HZ if hz * FADE < 0.45 * sample_rate]
    sizes = [longest >> w for w in range(len(edges) + 1)]
    # An edge's lowest and highest bin of the longer window are even: they have a bin of the shorter one beside them.
    fades = [
        [2 * round(hz * reach * size / sample_rate / 2) for reach in (1 / FADE, FADE)]
        for hz, size in zip(edges, sizes, strict=False)
    ]
    bottoms = [0, *(low // 2 for low, _ in fades)]
    tops = [*(high for _, high in fades), sizes[-1] // 2]
    bins = [np.arange(low, high + 1) for low, high in zip(bottoms, tops, strict=True)]
    first = np.concatenate([[0], np.cumsum([part.size for part in bins])]).astype(np.int64)
    window, numbers = np.repeat(np.arange(len(sizes)), np.diff(first)), np.concatenate(bins)
    twins, odd = np.full(numbers.size, -1, np.int64), np.zeros(numbers.size, np.bool_)
    for w, (low, high) in enumerate(fades):
        longer, shorter = np.arange(low, high + 1), np.arange(low // 2, high // 2 + 1)
        place = first[w] - bottoms[w] + longer
        twins[place] = first[w + 1] - bottoms[w + 1] + longer // 2
        odd[place] = longer % 2 == 1
        twins[first[w + 1] - bottoms[w + 1] + shorter] = first[w] - bottoms[w] + 2 * shorter
    return Ladder(
        sizes=np.array(sizes),
        every=np.array(sizes) // sizes[-1],
        hop=sizes[-1] // OVERLAP,
        first=first,
        numbers=numbers.astype(np.float64),
        twins=twins,
        odd=odd,
        shared=np.array([[first[w + 1], first[w + 1] + (high - low) // 2] for w, (low, high) in enumerate(fades)]),
        gains=_gains(window, numbers * sample_rate / np.array(sizes)[window], edges),
    )


def _gains(window: Integers, hz: NDArray[np.float64], edges: list[float]) -> NDArray[np.float32]:
    gains = np.ones(hz.size)
    for w, edge in enumerate(edges):
        octaves = np.log2(np.maximum(hz, 1.0) * FADE / edge) / (2 * math.log2(FADE))
        rise = 0.5 - 0.5 * np.cos(math.pi * np.clip(octaves, 0.0, 1.0))
        gains *= np.where(window == w, 1 - rise, np.where(window == w + 1, rise, 1.0))
    return gains.astype(np.float32)
