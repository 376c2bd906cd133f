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
STRETCH = 64
"""Hops in which an oscillator's own pitch is constant."""
NOTHING = np.zeros(1, np.float32)

SAW, RISE, FALL, PEAK, VALLEY = range(5)
"""Kinds of edge: saw drop, pulse up, pulse down, upper and lower corner of a triangle."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bank:
    """Edges of all oscillators of a voice, one row each.

    `phase` 0..1 at the start, `ratio` to the voice's base frequency, `gain` (channels, rows), `kind` as above, `drift`
    (rows, hops // 64 + 2) the relative wander of each row's frequency.
    """

    phase: Doubles
    ratio: Doubles
    gain: Doubles
    kind: NDArray[np.int64]
    drift: Doubles


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
def _strew(first, period, count, left, right, rows, one, two, carry):  # type: ignore[no-untyped-def]
    """Adds `count` impulses, a `period` apart from the sample `first` on, to the line `one` (and `two`, if any).

    What falls before the lines goes to `carry`.
    """
    stereo = two.size > 1
    a = np.float32(left)
    z = np.float32(right)
    for edge in range(count):
        where = first + edge * period
        whole = int(where)
        fine = (where - whole) * 128.0
        row = int(fine)
        blend = np.float32(fine - row)
        start = whole - 15
        low = rows[row]
        high = rows[row + 1]
        if start >= 0 and start + 32 <= one.size:
            target = one[start : start + 32]
            if stereo:
                other = two[start : start + 32]
                for j in range(32):
                    tap = low[j] + blend * (high[j] - low[j])
                    target[j] += a * tap
                    other[j] += z * tap
            else:
                for j in range(32):
                    target[j] += a * (low[j] + blend * (high[j] - low[j]))
        else:
            for j in range(32):
                tap = low[j] + blend * (high[j] - low[j])
                if start + j < 0:
                    carry[0] += a * tap
                    carry[carry.size - 1] += z * tap * (carry.size - 1)
                elif start + j < one.size:
                    one[start + j] += a * tap
                    if stereo:
                        two[start + j] += z * tap


@njit(cache=True, nogil=True, fastmath=True)
def _edges(phase, ratio, gain, kind, drift, turns, duty, steady, rows, lines, carry):  # type: ignore[no-untyped-def]
    """Adds every edge of every oscillator to the lines (steps left and right, corners left and right).

    turns (hops + 1) cycles of the base frequency since the start, duty (hops + 1) added to the pulse width, steady
    (hops // 64 + 1) where neither bends, carry (2, channels) what lies before the buffer. In steady stretches it jumps
    from edge to edge, else it walks along the hops to where the next edge is due.
    """
    steps_left, steps_right, corners_left, corners_right = lines
    last = gain.shape[0] - 1
    hops = turns.size - 1
    for part in range(steady.size):
        begin = part * 64
        stop = min(begin + 64, hops)
        for k in range(phase.size):
            position = phase[k]
            shape = kind[k]
            pace = ratio[k] * (1.0 + drift[k, part])
            narrowing = duty[stop] - duty[begin] if shape == 2 else 0.0
            ahead = position + pace * (turns[stop] - turns[begin]) - narrowing
            edges = int(ahead)
            phase[k] = ahead - edges
            if edges < 1:
                continue
            height = 2.0 if shape == 1 else -2.0
            if shape >= 3:
                height = 2.0 * ratio[k] if shape == 4 else -2.0 * ratio[k]
            left = height * gain[0, k]
            right = height * gain[last, k]
            many = edges if steady[part] else 1
            hop = begin
            base = position + duty[begin] if shape == 2 else position
            for edge in range(0, edges, many):
                due = 1.0 + edge - base
                here = pace * (turns[hop] - turns[begin])
                there = pace * (turns[hop + 1] - turns[begin])
                if shape == 2:
                    here -= duty[hop]
                    there -= duty[hop + 1]
                while there < due and hop < stop - 1:
                    hop += 1
                    here = there
                    there = pace * (turns[hop + 1] - turns[begin])
                    if shape == 2:
                        there -= duty[hop + 1]
                period = 32.0 / (there - here)
                first = hop * 32.0 + (due - here) * period
                if shape >= 3:
                    _strew(first, period, many, left, right, rows, corners_left, corners_right, carry[1])
                else:
                    _strew(first, period, many, left, right, rows, steps_left, steps_right, carry[0])


@njit(cache=True, nogil=True, fastmath=True)
def _integrate(first, second, corners, inc, ramps, carry, skip, out):  # type: ignore[no-untyped-def]
    """Adds the running sums to `out`, less the first `skip` samples. ramps: rise per cycle.

    A 3 Hz high-pass within the sum keeps direct current out. The slope of triangles needs none: its edges cancel.
    """
    channels = first.shape[0]
    size = out.shape[1]
    for c in range(channels):
        value = carry[0, c]
        rise = carry[1, c]
        for b in range(inc.size):
            ramp = inc[b] * ramps[c, b // 64]
            bend = 4.0 * inc[b]
            start = b * 32
            stop = min(start + 32, size + skip)
            for i in range(start, stop):
                if corners:
                    rise += second[c, i]
                value = value * 0.9996073 + first[c, i] + ramp + bend * rise
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
            step = inc[b] * ratio[k] * (1.0 + drift[k, b // 64])
            origin = np.float32(position)
            pace = np.float32(step)
            start = b * 32
            for i in range(min(32, size - start)):
                x = origin + pace * np.float32(i)
                x -= np.floor(x + np.float32(0.5))
                y = abs(x)
                y = min(y, np.float32(0.5) - y) * np.float32(6.2831853)
                q = y * y
                s = y * (
                    np.float32(1.0)
                    + q
                    * (
                        np.float32(-0.16666658)
                        + q
                        * (np.float32(0.0083330255) + q * (np.float32(-0.00019807414) + q * np.float32(2.6019031e-6)))
                    )
                )
                s = s if x >= np.float32(0.0) else -s
                out[0, start + i] += left * s
                if channels == 2:
                    out[1, start + i] += right * s
            position += 32.0 * step
            position -= np.floor(position)


@njit(cache=True, nogil=True, fastmath=True)
def add_loop(loop, at, gain, line):  # type: ignore[no-untyped-def]
    """Adds a noise loop to a line, from the sample `at` of the loop on."""
    place = at
    for i in range(line.size):
        line[i] += gain * loop[place]
        place += 1
        if place == loop.size:
            place = 0


def play_bank(bank: Bank, inc: Doubles, duty: Doubles, out: Samples) -> None:
    """Adds the bank to `out` (channels, n). inc (hops) cycles per sample, duty (hops + 1) added to pulse widths."""
    if not bank.phase.size:
        return
    channels = out.shape[0]
    inc = np.concatenate([inc[:1], inc, inc[-1:]])
    duty = np.concatenate([duty[:1], duty, duty[-1:]])
    first = np.zeros((channels, len(inc) * HOP + TAPS), np.float32)
    corners = bool(np.any(bank.kind >= PEAK))
    second = np.zeros((channels, first.shape[1] if corners else 1), np.float32)
    phase = bank.phase - HOP * inc[0] * bank.ratio
    phase -= np.floor(phase)
    carry = _start_values(bank, phase)
    saws = bank.gain * (2.0 * bank.ratio * (bank.kind == SAW))
    ramps = np.ascontiguousarray(saws @ (1.0 + bank.drift))
    steady = _steady(inc, duty)
    rows = impulse_rows()
    lines = (first[0], first[1] if channels == 2 else NOTHING, second[0], second[1] if channels == 2 else NOTHING)
    turns = np.concatenate([[0.0], np.cumsum(inc * HOP)])
    _edges(phase, bank.ratio, bank.gain, bank.kind, bank.drift, turns, duty, steady, rows, lines, carry)
    _integrate(first, second, corners, inc, ramps, carry, HOP, out)


def _steady(inc: Doubles, duty: Doubles) -> NDArray[np.bool_]:
    """Stretches of 64 hops in which neither frequency nor duty moves."""
    moves = np.zeros(-(-len(inc) // STRETCH) * STRETCH, np.bool_)
    moves[1 : len(inc)] = np.diff(inc) != 0
    moves[::STRETCH] = False
    moves[: len(inc)] |= np.diff(duty) != 0
    return np.asarray(~moves.reshape(-1, STRETCH).any(axis=1), np.bool_)


def _start_values(bank: Bank, phase: Doubles) -> Doubles:
    """Value and sign of slope (2, channels) of the naive waves at the start, so that no direct current has to fade."""
    saw = np.where((bank.kind == SAW) | (bank.kind == FALL), 2 * phase - 1, 0.0)
    pulse = np.where(bank.kind == RISE, 1 - 2 * phase, 0.0)
    corner = np.where(bank.kind == VALLEY, 1 - 4 * np.abs(phase - 0.5), 0.0)
    slope = np.where(bank.kind == VALLEY, np.where(phase < 0.5, 1.0, -1.0), 0.0) * bank.ratio
    return np.ascontiguousarray([bank.gain @ (saw + pulse + corner), bank.gain @ slope])
