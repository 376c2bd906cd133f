"""Ducker: a gain curve drawn from known events, pre-ramp -> depth -> hold -> raised-cosine recovery in dB.

The events come from the score, so the dip starts a little before the hit it makes room for.
"""

import numpy as np
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
    rate = sample_rate / CONTROL
    offset = np.arange(-int(attack_ms * rate / 1000) - 2, int((hold_ms + release_ms) * rate / 1000) + 3)
    for onset in np.asarray(onsets_s, np.float64):
        first = round(onset * rate)
        low, high = max(first + int(offset[0]), 0), min(first + int(offset[-1]) + 1, curve.size)
        if low >= high:
            continue
        ms = (np.arange(low, high) / rate - onset) * 1000
        dip = -depth_db * _dip(ms, attack_ms, hold_ms, release_ms)
        np.minimum(curve[low:high], dip, out=curve[low:high], casting="same_kind")
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
        onsets_s, length, depth_db=1.0, attack_ms=attack_ms, hold_ms=hold_ms, release_ms=release_ms, sample_rate=sample_rate
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


def _dip(ms: NDArray[np.float64], attack: float, hold: float, release: float) -> NDArray[np.float64]:
    """1 at full depth, 0 outside; `ms` counts from the onset."""
    before = 0.5 + 0.5 * np.cos(np.pi * np.clip(-ms / max(attack, 1e-6), 0.0, 1.0))
    after = 0.5 + 0.5 * np.cos(np.pi * np.clip((ms - hold) / max(release, 1e-6), 0.0, 1.0))
    return np.where(ms < 0, before, after)
