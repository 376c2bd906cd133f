"""Control curves: one value per 32 samples, joined linearly. Faders, ducks, gates and sweeps ride on them."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import SAMPLE_RATE, Samples

CONTROL = 32
"""Samples between two control points (0.67 ms at 48 kHz)."""

Curve = NDArray[np.float32]


def points_for(length: int) -> int:
    """Control points that cover `length` samples, both ends included."""
    return -(-length // CONTROL) + 1


def control_times(length: int, *, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float64]:
    """Seconds of every control point of a signal of `length` samples."""
    return np.arange(points_for(length), dtype=np.float64) * float(CONTROL / sample_rate)


def smooth(curve: Curve, *, ms: float = 10.0, sample_rate: int = SAMPLE_RATE) -> Curve:
    """The curve with its steps rounded by a raised cosine of width `ms`, so that none of them clicks."""
    width = max(int(ms * sample_rate / 1000 / CONTROL) | 1, 3)
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(curve.astype(np.float64), width // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid").astype(np.float32)


def ride(x: Samples, curve: Curve, *, start: int = 0, stop: int | None = None, at: int = 0) -> None:
    """Multiply x[:, start:stop] in place by the curve; `at` is the position of `start` in the curve's signal."""
    _ride(x, start, x.shape[1] if stop is None else stop, at, curve)


@njit(cache=True, nogil=True, fastmath=True)
def _ride(x, start, stop, at, curve):  # type: ignore[no-untyped-def]
    last = curve.size - 1
    i = start
    while i < stop:
        n = at + i - start
        c = n // CONTROL
        phase = n - c * CONTROL
        end = min(stop, i + CONTROL - phase)
        g0, g1 = curve[min(c, last)], curve[min(c + 1, last)]
        step = (g1 - g0) / np.float32(CONTROL)
        for channel in range(x.shape[0]):
            if g0 == np.float32(0.0) and g1 == np.float32(0.0):
                x[channel, i:end] = np.float32(0.0)
            elif g0 != np.float32(1.0) or g1 != np.float32(1.0):
                part = x[channel, i:end]
                for j in range(part.size):
                    part[j] *= g0 + step * np.float32(phase + j)
        i = end
