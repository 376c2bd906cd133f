"""A delay line read at a moving place: the ground under chorus, wow and flutter.

Six-point Lagrange interpolation; the delay is computed on the control grid and joined linearly in between.
"""

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.control import CONTROL
from sonicforge.sound.audio import Samples

MARGIN = 4
"""Samples that the interpolation needs on the young side of the reading place."""

Law = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Sample positions -> delays in samples, each at least `MARGIN`."""


class MovingDelay:
    """One line, any number of readers; every reader follows its own `Law`.

    `process` gives one output channel per reader; reader k listens to input channel k, or to the last one there is.
    """

    def __init__(self, laws: tuple[Law, ...], longest: int) -> None:
        self._laws = laws
        self._longest = longest + 2 * MARGIN
        self.reset()

    def reset(self) -> None:
        self._past: Samples | None = None
        self._at = 0

    def process(self, block: Samples) -> Samples:
        length = block.shape[1]
        past = self._past
        if past is None:
            past = np.zeros((block.shape[0], self._longest), np.float32)
        line = np.concatenate([past, block], axis=1)
        out = np.empty((len(self._laws), length), np.float32)
        first = self._at // CONTROL
        grid = np.arange(first, (self._at + length) // CONTROL + 2, dtype=np.float64) * CONTROL
        for k, law in enumerate(self._laws):
            source = line[min(k, block.shape[0] - 1)]
            _read(source, out[k], self._longest, law(grid), self._at - first * CONTROL)
        self._past = line[:, length:].copy()
        self._at += length
        return out


@njit(cache=True, nogil=True, fastmath=True)
def _read(line, out, offset, delays, phase):  # type: ignore[no-untyped-def]
    n = out.size
    i = 0
    while i < n:
        c = (phase + i) // CONTROL
        within = phase + i - c * CONTROL
        end = min(n, i + CONTROL - within)
        start = delays[c]
        step = (delays[c + 1] - start) / CONTROL
        for j in range(i, end):
            place = offset + j - (start + step * (within + j - i))
            at = int(place)
            t = np.float32(place - at)
            u, v, w = t + np.float32(1.0), t + np.float32(2.0), t - np.float32(1.0)
            p, q = t - np.float32(2.0), t - np.float32(3.0)
            left, right = u * v, p * q
            tw = t * w
            out[j] = (
                -line[at - 2] * (u * tw * right) * np.float32(1 / 120)
                + line[at - 1] * (v * tw * right) * np.float32(1 / 24)
                - line[at] * (left * w * right) * np.float32(1 / 12)
                + line[at + 1] * (left * t * right) * np.float32(1 / 12)
                - line[at + 2] * (left * tw * q) * np.float32(1 / 24)
                + line[at + 3] * (left * tw * p) * np.float32(1 / 120)
            )
        i = end
