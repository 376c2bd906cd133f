"""Ducker: a gain curve drawn from known events, pre-ramp -> depth -> hold -> raised-cosine recovery in dB.

The events come from the score, so the dip starts a little before the hit it makes room for.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from sonicforge.effects.control import CONTROL, Curve, points_for, ride
from sonicforge.effects.parameter import Effect, Parameter
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


class Pump:
    """The dip of a side chain on every beat, without end and without a kick: beat 0 falls on the first sample.

    `release` is the share of a beat after which the gain is back.
    """

    latency = 0

    def __init__(
        self,
        *,
        bpm: float = 120.0,
        beats: float = 1.0,
        depth_db: float = 6.0,
        attack_ms: float = 5.0,
        hold_ms: float = 10.0,
        release: float = 0.6,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        period = beats * 60 * sample_rate / bpm
        per_ms = sample_rate / 1000
        back = max(min(hold_ms * per_ms + release * period, period - attack_ms * per_ms), 1.0)
        self._shape = (period, attack_ms * per_ms, min(hold_ms * per_ms, back - 1.0), back, depth_db)
        self.reset()

    def reset(self) -> None:
        self._at = 0

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        point, phase = divmod(self._at, CONTROL)
        at = (point + np.arange((phase + out.shape[1]) // CONTROL + 2)) * float(CONTROL)
        ride(out, self._gains(at), at=phase)
        self._at += out.shape[1]
        return out

    def _gains(self, at: NDArray[np.float64]) -> Curve:
        period, attack, hold, back, depth_db = self._shape
        since = np.mod(at, period)
        falling = np.clip((since - (period - attack)) / max(attack, 1.0), 0.0, 1.0)
        rising = np.clip((back - since) / (back - hold), 0.0, 1.0)
        dip = 0.5 - 0.5 * np.cos(math.pi * np.maximum(falling, rising))
        return (10 ** (dip * (-depth_db / 20))).astype(np.float32)


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


EFFECT = Effect(
    "pump",
    "dips the level on every beat, as if a kick drum pressed on it",
    Pump,
    (
        Parameter("bpm", 30, 300, 120, "beats/min", "slow heaving", "nervous flutter"),
        Parameter("beats", 0.25, 16, 1, "beats", "four times a beat", "every fourth bar"),
        Parameter("depth_db", 0, 48, 6, "dB", "nothing happens", "gone on the beat"),
        Parameter("attack_ms", 0, 50, 5, "ms", "drops with a tick", "leans into the beat"),
        Parameter("hold_ms", 0, 200, 10, "ms", "comes back at once", "waits"),
        Parameter("release", 0.05, 1, 0.6, "of the period", "a short notch", "swells up to the next beat"),
    ),
    source="raised cosine in dB, as a side-chain compressor draws it",
)
