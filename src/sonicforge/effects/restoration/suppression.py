"""How much of a bin is music: the gain that keeps the music and leaves an even, quiet rest of the noise.

Log-spectral amplitude estimator (Ephraim and Malah, IEEE TASSP 33, 1985) with the decision-directed signal-to-noise
ratio of their 1984 paper, whose averaging is what prevents musical noise (Cappe, IEEE TSAP 2, 1994), and the second
step of Plapous, Marro and Scalart (IEEE TASLP 14, 2006), which takes its delay of one frame away, so that attacks stay
sharp.
"""

import math
from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LOWEST, _OCTAVES, _FINE = -14, 20, 32
_MAYBE, _SURELY = 2.0, 5.0
"""Power over noise around a bin at which it may be, and surely is, music. Noise alone stays under the first."""
_FASTER, _MILDER = 0.08, 0.4
_QUIETEST = 0.2
"""Power over noise below which a bin is taken to be this loud: the estimator's gain grows without end as sound falls
silent, which would lift the noise off its floor.
"""
_NOTHING, _EVERYTHING = 1e-18, 1e9


@cache
def log_spectral_table() -> NDArray[np.float32]:
    """exp(E1(v) / 2) at v = 2 ** (_LOWEST + i / _FINE)."""
    from scipy.special import exp1

    v = 2.0 ** (_LOWEST + np.arange(_OCTAVES * _FINE + 1) / _FINE)
    return np.exp(exp1(v) / 2).astype(np.float32)


@njit(cache=True, nogil=True, fastmath=True)
def suppress(power, noise, kept, gains, numbers, table):  # type: ignore[no-untyped-def]
    """Writes the gains (frames, bins) for `power` over `noise`; kept (2, bins) carries music power and last gain.

    numbers: smoothing of the decision-directed ratio, its floor, lowest gain, share of bins that makes an attack.
    """
    smoothing, least, floor, attack = numbers
    bins = power.shape[1]
    after, near = np.empty(bins, np.float32), np.empty(bins, np.float32)
    for frame in range(power.shape[0]):
        row = gains[frame]
        rising = 0
        for k in range(bins):
            after[k] = min(power[frame, k] / (noise[k] + _NOTHING), _EVERYTHING)
            if power[frame, k] > 8.0 * (kept[0, k] + noise[k]):
                rising += 1
        _spread(after, near)
        trust = smoothing if rising < attack * bins else 0.0
        for k in range(bins):
            # Where its neighbours are music too, the ratio may move faster and the noise counts for less.
            music = min(max((near[k] - _MAYBE) / (_SURELY - _MAYBE), 0.0), 1.0)
            slow, over = trust * (1.0 - _FASTER * music), after[k] / (1.0 - _MILDER * music)
            before = min(kept[0, k] / (noise[k] + _NOTHING), _EVERYTHING) / (1.0 - _MILDER * music)
            prior = max(slow * before + (1.0 - slow) * max(over - 1.0, 0.0), least)
            first = prior / (1.0 + prior)
            prior = max(first * first * over, least)
            row[k] = _gain(prior, over, table)
            kept[0, k] = row[k] * row[k] * power[frame, k]
        _smooth(row, kept[1], floor, trust > 0.0)


@njit(cache=True, nogil=True, fastmath=True)
def _spread(after, near):  # type: ignore[no-untyped-def]
    # Mean over nine bins.
    bins = after.size
    for k in range(bins):
        low, high = max(k - 4, 0), min(k + 5, bins)
        total = np.float32(0.0)
        for i in range(low, high):
            total += after[i]
        near[k] = total / (high - low)


@njit(cache=True, nogil=True, fastmath=True)
def _gain(prior, after, table):  # type: ignore[no-untyped-def]
    wiener = prior / (1.0 + prior)
    place = (math.log2(wiener * max(after, _QUIETEST)) - _LOWEST) * _FINE
    if place <= 0.0:
        return min(wiener * table[0], 1.0)
    if place >= _OCTAVES * _FINE:
        return wiener
    at = int(place)
    return min(wiener * (table[at] + (place - at) * (table[at + 1] - table[at])), 1.0)


@njit(cache=True, nogil=True, fastmath=True)
def _smooth(row, last, floor, in_time):  # type: ignore[no-untyped-def]
    # Over three bins and two frames; an attack does not wait for the frame before it.
    before, bins = row[0], row.size
    for k in range(bins):
        here = row[k]
        beyond = row[k + 1] if k + 1 < bins else here
        value = 0.25 * before + 0.5 * here + 0.25 * beyond
        before = here
        if in_time and value > last[k]:
            value = 0.75 * value + 0.25 * last[k]
        elif in_time:
            value = 0.5 * value + 0.5 * last[k]
        last[k] = value
        row[k] = max(value, floor)
