"""Control curves of a voice, one point every 32 samples: envelopes, glide, LFOs.

Attack reaches its top in the given time along an exponential whose 95 % point lies near the end; decay and release
fall to within 5 % of their target in theirs (time constant a third). A release bends down to exact silence after 1.33
or 2 times its time.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.genres.timbre import Envelope, Lfo
from sonicforge.sound.audio import SAMPLE_RATE
from sonicforge.synth.oscillators import HOP

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

MIN_ATTACK_MS = 1.0
MIN_RELEASE_MS = 5.0
LONG_RELEASE_MS = 900.0


def release_samples(envelope: Envelope) -> int:
    """Samples from the end of the gate to silence."""
    release = max(envelope.release_ms, MIN_RELEASE_MS)
    return int(release_span(release) * release * SAMPLE_RATE / 1000)


def release_span(release_ms: float) -> float:
    """Release times until silence: twice (-52 dB) for short ones, 1.33 times (-35 dB) for pads."""
    return 2.0 if release_ms < LONG_RELEASE_MS else 1.33


@njit(cache=True, nogil=True)
def _contour(at, height, again, gate, attack, decay, sustain, release, span, curve):  # type: ignore[no-untyped-def]
    """Fills `curve` (points): segments begin at the samples `at`, anew from the present level where `again`."""
    tail = np.exp(-3.0 * span)
    origin, start, top = at[0], 0.0, height[0]
    following = 1
    level = 0.0
    released = -1.0
    for j in range(curve.size):
        t = j * 32.0
        while following < at.size and at[following] <= t:
            if again[following]:
                origin, start, top = at[following], level, height[following]
            following += 1
        if t < gate:
            u = t - origin
            if u < attack:
                level = start + (top - start) * (1.0 - np.exp(-3.0 * u / attack)) / 0.950212931632136
            else:
                level = top * (sustain + (1.0 - sustain) * np.exp(-3.0 * (u - attack) / decay))
        else:
            if released < 0.0:
                released = level
            fall = (t - gate) / release
            level = released * (np.exp(-3.0 * fall) - tail) / (1.0 - tail) if fall < span else 0.0
        curve[j] = level


def contour(
    envelope: Envelope, at: Integers, height: Doubles, again: NDArray[np.bool_], gate: int, points: int
) -> Doubles:
    """An envelope of `points` values over a line of notes.

    `at` are note starts in samples, `height` their peaks, `again` which of them strike anew; `gate` is the release.
    """
    per_ms = SAMPLE_RATE / 1000
    curve = np.empty(points)
    attack = max(envelope.attack_ms, MIN_ATTACK_MS) * per_ms
    decay = max(envelope.decay_ms, 1.0) * per_ms
    release = max(envelope.release_ms, MIN_RELEASE_MS) * per_ms
    span = release_span(release / per_ms)
    _contour(at, height, again, float(gate), attack, decay, envelope.sustain, release, span, curve)
    return curve


@njit(cache=True, nogil=True)
def _glide(at, value, samples, curve):  # type: ignore[no-untyped-def]
    """Fills `curve` with the value of the last start, approached exponentially (95 % after samples[i])."""
    following = 1
    target = value[0]
    present = value[0]
    keep = 0.0
    for j in range(curve.size):
        t = j * 32.0
        while following < at.size and at[following] <= t:
            target = value[following]
            keep = np.exp(-3.0 * 32.0 / samples[following]) if samples[following] > 0 else 0.0
            following += 1
        curve[j] = present = target + (present - target) * keep


def glide(at: Integers, value: Doubles, times_ms: Doubles, points: int) -> Doubles:
    """Steps from value to value, each approached within its time in ms."""
    curve = np.empty(points)
    _glide(at, value, times_ms * SAMPLE_RATE / 1000, curve)
    return curve


def lfo_wave(lfo: Lfo, points: int, *, hz: float, phase: float, starts: Integers | None = None) -> Doubles:
    """An LFO's sine from -1 to 1 (0 to 1, closed first, where it follows the note's own period) with delay and ramp.

    `hz` is its rate, `phase` 0..1 its position at the first point; the delay begins anew at each of `starts` (samples).
    """
    seconds = np.arange(points) * (HOP / SAMPLE_RATE)
    if lfo.step_hz:
        seconds = np.floor(seconds * lfo.step_hz + 1e-6) / lfo.step_hz
    turns = 2 * np.pi * (hz * seconds + phase)
    wave = 0.5 - 0.5 * np.cos(turns) if lfo.hz == 0 and lfo.beats == 0 else np.sin(turns)
    if lfo.delay_ms or lfo.ramp_ms:
        since = seconds
        if starts is not None and len(starts) > 1:
            since = seconds - starts[np.searchsorted(starts, seconds * SAMPLE_RATE, side="right") - 1] / SAMPLE_RATE
        wave *= np.clip((since - lfo.delay_ms / 1000) / (max(lfo.ramp_ms, 150.0) / 1000), 0.0, 1.0)
    return wave
