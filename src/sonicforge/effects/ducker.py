"""Ducker: a gain curve drawn from known events, pre-ramp -> depth -> hold -> raised-cosine recovery in dB.

The events come from the score, so the dip starts a little before the hit it makes room for.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from sonicforge.effects.control import CONTROL, Curve, points_for, ride
from sonicforge.sound.audio import SAMPLE_RATE, Samples


def duck_db(
    onsets_s: ArrayLike,
    length: int,
    *,
    depth_db: float,
    release_ms: float,
    attack_ms: float = 3.0,
    hold_ms: float = 8.0,
    sample_rate: int = SAMPLE_RATE,
) -> NDArray[np.float32]:
    """Gain in dB (0 .. -depth_db) on the control grid of a signal of `length` samples.

    The full depth is reached at the onset, `attack_ms` after the ramp began, and held for `hold_ms`; `release_ms` later
    the gain is back. Where dips overlap the deeper one counts.
    """
    curve = np.zeros(points_for(length), np.float32)
    points_per_ms = sample_rate / CONTROL / 1000
    onsets = np.ascontiguousarray(np.atleast_1d(onsets_s), np.float64) * 1000
    _draw(curve, onsets, points_per_ms, depth_db, max(attack_ms, 1e-3), hold_ms, max(release_ms, 1e-3))
    return curve


def gate_curve(
    onsets_s: ArrayLike,
    length: int,
    *,
    hold_ms: float,
    release_ms: float,
    attack_ms: float = 2.0,
    sample_rate: int = SAMPLE_RATE,
) -> Curve:
    """Gain 0..1 on the control grid: open from each onset for `hold_ms`, then closed over `release_ms`."""
    shape = duck_db(
        onsets_s,
        length,
        depth_db=1.0,
        attack_ms=attack_ms,
        hold_ms=hold_ms,
        release_ms=release_ms,
        sample_rate=sample_rate,
    )
    return -shape


class Ducker:
    """Rides a signal along `duck_db` of the given onsets; positions count from the first sample after `reset`."""

    latency = 0

    def __init__(
        self,
        onsets_s: ArrayLike,
        *,
        depth_db: float,
        release_ms: float,
        attack_ms: float = 3.0,
        hold_ms: float = 8.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        onsets = np.asarray(onsets_s, np.float64)
        end = float(onsets.max(initial=0.0)) + (hold_ms + release_ms) / 1000 + 0.01
        decibels = duck_db(
            onsets,
            int(end * sample_rate),
            depth_db=depth_db,
            release_ms=release_ms,
            attack_ms=attack_ms,
            hold_ms=hold_ms,
            sample_rate=sample_rate,
        )
        self._curve: Curve = (10.0 ** (decibels / 20.0)).astype(np.float32)
        self.reset()

    def reset(self) -> None:
        self._at = 0

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        ride(out, self._curve, at=self._at)
        self._at += out.shape[1]
        return out


@njit(cache=True, nogil=True)
def _draw(curve, onsets, points_per_ms, depth, attack, hold, release):  # type: ignore[no-untyped-def]
    for onset in onsets:
        first = max(int((onset - attack) * points_per_ms), 0)
        last = min(int((onset + hold + release) * points_per_ms) + 2, curve.size)
        for k in range(first, last):
            ms = k / points_per_ms - onset
            if ms < -attack or ms > hold + release:
                continue
            if ms < 0:
                dip = 0.5 + 0.5 * math.cos(math.pi * -ms / attack)
            elif ms <= hold:
                dip = 1.0
            else:
                dip = 0.5 + 0.5 * math.cos(math.pi * (ms - hold) / release)
            curve[k] = min(curve[k], -depth * dip)
