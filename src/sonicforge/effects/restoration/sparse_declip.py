"""Cut-off peaks from sparsity: the simplest spectrum that agrees with every sample that was not cut off.

Social sparsity declipping with the persistent empirical Wiener shrinkage (Siedenburg, Kowalski and Doerfler, "Audio
declipping with social sparsity", ICASSP 2014; among the best of the survey of Zaviska et al., IEEE JSTSP 15, 2021): a
Gabor frame, a data term that is quadratic for known samples and one-sided above the clip level, thresholds on the
energy of a neighbourhood of each coefficient, FISTA steps. Departure: the threshold falls geometrically in a fixed
number of steps instead of by restarts.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

_LAST = 0.002
"""Threshold over the level of a coefficient at the clip level, in the last step."""


class SparseDeclipper:
    """Works on stretches of one length: a multiple of `size` / 4, frames of `size` samples every quarter of it."""

    def __init__(self, size: int) -> None:
        self.size, self.hop = size, size // 4
        window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)) / np.sqrt(2)
        self._window = window.astype(np.float32)

    def restore(
        self, x: Samples, kind: NDArray[np.int8], above: float, below: float, first: float, steps: int
    ) -> Samples:
        """The stretch (n,) with new samples where `kind` is 1 (cut off at `above`) or -1 (at -`below`).

        Samples of kind 0 stay as they are; new ones lie at or beyond their level. `first` is the threshold of the first
        step over the level of a coefficient at the clip level.
        """
        old = np.zeros((len(x) // self.hop + 3, self.size // 2 + 1), np.complex64)
        point, momentum = old.copy(), 1.0
        scale = max(level for level in (above, below) if np.isfinite(level)) * np.sqrt(self.size) / 8
        for step in range(steps):
            threshold = scale * first * (_LAST / first) ** (step / max(steps - 1, 1))
            wrong = self._sound(point, len(x))
            _disagreement(x, kind, above, below, wrong)
            following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            _shrink(point, self._spectra(wrong), old, threshold**2, (momentum - 1) / following)
            momentum = following
        return _consistent(x, kind, above, below, self._sound(old, len(x)))

    def _spectra(self, x: Samples) -> NDArray[np.complex64]:
        import scipy.fft

        padded = np.pad(x, (self.size - self.hop, self.size - self.hop))
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.size)[:: self.hop]
        return np.asarray(scipy.fft.rfft(frames * self._window, norm="ortho"), np.complex64)

    def _sound(self, spectra: NDArray[np.complex64], length: int) -> Samples:
        import scipy.fft

        frames = scipy.fft.irfft(spectra, self.size, norm="ortho")
        frames *= self._window
        out = np.zeros(length + 2 * (self.size - self.hop), np.float32)
        for quarter in range(4):
            part = frames[:, quarter * self.hop : (quarter + 1) * self.hop].reshape(-1)
            out[quarter * self.hop : quarter * self.hop + part.size] += part
        return out[self.size - self.hop : self.size - self.hop + length]


@njit(cache=True, nogil=True, fastmath=True)
def _disagreement(x, kind, above, below, estimate):  # type: ignore[no-untyped-def]
    # In place: how the estimate would have to change to agree with what is known.
    for i in range(x.size):
        if kind[i] == 0:
            estimate[i] = x[i] - estimate[i]
        elif kind[i] > 0:
            estimate[i] = max(above - estimate[i], 0.0)
        else:
            estimate[i] = min(-below - estimate[i], 0.0)


@njit(cache=True, nogil=True, fastmath=True)
def _consistent(x, kind, above, below, estimate):  # type: ignore[no-untyped-def]
    out = np.empty(x.size, np.float32)
    for i in range(x.size):
        if kind[i] == 0:
            out[i] = x[i]
        elif kind[i] > 0:
            out[i] = max(above, estimate[i])
        else:
            out[i] = min(-below, estimate[i])
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _shrink(point, change, old, threshold, momentum):  # type: ignore[no-untyped-def]
    # Gradient step, shrinkage by the mean energy of 5 frames by 3 bins, and the momentum's next point.
    frames, bins = point.shape
    energy = np.empty((frames, bins), np.float32)
    for f in range(frames):
        for k in range(bins):
            value = point[f, k] + change[f, k]
            change[f, k] = value
            energy[f, k] = value.real * value.real + value.imag * value.imag
    column = np.empty(bins, np.float32)
    push = np.float32(momentum)
    for f in range(frames):
        column[:] = 0.0
        for g in range(max(f - 2, 0), min(f + 3, frames)):
            row = energy[g]
            for k in range(bins):
                column[k] += row[k]
        for k in range(bins):
            near = column[k]
            if k > 0:
                near += column[k - 1]
            if k + 1 < bins:
                near += column[k + 1]
            keep = np.float32(max(1.0 - 15.0 * threshold / (near + 1e-20), 0.0))
            value = keep * change[f, k]
            point[f, k] = value + push * (value - old[f, k])
            old[f, k] = value
