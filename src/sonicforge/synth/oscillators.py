"""Oscillators: trains of band-limited impulses, summed for a whole unison bank and integrated once; sines; noise.

A saw is the integral of an impulse train minus its mean, a pulse of two trains of opposite sign, a triangle the double
integral of two. Each edge adds one windowed-sinc row to a buffer, so that the cost follows the number of edges and not
the number of oscillators, and what aliases lies 70 dB down (Stilson & Smith, "Alias-free digital synthesis of classic
analog waveforms", ICMC 1996; Brandt, "Hard sync without aliasing", ICMC 2001).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.chance import noise
from sonicforge.sound.audio import SAMPLE_RATE, Samples

HOP = 32
"""Samples per control point; 25 hops are exactly one 60 Hz tick at 48 kHz."""
TAPS = 32
PHASES = 128
LEAK = 1.0 - 2.0 * np.pi * 3.0 / SAMPLE_RATE
"""A 3 Hz high-pass inside the integrators keeps direct current out."""
DRIFT_HOPS = 32

SAW, RISE, FALL, PEAK, VALLEY = range(5)
"""Kinds of edge: saw drop, pulse up, pulse down, upper and lower corner of a triangle."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bank:
    """Edges of all oscillators of a voice, one row each.

    `phase` 0..1 at the start, `ratio` to the voice's base frequency, `gain` (channels, rows), `kind` as above, `drift`
    (rows, hops // 32 + 2) the relative wander of each row's frequency.
    """

    phase: Doubles
    ratio: Doubles
    gain: Doubles
    kind: NDArray[np.int64]
    drift: Samples


