"""What `loudness.measure` says of a whole signal, from blocks: for files that are too long to hold in memory.

Unlike `meter.Meter`, which runs for weeks and counts in steps of 0.1 LU, this keeps every 10 ms of power (0.8 kB for a
second of sound) and is exact.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from math import inf, log10

import numpy as np

from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.k_weighting import PIECES_PER_SECOND, piece_edges, weigh
from sonicforge.sound.loudness import Curve, Loudness, piece_power, summary, weighted_power
from sonicforge.sound.true_peak import PeakMeter


def measure_blocks(blocks: Iterable[Samples], sample_rate: int) -> Loudness:
    """Everything a meter shows of blocks (channels, n) of any length; without blocks it is silence of no length."""
    stream = iter(blocks)
    first = next(stream, np.zeros((1, 0), np.float32))
    powers, peaks, heard = _Powers(sample_rate, len(first)), PeakMeter(len(first)), 0
    with ThreadPoolExecutor(1) as other:
        for block in chain((first,), stream):
            weighing = other.submit(powers.process, block)
            peaks.process(block)
            heard += block.shape[1]
            weighing.result()
    return summary(powers.finish(), heard / sample_rate, _db(peaks.true_peak), _db(peaks.sample_peak))


class _Powers:
    """Weighted mean power of each whole 10 ms."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._sample_rate = sample_rate
        self._state = np.zeros((channels, 4))
        self._rest = np.zeros((channels, 0), np.float32)
        self._found: list[Curve] = []
        self._pieces = 0

    def process(self, block: Samples) -> None:
        samples = np.concatenate([self._rest, block], axis=1)
        start = int(piece_edges(self._pieces, self._pieces, self._sample_rate)[0])
        last = (start + samples.shape[1]) * PIECES_PER_SECOND // self._sample_rate
        edges = piece_edges(self._pieces, last, self._sample_rate) - start
        if len(edges) > 1:
            self._found.append(weighted_power(weigh(samples, self._sample_rate, self._state, edges), edges))
            self._pieces = last
        self._rest = samples[:, int(edges[-1]) :].copy()

    def finish(self) -> Curve:
        if not self._found and self._rest.shape[1]:
            return piece_power(Audio(self._rest, self._sample_rate))
        return np.concatenate([np.zeros(0), *self._found])


def _db(value: float) -> float:
    return 20 * log10(value) if value > 0 else -inf
