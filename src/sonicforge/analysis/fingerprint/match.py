"""How alike two fingerprints are, and where one lies in the other: the share of equal bits at the best offset."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.analysis.fingerprint.classifiers import SILENT, Codes
from sonicforge.analysis.fingerprint.fingerprint import CODE_S

LEAST_OVERLAP: Final = 0.5
"""Share of the shorter fingerprint that must lie over the other."""

_LEAST_CODES: Final = 16
_EVERY_OFFSET: Final = 1 << 22
_BEST_GUESSES: Final = 16
_COMMON: Final = 50

Offsets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """`similarity` is 1 for equal fingerprints and near 0 for unrelated ones (1 - 2 x bit error rate).

    `offset_s` is where the second begins in the first (negative: the first begins inside the second); `overlap_s` how
    long they were compared.
    """

    similarity: float
    offset_s: float
    overlap_s: float


def compare(first: Codes, second: Codes) -> Match:
    """The best match over all offsets at which at least half of the shorter fingerprint lies over the other.

    Where both are silent nothing is compared; too short or silent fingerprints have similarity 0. Of two long
    fingerprints (over half an hour each) only offsets that many equal codes speak for are tried.
    """
    if len(first) * len(second) <= _EVERY_OFFSET:
        offsets = np.arange(-len(second) + 1, len(first), dtype=np.int64)
    else:
        offsets = _likely(first, second)
    return compare_at(first, second, offsets)


def compare_at(first: Codes, second: Codes, offsets: Offsets) -> Match:
    """The best match over given `offsets` (in codes) of the second fingerprint in the first."""
    least = max(_LEAST_CODES, int(LEAST_OVERLAP * min(len(first), len(second))))
    rate, offset, overlap = _best(np.ascontiguousarray(first), np.ascontiguousarray(second), offsets, least, SILENT)
    return Match(max(0.0, 1.0 - 2.0 * rate), offset * CODE_S, overlap * CODE_S)


def _likely(first: Codes, second: Codes) -> Offsets:
    """Offsets at which many codes are equal, with their neighbours."""
    order = np.argsort(first, kind="stable")
    ranked = first[order]
    low, high = np.searchsorted(ranked, second, "left"), np.searchsorted(ranked, second, "right")
    counts = np.where((high - low <= _COMMON) & (second != SILENT), high - low, 0)
    places = np.repeat(np.arange(len(second)), counts)
    within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    found, votes = np.unique(order[low[places] + within] - places, return_counts=True)
    best = found[np.argsort(-votes, kind="stable")[:_BEST_GUESSES]]
    return np.unique(best[:, None] + np.arange(-1, 2)).astype(np.int64)


@njit(cache=True, nogil=True)
def _best(first: Codes, second: Codes, offsets: Offsets, least: int, silent: int) -> tuple[float, int, int]:
    """Bit error rate, offset and overlap at the offset with the lowest rate; rate 1 where none overlaps enough."""
    rate, where, overlap = 1.0, 0, 0
    for offset in offsets:
        start, stop = max(0, offset), min(len(first), len(second) + offset)
        if stop - start < least:
            continue
        errors, compared = _errors(first[start:stop], second[start - offset : stop - offset], np.uint32(silent))
        if compared >= least and errors < rate * 32.0 * compared:
            rate, where, overlap = errors / (32.0 * compared), offset, compared
    return rate, where, overlap


@njit(cache=True, nogil=True)
def _errors(a: Codes, b: Codes, silent: np.uint32) -> tuple[int, int]:
    """Unequal bits, and codes that say something."""
    errors, compared = np.uint32(0), np.uint32(0)
    for i in range(len(a)):
        said = np.uint32((a[i] != silent) | (b[i] != silent))
        x = np.uint32(a[i] ^ b[i])
        x = np.uint32(x - ((x >> np.uint32(1)) & np.uint32(0x55555555)))
        x = np.uint32((x & np.uint32(0x33333333)) + ((x >> np.uint32(2)) & np.uint32(0x33333333)))
        x = np.uint32((x + (x >> np.uint32(4))) & np.uint32(0x0F0F0F0F))
        x = np.uint32((x * np.uint32(0x01010101)) & np.uint32(0xFFFFFFFF)) >> np.uint32(24)
        errors += np.uint32(x)
        compared += said
    return int(errors), int(compared)
