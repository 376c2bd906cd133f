"""Order statistics inside compiled loops: the value at a place of the sorted order, without sorting."""

import numpy as np
from numba import njit

_SPREAD = 1.4826


@njit(cache=True, nogil=True)
def in_order(values, place):  # type: ignore[no-untyped-def]
    """The value that would stand at `place` if `values` were sorted (Hoare's selection)."""
    kept = values.copy()
    low, high = 0, kept.size - 1
    while low < high:
        pivot = kept[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while kept[i] < pivot:
                i += 1
            while pivot < kept[j]:
                j -= 1
            if i <= j:
                kept[i], kept[j] = kept[j], kept[i]
                i += 1
                j -= 1
        if place <= j:
            high = j
        elif place >= i:
            low = i
        else:
            break
    return kept[place]


@njit(cache=True, nogil=True)
def robust_spread(values):  # type: ignore[no-untyped-def]
    """Standard deviation of `values` (mean 0) by the median magnitude, which a few outliers do not move."""
    heights = np.empty(values.size, values.dtype)
    for i in range(values.size):
        heights[i] = abs(values[i])
    return _SPREAD * in_order(heights, heights.size // 2)
