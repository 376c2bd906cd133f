"""Insert effects of a patch, on the sum of its notes: body, phaser, chorus, tape, chain, bit depth.

Each works in place on one stretch of sound (channels, n); `at_s` is the time of its first sample, so that slow
movements belong to the track and not to the stretch.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.genres.timbre import Insert, Lfo, Patch
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth.drive import drive
from sonicforge.synth.filters import sweep_notch
from sonicforge.synth.fixed import filter_sections, highpass, lowpass, one_pole, peak
from sonicforge.synth.oscillators import HOP

Doubles = NDArray[np.float64]

TAIL_S = 0.25
"""How long the longest of these rings on."""
TAPE_WOW = ((0.55, 6.0), (6.3, 2.0))
"""Hz and cents."""
NOMINAL = 0.25
"""Level that counts as a full tape or converter."""


def needs_stereo(patch: Patch) -> bool:
    return patch.chorus is not None or bool(patch.lfos_of("pan"))


def apply_inserts(patch: Patch, x: Samples, at_s: float, *, bpm: float) -> None:
    """The patch's whole chain in order: phaser, notch, body, filters, chain, chorus, tremolo, tape, bits."""
    if patch.phaser_db is not None:
        _phaser(x, _sine(0.23, at_s, x.shape[1]), 10 ** (patch.phaser_db / 20))
    for lfo in patch.lfos_of("notch") if not any(insert.kind == "notch" for insert in patch.chain) else ():
        wave = _sine(_hz(lfo, bpm), at_s, x.shape[1])
        sweep_notch(x, 900.0 * 2 ** (0.5 * lfo.depth * wave), 0.9)
    sections = [peak(one.hz, one.q, one.gain_db) for one in patch.body]
    sections += [highpass(hz) for hz in (patch.highpass_hz, patch.post.highpass_hz) if hz]
    sections += [lowpass(hz) for hz in (patch.lowpass_hz, patch.post.lowpass_hz) if hz]
    filter_sections(x, sections)
    for insert in patch.chain:
        _INSERTS[insert.kind](x, insert, at_s)
    if patch.chorus is not None:
        rates = (0.5, 0.83) if patch.chorus.rich else (0.45, 0.45)
        depth = 4.0 if patch.chorus.rich else 3.0
        waves = np.stack([_sine(rates[0], at_s, x.shape[1]), _sine(rates[1], at_s + 0.25 / rates[1], x.shape[1])])
        _chorus(x, (10.0 + 0.5 * depth * waves) * SAMPLE_RATE / 1000, np.float32(10 ** (patch.chorus.level_db / 20)))
    _tremolo(patch, x, at_s, bpm)
    _wobble(patch, x, at_s, bpm)
    drive_at(x, patch.post.drive_db)
    if patch.post.bits:
        _quantise(x, np.float32(2.0 ** (patch.post.bits - 1)))


def _hz(lfo: Lfo, bpm: float) -> float:
    return lfo.hz or bpm / 60.0 / (lfo.beats or 1.0)


