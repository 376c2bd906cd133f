"""Pitch salience: where the partials lie, in thirds of a semitone, and the tuning they share.

Spectral peaks are located between the bins by parabolic interpolation (Smith and Serra 1987), weighed against the
spectrum around them so that a loud bass does not hide the chord above it, and shared between the two nearest bins of a
third of a semitone, as the harmonic pitch class profile of Gómez (2006) does.
"""

import math
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

LOWEST = 28
"""MIDI number of the lowest pitch, E1 (41 Hz)."""
PITCHES = 72
"""Semitones covered, up to D#7 (2.5 kHz)."""
STEPS = 3
"""Bins a semitone."""
BINS = PITCHES * STEPS

_SIZE_OF_HALF = 1 / 6
_RELATIVE_FLOOR = 0.003
_ABSOLUTE_FLOOR = 1e-6


@lru_cache(maxsize=8)
def _spans(size: int) -> NDArray[np.int64]:
    """For each spectral bin the first and last bin of the neighbourhood it is compared with, (bins, 2)."""
    bins = np.arange(size // 2 + 1)
    reach = np.maximum(12, np.round(bins * _SIZE_OF_HALF)).astype(np.int64)
    return np.stack([np.maximum(bins - reach, 1), np.minimum(bins + reach, size // 2)], axis=1)


def salience(magnitude: Samples, sample_rate: int) -> Samples:
    """Pitch salience (frames, 216) of magnitude spectra (frames, size // 2 + 1). Silence has none.

    Bin 3 k + 1 is the semitone LOWEST + k at A4 = 440 Hz, its neighbours a third of a semitone below and above.
    """
    size = 2 * (magnitude.shape[1] - 1)
    out = np.zeros((len(magnitude), BINS), np.float32)
    low_hz = 440.0 * 2.0 ** ((LOWEST - 69 - 0.5) / 12)
    _collect(np.ascontiguousarray(magnitude), _spans(size), sample_rate / size, low_hz, out)
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _collect(magnitude, spans, spacing, low_hz, out):  # type: ignore[no-untyped-def]
    first = int(low_hz / spacing) + 1
    last = min(int(low_hz * 2.0 ** (PITCHES / 12) / spacing), magnitude.shape[1] - 2)
    sums = np.zeros(magnitude.shape[1] + 1, np.float64)
    for frame in range(magnitude.shape[0]):
        row = magnitude[frame]
        highest = np.float32(0.0)
        for k in range(row.size):
            sums[k + 1] = sums[k] + row[k]
        for k in range(first, last + 1):
            highest = max(highest, row[k])
        floor = max(highest * _RELATIVE_FLOOR, _ABSOLUTE_FLOOR)
        for k in range(first, last + 1):
            here = row[k]
            if here <= floor or here < row[k - 1] or here <= row[k + 1]:
                continue
            begin, end = spans[k, 0], spans[k, 1]
            around = (sums[end + 1] - sums[begin]) / (end + 1 - begin)
            if here <= 1.5 * around:
                continue
            below, at, above = math.log(row[k - 1] + 1e-12), math.log(here), math.log(row[k + 1] + 1e-12)
            bend = below - 2.0 * at + above
            shift = 0.5 * (below - above) / bend if bend < -1e-9 else 0.0
            place = 12 * STEPS * math.log2((k + shift) * spacing / low_hz) - 0.5
            index = math.floor(place)
            share, weight = place - index, math.sqrt(here) * (1.0 - 1.5 * around / here)
            if 0 <= index < BINS:
                out[frame, index] += weight * (1.0 - share)
            if 0 <= index + 1 < BINS:
                out[frame, index + 1] += weight * share
