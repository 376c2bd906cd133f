"""The hum in a channel: constant tones at the multiples of the mains frequency, told from music by their patience.

Each harmonic is brought down to 0 Hz in frames of half a second. A hum's frames then lie on one point of the complex
plane, or turn slowly if the mains is a little off; notes come and go. The point is found by a Cauchy estimate (iterated
reweighting: far values count by the inverse square of their distance), so that the pauses between the notes decide.
"""

import math

import numpy as np
from numba import njit

_GRID, _GRID_STEP_HZ = 24, 0.005
_ROUNDS = 12
_DOUBT = 0.05
"""Agreement of the phases, 0 to 1, under which there is no hum; at twice that it is believed in full."""


@njit(cache=True, nogil=True)
def demodulate(sound, start, omega, window, into):  # type: ignore[no-untyped-def]
    """into[k] = amplitude and phase of harmonic k + 1 of `omega` (radians a sample) in the windowed frame `sound`.

    `start` is the place of the frame's first sample in the stream: phases of all frames are of one oscillator.
    """
    for k in range(into.size):
        w = (k + 1) * omega
        phase = -((start * w) % (2.0 * math.pi))
        turn, step = complex(math.cos(phase), math.sin(phase)), complex(math.cos(w), -math.sin(w))
        total = 0.0 + 0.0j
        for i in range(sound.size):
            total += sound[i] * window[i] * turn
            turn *= step
        into[k] = total


@njit(cache=True, nogil=True)
def estimate(frames, places, spacing_s, into):  # type: ignore[no-untyped-def]
    """into[k] = amplitude of harmonic k + 1 in the middle frame, from frames[places] (n, harmonics); 0 without hum.

    Returns by how much the mains is off in Hz.
    """
    harmonics, count = frames.shape[1], places.size
    times = (places - frames.shape[0] // 2) * spacing_s
    even = np.empty((count, harmonics), np.complex128)
    for k in range(harmonics):
        limit = np.median(np.abs(frames[places, k])) + 1e-20
        for i in range(count):
            even[i, k] = frames[places[i], k] / max(abs(frames[places[i], k]), limit)
    best, off = -1.0, 0.0
    for step in range(-_GRID, _GRID + 1):
        score = _togetherness(even, step * _GRID_STEP_HZ, times)
        if score > best:
            best, off = score, step * _GRID_STEP_HZ
    still = np.empty(count, np.complex128)
    for k in range(harmonics):
        for i in range(count):
            angle = -2.0 * math.pi * (k + 1) * off * times[i]
            still[i] = frames[places[i], k] * complex(math.cos(angle), math.sin(angle))
        into[k] = _centre(still)
    return off


@njit(cache=True, nogil=True)
def _togetherness(even, off, times):  # type: ignore[no-untyped-def]
    count, harmonics = even.shape
    score = 0.0
    for k in range(harmonics):
        total = 0.0 + 0.0j
        for i in range(count):
            angle = -2.0 * math.pi * (k + 1) * off * times[i]
            total += even[i, k] * complex(math.cos(angle), math.sin(angle))
        score += abs(total) ** 2
    return score


@njit(cache=True, nogil=True)
def _centre(values):  # type: ignore[no-untyped-def]
    # The Cauchy centre, weakened where the values that made it do not agree on a phase.
    count = values.size
    centre = complex(np.median(values.real), np.median(values.imag))
    distance = np.empty(count)
    agreed = 0.0
    for _ in range(_ROUNDS):
        for i in range(count):
            distance[i] = abs(values[i] - centre)
        scale = np.sort(distance)[count // 4] ** 2 + 1e-24
        total, weights, power = 0.0 + 0.0j, 0.0, 0.0
        for i in range(count):
            weight = scale / (scale + distance[i] ** 2)
            total += weight * values[i]
            weights += weight
            power += weight * abs(values[i]) ** 2
        centre = total / weights
        agreed = abs(total) ** 2 / (weights * power + 1e-30)
    return centre * min(max((agreed - _DOUBT) / _DOUBT, 0.0), 1.0)


@njit(cache=True, nogil=True)
def subtract(sound, start, omega, before, after):  # type: ignore[no-untyped-def]
    """Takes the harmonics out of `sound` in place, amplitudes moving from `before` to `after`."""
    size = sound.size
    for k in range(before.size):
        if before[k] == 0.0 and after[k] == 0.0:
            continue
        w = (k + 1) * omega
        phase = (start * w) % (2.0 * math.pi)
        turn, step = complex(math.cos(phase), math.sin(phase)), complex(math.cos(w), math.sin(w))
        amplitude, change = before[k], (after[k] - before[k]) / size
        for i in range(size):
            sound[i] -= np.float32((amplitude * turn).real)
            amplitude += change
            turn *= step
