"""Additive voices: rotating phasors with slowly moving complex envelopes."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.genres.timbre import Partial
from sonicforge.sound.audio import SAMPLE_RATE, Samples

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex128]

BLOCK = 128
"""Samples between the points of the envelopes."""
FLOOR = 5e-5
"""Absolute level below which a partial has died away."""


def play_partials(
    spec: tuple[Partial, ...],
    hz: float,
    out: Samples,
    *,
    velocity: float,
    wander: float,
    bowed: bool,
    rng: np.random.Generator,
) -> None:
    """Adds a voice of sine partials to `out` (channels, n), RMS near 0.35 at the start.

    Each partial decays with its own T60, which shrinks above C5. `wander` 0..1 lets the partials' levels breathe
    independently; softer strikes have weaker upper partials. What is `bowed` falls four times as slowly.
    """
    audible = [partial for partial in spec if partial.ratio * hz < 18_000.0]
    level = np.array([10 ** ((p.level_db - (1 - velocity) * 7 * min(p.ratio - 1, 2)) / 20) for p in audible])
    t60 = np.array([p.t60_ms / 1000 for p in audible]) * min(1.0, (523.25 / hz) ** 0.35) * (4.0 if bowed else 1.0)
    omega = 2 * np.pi * hz / SAMPLE_RATE * np.array([p.ratio for p in audible])
    level *= 0.5 / np.sqrt(np.sum(level**2))
    decay = np.exp(-6.9078 * BLOCK / (t60 * SAMPLE_RATE))
    phase = np.exp(2j * np.pi * rng.random((len(audible), 1)) * min(wander * 100, 1.0))
    tones, steps = _breathing(level[:, None] * phase, decay, wander, rng)
    sides = np.ones((out.shape[0], tones.shape[1]))
    if out.shape[0] == 2:
        sides = np.stack([1 + 0.25 * _alternate(tones.shape[1]), 1 - 0.25 * _alternate(tones.shape[1])])
    play_phasors(omega, tones, steps, sides, out)


def _alternate(count: int) -> Doubles:
    return np.where(np.arange(count) % 2 == 0, 1.0, -1.0)


def _breathing(
    amount: Complexes, decay: Doubles, wander: float, rng: np.random.Generator
) -> tuple[Complexes, Complexes]:
    """Splits each partial into a steady part and two slow sidebands; returns starts and factors per block."""
    rates = rng.uniform(0.05, 0.17, (len(amount), 2)) * 2 * np.pi * BLOCK / SAMPLE_RATE
    turns = np.exp(1j * rates * np.array([1, -1]))
    side = amount * wander * 0.5 * np.exp(2j * np.pi * rng.random((len(amount), 2)))
    tones = np.concatenate([amount * (1 - 0.3 * wander), side], axis=1)
    steps = np.concatenate([np.ones_like(amount), turns], axis=1) * decay[:, None]
    return np.ascontiguousarray(tones), np.ascontiguousarray(steps)


def play_phasors(omega: Doubles, tones: Complexes, steps: Complexes, sides: Doubles, out: Samples) -> None:
    """Adds partials p at omega[p] radians per sample to `out` (channels, n).

    tones (p, s) are the complex levels of components near each partial, steps (p, s) their factors per block of 128
    samples, sides (channels, s) their share of each channel. Partials below the floor are no longer computed.
    """
    order = np.argsort(-np.abs(steps).max(axis=1), kind="stable")
    omega, tones, steps = omega[order], tones[order], steps[order]
    turn = omega[:, None] * np.arange(BLOCK)
    cosines, sines = np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)
    turns = steps * np.exp(1j * omega[:, None] * BLOCK)
    drift = (steps - 1.0) / BLOCK
    _phasors(cosines, sines, tones.copy(), turns, drift, np.ascontiguousarray(sides), FLOOR, out)


@njit(cache=True, nogil=True, fastmath=True)
def _phasors(cosines, sines, tones, turns, drift, sides, floor, out):  # type: ignore[no-untyped-def]
    """Within a block a partial is (a + a' t) cos(wt) - (b + b' t) sin(wt), with a and b moved once a block."""
    channels, size = out.shape
    parts = tones.shape[1]
    active = tones.shape[0]
    ramp = np.arange(128).astype(np.float32)
    for start in range(0, size, 128):
        while active > 0:
            loudest = 0.0
            for s in range(parts):
                loudest += abs(tones[active - 1, s].real) + abs(tones[active - 1, s].imag)
            if loudest > floor:
                break
            active -= 1
        many = min(128, size - start)
        for p in range(active):
            cosine = cosines[p]
            sine = sines[p]
            for c in range(channels):
                level = 0.0j
                slope = 0.0j
                for s in range(parts):
                    level += tones[p, s] * sides[c, s]
                    slope += tones[p, s] * drift[p, s] * sides[c, s]
                a = np.float32(level.real)
                b = np.float32(level.imag)
                da = np.float32(slope.real)
                db = np.float32(slope.imag)
                target = out[c, start : start + many]
                for i in range(many):
                    t = ramp[i]
                    target[i] += (a + da * t) * cosine[i] - (b + db * t) * sine[i]
            for s in range(parts):
                tones[p, s] *= turns[p, s]
        if active == 0:
            return
