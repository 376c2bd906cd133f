"""Clicks in a channel: samples that neither what came before nor what comes after foretells.

An autoregressive model is fitted to a window; its prediction error is flat for music and high for a click. A click
stands out of the error's spread (1.4826 times the median magnitude: robust, since clicks are few) and, unlike the
attack of a drum or a note, out of what comes right after it as well as of what came right before. Pulse trains (a
sawtooth's edges) stand out too, but repeat. After Godsill and Rayner, "Digital Audio Restoration", 1998, chapter 5.
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.restoration.autoregression import correlate, levinson, prediction_error
from sonicforge.effects.restoration.order import in_order, robust_spread

ORDER = 32
_GAP = 24
_GUARD = 16
_LOW = 3.5
_PULSE = 4.0


@njit(cache=True, nogil=True, fastmath=True)
def find_clicks(view, step, lead, sizes, numbers, window, found):  # type: ignore[no-untyped-def]
    """Writes first sample and one past the last of each click in view[lead : lead + step] to `found` (m, 2).

    Returns how many there are. sizes: longest click, reach of the neighbourhood, longest period of a pulse train, a
    third of a millisecond. numbers: threshold in spreads, threshold over the neighbourhood.
    """
    longest, reach, period, milli = sizes
    side = (window.size - step) // 2
    a = np.empty(ORDER + 1, np.float32)
    slopes = _slopes(view)
    if not _fit(slopes[lead - side : lead + step + side], window, a):
        return 0
    pad = reach + longest + 4 * _GUARD
    error = np.empty(step + 2 * pad, np.float32)
    prediction_error(slopes, a, lead - pad, error)
    heights = np.abs(error)
    spread = robust_spread(error[pad : pad + step])
    bar = numbers[0] * spread
    count, i = 0, pad
    while i < pad + step and count < found.shape[0]:
        if heights[i] <= bar:
            i += 1
            continue
        low = _LOW * max(spread, _around(heights, i, reach))
        start, stop = _burst(heights, i, low, longest + 2 * ORDER)
        if stop - start > longest + 2 * ORDER:
            i += 1
            continue
        i = max(stop, i + 1)
        peak = _highest(heights, start, stop)
        first = lead - pad + start
        last = _true_end(slopes, a, first, lead - pad + stop, low)
        # What is loud for longer must be louder: the first millisecond of a drum is louder than the rest of it, too.
        ratio = numbers[1] * max(math.sqrt((last - first) / milli), 1.0)
        if last - first > longest or not _stands_out(heights, start, stop, heights[peak] / ratio, reach):
            continue
        if _begins_or_ends(view, first, last, reach):
            continue
        if _in_a_train(slopes, a, lead - pad + peak, error[peak], period, reach):
            continue
        found[count, 0], found[count, 1] = first, last
        count += 1
    return count


@njit(cache=True, nogil=True, fastmath=True)
def _slopes(view):  # type: ignore[no-untyped-def]
    # Differences: music falls with frequency, and a flat spectrum asks less of the model and of float32.
    slopes = np.empty(view.size, np.float32)
    slopes[0] = 0.0
    for i in range(1, slopes.size):
        slopes[i] = view[i] - view[i - 1]
    return slopes


@njit(cache=True, nogil=True, fastmath=True)
def _highest(heights, start, stop):  # type: ignore[no-untyped-def]
    best = start
    for i in range(start, stop):
        if heights[i] > heights[best]:
            best = i
    return best


@njit(cache=True, nogil=True)
def _begins_or_ends(view, first, last, reach):  # type: ignore[no-untyped-def]
    # A sound that starts from, or stops at, digital silence jumps; that is no click.
    before, after = False, False
    for i in range(max(first - reach, 0), first - 1):
        before = before or view[i] != 0.0
    for i in range(last, min(last + reach, view.size)):
        after = after or view[i] != 0.0
    return before != after


@njit(cache=True, nogil=True, fastmath=True)
def _fit(slopes, window, a):  # type: ignore[no-untyped-def]
    r, wide = np.empty(ORDER + 1), np.empty(ORDER + 1)
    tapered = np.empty(slopes.size, np.float32)
    for i in range(slopes.size):
        tapered[i] = slopes[i] * window[i]
    correlate(tapered, ORDER, r)
    if not r[0] > 1e-20:
        return False
    r[0] *= 1.0 + 1e-6
    levinson(r, wide, ORDER)
    for k in range(ORDER + 1):
        a[k] = wide[k]
    return True


@njit(cache=True, nogil=True, fastmath=True)
def _burst(heights, at, low, most):  # type: ignore[no-untyped-def]
    # First and one past the last sample around `at` above `low`, over gaps of less than _GAP samples.
    start, quiet, i = at, 0, at
    while i > 0 and quiet < _GAP and at - i < most:
        i -= 1
        quiet = quiet + 1 if heights[i] < low else 0
        if quiet == 0:
            start = i
    stop, quiet, i = at + 1, 0, at
    while i < heights.size - 1 and quiet < _GAP and i - start <= most:
        i += 1
        quiet = quiet + 1 if heights[i] < low else 0
        if quiet == 0:
            stop = i + 1
    return start, stop


@njit(cache=True, nogil=True, fastmath=True)
def _stands_out(heights, start, stop, bar, reach):  # type: ignore[no-untyped-def]
    before = heights[max(start - _GUARD - reach, 0) : start - _GUARD]
    after = heights[stop + _GUARD : stop + _GUARD + reach]
    return bar > _upper(before) and bar > _upper(after)


@njit(cache=True, nogil=True, fastmath=True)
def _around(heights, at, reach):  # type: ignore[no-untyped-def]
    return max(_upper(heights[max(at - reach, 0) : at]), _upper(heights[at + 2 * ORDER : at + 2 * ORDER + reach]))


@njit(cache=True, nogil=True, fastmath=True)
def _upper(heights):  # type: ignore[no-untyped-def]
    # The 85th percentile of a normal magnitude is 1.44 spreads; a few more clicks nearby do not move it.
    if heights.size < 8:
        return 0.0
    return in_order(heights, int(0.85 * heights.size)) / 1.44


@njit(cache=True, nogil=True, fastmath=True)
def _in_a_train(slopes, a, at, height, period, reach):  # type: ignore[no-untyped-def]
    # Does an error of the same sign and about the same height come a time T before and after, or T and 2 T to one side?
    first = max(at - 2 * period - reach, ORDER)
    error = np.empty(min(at + 2 * period + reach, slopes.size) - first, np.float32)
    prediction_error(slopes, a, first, error)
    centre = at - first
    if height < 0.0:
        for i in range(error.size):
            error[i] = -error[i]
    for lag in range(24, period):
        slack = 2 + lag // 200
        here = 0
        for multiple in (-2, -1, 1, 2):
            if _is_pulse(error, centre + multiple * lag, slack * abs(multiple), abs(height), reach):
                here |= 1 << (multiple + 2)
        if here & 10 == 10 or here & 24 == 24 or here & 3 == 3:
            return True
    return False


@njit(cache=True, nogil=True, fastmath=True)
def _is_pulse(error, place, slack, height, reach):  # type: ignore[no-untyped-def]
    if place < slack or place + slack >= error.size:
        return False
    highest = np.float32(0.0)
    for i in range(place - slack, place + slack + 1):
        highest = max(highest, error[i])
    if not 0.6 * height < highest < 1.7 * height:
        return False
    near = np.abs(error[max(place - reach // 2, 0) : place + reach // 2])
    return highest > _PULSE * _upper(near)


@njit(cache=True, nogil=True, fastmath=True)
def _true_end(slopes, a, first, stop, low):  # type: ignore[no-untyped-def]
    # The forward error rings on after a click; the error of predicting backwards ends where the click ends.
    last = first + 1
    for i in range(first, min(stop, slopes.size - ORDER)):
        error = 0.0
        for k in range(ORDER + 1):
            error += a[k] * slopes[i + k]
        if abs(error) > low:
            last = i
        elif i - last > _GAP:
            break
    return max(last, first + 1)
