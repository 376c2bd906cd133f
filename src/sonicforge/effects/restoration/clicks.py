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
from sonicforge.effects.restoration.gap import mend_stretch
from sonicforge.effects.restoration.thump import take_thump_out

ORDER = 32
_SPREAD = 1.4826
_GAP = 12
_GUARD = 16
_LOW = 3.5


@njit(cache=True, nogil=True, fastmath=True)
def mend_clicks(sound, count, step, lead, sizes, numbers, window, log):  # type: ignore[no-untyped-def]
    """Finds and repairs the clicks of `count` steps of one channel in place; returns how many.

    sizes: longest click, reach of the neighbourhood, longest period of a pulse train, a third of a millisecond,
    sample rate. numbers: threshold in spreads,
    threshold over the neighbourhood. log (m, 2) takes the first sample and length of the first m clicks.
    """
    found = 0
    for i in range(count):
        view = sound[i * step : (i + 1) * step + 2 * lead]
        for _ in range(2):
            fresh, touched = _mend_view(view, step, lead, sizes, numbers, window, log, found, i * step)
            found += fresh
            if not touched:
                break
    return found


@njit(cache=True, nogil=True, fastmath=True)
def _mend_view(view, step, lead, sizes, numbers, window, log, found, offset):  # type: ignore[no-untyped-def]
    longest, reach, period, milli, rate = sizes
    side = (window.size - step) // 2
    a = np.empty(ORDER + 1, np.float32)
    slopes = _slopes(view, 0, view.size)
    if not _fit(slopes[lead - side : lead + step + side], window, a):
        return 0, False
    pad = reach + longest + 4 * _GUARD
    error = np.empty(step + 2 * pad, np.float32)
    prediction_error(slopes, a, lead - pad, error)
    heights = np.abs(error)
    spread = _SPREAD * np.median(heights[pad : pad + step])
    bar = numbers[0] * spread
    fresh, touched, i = 0, False, pad
    while i < pad + step:
        if heights[i] <= bar:
            i += 1
            continue
        low = _LOW * max(spread, _around(heights, i, reach))
        start, stop = _burst(heights, i, low, longest + 2 * ORDER)
        if stop - start > longest + 2 * ORDER:
            i += 1
            continue
        i = max(stop, i + 1)
        peak = start + np.argmax(heights[start:stop])
        if _in_a_train(slopes, a, lead - pad + peak, error[peak], period):
            continue
        first = lead - pad + start
        last = _true_end(slopes, a, first, lead - pad + stop, low)
        # What is loud for longer must be louder: the first millisecond of a drum is louder than the rest of it, too.
        ratio = numbers[1] * max(math.sqrt((last - first) / milli), 1.0)
        if last - first > longest or not _stands_out(heights, start, stop, reach, ratio):
            continue
        if last - first > milli:
            take_thump_out(view, first, last, rate)
        end = mend_stretch(view, first - 1, last + 1 + (last - first) // 3, longest)
        if end > first - 1:
            touched = True
            if not _known(log, found + fresh, offset + first, longest):
                if found + fresh < log.shape[0]:
                    log[found + fresh, 0] = offset + first
                    log[found + fresh, 1] = end - first
                fresh += 1
    return fresh, touched


@njit(cache=True, nogil=True, fastmath=True)
def _known(log, found, place, near):  # type: ignore[no-untyped-def]
    # The rest of a click that was mended in part is no click of its own.
    last = min(found, log.shape[0])
    known = False
    for i in range(max(last - 16, 0), last):
        known = known or abs(log[i, 0] - place) <= near
    return known


@njit(cache=True, nogil=True, fastmath=True)
def _slopes(view, start, stop):  # type: ignore[no-untyped-def]
    # Differences: music falls with frequency, and a flat spectrum asks less of the model and of float32.
    slopes = np.empty(stop - start, np.float32)
    slopes[0] = 0.0
    for i in range(1, slopes.size):
        slopes[i] = view[start + i] - view[start + i - 1]
    return slopes


@njit(cache=True, nogil=True, fastmath=True)
def _fit(slopes, window, a):  # type: ignore[no-untyped-def]
    r, wide = np.empty(ORDER + 1), np.empty(ORDER + 1)
    correlate(slopes * window, ORDER, r)
    if not r[0] > 1e-20:
        return False
    r[0] *= 1.0 + 1e-6
    levinson(r, wide, ORDER)
    a[:] = wide
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
def _stands_out(heights, start, stop, reach, ratio):  # type: ignore[no-untyped-def]
    # The 85th percentile of a normal magnitude is 1.44 spreads; a few more clicks nearby do not move it.
    peak = heights[start:stop].max()
    before = heights[max(start - _GUARD - reach, 0) : start - _GUARD]
    after = heights[stop + _GUARD : stop + _GUARD + reach]
    return peak > ratio * _upper(before) and peak > ratio * _upper(after)


@njit(cache=True, nogil=True, fastmath=True)
def _around(heights, at, reach):  # type: ignore[no-untyped-def]
    return min(_upper(heights[max(at - reach, 0) : at]), _upper(heights[at + 2 * ORDER : at + 2 * ORDER + reach]))


@njit(cache=True, nogil=True, fastmath=True)
def _upper(heights):  # type: ignore[no-untyped-def]
    if heights.size < 8:
        return 0.0
    place = int(0.85 * heights.size)
    return np.partition(heights, place)[place] / 1.44


@njit(cache=True, nogil=True, fastmath=True)
def _in_a_train(slopes, a, at, height, period):  # type: ignore[no-untyped-def]
    # Does an error of the same sign and about the same height come a time T before and after, or T and 2 T to one side?
    first = max(at - 2 * period, ORDER)
    error = np.empty(min(at + 2 * period, slopes.size) - first, np.float32)
    prediction_error(slopes, a, first, error)
    centre = at - first
    least = 0.6 * abs(height)
    sign = 1.0 if height > 0 else -1.0
    for lag in range(24, period):
        slack = 2 + lag // 200
        here = 0
        for multiple in (-2, -1, 1, 2):
            place = centre + multiple * lag
            if place - 2 * slack < 0 or place + 2 * slack >= error.size:
                continue
            highest = 0.0
            for i in range(place - slack * abs(multiple), place + slack * abs(multiple) + 1):
                highest = max(highest, sign * error[i])
            if least < highest < 1.7 * abs(height):
                here |= 1 << (multiple + 2)
        if here & 10 == 10 or here & 24 == 24 or here & 3 == 3:
            return True
    return False


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
