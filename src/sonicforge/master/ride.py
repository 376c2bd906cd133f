"""Riding the level: slow gain that draws loud and soft passages together, or apart, until the range is the genre's."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.control import CONTROL, points_for, ride
from sonicforge.sound.audio import Samples
from sonicforge.sound.k_weighting import PIECES_PER_SECOND
from sonicforge.sound.loudness import Curve, loudness_range

STEP_S = 2.0
"""Seconds between two positions of the fader."""
MOST_RIDE_DB = 4.0
MOST_SHARE = 0.45
INSIDE_LU = 0.4
_WINDOW_S = 6.0
_GATE_DB = 12.0


@dataclass(frozen=True, slots=True)
class Ride:
    """Positions of the fader in dB, one every two seconds, joined by lines; none where nothing is ridden."""

    ride_db: tuple[float, ...] = ()


def decide_ride(power: Curve, wanted_lu: tuple[float, float]) -> Ride:
    """The ride that brings the loudness range of `power` (weighted, 10 ms pieces) inside `wanted_lu`.

    Passages move towards their mean, or away from it, by an equal share of their distance, at most 45 %, and by no
    more than 4 dB. What is farther than 12 dB below the mean moves like what is 12 dB below, so that fades stay fades.
    """
    share = _share(loudness_range(power), wanted_lu)
    size = round(STEP_S * PIECES_PER_SECOND)
    if share == 0 or len(power) < 4 * size:
        return Ride()
    level = _levels(power, size)
    loud = level > level.max() - 2 * _GATE_DB
    mean = float(level[loud].mean())
    gains = -share * np.maximum(level - mean, -_GATE_DB)
    return Ride(tuple(round(float(gain), 2) for gain in np.clip(gains, -MOST_RIDE_DB, MOST_RIDE_DB)))


def apply_ride(samples: Samples, decision: Ride, sample_rate: int) -> None:
    """Multiply in place by the ride."""
    if decision.ride_db:
        at = np.arange(points_for(samples.shape[1])) * (CONTROL / sample_rate / STEP_S)
        ride(samples, ridden(decision, at).astype(np.float32))


def ridden(decision: Ride, steps: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Factors at times given in steps of two seconds; 1 without a ride."""
    if not decision.ride_db:
        return np.ones(len(steps))
    return np.asarray(10.0 ** (np.interp(steps, np.arange(len(decision.ride_db)), decision.ride_db) / 20), np.float64)


def _share(spread: float, wanted_lu: tuple[float, float]) -> float:
    """Share of its distance from the mean that every passage gives up (negative: wins)."""
    least, most = wanted_lu
    if spread > most:
        return min(1 - max(most - INSIDE_LU, 0.0) / spread, MOST_SHARE)
    if 0 < spread < least:
        return max(1 - (least + INSIDE_LU) / spread, -MOST_SHARE)
    return 0.0


def _levels(power: Curve, size: int) -> NDArray[np.float64]:
    """Smoothed level in dB around every position of the fader."""
    half = round(_WINDOW_S * PIECES_PER_SECOND / 2)
    window = np.hanning(2 * half + 1)
    smooth = np.convolve(np.pad(power, half, mode="edge"), window / window.sum(), mode="valid")
    return np.asarray(10 * np.log10(np.maximum(smooth[::size], 1e-12)), np.float64)
