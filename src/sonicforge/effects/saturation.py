"""Saturation: bias -> curve -> DC block, without the aliasing of a bare waveshaper.

First-order antiderivative anti-aliasing (Parker, Zavalishin, Le Bivic, "Reducing the aliasing of nonlinear
waveshaping using continuous-time convolution", DAFx 2016): the output is the mean of the curve between two
neighbouring samples, which also delays by half a sample. Of the two curves "root", x / sqrt(1 + x^2), has the closed
mean (a + b) / (sqrt(1 + a^2) + sqrt(1 + b^2)): no division of small differences, so it runs in single precision
and in vectors. "tanh" bends later and harder.
"""

import math

import numpy as np
from numba import njit

from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

SHAPES = ("root", "tanh")
MOST = 512


class Saturation:
    """Soft saturation with unit gain for quiet sounds; the output never exceeds 1 / drive.

    `drive_db` is the gain in front of a curve whose limit is 1 (taken back behind it); `bias` 0..0.5 bends the
    positive half more (even harmonics).
    """

    latency = 0

    def __init__(
        self, *, drive_db: float, shape: str = "root", bias: float = 0.0, sample_rate: int = SAMPLE_RATE
    ) -> None:
        if shape not in SHAPES:
            raise UnknownName("saturation shape", shape, SHAPES)
        self._drive, self._bias = 10 ** (drive_db / 20), bias
        self._root = shape == "root"
        self._pole = math.exp(-2 * math.pi * 8.0 / sample_rate)
        self.reset()

    def reset(self) -> None:
        # per channel: last driven sample, DC block input, DC block output
        self._state = np.zeros((2, 3))
        self._state[:, 0] = self._bias

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        self.run(out, 0, out.shape[1])
        return out

    def run(self, x: Samples, start: int, stop: int) -> None:
        """Saturate x[:, start:stop] in place."""
        kernel = _root if self._root else _tanh
        for channel in range(x.shape[0]):
            row, state = x[channel], self._state[channel]
            state[0] = kernel(row, start, stop, self._drive, self._bias, state[0])
            if self._bias != 0.0:
                _block_dc(row, start, stop, self._pole, state)


def drive_for(peak: float, reduction_db: float) -> float:
    """`drive_db` at which the root curve lowers a peak of height `peak` by `reduction_db`."""
    ratio = 10 ** (max(reduction_db, 1e-3) / 20)
    return 20 * math.log10(math.sqrt(ratio * ratio - 1) / max(peak, 1e-6))


@njit(cache=True, nogil=True)
def _root(x, start, stop, drive, bias, last):  # type: ignore[no-untyped-def]
    # Strict arithmetic, so that silence cancels the bias exactly.
    one, d, b = np.float32(1.0), np.float32(drive), np.float32(bias)
    rest = (b + b) / (np.sqrt(one + b * b) + np.sqrt(one + b * b))
    back = np.float32(1.0 / drive)
    before = np.float32(last)
    part = x[start:stop]
    driven = np.empty(MOST + 1, np.float32)
    lengths = np.empty(MOST + 1, np.float32)
    for first in range(0, part.size, MOST):
        piece = part[first : first + MOST]
        n = piece.size
        driven[0] = before
        for i in range(n):
            driven[i + 1] = d * piece[i] + b
        for i in range(n + 1):
            lengths[i] = np.sqrt(one + driven[i] * driven[i])
        for i in range(n):
            piece[i] = ((driven[i + 1] + driven[i]) / (lengths[i + 1] + lengths[i]) - rest) * back
        before = driven[n]
    return np.float64(before)


@njit(cache=True, nogil=True)
def _tanh(x, start, stop, drive, bias, last):  # type: ignore[no-untyped-def]
    rest, back = math.tanh(bias), 1.0 / drive
    before = last
    area = abs(before) + math.log1p(math.exp(-2.0 * abs(before)))
    for i in range(start, stop):
        now = drive * x[i] + bias
        area_now = abs(now) + math.log1p(math.exp(-2.0 * abs(now)))
        step = now - before
        mean = (area_now - area) / step if abs(step) > 1e-5 else math.tanh(0.5 * (now + before))
        x[i] = (mean - rest) * back
        before, area = now, area_now
    return before


@njit(cache=True, nogil=True, fastmath=True)
def _block_dc(x, start, stop, pole, state):  # type: ignore[no-untyped-def]
    heard, gave = state[1], state[2]
    for i in range(start, stop):
        now = np.float64(x[i])
        gave = now - heard + pole * gave
        heard = now
        x[i] = gave
    state[1], state[2] = heard, gave if abs(gave) > 1e-30 else 0.0
