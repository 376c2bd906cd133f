"""A loudness meter for sound that never ends: constant memory, any block size.

Integrated loudness and range come from histograms of 0.1 LU bins, as a station needs them after weeks on the air.
"""

from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples
from sonicforge.sound.k_weighting import PIECES_PER_SECOND, piece_edges, weigh
from sonicforge.sound.loudness import Loudness, channel_weights
from sonicforge.sound.true_peak import PeakMeter

_LOWEST, _HIGHEST, _BIN = -70.0, 30.0, 0.1
_MOMENTARY, _SHORT_TERM, _STEP = 40, 300, 10

_Histogram = NDArray[np.int64]


class Meter:
    """`process` blocks as they pass; read `momentary`, `short_term` and `loudness` at any time."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate, self.channels = sample_rate, channels
        self._weights = np.asarray(channel_weights(channels), np.float64)
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._state = np.zeros((self.channels, 4))
        self._rest = np.zeros((self.channels, 0), np.float32)
        self._peaks = PeakMeter(self.channels)
        self._recent = np.zeros(_SHORT_TERM)
        self._heard = self._pieces = 0
        self._blocks: _Histogram = np.zeros(round((_HIGHEST - _LOWEST) / _BIN), np.int64)
        self._windows = self._blocks.copy()
        self._max_momentary = self._max_short_term = 0.0

    @property
    def momentary(self) -> float:
        """Loudness of the last 400 ms in LUFS."""
        return _lufs(float(self._recent[-_MOMENTARY:].mean()))

    @property
    def short_term(self) -> float:
        """Loudness of the last 3 s in LUFS."""
        return _lufs(float(self._recent.mean()))

    @property
    def loudness(self) -> Loudness:
        """Everything heard since `reset`, to the 0.1 LU of the histogram."""
        return Loudness(
            integrated=_integrated(self._blocks),
            max_momentary=_lufs(self._max_momentary),
            max_short_term=_lufs(self._max_short_term),
            range_lu=_range(self._windows),
            true_peak=_db(self._peaks.true_peak),
            sample_peak=_db(self._peaks.sample_peak),
            duration_s=self._heard / self.sample_rate,
            too_short=self._heard < 0.4 * self.sample_rate,
        )

    def process(self, block: Samples) -> None:
        """Hear the next samples (channels, n)."""
        self._heard += block.shape[1]
        self._peaks.process(block)
        self._hear_power(np.concatenate([self._rest, block], axis=1))

    def _hear_power(self, samples: Samples) -> None:
        """Weigh all whole 10 ms pieces; the rest waits."""
        first = self._pieces
        start = int(piece_edges(first, first, self.sample_rate)[0])
        last = (start + samples.shape[1]) * PIECES_PER_SECOND // self.sample_rate
        edges = piece_edges(first, last, self.sample_rate) - start
        if len(edges) > 1:
            energy = weigh(samples, self.sample_rate, self._state, edges)
            for power in self._weights @ energy / np.diff(edges):
                self._hear_piece(float(power))
        self._rest = samples[:, int(edges[-1]) :].copy()

    def _hear_piece(self, power: float) -> None:
        self._recent[:-1] = self._recent[1:]
        self._recent[-1] = power
        self._pieces += 1
        momentary = float(self._recent[-_MOMENTARY:].mean())
        self._max_momentary = max(self._max_momentary, momentary)
        if self._pieces % _STEP == 0:
            short_term = float(self._recent.mean())
            self._max_short_term = max(self._max_short_term, short_term)
            if self._pieces >= _MOMENTARY:
                _count(self._blocks, momentary)
            if self._pieces >= _SHORT_TERM:
                _count(self._windows, short_term)


def _count(histogram: _Histogram, power: float) -> None:
    level = _lufs(power)
    if level > _LOWEST:
        histogram[min(int((level - _LOWEST) / _BIN), len(histogram) - 1)] += 1


def _levels(histogram: _Histogram) -> NDArray[np.float64]:
    return np.linspace(_LOWEST, _HIGHEST, len(histogram), endpoint=False) + _BIN / 2


def _mean_level(histogram: _Histogram) -> float:
    """Level of the mean power of all that was counted."""
    if not histogram.any():
        return -inf
    return 10 * log10(float(np.average(10 ** (_levels(histogram) / 10), weights=histogram)))


def _integrated(histogram: _Histogram) -> float:
    loud = np.where(_levels(histogram) > _mean_level(histogram) - 10, histogram, 0)
    return _mean_level(loud)


def _range(histogram: _Histogram) -> float:
    loud = np.where(_levels(histogram) >= _mean_level(histogram) - 20, histogram, 0)
    if not loud.any():
        return 0.0
    shares = np.cumsum(loud) / loud.sum()
    low, high = (_levels(loud)[int(np.searchsorted(shares, share))] for share in (0.10, 0.95))
    return float(high - low)


def _lufs(power: float) -> float:
    return -0.691 + 10 * log10(power) if power > 1e-20 else -inf


def _db(value: float) -> float:
    return 20 * log10(value) if value > 0 else -inf
