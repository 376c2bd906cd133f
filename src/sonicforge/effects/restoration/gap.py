"""A damaged stretch of a channel, filled with what a model of its surroundings expects.

The model is fitted to the surroundings and the filling in turn (Janssen, Veldhuis and Vries, IEEE TASSP 34, 1986).
Where a click ends is not known well: its tail can be as smooth as music. So the filling is put to the test: if the
model is surprised where the filling meets the sound, the stretch grows, as long as that helps.
"""

import numpy as np
from numba import njit

from sonicforge.effects.restoration.autoregression import (
    correlate,
    fill_gaps,
    fill_gaps_softly,
    gap_doubt,
    hann,
    levinson,
    prediction_error,
)
from sonicforge.effects.restoration.order import robust_spread

SIDE = 1024
_ROUNDS = 3
_MOST_ORDER = 96
_SURPRISE = 1.3
_AFTER = 32


@njit(cache=True, nogil=True, fastmath=True)
def mend_stretch(view, first, last, longest, most):  # type: ignore[no-untyped-def]
    """Fills view[first:last], or more of it up to `longest` samples; returns the end of what was filled.

    Returns `first` and leaves the view if it reaches too near to the view's ends, or if more than the share `most` of
    what surprised the model is still there after the filling: then a new sound began, and nothing was broken.
    """
    kept = view[first : min(first + longest, view.size)].copy()
    surprise, left = _fill(view, first, last)
    if surprise < 0.0 or left > most:
        _put(kept, view, first, min(last, first + kept.size))
        return first
    while surprise > _SURPRISE and last - first < longest:
        further = min(last + max((last - first) // 2, 3), first + longest)
        before = view[first:last].copy()
        _put(kept, view, first, further)
        fresh, _ = _fill(view, first, further)
        if fresh < 0.0 or fresh > 0.95 * surprise:
            _put(kept, view, first, further)
            _put(before, view, first, last)
            break
        surprise, last = fresh, further
    return last


@njit(cache=True, nogil=True, fastmath=True)
def _put(part, view, first, last):  # type: ignore[no-untyped-def]
    for i in range(first, last):
        view[i] = part[i - first]


@njit(cache=True, nogil=True, fastmath=True)
def _fill(view, first, last):  # type: ignore[no-untyped-def]
    # Mean square of the prediction error in and right after the filling, over its usual (robust) mean square and over
    # what it was before.
    missing = last - first
    order = min(3 * missing + 20, _MOST_ORDER)
    start, stop = max(first - SIDE, 0), min(last + SIDE, view.size)
    if first - start < 2 * order or stop - last < 2 * order:
        return -1.0, 0.0
    x = view[start:stop].astype(np.float64)
    gaps = np.arange(first - start, last - start)
    left, right = x[gaps[0] - 1], x[gaps[-1] + 1]
    for i in range(missing):
        x[gaps[i]] = left + (right - left) * (i + 1) / (missing + 1)
    r, a = np.empty(order + 1), np.empty(order + 1)
    for _ in range(_ROUNDS):
        correlate(hann(x), order, r)
        r[0] = r[0] * (1.0 + 1e-9) + 1e-30
        levinson(r, a, order)
        if not fill_gaps(x, gaps, a):
            return -1.0, 0.0
    error = np.empty(x.size - order)
    prediction_error(x, a, order, error)
    usual = robust_spread(error)
    low, high = first - start - order, last - start - order + _AFTER
    after = _energy(error, low, high)
    broken = x.copy()
    for i in range(missing):
        broken[gaps[i]] = view[first + i]
    prediction_error(broken, a, order, error)
    before = _energy(error, low, high)
    if missing > 8:
        _weigh(x, gaps, a, view[first:last], usual * usual)
    for i in range(missing):
        view[first + i] = x[gaps[i]]
    return after / (high - low) / (usual * usual + 1e-30), after / (before + 1e-30)


@njit(cache=True, nogil=True, fastmath=True)
def _energy(x, low, high):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(low, high):
        total += x[i] * x[i]
    return total


@njit(cache=True, nogil=True, fastmath=True)
def _weigh(x, gaps, a, heard, usual):  # type: ignore[no-untyped-def]
    # What was heard still tells something where the click is not louder than the doubt about the filling: the most
    # probable sound given both, with the click's envelope taken from the first filling.
    size = gaps.size
    doubt = gap_doubt(gaps, a)
    trust = np.empty(size)
    most = 0.0
    for i in range(size - 1, -1, -1):
        low, high = max(i - 4, 0), min(i + 5, size)
        click = unsure = 0.0
        for j in range(low, high):
            click += (heard[j] - x[gaps[j]]) ** 2 / (high - low)
            unsure += doubt[j] / (high - low)
        most = max(most, click)
        trust[i] = usual / max(most - usual * unsure, 0.1 * most + 1e-30)
    for i in range(size):
        x[gaps[i]] = heard[i]
    fill_gaps_softly(x, gaps, a, trust)
