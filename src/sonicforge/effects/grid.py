"""Dynamics on a grid of 32 samples: levels heard piece by piece, gains joined linearly between the pieces.

A detector that listens every 0.67 ms (at 48 kHz) and a gain that never steps cost a fraction of the work sample by
sample and sound the same. The gain answers at the end of the piece after the one that was heard; a look-ahead of two
pieces makes up for that.
"""

import math
from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.control import CONTROL, Curve, ride
from sonicforge.sound.audio import Samples

HOP = CONTROL
"""Samples a piece."""

CHUNK = 16_384

Levels = NDArray[np.float64]
"""One value a piece."""


class Ear:
    """Level of every finished piece: the highest sample of all channels, or their mean power."""

    def __init__(self, *, power: bool = False) -> None:
        self._power = power
        self.reset()

    def reset(self) -> None:
        self._hop = np.zeros(HOP, np.float32)
        self._phase = 0

    def process(self, key: Samples) -> Levels:
        """Levels (linear) of the pieces that end inside this block, (phase + n) // 32 of them."""
        levels = np.empty((self._phase + key.shape[1]) // HOP)
        _hear(np.ascontiguousarray(key), self._hop, self._phase, self._power, levels)
        self._phase = (self._phase + key.shape[1]) % HOP
        return levels


class GainLine:
    """Multiplies sound by gains that come one a piece."""

    def __init__(self, start: float = 1.0) -> None:
        self._start = start
        self.reset()

    def reset(self) -> None:
        self._gains = np.full(2, self._start, np.float32)
        self._phase = 0

    def ride(self, x: Samples, gains: Levels) -> None:
        """Scale x in place; `gains` are the answers to the pieces that ended inside this block."""
        curve = self.curve(gains)
        ride(x, curve, at=self._phase)
        self.advance(curve, x.shape[1])

    def curve(self, gains: Levels) -> Curve:
        """The gains at the borders of all pieces that this block touches."""
        return np.concatenate([self._gains, gains.astype(np.float32)])

    def advance(self, curve: Curve, samples: int) -> None:
        """Step over a block whose gains were `curve`."""
        finished, self._phase = divmod(self._phase + samples, HOP)
        self._gains = curve[finished : finished + 2].copy()

    @property
    def phase(self) -> int:
        """Samples of the current piece that have passed."""
        return self._phase


class LookAhead:
    """A plain delay by a fixed number of samples, so that a gain can move before the sound it is meant for."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.reset()

    def reset(self) -> None:
        self._past: Samples | None = None

    def process(self, block: Samples) -> Samples:
        """A new block, `samples` late."""
        if self.samples == 0:
            return np.array(block, np.float32, order="C")
        past = np.zeros((block.shape[0], self.samples), np.float32) if self._past is None else self._past
        both = np.concatenate([past, block], axis=1)
        self._past = both[:, block.shape[1] :].copy()
        return np.ascontiguousarray(both[:, : block.shape[1]])


def by_chunks(work: Callable[[Samples], Samples], block: Samples) -> Samples:
    """The same as work(block), in pieces that fit a processor's cache."""
    if block.shape[1] <= CHUNK:
        return work(block)
    out = np.empty(block.shape, np.float32)
    for first in range(0, block.shape[1], CHUNK):
        out[:, first : first + CHUNK] = work(block[:, first : first + CHUNK])
    return out


def share(ms: float, sample_rate: int) -> float:
    """Share of the way that a one-pole of that time constant goes in one piece; 1 for none."""
    return 1.0 - math.exp(-HOP / max(ms * sample_rate / 1000, 1e-3))


def pieces(ms: float, sample_rate: int) -> float:
    """How many pieces a time lasts, at least one."""
    return max(ms * sample_rate / 1000 / HOP, 1.0)


@njit(cache=True, nogil=True, fastmath=True)
def _hear(key, hop, phase, power, levels):  # type: ignore[no-untyped-def]
    size, channels = key.shape[1], key.shape[0]
    i, found = 0, 0
    while i < size:
        count = min(HOP - phase, size - i)
        part = hop[phase : phase + count]
        link(key, i, channels, power, part)
        i += count
        phase += count
        if phase == HOP:
            levels[found] = _level(hop, power) / (channels if power else 1)
            found += 1
            phase = 0


@njit(cache=True, nogil=True, fastmath=True)
def link(key, first, channels, power, part):  # type: ignore[no-untyped-def]
    """The channels of key[:, first:] as one row `part`: their added power, or the largest magnitude."""
    part[:] = np.float32(0.0)
    for channel in range(channels):
        row = key[channel, first : first + part.size]
        if power:
            for j in range(part.size):
                part[j] += row[j] * row[j]
        else:
            for j in range(part.size):
                part[j] = max(part[j], abs(row[j]))


@njit(cache=True, nogil=True, fastmath=True)
def _level(hop, power):  # type: ignore[no-untyped-def]
    height = np.float32(0.0)
    if power:
        for j in range(HOP):
            height += hop[j]
        return np.float64(height) / HOP
    for j in range(HOP):
        height = max(height, hop[j])
    return np.float64(height)
