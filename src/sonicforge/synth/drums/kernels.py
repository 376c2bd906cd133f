"""Sample loops of the drum voices, compiled. Times are in samples, frequencies in cycles per sample, gains linear.

Each loop adds one layer into `out`. Filters are trapezoidal state-variable filters (Zavalishin, The Art of VA Filter
Design, 2012); squares carry two-point polyBLEP corrections (Välimäki and Huovilainen, 2007).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

TWO_PI = 2.0 * math.pi


@njit(cache=True, nogil=True, fastmath=True)
def add_body(
    out: Samples,
    start: float,
    end: float,
    fall: float,
    zap: float,
    zap_fall: float,
    fade_in: int,
    hold: int,
    tau: float,
    gain: float,
) -> None:
    """Sine from phase 0 whose frequency falls exponentially from `start` to `end`, with an extra `zap` on top."""
    fall_step, zap_step, decay = math.exp(-1.0 / fall), math.exp(-1.0 / zap_fall), math.exp(-1.0 / tau)
    bend, spike, level, phase = start - end, zap, gain, 0.0
    for i in range(out.size):
        rise = 0.5 - 0.5 * math.cos(math.pi * i / fade_in) if i < fade_in else 1.0
        out[i] += level * rise * math.sin(TWO_PI * phase)
        phase += end + bend + spike
        phase -= math.floor(phase)
        bend *= fall_step
        spike *= zap_step
        if i >= hold:
            level *= decay


@njit(cache=True, nogil=True, fastmath=True)
def add_chip_triangle(out: Samples, start: float, end: float, fall: float, hold: int, tau: float, gain: float) -> None:
    """Triangle in 32 steps of 4 bits whose period glides linearly from 1/`start` to 1/`end` within `fall` samples."""
    decay, level, phase = math.exp(-1.0 / tau), gain, 0.25
    first, last = 1.0 / start, 1.0 / end
    for i in range(out.size):
        step = math.floor(phase * 32.0)
        height = step if step < 16.0 else 31.0 - step
        out[i] += level * (height / 7.5 - 1.0)
        along = i / fall if i < fall else 1.0
        phase += 1.0 / (first + (last - first) * along)
        phase -= math.floor(phase)
        if i >= hold:
            level *= decay


@njit(cache=True, nogil=True, fastmath=True)
def add_noise(
    out: Samples, white: Samples, low: float, high: float, delay: int, attack: int, tau: float, gain: float
) -> None:
    """White noise between `low` and `high` (12 dB per octave each side), risen over `attack`, falling with `tau`."""
    g, k = math.tan(math.pi * low), math.sqrt(2.0)
    h1 = 1.0 / (1.0 + g * (g + k))
    h2, h3 = g * h1, g * g * h1
    w = math.tan(math.pi * high)
    l1 = 1.0 / (1.0 + w * (w + k))
    l2, l3 = w * l1, w * w * l1
    a = b = c = d = 0.0
    decay, level = math.exp(-1.0 / tau), gain
    for i in range(out.size - delay):
        x = white[i] - b
        band, under = h1 * a + h2 * x, b + h2 * a + h3 * x
        a, b = 2.0 * band - a, 2.0 * under - b
        x = white[i] - k * band - under - d
        band, under = l1 * c + l2 * x, d + l2 * c + l3 * x
        c, d = 2.0 * band - c, 2.0 * under - d
        if i < attack:
            out[i + delay] += level * (0.5 - 0.5 * math.cos(math.pi * i / attack)) * under
        else:
            out[i + delay] += level * under
            level *= decay


@njit(cache=True, nogil=True, fastmath=True)
def add_click(out: Samples, white: Samples, corner: float, band_passed: bool, tau: float, gain: float) -> None:
    """White noise through a band-pass of Q 1.2 or a high-pass, falling with `tau`."""
    g, k = math.tan(math.pi * corner), 1.0 / 1.2 if band_passed else math.sqrt(2.0)
    a1 = 1.0 / (1.0 + g * (g + k))
    a2, a3 = g * a1, g * g * a1
    a = b = 0.0
    decay, level = math.exp(-1.0 / tau), gain
    for i in range(out.size):
        x = white[i] - b
        band, under = a1 * a + a2 * x, b + a2 * a + a3 * x
        a, b = 2.0 * band - a, 2.0 * under - b
        out[i] += level * (k * band if band_passed else white[i] - k * band - under)
        level *= decay


@njit(cache=True, nogil=True, fastmath=True)
def add_modes(
    out: Samples, hz: Doubles, tau: Doubles, gain: Doubles, phase: Doubles, fade_in: int, bend: float, bend_tau: float
) -> None:
    """Damped sines (`hz`, `tau`, `gain`, `phase` arrays) sharing a fall from `bend` octaves with `bend_tau`.

    Each sine is a rotating pair of numbers; with a bend the rotation is renewed every 16 samples.
    """
    modes = hz.size
    real, imag = np.empty(modes, np.float32), np.empty(modes, np.float32)
    turn_re, turn_im = np.empty(modes, np.float32), np.empty(modes, np.float32)
    for m in range(modes):
        real[m], imag[m] = gain[m] * math.cos(phase[m]), gain[m] * math.sin(phase[m])
    i = 0
    while i < out.size:
        if i == 0 or (bend != 0.0 and i < 8.0 * bend_tau):
            ratio = 2.0 ** (bend * math.exp(-i / bend_tau))
            for m in range(modes):
                shrink, angle = math.exp(-1.0 / tau[m]), TWO_PI * hz[m] * ratio
                turn_re[m], turn_im[m] = shrink * math.cos(angle), shrink * math.sin(angle)
        end = min(i + 16, out.size)
        for j in range(i, end):
            total = np.float32(0.0)
            for m in range(modes):
                total += imag[m]
                x = real[m] * turn_re[m] - imag[m] * turn_im[m]
                imag[m] = real[m] * turn_im[m] + imag[m] * turn_re[m]
                real[m] = x
            rise = 0.5 - 0.5 * math.cos(math.pi * j / fade_in) if j < fade_in else 1.0
            out[j] += rise * total
        i = end


@njit(cache=True, nogil=True, fastmath=True)
def add_metal(
    out: Samples,
    rates: Doubles,
    phases: Doubles,
    centre: float,
    lower: float,
    lower_gain: float,
    attack: int,
    tau: float,
    gain: float,
) -> None:
    """Six squares through a band-pass at `centre` and, at `lower_gain`, one at `lower` (both Q 1)."""
    g = math.tan(math.pi * centre)
    b1 = 1.0 / (1.0 + g * (g + 1.0))
    b2, b3 = g * b1, g * g * b1
    w = math.tan(math.pi * lower)
    c1 = 1.0 / (1.0 + w * (w + 1.0))
    c2, c3 = w * c1, w * w * c1
    a = b = c = d = 0.0
    decay, level = math.exp(-1.0 / tau), gain
    phase = phases.copy()
    for i in range(out.size):
        total = 0.0
        for m in range(6):
            rate, p = rates[m], phase[m]
            half = p + 0.5 if p < 0.5 else p - 0.5
            total += 1.0 if p < 0.5 else -1.0
            if p < rate:
                t = p / rate - 1.0
                total -= t * t
            elif p > 1.0 - rate:
                t = (p - 1.0) / rate + 1.0
                total += t * t
            if half < rate:
                t = half / rate - 1.0
                total += t * t
            elif half > 1.0 - rate:
                t = (half - 1.0) / rate + 1.0
                total -= t * t
            p += rate
            phase[m] = p - 1.0 if p >= 1.0 else p
        x = total - b
        band, under = b1 * a + b2 * x, b + b2 * a + b3 * x
        a, b = 2.0 * band - a, 2.0 * under - b
        x = total - d
        body, under = c1 * c + c2 * x, d + c2 * c + c3 * x
        c, d = 2.0 * body - c, 2.0 * under - d
        y = band + lower_gain * body
        if i < attack:
            out[i] += level * (0.5 - 0.5 * math.cos(math.pi * i / attack)) * y
        else:
            out[i] += level * y
            level *= decay


@njit(cache=True, nogil=True, fastmath=True)
def add_fm(
    out: Samples, carrier: float, rates: Doubles, indices: Doubles, falls: Doubles, attack: int, tau: float, gain: float
) -> None:
    """Sine at `carrier` whose phase is pushed by the modulators (`rates`, peak `indices`, `falls`)."""
    count = rates.size
    decay, level, phase = math.exp(-1.0 / tau), gain, 0.0
    turns, depth, steps = np.zeros(count), indices.copy(), np.exp(-1.0 / falls)
    for i in range(out.size):
        push = 0.0
        for m in range(count):
            push += depth[m] * math.sin(TWO_PI * turns[m])
            turns[m] += rates[m]
            turns[m] -= math.floor(turns[m])
            depth[m] *= steps[m]
        rise = 0.5 - 0.5 * math.cos(math.pi * i / attack) if i < attack else 1.0
        out[i] += level * rise * math.sin(TWO_PI * phase + push)
        phase += carrier
        phase -= math.floor(phase)
        level *= decay


@njit(cache=True, nogil=True, fastmath=True)
def add_shift_noise(
    out: Samples, short: bool, clocks: Doubles, volumes: Doubles, tick: float, hold: int, tau: float, register: int
) -> None:
    """Shift-register noise; each output sample is the exact mean of the bits that pass during it.

    `clocks` are shifts per sample and `volumes` gains per tick; both hold their last entry.
    """
    decay, fade, bit, left = math.exp(-1.0 / tau), 1.0, 1.0, 1.0
    for i in range(out.size):
        now = int(i / tick)
        clock = clocks[min(now, clocks.size - 1)]
        volume = volumes[min(now, volumes.size - 1)]
        need, total = clock, 0.0
        while need > left:
            total += bit * left
            need -= left
            left = 1.0
            other = (register >> 6) & 1 if short else (register >> 1) & 1
            register = (register >> 1) | (((register & 1) ^ other) << 14)
            bit = 1.0 if register & 1 else -1.0
        total += bit * need
        left -= need
        out[i] += fade * volume * total / clock
        if i >= hold:
            fade *= decay


@njit(cache=True, nogil=True, fastmath=True)
def filter_in_place(x: Samples, corner: float, high_passed: bool) -> None:
    """Butterworth low-pass or high-pass, 12 dB per octave."""
    g, k = math.tan(math.pi * corner), math.sqrt(2.0)
    a1 = 1.0 / (1.0 + g * (g + k))
    a2, a3 = g * a1, g * g * a1
    a = b = 0.0
    for i in range(x.size):
        v = x[i] - b
        band, under = a1 * a + a2 * v, b + a2 * a + a3 * v
        a, b = 2.0 * band - a, 2.0 * under - b
        x[i] = x[i] - k * band - under if high_passed else under


@njit(cache=True, nogil=True, fastmath=True)
def _add_filtered(total: Samples, source: Samples, taps: Samples, gain: float) -> None:
    """total[i] += gain * sum over j of taps[j] * source[i + j]; 25 taps, five in one pass."""
    n, level = total.size, np.float32(gain)
    for j in range(0, 25, 5):
        a, b, c = level * taps[j], level * taps[j + 1], level * taps[j + 2]
        d, e = level * taps[j + 3], level * taps[j + 4]
        part = source[j : j + n + 4]
        for i in range(n):
            total[i] += a * part[i] + b * part[i + 1] + c * part[i + 2] + d * part[i + 3] + e * part[i + 4]


@njit(cache=True, nogil=True, fastmath=True)
def drive_oversampled(x: Samples, phases: Samples, gain: float) -> None:
    """tanh(gain x) at four times the rate, in place.

    `phases` (4, 26) are every fourth tap, backwards, of a linear-phase low-pass of 97 taps for that rate, and a 0; what
    its two passes delay is taken out. Works on chunks that stay in the first cache.
    """
    reach, chunk = 24, 512
    whole = x.copy()
    source = np.zeros(chunk + 2 * reach + 8, np.float32)
    wide = np.zeros((4, chunk + reach + 8), np.float32)
    bent = np.zeros(chunk, np.float32)
    for start in range(0, x.size, chunk):
        for i in range(chunk + 2 * reach):
            at = start - reach + i
            source[i] = whole[at] if 0 <= at < x.size else np.float32(0.0)
        for phase in range(4):
            row = wide[phase, : chunk + reach]
            row[:] = 0.0
            _add_filtered(row, source, phases[phase, :25], 4.0 * gain)
            for i in range(row.size):
                v = min(np.float32(4.9), max(np.float32(-4.9), row[i]))
                s = v * v
                top = v * (np.float32(135135.0) + s * (np.float32(17325.0) + s * (np.float32(378.0) + s)))
                low = np.float32(135135.0) + s * (np.float32(62370.0) + s * (np.float32(3150.0) + np.float32(28.0) * s))
                row[i] = top / low
        bent[:] = 0.0
        for phase in range(4):
            first = 0 if phase == 0 else 1
            _add_filtered(bent, wide[phase], phases[(4 - phase) % 4, first : first + 25], 1.0)
        for i in range(min(chunk, x.size - start)):
            x[start + i] = bent[i]


@njit(cache=True, nogil=True, fastmath=True)
def decimate(wide: Samples, taps: Samples, out: Samples) -> None:
    """Every fourth sample of `wide` through the low-pass `taps`, its delay taken out."""
    half = (taps.size - 1) // 2
    for i in range(out.size):
        total = 0.0
        for k in range(taps.size):
            j = 4 * i + half - k
            if 0 <= j < wide.size:
                total += taps[k] * wide[j]
        out[i] += total


@njit(cache=True, nogil=True, fastmath=True)
def round_to_bits(x: Samples, bits: float) -> None:
    """Rounds to a grid of 2**(bits-1) steps to full scale, without dither, as an early sampler does."""
    steps = 2.0 ** (bits - 1)
    for i in range(x.size):
        x[i] = math.floor(x[i] * steps + 0.5) / steps


@njit(cache=True, nogil=True, fastmath=True)
def add_hit(out: Samples, hit: Samples, at: int, gain: float, keep: int, fade: int) -> None:
    """Adds `gain * hit` at sample `at`; after `keep` samples it fades out within `fade` samples."""
    first = max(0, -at)
    last = min(hit.size, out.size - at)
    plain = min(last, keep)
    for i in range(first, plain):
        out[at + i] += gain * hit[i]
    for i in range(max(first, keep), min(last, keep + fade)):
        out[at + i] += gain * (0.5 + 0.5 * math.cos(math.pi * (i - keep) / fade)) * hit[i]


@njit(cache=True, nogil=True, fastmath=True)
def sides_to_channels(x: Samples) -> None:
    """(middle, side) -> (left, right), in place."""
    for i in range(x.shape[1]):
        middle, side = x[0, i], x[1, i]
        x[0, i], x[1, i] = middle + side, middle - side