def _sine(hz: float, at_s: float, length: int) -> Doubles:
    """A sine at the control rate, one point beyond the end."""
    points = np.arange(length // HOP + 2) * (HOP / SAMPLE_RATE)
    return np.sin(2 * np.pi * hz * (points + at_s))


def drive_at(x: Samples, drive_db: float) -> None:
    """Drive around the level that notes have, not around full scale."""
    if drive_db > 0:
        x *= np.float32(1 / (2 * NOMINAL))
        drive(x, drive_db, dark=True)
        x *= np.float32(2 * NOMINAL)


@njit(cache=True, nogil=True, fastmath=True)
def _phaser(x, wave, wet):  # type: ignore[no-untyped-def]
    """Six all-passes between 300 Hz and 2.4 kHz beside the dry sound."""
    channels, size = x.shape
    state = np.zeros(6)
    for c in range(channels):
        state[:] = 0.0
        side = 1.0 if c == 0 else -1.0
        for b in range(wave.size - 1):
            g = np.tan(np.pi * 850.0 * 2.0 ** (1.5 * wave[b] * side) / 48000.0)
            k = g / (1.0 + g)
            for i in range(b * 32, min(b * 32 + 32, size)):
                v = x[c, i]
                y = v
                for s in range(6):
                    w = (y - state[s]) * k
                    low = w + state[s]
                    state[s] = low + w
                    y = 2.0 * low - y
                x[c, i] = np.float32(v + wet * y)


@njit(cache=True, nogil=True, fastmath=True)
def _chorus(x, lag, wet):  # type: ignore[no-untyped-def]
    """Adds one moving tap per channel; lag (2, points) in samples."""
    channels, size = x.shape
    line = np.zeros(4096, np.float32)
    for c in range(channels):
        line[:] = 0.0
        for b in range(lag.shape[1] - 1):
            d = lag[c, b]
            slope = (lag[c, b + 1] - d) / 32.0
            for i in range(b * 32, min(b * 32 + 32, size)):
                line[i & 4095] = x[c, i]
                whole = int(d)
                part = np.float32(d - whole)
                near = line[(i - whole) & 4095]
                far = line[(i - whole - 1) & 4095]
                x[c, i] += wet * (near + part * (far - near))
                d += slope


def _tremolo(patch: Patch, x: Samples, at_s: float, bpm: float) -> None:
    """Free amplitude and pan movements of the whole part."""
    for lfo in patch.lfos:
        if lfo.per_note or lfo.partials or lfo.target not in ("amp", "pan"):
            continue
        wave = 1.0 + lfo.depth * _sine(_hz(lfo, bpm), at_s, x.shape[1])
        other = 2.0 - wave if lfo.target == "pan" else wave
        if lfo.target == "amp" or x.shape[0] == 2:
            _scale(x, np.stack([wave, other]))


@njit(cache=True, nogil=True, fastmath=True)
def _scale(x, curves):  # type: ignore[no-untyped-def]
    channels, size = x.shape
    for c in range(channels):
        for b in range(curves.shape[1] - 1):
            level = np.float32(curves[c, b])
            slope = np.float32((curves[c, b + 1] - curves[c, b]) / 32.0)
            start = b * 32
            for i in range(min(32, size - start)):
                x[c, start + i] *= level + slope * np.float32(i)


def _wobble(patch: Patch, x: Samples, at_s: float, bpm: float) -> None:
    """Pitch movements of the whole part as one moving delay; tape adds its own and softens the top."""
    moves = [(_hz(lfo, bpm), lfo.depth) for lfo in patch.lfos_of("pitch") if not lfo.per_note]
    if patch.post.tape:
        moves = [*moves, *(move for move in TAPE_WOW if move not in moves)]
    if moves:
        lag = np.zeros(x.shape[1] // HOP + 2)
        for hz, cents in moves:
            lag += (2 ** (cents / 1200) - 1) / (2 * np.pi * hz) * SAMPLE_RATE * (1 + _sine(hz, at_s, x.shape[1]))
        _delay(x, lag + 2.0)
    if patch.post.tape:
        _saturate(x)
        filter_sections(x, [peak(90.0, 0.8, 1.5), one_pole(11_000.0)])


@njit(cache=True, nogil=True, fastmath=True)
def _saturate(x):  # type: ignore[no-untyped-def]
    """Tape's soft knee, 3 dB into tanh around the level of notes. At the base rate: what it bends is dark and small."""
    channels, size = x.shape
    for c in range(channels):
        line = x[c]
        for i in range(size):
            v = min(max(line[i] * np.float32(2.82), np.float32(-3.0)), np.float32(3.0))
            q = v * v
            line[i] = np.float32(0.5632) * v * (np.float32(27.0) + q) / (np.float32(27.0) + np.float32(9.0) * q)


@njit(cache=True, nogil=True, fastmath=True)
def _delay(x, lag):  # type: ignore[no-untyped-def]
    """Moving delay with cubic (Lagrange) interpolation, in place; lag >= 2 samples."""
    channels, size = x.shape
    line = np.zeros(8192, np.float32)
    for c in range(channels):
        line[:] = 0.0
        for b in range(lag.size - 1):
            d = lag[b]
            slope = (lag[b + 1] - d) / 32.0
            for i in range(b * 32, min(b * 32 + 32, size)):
                line[i & 8191] = x[c, i]
                whole = int(d)
                t = np.float32(d - whole)
                at = i - whole
                y0 = line[(at + 1) & 8191]
                y1 = line[at & 8191]
                y2 = line[(at - 1) & 8191]
                y3 = line[(at - 2) & 8191]
                one = np.float32(1.0)
                two = np.float32(2.0)
                six = np.float32(1.0 / 6.0)
                half = np.float32(0.5)
                x[c, i] = (
                    -t * (t - one) * (t - two) * six * y0
                    + (t + one) * (t - one) * (t - two) * half * y1
                    - (t + one) * t * (t - two) * half * y2
                    + (t + one) * t * (t - one) * six * y3
                )
                d += slope


@njit(cache=True, nogil=True, fastmath=True)
def _quantise(x, steps):  # type: ignore[no-untyped-def]
    channels, size = x.shape
    for c in range(channels):
        for i in range(size):
            x[c, i] = np.floor(x[c, i] * steps + np.float32(0.5)) / steps


def _insert_notch(x: Samples, insert: Insert, at_s: float) -> None:
    low, high = insert.values
    wave = 0.5 + 0.5 * _sine(insert.rate, at_s, x.shape[1])
    sweep_notch(x, low * (high / low) ** wave, 0.7)


def _insert_drive(x: Samples, insert: Insert, at_s: float) -> None:
    del at_s
    drive_at(x, insert.values[0])


def _insert_lowpass(x: Samples, insert: Insert, at_s: float) -> None:
    del at_s
    filter_sections(x, [lowpass(insert.values[0])])


def _insert_highpass(x: Samples, insert: Insert, at_s: float) -> None:
    del at_s
    filter_sections(x, [highpass(insert.values[0])])


def _insert_width(x: Samples, insert: Insert, at_s: float) -> None:
    """Side scaled; a width of 0 is mono."""
    del at_s
    if x.shape[0] == 2:
        _narrow(x, np.float32(0.5 + 0.5 * insert.values[0]), np.float32(0.5 - 0.5 * insert.values[0]))


@njit(cache=True, nogil=True, fastmath=True)
def _narrow(x, own, other):  # type: ignore[no-untyped-def]
    left, right = x[0], x[1]
    for i in range(left.size):
        a = left[i]
        left[i] = own * a + other * right[i]
        right[i] = own * right[i] + other * a


def _insert_upward(x: Samples, insert: Insert, at_s: float) -> None:
    """Three bands (300 Hz, 2.5 kHz), each lifted towards the threshold from below, 3:1, at most 18 dB, mixed beside."""
    del at_s
    _upward(
        x,
        10 ** (insert.values[0] / 20),
        insert.mix,
        1.0 - np.exp(-2 * np.pi * 300 / SAMPLE_RATE),
        1.0 - np.exp(-2 * np.pi * 2500 / SAMPLE_RATE),
    )


@njit(cache=True, nogil=True, fastmath=True)
def _upward(x, threshold, mix, low_step, high_step):  # type: ignore[no-untyped-def]
    channels, size = x.shape
    level = np.full(3, threshold)
    gain = np.ones(3)
    pace = np.zeros(3)
    low = np.zeros(channels)
    high = np.zeros(channels)
    for start in range(0, size, 32):
        peak0 = peak1 = peak2 = 0.0
        stop = min(start + 32, size)
        for c in range(channels):
            a = low[c]
            b = high[c]
            for i in range(start, stop):
                v = x[c, i]
                a += low_step * (v - a)
                b += high_step * (v - b)
                peak0 = max(peak0, abs(a))
                peak1 = max(peak1, abs(b - a))
                peak2 = max(peak2, abs(v - b))
        peaks = (peak0, peak1, peak2)
        for k in range(3):
            present = peaks[k]
            level[k] += (0.25 if present > level[k] else 0.02) * (present - level[k])
            ratio = threshold / max(level[k], threshold * 0.02)
            wanted = min(max(ratio, 1.0) ** 0.66, 8.0) if level[k] > threshold * 0.02 else 1.0
            pace[k] = (wanted - gain[k]) * 0.12 / 32.0
        for c in range(channels):
            g0, g1, g2 = gain[0], gain[1], gain[2]
            a = low[c]
            b = high[c]
            for i in range(start, stop):
                v = x[c, i]
                a += low_step * (v - a)
                b += high_step * (v - b)
                g0 += pace[0]
                g1 += pace[1]
                g2 += pace[2]
                x[c, i] = np.float32(v + mix * ((g0 - 1.0) * a + (g1 - 1.0) * (b - a) + (g2 - 1.0) * (v - b)))
            low[c] = a
            high[c] = b
        for k in range(3):
            gain[k] += pace[k] * (stop - start)


_INSERTS = {
    "notch": _insert_notch,
    "drive": _insert_drive,
    "lowpass": _insert_lowpass,
    "highpass": _insert_highpass,
    "upward": _insert_upward,
    "width": _insert_width,
}
