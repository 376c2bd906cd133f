"""Mains hum: lines at 50 or 60 Hz and their multiples that never go away.

The tenth percentile of long spectra over time keeps what always sounds and forgets the notes. Hum is there where the
fundamental's line and several of its harmonics stand out of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

MAINS_HZ = (50.0, 60.0)
HARMONICS = 8

_FRAME_S = 2.73
_TOP_HZ = 520.0
_DRIFT_HZ = 0.25
_STANDS_OUT_DB = 12.0
_LEAST = 3
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Hum:
    """`hz` of the fundamental, how many harmonics stand out (itself included), their level together in dBFS."""

    hz: float
    harmonics: int
    level_db: float


class HumStream:
    """Hears blocks (channels, n); `finish` says whether there is hum. Less than 11 s are too short to tell."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._size = 1 << round(np.log2(_FRAME_S * sample_rate))
        self._waiting = np.zeros(0, np.float32)
        self._spectra: list[NDArray[np.float16]] = []

    def process(self, block: Samples) -> None:
        """Hear the next samples."""
        import scipy.fft

        self._waiting = np.concatenate([self._waiting, block.mean(axis=0, dtype=np.float32)])
        while self._waiting.size >= self._size:
            frame, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
            window = np.hanning(self._size).astype(np.float32)
            bins = int(_TOP_HZ * self._size / self._rate) + 2
            power = np.abs(scipy.fft.rfft(frame * window)[:bins] * (4 / self._size)) ** 2
            self._spectra.append((10 * np.log10(power + 1e-14)).astype(np.float16))

    def finish(self) -> Hum | None:
        """The hum that was always there, if any."""
        if len(self._spectra) < _FEWEST:
            return None
        lasting = np.percentile(np.array(self._spectra, np.float32), 10, axis=0)
        found = [hum for mains in MAINS_HZ if (hum := self._at(lasting, mains)) is not None]
        return max(found, key=lambda hum: (hum.harmonics, hum.level_db), default=None)

    def _at(self, lasting: NDArray[np.float32], mains: float) -> Hum | None:
        spacing = self._rate / self._size
        lines = []
        for number in range(1, HARMONICS + 1):
            middle = mains * number / spacing
            reach = max(1.0, _DRIFT_HZ * number / spacing)
            first, last = int(np.floor(middle - reach)), int(np.ceil(middle + reach)) + 1
            around = np.concatenate([lasting[max(0, first - 20) : first - 4], lasting[last + 4 : last + 20]])
            top = first + int(lasting[first:last].argmax())
            highest = lasting[top] >= max(lasting[max(top - 3, 0) : top + 4])
            lines.append((float(lasting[top]), float(lasting[top] - np.median(around)), top * spacing, bool(highest)))
        standing = [line for line in lines if line[1] > _STANDS_OUT_DB and line[3]]
        if len(standing) < _LEAST or lines[0] not in standing:
            return None
        # A sine of amplitude a reads a^2, its mean square is half of that.
        level = 10 * np.log10(sum(10 ** (line[0] / 10) for line in standing) / 2)
        return Hum(lines[0][2], len(standing), float(level))
