"""How strong each of the twelve notes is, frame by frame: 16-bit mono at 11,025 Hz -> Hamming -> FFT -> twelve sums.

Frames of 4096 samples, 1365 apart; bins between 28 and 3520 Hz, each counted for the note it lies in above an A of
27.5 Hz (Chromaprint's front end, algorithm 2).
"""

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

from sonicforge.analysis.fingerprint.mono import FINGERPRINT_RATE
from sonicforge.sound.audio import Samples

FRAME = 4096
HOP = FRAME // 3
NOTES = 12
BATCH = 32
"""Frames transformed at once; always the same ones, so that rounding does not depend on how the sound arrived."""

Rows = NDArray[np.float64]

_LOWEST, _HIGHEST = (round(FRAME * hz / FINGERPRINT_RATE) for hz in (28, 3520))
_OCTAVES = np.log2(np.arange(_LOWEST, _HIGHEST) * (FINGERPRINT_RATE / FRAME) / 27.5)
_NOTE_OF = (NOTES * (_OCTAVES % 1.0)).astype(np.int64)
_WINDOW = ((0.54 - 0.46 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))) / 32767).astype(np.float32)


class Chroma:
    """Takes mono samples as they come and keeps the rows (frames, 12) of what is whole: 96 bytes a frame."""

    def __init__(self) -> None:
        self._waiting = np.zeros(0, np.float32)
        self._rows: list[Rows] = []

    def process(self, mono: Samples) -> None:
        """Hear samples in steps of 16 bits (float32, any number)."""
        self._waiting = np.concatenate([self._waiting, mono])
        first, batch = 0, (BATCH - 1) * HOP + FRAME
        while len(self._waiting) - first >= batch:
            self._rows.append(_chroma(self._waiting[first : first + batch]))
            first += BATCH * HOP
        self._waiting = self._waiting[first:].copy()

    def finish(self) -> Rows:
        """All rows; samples that do not fill a frame are left out."""
        if len(self._waiting) >= FRAME:
            self._rows.append(_chroma(self._waiting))
        self._waiting = self._waiting[:0]
        return np.concatenate([np.zeros((0, NOTES)), *self._rows])


def _chroma(mono: Samples) -> Rows:
    frames = np.lib.stride_tricks.sliding_window_view(mono, FRAME)[::HOP] * _WINDOW
    return _note_sums(scipy.fft.rfft(frames, overwrite_x=True), _NOTE_OF, _LOWEST)


@njit(cache=True, nogil=True)
def _note_sums(spectra: NDArray[np.complex64], note_of: NDArray[np.int64], lowest: int) -> Rows:
    rows = np.zeros((len(spectra), 12))
    for frame in range(len(spectra)):
        spectrum, row = spectra[frame], rows[frame]
        for i in range(len(note_of)):
            value = spectrum[lowest + i]
            row[note_of[i]] += np.float64(value.real * value.real + value.imag * value.imag)
    return rows
