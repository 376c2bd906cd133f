"""Overlapping frames of a stream: to the spectrum and back, in batches of one size however the stream is cut."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

Spectra = NDArray[np.complex64]
"""(channels, frames, bins)"""

Change = Callable[[Spectra, Samples], Spectra]
"""New spectra from a batch of spectra and the samples (channels, BATCH * hop) that came with it."""

BATCH = 16
"""Frames at a time; always the same number, so that every rounding is."""


class Frames:
    """Frames of `size` samples every `hop` = size / 4, root-Hann before and after: unchanged spectra give the sound
    back.

    `latency` covers the frame and the batch.
    """

    def __init__(self, *, channels: int, size: int) -> None:
        self.size, self.hop, self.bins = size, size // 4, size // 2 + 1
        self.step = BATCH * self.hop
        self._overlap = size - self.hop
        self.latency = self.step + self._overlap
        self._channels = channels
        window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size))
        self._analysis, self._synthesis = window.astype(np.float32), (window / 2).astype(np.float32)
        self.reset()

    def reset(self) -> None:
        # The first frame ends `hop` samples into the sound, so that all frames over its start are complete.
        self._heard = np.zeros((self._channels, self._overlap), np.float32)
        self._sum = np.zeros((self._channels, self._overlap), np.float32)
        self._ready = np.zeros((self._channels, self.latency - self._overlap), np.float32)

    def process(self, block: Samples, change: Change) -> Samples:
        """The next samples, `latency` late; `change` gets every batch once."""
        heard = np.concatenate([self._heard, block], axis=1)
        count = max((heard.shape[1] - self._overlap) // self.step, 0)
        parts = [self._ready, *(self._batch(heard[:, i * self.step :], change) for i in range(count))]
        self._heard = heard[:, count * self.step :].copy()
        ready = np.concatenate(parts, axis=1) if count else self._ready
        self._ready = ready[:, block.shape[1] :].copy()
        return np.ascontiguousarray(ready[:, : block.shape[1]])

    def _batch(self, heard: Samples, change: Change) -> Samples:
        sums = np.zeros((self._channels, self.step + self._overlap), np.float32)
        sums[:, : self._overlap] = self._sum
        spectra = np.stack([self._spectra(channel) for channel in heard])
        fresh = heard[:, self._overlap : self._overlap + self.step]
        for channel, changed in enumerate(change(spectra, fresh)):
            self._add(changed, sums[channel])
        self._sum = sums[:, self.step :].copy()
        return sums[:, : self.step]

    def _spectra(self, heard: Samples) -> Spectra:
        import scipy.fft

        view = np.lib.stride_tricks.sliding_window_view(heard[: self.step + self._overlap], self.size)[:: self.hop]
        return np.asarray(scipy.fft.rfft(view * self._analysis), np.complex64)

    def _add(self, spectra: Spectra, into: Samples) -> None:
        import scipy.fft

        frames = scipy.fft.irfft(spectra, self.size) * self._synthesis
        for quarter in range(4):
            part = frames[:, quarter * self.hop : (quarter + 1) * self.hop].reshape(-1)
            into[quarter * self.hop : quarter * self.hop + self.step] += part
