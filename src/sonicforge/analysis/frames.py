"""Overlapping windowed frames cut from a stream, in batches, with flat memory."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

Row = NDArray[np.float32]
"""One channel, shape (samples,)."""


class Frames:
    """Cuts a row of samples into frames of `size`, one every `hop`; frame i is centred on sample i * hop.

    The sound is taken to begin and end in silence. A row of n samples gives 1 + n // hop frames, none if n is 0.
    """

    def __init__(self, size: int, hop: int) -> None:
        self.size, self.hop = size, hop
        self._waiting = np.zeros(size // 2, np.float32)
        self._heard = self._given = 0

    def push(self, row: Row) -> Samples:
        """The frames that are complete now, (n, size), a read-only view."""
        self._heard += row.size
        self._waiting = np.concatenate([self._waiting, row])
        count = max(0, (self._waiting.size - self.size) // self.hop + 1)
        return self._cut(count)

    def finish(self) -> Samples:
        """The last frames, their missing end filled with silence."""
        count = (1 + self._heard // self.hop if self._heard else 0) - self._given
        missing = (count - 1) * self.hop + self.size - self._waiting.size
        if missing > 0:
            self._waiting = np.concatenate([self._waiting, np.zeros(missing, np.float32)])
        return self._cut(count)

    def _cut(self, count: int) -> Samples:
        if count <= 0:
            return np.zeros((0, self.size), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(self._waiting, self.size)[:: self.hop][:count]
        self._waiting = self._waiting[count * self.hop :]
        self._given += count
        return frames


@lru_cache(maxsize=16)
def hann(size: int) -> Row:
    """Periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


def magnitudes(frames: Samples) -> Samples:
    """Magnitude spectra (n, size // 2 + 1) of Hann-windowed frames; a full-scale sine on a bin reads 1."""
    import scipy.fft

    size = frames.shape[1]
    return np.abs(scipy.fft.rfft(frames * (hann(size) * np.float32(4.0 / size))))
