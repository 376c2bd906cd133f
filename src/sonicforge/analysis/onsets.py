"""Onsets: where something begins, heard as sudden growth in bands.

Spectral flux on logarithmic mel bands (Böck and Widmer 2013 give the family), in five groups of bands so that kick,
snare and hat can be told apart, and a sixth from the pitches, for music without drums.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.analysis.features import FAST_HZ, SLOW_HZ, Features
from sonicforge.analysis.pitches import PITCHES, STEPS

Flux = NDArray[np.float32]

GROUPS = ((0, 2), (2, 6), (6, 16), (16, 28), (28, 40))
"""Mel bands of each group: up to 170 Hz, 500 Hz, 1.5 kHz, 4.2 kHz, 11 kHz."""

_LOUD = 0.0025
"""Mean magnitude of a loud frame after levelling: that of a mastered track."""
_LAG = 2
_COMPRESSION = 1000.0
_BASS = 24
"""Pitches counted as bass (two octaves from E1)."""


def band_flux(features: Features) -> Flux:
    """Growth of level over 20 ms in five groups of bands, (fast frames, 5), never negative.

    The sound is levelled first, so that a quiet recording gives the same as a loud one. Silence gives zeros.
    """
    flux = np.zeros((len(features.mel), len(GROUPS)), np.float32)
    gain = _gain(features)
    if gain > 0:
        edges = np.array([group[0] for group in GROUPS] + [GROUPS[-1][1]], np.int64)
        for first in range(0, len(flux), 4096):
            start = max(0, first - _LAG)
            levels = np.log1p(
                np.float32(gain * _COMPRESSION) * np.exp(features.mel[start : first + 4096], dtype=np.float32)
            )
            _grow(levels, edges, first - start, flux[first : first + 4096])
    return flux


def pitch_flux(features: Features) -> Flux:
    """New pitches: growth of salience over 200 ms below and above E3, (slow frames, 2), never negative."""
    semitones = features.pitches.reshape(len(features.pitches), PITCHES, STEPS).sum(axis=2)
    levels = np.log1p(100 * semitones)
    grown = np.zeros_like(levels)
    grown[1:-1] = np.maximum(levels[2:] - levels[:-2], 0)
    return np.stack([grown[:, :_BASS].mean(axis=1), grown[:, _BASS:].mean(axis=1)], axis=1)


def onset_strength(features: Features) -> NDArray[np.float64]:
    """One curve, `FAST_HZ` values a second: all groups of bands, each against its own mean, above the local mean."""
    return strength(band_flux(features))


def strength(flux: Flux) -> NDArray[np.float64]:
    """`onset_strength` of a flux that is already there."""
    mean = flux.mean(axis=0) + 5e-3 if len(flux) else np.ones(flux.shape[1])
    joined = np.clip(flux / mean, 0, 12).sum(axis=1, dtype=np.float64)
    return peaked(joined)


def peaked(curve: NDArray[np.floating], *, around_s: float = 1.5) -> NDArray[np.float64]:
    """A fast curve smoothed over 60 ms, less its mean over `around_s`, never negative."""
    if not len(curve):
        return np.zeros(0)
    bell = np.hanning(9)
    smooth = np.convolve(curve, bell / bell.sum(), "same")
    return np.maximum(smooth - moving_mean(smooth, round(around_s * FAST_HZ)), 0)


def moving_mean(curve: NDArray[np.floating], size: int) -> NDArray[np.float64]:
    """Mean of the `size` values around each, fewer at the ends."""
    total = np.concatenate([[0.0], np.cumsum(curve, dtype=np.float64)])
    at = np.arange(len(curve))
    first, last = np.maximum(at - size // 2, 0), np.minimum(at + size - size // 2, len(curve))
    return np.asarray((total[last] - total[first]) / (last - first), np.float64)


def onset_times(features: Features, *, threshold: float = 2.0) -> NDArray[np.float64]:
    """Seconds at which something begins: peaks of the onset strength, at least 50 ms apart.

    `threshold` is in means of the whole curve; 1 hears ghosts, 4 only the plainest hits.
    """
    curve = onset_strength(features)
    if not curve.any():
        return np.zeros(0)
    return peak_places(curve, threshold * float(curve.mean()), round(0.05 * FAST_HZ)) / FAST_HZ


def peak_places(curve: NDArray[np.floating], least: float, apart: int) -> NDArray[np.int64]:
    """Indices of local maxima above `least`; within `apart` only the highest stays, the first of equal ones."""
    inner = (curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:]) & (curve[1:-1] > least)
    places = np.flatnonzero(inner) + 1
    kept: list[int] = []
    for place in places:
        if kept and place - kept[-1] < apart:
            if curve[place] > curve[kept[-1]]:
                kept[-1] = int(place)
        else:
            kept.append(int(place))
    return np.array(kept, np.int64)


def at_fast(slow: NDArray[np.floating], frames: int) -> NDArray[np.float64]:
    """A slow curve read at the times of `frames` fast frames."""
    if not len(slow):
        return np.zeros(frames)
    return np.interp(np.arange(frames) / FAST_HZ, np.arange(len(slow)) / SLOW_HZ, slow)


def _gain(features: Features) -> float:
    """What brings the loud frames to the level of a mastered track; 0 for silence."""
    if not len(features.shape):
        return 0.0
    loud = float(np.percentile(features.shape[:, 4], 90))
    return _LOUD / loud if loud > 1e-7 else 0.0


@njit(cache=True, nogil=True, fastmath=True)
def _grow(levels, edges, skip, flux):  # type: ignore[no-untyped-def]
    for i in range(flux.shape[0]):
        now = i + skip
        before = now - 2
        if before < 0:
            continue
        for group in range(edges.size - 1):
            total = np.float32(0.0)
            for band in range(edges[group], edges[group + 1]):
                total += max(levels[now, band] - levels[before, band], np.float32(0.0))
            flux[i, group] = total / (edges[group + 1] - edges[group])
