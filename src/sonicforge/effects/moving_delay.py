"""A delay line read at a moving place: the ground under chorus, wow and flutter.

Six-point Lagrange interpolation; the delay is computed on the control grid and joined linearly in between.
"""

import math
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
            read_gliding(source, out[k], self._longest, law(grid), self._at - first * CONTROL)
        self._past = line[:, length:].copy()
        self._at += length
        return out


@njit(cache=True, nogil=True)
def _glide(line, out, within, fraction, step):  # type: ignore[no-untyped-def]
    # The reading place passes no sample here, so the six neighbours lie in a row and the loop runs in vectors.
    first, slope = np.float32(fraction), np.float32(step)
    for j in range(out.size):
        t = first - slope * np.float32(within + j)
        u, v, w = t + np.float32(1.0), t + np.float32(2.0), t - np.float32(1.0)
        p, q = t - np.float32(2.0), t - np.float32(3.0)
        left, right, tw = u * v, p * q, t * w
        out[j] = (
            -line[j] * (u * tw * right) * np.float32(1 / 120)
            + line[j + 1] * (v * tw * right) * np.float32(1 / 24)
            - line[j + 2] * (left * w * right) * np.float32(1 / 12)
            + line[j + 3] * (left * t * right) * np.float32(1 / 12)
            - line[j + 4] * (left * tw * q) * np.float32(1 / 24)
            + line[j + 5] * (left * tw * p) * np.float32(1 / 120)
        )


@njit(cache=True, nogil=True)
def read_gliding(line, out, offset, delays, phase):  # type: ignore[no-untyped-def]
    """out[i] = line[offset + i - d(i)]; `delays` on the control grid, out[0] lies `phase` samples behind delays[0]."""
    n = out.size
    i = 0
    while i < n:
        c = (phase + i) // CONTROL
        within = phase + i - c * CONTROL
        end = min(n, i + CONTROL - within)
        start = delays[c]
        step = (delays[c + 1] - start) / CONTROL
        # Reckoned from the control point, whose place does not depend on how the signal was cut into blocks.
        above = math.ceil(start)
        base, fraction = offset + i - within - above, above - start
        t0, t1 = fraction - step * within, fraction - step * (within + end - 1 - i)
        shift = math.floor(t0)
        if shift <= t1 < shift + 1:
            first = base + within + shift - 2
            _glide(line[first : first + end - i + 5], out[i:end], within, fraction - shift, step)
        else:
            for j in range(i, end):
                k = within + j - i
                shift = math.floor(fraction - step * k)
                first = base + k + shift - 2
                _glide(line[first : first + 6], out[j : j + 1], k, fraction - shift, step)
        i = end
