"""Sample loops of the noise beds and transition effects, compiled.

Curves are given every `HOP` samples; gains are joined linearly in between, filter corners hold for a hop.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

HOP = 480
"""Samples between two points of a curve: 10 ms."""
STATE = 32
"""Numbers a noise loop remembers between two blocks: 16 for each of middle and side."""


@njit(cache=True, nogil=True, fastmath=True)
def add_wide_noise(
    left: Samples,
    right: Samples,
    white: Samples,
    pink: bool,
    low: Doubles,
    high: Doubles,
    gain: Doubles,
    side: float,
    start: int,
    state: Doubles,
) -> None:
    """Adds band noise to `left` and `right`: middle from `white[0]`, side from `white[1]` at `side` times its level.

    `low` and `high` are corners in cycles per sample and `gain` the level, one value per hop from sample 0 of the
    whole; the block begins at sample `start`, a multiple of `HOP`. `pink` tilts the noise by 3 dB per octave within
    0.5 dB from 40 Hz up (three one-poles, after P. Kellet). `state` carries the filters from block to block.
    """
    n = left.size
    k = math.sqrt(2.0)
    pm0, pm1, pm2, am, bm, cm, dm = state[0], state[1], state[2], state[3], state[4], state[5], state[6]
    ps0, ps1, ps2, as_, bs, cs, ds = state[16], state[17], state[18], state[19], state[20], state[21], state[22]
    i = 0
    while i < n:
        point = (start + i) // HOP
        end = min(n, i + HOP)
        level, after = gain[point], gain[min(point + 1, gain.size - 1)]
        slope = (after - level) / HOP
        g = math.tan(math.pi * low[point])
        h1 = 1.0 / (1.0 + g * (g + k))
        h2, h3 = g * h1, g * g * h1
        w = math.tan(math.pi * high[point])
        l1 = 1.0 / (1.0 + w * (w + k))
        l2, l3 = w * l1, w * w * l1
        for j in range(i, end):
            x, y = white[0, j], white[1, j]
            if pink:
                pm0 = 0.99765 * pm0 + 0.0990460 * x
                pm1 = 0.96300 * pm1 + 0.2965164 * x
                pm2 = 0.57000 * pm2 + 1.0526913 * x
                x = 0.33 * (pm0 + pm1 + pm2 + 0.1848 * x)
                ps0 = 0.99765 * ps0 + 0.0990460 * y
                ps1 = 0.96300 * ps1 + 0.2965164 * y
                ps2 = 0.57000 * ps2 + 1.0526913 * y
                y = 0.33 * (ps0 + ps1 + ps2 + 0.1848 * y)
            xm, xs = x - bm, y - bs
            um, us = h1 * am + h2 * xm, h1 * as_ + h2 * xs
            vm, vs = bm + h2 * am + h3 * xm, bs + h2 * as_ + h3 * xs
            am, bm, as_, bs = 2.0 * um - am, 2.0 * vm - bm, 2.0 * us - as_, 2.0 * vs - bs
            xm, xs = x - k * um - vm - dm, y - k * us - vs - ds
            um, us = l1 * cm + l2 * xm, l1 * cs + l2 * xs
            vm, vs = dm + l2 * cm + l3 * xm, ds + l2 * cs + l3 * xs
            cm, dm, cs, ds = 2.0 * um - cm, 2.0 * vm - dm, 2.0 * us - cs, 2.0 * vs - ds
            middle, wide = level * vm, level * side * vs
            left[j] += middle + wide
            right[j] += middle - wide
            level += slope
        i = end
    state[0], state[1], state[2], state[3], state[4], state[5], state[6] = pm0, pm1, pm2, am, bm, cm, dm
    state[16], state[17], state[18], state[19], state[20], state[21], state[22] = ps0, ps1, ps2, as_, bs, cs, ds


@njit(cache=True, nogil=True, fastmath=True)
def add_drops(
    left: Samples, right: Samples, at: Integers, hz: Doubles, tau: Doubles, gain: Doubles, pan: Doubles
) -> None:
    """Adds short damped sines, one per event: sample, cycles per sample, decay, level, -1 left .. 1 right."""
    n = left.size
    for e in range(at.size):
        first = at[e]
        shrink, angle = math.exp(-1.0 / tau[e]), 2.0 * math.pi * hz[e]
        turn_re, turn_im = shrink * math.cos(angle), shrink * math.sin(angle)
        real, imag = gain[e], 0.0
        to_left, to_right = math.sqrt(0.5 * (1.0 - pan[e])), math.sqrt(0.5 * (1.0 + pan[e]))
        for i in range(first, min(n, first + int(7.0 * tau[e]))):
            left[i] += to_left * imag
            right[i] += to_right * imag
            real, imag = real * turn_re - imag * turn_im, real * turn_im + imag * turn_re


@njit(cache=True, nogil=True, fastmath=True)
def add_slow(left: Samples, right: Samples, slow: Samples, factor: int, gain: Doubles) -> None:
    """Adds a low-frequency signal given every `factor` samples to both sides, joined by cubic Hermite pieces."""
    n = left.size
    for p in range(1, slow.size - 2):
        first = (p - 1) * factor
        if first >= n:
            break
        level = gain[min(first // HOP, gain.size - 1)]
        if level == 0.0:
            continue
        y0, y1, y2, y3 = slow[p - 1], slow[p], slow[p + 1], slow[p + 2]
        a, b, c = 1.5 * (y1 - y2) + 0.5 * (y3 - y0), y0 - 2.5 * y1 + 2.0 * y2 - 0.5 * y3, 0.5 * (y2 - y0)
        for i in range(first, min(n, first + factor)):
            t = (i - first) / factor
            y = level * (((a * t + b) * t + c) * t + y1)
            left[i] += y
            right[i] += y


@njit(cache=True, nogil=True, fastmath=True)
def lowpassed_pink(white: Samples, low: float, high: float) -> Samples:
    """Pink noise between two corners (cycles per sample), second order each, for signals at a low rate."""
    out = np.empty(white.size, np.float32)
    k = math.sqrt(2.0)
    g, w = math.tan(math.pi * low), math.tan(math.pi * high)
    h1, l1 = 1.0 / (1.0 + g * (g + k)), 1.0 / (1.0 + w * (w + k))
    p0 = p1 = p2 = a = b = c = d = 0.0
    for i in range(white.size):
        x = white[i]
        p0 = 0.99765 * p0 + 0.0990460 * x
        p1 = 0.96300 * p1 + 0.2965164 * x
        p2 = 0.57000 * p2 + 1.0526913 * x
        y = 0.33 * (p0 + p1 + p2 + 0.1848 * x)
        v = y - b
        u, s = h1 * (a + g * v), b + h1 * g * (a + g * v)
        a, b = 2.0 * u - a, 2.0 * s - b
        v = y - k * u - s - d
        u, s = l1 * (c + w * v), d + l1 * w * (c + w * v)
        c, d = 2.0 * u - c, 2.0 * s - d
        out[i] = s
    return out


@njit(cache=True, nogil=True, fastmath=True)
def add_sweep(
    left: Samples, right: Samples, white: Samples, hz: Doubles, q: float, gain: Doubles, side: Doubles
) -> None:
    """Adds white noise through a band-pass of quality `q` whose centre `hz` (cycles per sample) moves per hop."""
    n = left.size
    k = 1.0 / q
    am = bm = as_ = bs = 0.0
    i = 0
    while i < n:
        point = i // HOP
        end = min(n, i + HOP)
        after = min(point + 1, gain.size - 1)
        level, width = gain[point], side[point]
        slope, opening = (gain[after] - level) / HOP, (side[after] - width) / HOP
        g = math.tan(math.pi * hz[point])
        b1 = 1.0 / (1.0 + g * (g + k))
        b2, b3 = g * b1, g * g * b1
        for j in range(i, end):
            xm, xs = white[0, j] - bm, white[1, j] - bs
            um, us = b1 * am + b2 * xm, b1 * as_ + b2 * xs
            vm, vs = bm + b2 * am + b3 * xm, bs + b2 * as_ + b3 * xs
            am, bm, as_, bs = 2.0 * um - am, 2.0 * vm - bm, 2.0 * us - as_, 2.0 * vs - bs
            middle, wide = level * k * um, level * width * k * us
            left[j] += middle + wide
            right[j] += middle - wide
            level += slope
            width += opening
        i = end


@njit(cache=True, nogil=True, fastmath=True)
def add_saw(left: Samples, right: Samples, hz: Doubles, gain: Doubles, detune: float) -> None:
    """Adds a saw (polyBLEP) of `hz` cycles per sample with its `gain`, both per hop; left and right are detuned."""
    n = left.size
    first, second = 0.0, 0.37
    for i in range(n):
        point = i // HOP
        after = min(point + 1, hz.size - 1)
        along = (i - point * HOP) / HOP
        rate = hz[point] + (hz[after] - hz[point]) * along
        level = gain[point] + (gain[after] - gain[point]) * along
        for channel in range(2):
            step = rate * (1.0 + detune) if channel == 0 else rate * (1.0 - detune)
            p = first if channel == 0 else second
            y = 2.0 * p - 1.0
            if p < step:
                t = p / step - 1.0
                y += t * t
            elif p > 1.0 - step:
                t = (p - 1.0) / step + 1.0
                y -= t * t
            p += step
            p -= math.floor(p)
            if channel == 0:
                left[i] += level * y
                first = p
            else:
                right[i] += level * y
                second = p


@njit(cache=True, nogil=True, fastmath=True)
def add_levelled(left: Samples, right: Samples, alone: Samples, gain: Doubles, start: int) -> None:
    """Adds stereo `alone` times the level per hop; the block begins at sample `start`, a multiple of `HOP`."""
    n = left.size
    for first in range(0, n, HOP):
        point = (start + first) // HOP
        level = np.float32(gain[point])
        slope = np.float32((gain[min(point + 1, gain.size - 1)] - gain[point]) / HOP)
        end = min(first + HOP, n)
        for i in range(first, end):
            g = level + slope * np.float32(i - first)
            left[i] += g * alone[0, i]
            right[i] += g * alone[1, i]


@njit(cache=True, nogil=True, fastmath=True)
def add_panned(out: Samples, alone: Samples, pan: Doubles) -> None:
    """Adds stereo `alone`, turned by `pan` per hop: -1 keeps the left side only, 1 the right."""
    for i in range(out.shape[1]):
        point = i // HOP
        after = min(point + 1, pan.size - 1)
        turn = pan[point] + (pan[after] - pan[point]) * (i - point * HOP) / HOP
        out[0, i] += alone[0, i] * (1.0 - max(turn, 0.0))
        out[1, i] += alone[1, i] * (1.0 + min(turn, 0.0))
