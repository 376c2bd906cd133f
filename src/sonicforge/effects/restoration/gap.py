"""A damaged stretch of a channel, filled with what a model of its surroundings expects.

The model is fitted to the surroundings and the filling in turn (Janssen, Veldhuis and Vries, IEEE TASSP 34, 1986).
Where a click ends is not known well: its tail can be as smooth as music. So the filling is put to the test: if the
model is surprised where the filling meets the sound, the stretch grows, as long as that helps.
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.restoration.autoregression import (
    correlate,
    fill_gaps,
    fill_gaps_softly,
    gap_doubt,
    levinson,
    prediction_error,
)

SIDE = 1024
_ROUNDS = 3
_MOST_ORDER = 96
_SURPRISE = 1.3


@njit(cache=True, nogil=True, fastmath=True)
def mend_stretch(view, first, last, longest):  # type: ignore[no-untyped-def]
    """Fills view[first:last], or more of it up to `longest` samples; returns the end of what was filled.

    Returns `first` and leaves the view if it reaches too near to the view's ends.
    """
    kept = view[first : min(first + longest, view.size)].copy()
    surprise = _fill(view, first, last)
    if surprise < 0.0:
        return first
    while surprise > _SURPRISE and last - first < longest:
        further = min(last + max((last - first) // 2, 3), first + longest)
        before = view[first:last].copy()
        view[first:further] = kept[: further - first]
        fresh = _fill(view, first, further)
        if fresh < 0.0 or fresh > 0.95 * surprise:
            view[first:further] = kept[: further - first]
            view[first:last] = before
            break
        surprise, last = fresh, further
    return last


@njit(cache=True, nogil=True, fastmath=True)
def _fill(view, first, last):  # type: ignore[no-untyped-def]
    # Mean square of the prediction error in and right after the filling, over its usual (robust) mean square.
    missing = last - first
    order = min(3 * missing + 20, _MOST_ORDER)
    start, stop = max(first - SIDE, 0), min(last + SIDE, view.size)
    if first - start < 2 * order or stop - last < 2 * order:
        return -1.0
    x = view[start:stop].astype(np.float64)
    gaps = np.arange(first - start, last - start)
    left, right = x[gaps[0] - 1], x[gaps[-1] + 1]
    for i in range(missing):
        x[gaps[i]] = left + (right - left) * (i + 1) / (missing + 1)
    taper = np.empty(x.size)
    for i in range(x.size):
        taper[i] = 0.5 - 0.5 * math.cos(2 * math.pi * (i + 0.5) / x.size)
    r, a = np.empty(order + 1), np.empty(order + 1)
    for _ in range(_ROUNDS):
        correlate(x * taper, order, r)
        r[0] = r[0] * (1.0 + 1e-9) + 1e-30
        levinson(r, a, order)
        if not fill_gaps(x, gaps, a):
            return -1.0
    error = np.empty(x.size - order)
    prediction_error(x, a, order, error)
    usual = 1.4826 * np.median(np.abs(error))
    if missing > 8:
        _weigh(x, gaps, a, view[first:last], usual * usual)
    for i in range(missing):
        view[first + i] = x[gaps[i]]
    near = error[first - start - order : last - start - order + 32]
    return np.mean(near * near) / (usual * usual + 1e-30)


@njit(cache=True, nogil=True, fastmath=True)
def _weigh(x, gaps, a, heard, usual):  # type: ignore[no-untyped-def]
    # What was heard still tells something where the click is not louder than the doubt about the filling: the most
    # probable sound given both, with the click's envelope taken from the first filling.
    size = gaps.size
    doubt = gap_doubt(gaps, a)
    click, trust = np.empty(size), np.empty(size)
    for i in range(size):
        click[i] = (heard[i] - x[gaps[i]]) ** 2
    most = 0.0
    for i in range(size - 1, -1, -1):
        low, high = max(i - 4, 0), min(i + 5, size)
        most = max(most, click[low:high].mean())
        power = most - usual * doubt[low:high].mean()
        trust[i] = usual / max(power, 0.1 * most + 1e-30)
    for i in range(size):
        x[gaps[i]] = heard[i]
    fill_gaps_softly(x, gaps, a, trust)
