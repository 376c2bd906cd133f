"""The moving spectrum: the level of each band of hearing, quick to rise and slow to fall."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.playout.block import BLOCK, RATE
from sonicforge.sound.audio import Samples

Levels = NDArray[np.float64]

BANDS = 40
_SIZE = 4096
_LOWEST_HZ, _HIGHEST_HZ = 50.0, 14_000.0
_FLOOR_DB, _CEILING_DB = -62.0, -12.0
_TILT_DB = 3.0
"""Per octave, against the fall of music's spectrum, so that high bars move as much as low ones."""
_FALL = 0.12


class SpectrumBars:
    """`process` a block, get `BANDS` levels from 0 (nothing) to 1 (full)."""

    def __init__(self) -> None:
        edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, BANDS + 1) * _SIZE / RATE
        self._starts = np.maximum.accumulate(np.round(edges[:-1]).astype(np.int64))
        self._ends = np.maximum(np.round(edges[1:]).astype(np.int64), self._starts + 1)
        self._window = np.hanning(_SIZE) / (_SIZE / 4)
        middles = np.sqrt(edges[:-1] * edges[1:]) * RATE / _SIZE
        self._lift = _TILT_DB * np.log2(middles / 1000.0)
        self._levels: Levels = np.zeros(BANDS)

    def process(self, block: Samples) -> Levels:
        """Hear the next `BLOCK` samples (2, BLOCK)."""
        mono = block.mean(axis=0)[BLOCK - _SIZE :]
        power = np.abs(np.fft.rfft(mono * self._window)) ** 2
        peaks = np.array([power[a:b].max() for a, b in zip(self._starts, self._ends, strict=True)])
        level_db = 10 * np.log10(np.maximum(peaks, 1e-12)) + self._lift
        now = np.clip((level_db - _FLOOR_DB) / (_CEILING_DB - _FLOOR_DB), 0.0, 1.0)
        self._levels = np.maximum(now, self._levels - _FALL)
        return self._levels
