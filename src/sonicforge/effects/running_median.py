"""Running medians of many rows side by side, for spectrograms.

A window of k rows is kept sorted, lane by lane. When it moves on, one pass takes the oldest value out and puts the
newest in with a comparison, a minimum and a maximum each step and no branch, so that the processor works on eight
lanes at once: a median of 31 takes some ten nanoseconds.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.errors import OutOfRange

Rows = NDArray[np.float32]

_LANES = 256
"""Lanes worked on at a time, so that their sorted window stays in the fastest cache."""


class RunningMedian:
    """Median of the last `size` rows (odd), for each lane; before the first row there is silence.

    The answer to a row is centred (size - 1) / 2 rows before it.
    """

    def __init__(self, size: int, lanes: int) -> None:
        self.size, self.lanes = checked_size(size), lanes
        self.reset()

    def reset(self) -> None:
        """Back to silence."""
        self._sorted = np.zeros((self.size, self.lanes), np.float32)
        self._ring = np.zeros((self.size, self.lanes), np.float32)
        self._at = 0

    def push(self, rows: Rows) -> Rows:
        """Medians (n, lanes) after each of the rows (n, lanes), which hold no NaN."""
        out = np.empty(rows.shape, np.float32)
        before = np.empty(_LANES, np.float32)
        _push(np.ascontiguousarray(rows), self._ring, self._at, self._sorted, before, out)
        self._at = (self._at + len(rows)) % self.size
        return out


def checked_size(size: int) -> int:
    """`size` if it is odd and from 3 to 255; raises `OutOfRange`."""
    if not 3 <= size <= 255 or size % 2 == 0:
        raise OutOfRange("median size", size, 3, 255, "(odd)")
    return size


def median_along_rows(rows: Rows, size: int) -> Rows:
    """Median over `size` rows centred on each row (n, lanes); the rows are mirrored at the ends (d c b a | a b c d)."""
    half = checked_size(size) // 2
    if not len(rows):
        return rows.copy()
    line = RunningMedian(size, rows.shape[1])
    ahead = np.concatenate([_mirrored(rows, np.arange(-half, 0)), rows, _mirrored(rows, len(rows) + np.arange(half))])
    return line.push(ahead)[2 * half :]


def median_along_lanes(rows: Rows, size: int) -> Rows:
    """The same across the lanes of each row: medians of `size` neighbouring values, mirrored at the borders."""
    return np.ascontiguousarray(median_along_rows(np.ascontiguousarray(rows.T), size).T)


def _mirrored(rows: Rows, at: NDArray[np.int64]) -> Rows:
    there = at % (2 * len(rows))
    return np.asarray(rows[np.where(there < len(rows), there, 2 * len(rows) - 1 - there)])


@njit(cache=True, nogil=True)
def _push(rows, ring, at, window, before, out):  # type: ignore[no-untyped-def]
    size = window.shape[0]
    for first in range(0, rows.shape[1], before.size):
        last = min(first + before.size, rows.shape[1])
        lanes = last - first
        place = at
        below = before[:lanes]
        for n in range(rows.shape[0]):
            new, old = rows[n, first:last], ring[place, first:last]
            _move(window, first, last, old, new, below)
            for j in range(lanes):
                old[j] = new[j]
                out[n, first + j] = window[size // 2, first + j]
            place = place + 1 if place + 1 < size else 0


@njit(cache=True, nogil=True)
def _move(window, first, last, old, new, below):  # type: ignore[no-untyped-def]
    # Without the old value the window is d; the new one enters where max(d[i - 1], new) < d[i].
    size, lanes = window.shape[0], last - first
    for j in range(lanes):
        below[j] = -np.inf
    for i in range(size - 1):
        here, following = window[i, first:last], window[i + 1, first:last]
        for j in range(lanes):
            kept = here[j] if here[j] < old[j] else following[j]
            high = max(below[j], new[j])
            here[j] = min(high, kept)
            below[j] = kept
    top = window[size - 1, first:last]
    for j in range(lanes):
        top[j] = max(below[j], new[j])