@lru_cache(maxsize=1)
def impulse_rows() -> Samples:
    """Windowed sinc at 128 sub-sample positions (plus one), 32 taps, each row summing to one.

    Kaiser window, -6 dB at 21.2 kHz: flat to 18 kHz, 70 dB down above 25 kHz.
    """
    offset = np.arange(TAPS)[None, :] - (TAPS // 2 - 1) - np.arange(PHASES + 1)[:, None] / PHASES
    cutoff = 2 * 21_200.0 / SAMPLE_RATE
    inside = np.clip(1.0 - (offset / (TAPS / 2)) ** 2, 0.0, None)
    rows = np.sinc(cutoff * offset) * np.i0(7.2 * np.sqrt(inside))
    return np.ascontiguousarray(rows / rows.sum(axis=1, keepdims=True), np.float32)


@lru_cache(maxsize=2)
def noise_loop(pink: bool) -> Samples:
    """A seamless loop of white or pink noise, 2^18 samples, RMS 0.33."""
    rng = noise(0, "synth", "noise", pink)
    loop = rng.standard_normal(1 << 18)
    if pink:
        spectrum = np.fft.rfft(loop)
        bins = np.arange(len(spectrum), dtype=np.float64)
        spectrum *= 1.0 / np.sqrt(np.maximum(bins, 110.0))
        spectrum[:4] = 0.0
        loop = np.fft.irfft(spectrum)
    return np.ascontiguousarray(loop * (0.33 / loop.std()), np.float32)


@njit(cache=True, nogil=True, fastmath=True)
def _edges(phase, ratio, gain, kind, drift, inc, duty, rows, first, second, slope, carry):  # type: ignore[no-untyped-def]
    """Adds every edge of every oscillator to `first` (steps) and `second` (corners).

    inc (blocks) base frequency in cycles per sample, duty (blocks + 1) added to the pulse width, slope (channels, blocks)
    receives the saws' rise, carry (channels, 2) what lies before the buffer.
    """
    channels, length = first.shape
    blocks = inc.size
    for k in range(phase.size):
        position = phase[k]
        shape = kind[k]
        left = gain[0, k]
        right = gain[channels - 1, k]
        for b in range(blocks):
            step = inc[b] * ratio[k] * (1.0 + drift[k, b // 32])
            if shape == 2:
                step -= (duty[b + 1] - duty[b]) / 32.0
            if shape == 0:
                slope[0, b] += np.float32(2.0 * step * left)
                if channels == 2:
                    slope[1, b] += np.float32(2.0 * step * right)
            ahead = position + 32.0 * step
            if ahead < 1.0:
                position = ahead
                continue
            base = b * 32.0
            while ahead >= 1.0:
                where = base + (1.0 - position) / step
                base = where
                position = 0.0
                ahead -= 1.0
                height = 2.0
                target = first
                order = 0
                if shape == 0 or shape == 2:
                    height = -2.0
                elif shape >= 3:
                    height = 8.0 * step if shape == 4 else -8.0 * step
                    target = second
                    order = 1
                whole = int(where)
                fine = (where - whole) * 128.0
                row = int(fine)
                blend = np.float32(fine - row)
                start = whole - 15
                a = np.float32(height * left)
                z = np.float32(height * right)
                if start >= 0 and start + 32 <= length:
                    if channels == 2:
                        for j in range(32):
                            tap = rows[row, j] + blend * (rows[row + 1, j] - rows[row, j])
                            target[0, start + j] += a * tap
                            target[1, start + j] += z * tap
                    else:
                        for j in range(32):
                            target[0, start + j] += a * (rows[row, j] + blend * (rows[row + 1, j] - rows[row, j]))
                else:
                    for j in range(32):
                        tap = rows[row, j] + blend * (rows[row + 1, j] - rows[row, j])
                        at = start + j
                        if at < 0:
                            carry[0, order] += a * tap
                            if channels == 2:
                                carry[1, order] += z * tap
                        elif at < length:
                            target[0, at] += a * tap
                            if channels == 2:
                                target[1, at] += z * tap
            position = ahead
        phase[k] = position


@njit(cache=True, nogil=True, fastmath=True)
def _integrate(first, second, corners, slope, carry, skip, out):  # type: ignore[no-untyped-def]
    """Adds the running sums to `out`, leaving out the first `skip` samples."""
    channels, length = first.shape
    size = out.shape[1]
    for c in range(channels):
        value = carry[c, 0]
        rise = carry[c, 1]
        for b in range(slope.shape[1]):
            ramp = slope[c, b]
            start = b * 32
            stop = min(start + 32, size + skip)
            for i in range(start, stop):
                if corners:
                    rise = rise * 0.9996073 + second[c, i]
                value = value * 0.9996073 + first[c, i] + ramp + rise
                if i >= skip:
                    out[c, i - skip] += np.float32(value)


@njit(cache=True, nogil=True, fastmath=True)
def add_sines(phase, ratio, gain, drift, inc, out):  # type: ignore[no-untyped-def]
    """Adds sines: phase (rows) in cycles, gain (channels, rows), inc (blocks) cycles per sample; out (channels, n)."""
    channels, size = out.shape
    for k in range(phase.size):
        position = phase[k]
        left = np.float32(gain[0, k])
        right = np.float32(gain[channels - 1, k])
        for b in range(inc.size):
            step = inc[b] * ratio[k] * (1.0 + drift[k, b // 32])
            origin = np.float32(position)
            pace = np.float32(step)
            start = b * 32
            for i in range(min(32, size - start)):
                x = origin + pace * np.float32(i)
                x -= np.floor(x + np.float32(0.5))
                y = abs(x)
                y = min(y, np.float32(0.5) - y) * np.float32(6.2831853)
                q = y * y
                s = y * (np.float32(1.0) + q * (np.float32(-0.16666658) + q * (np.float32(0.0083330255)
                    + q * (np.float32(-0.00019807414) + q * np.float32(2.6019031e-6)))))
                s = s if x >= np.float32(0.0) else -s
                out[0, start + i] += left * s
                if channels == 2:
                    out[1, start + i] += right * s
            position += 32.0 * step
            position -= np.floor(position)


def play_bank(bank: Bank, inc: Doubles, duty: Doubles, out: Samples) -> None:
    """Adds the bank to `out` (channels, n). inc (hops) cycles per sample, duty (hops + 1) added to pulse widths."""
    if not bank.phase.size:
        return
    channels, length = out.shape
    lead = HOP
    inc = np.concatenate([inc[:1], inc, inc[-1:]])
    duty = np.concatenate([duty[:1], duty, duty[-1:]])
    blocks = len(inc)
    first = np.zeros((channels, blocks * HOP + TAPS), np.float32)
    corners = bool(np.any(bank.kind >= PEAK))
    second = np.zeros((channels, first.shape[1] if corners else 1), np.float32)
    slope = np.zeros((channels, blocks), np.float32)
    phase = bank.phase - lead * inc[0] * bank.ratio
    phase -= np.floor(phase)
    carry = _start_values(bank, phase, inc[0], channels)
    _edges(phase, bank.ratio, bank.gain, bank.kind, bank.drift, inc, duty, impulse_rows(), first, second, slope, carry)
    _integrate(first, second, corners, slope, carry, lead, out)


def _start_values(bank: Bank, phase: Doubles, inc: float, channels: int) -> Doubles:
    """Value and slope of the naive waves at the start, so that no direct current has to fade."""
    value = np.zeros((channels, 2))
    saw = np.where(bank.kind == SAW, 2 * phase - 1, 0.0)
    pulse = np.where(bank.kind == RISE, 1 - 2 * phase, 0.0) + np.where(bank.kind == FALL, 2 * phase - 1, 0.0)
    corner = np.where(bank.kind == VALLEY, 1.0, 0.0) * (1 - 4 * np.abs(phase - 0.5))
    slope = np.where(bank.kind == VALLEY, np.where(phase < 0.5, 4.0, -4.0), 0.0) * inc * bank.ratio
    value[:, 0] = bank.gain[:channels] @ (saw + pulse + corner)
    value[:, 1] = bank.gain[:channels] @ slope
    return value
