"""Mains hum: lines at 50 or 60 Hz and their multiples that never go away.

The tenth percentile of long spectra over time keeps what always sounds and forgets the notes. Hum is there where the
fundamental's line and several of its harmonics stand out of it, lie exactly where they must (a low B is 1.7 Hz away)
and do not swell and fade as played notes do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

MAINS_HZ = (50.0, 60.0)
HARMONICS = 8

_FRAME_S = 2.73
_TOP_HZ = 520.0
_DRIFT_HZ = 0.15
_STEADY_DB = 6.0
_STANDS_OUT_DB = 12.0
_LEAST, _LEAST_ABOVE = 3, 4
"""Lines that must stand out, with the fundamental and where a drum hides it."""
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
        lasting, usual = np.percentile(np.array(self._spectra, np.float32), (10, 50), axis=0)
        found = [hum for mains in MAINS_HZ if (hum := self._at(lasting, usual, mains)) is not None]
        return max(found, key=lambda hum: (hum.harmonics, hum.level_db), default=None)

    def _at(self, lasting: NDArray[np.float32], usual: NDArray[np.float32], mains: float) -> Hum | None:
        spacing = self._rate / self._size
        standing: dict[int, tuple[float, float]] = {}
        for number in range(1, HARMONICS + 1):
            middle = round(mains * number / spacing)
            top = middle - 2 + int(lasting[middle - 2 : middle + 3].argmax())
            around = np.concatenate([lasting[top - 20 : top - 5], lasting[top + 6 : top + 21]])
            hz = (top + _between(lasting[top - 1 : top + 2])) * spacing
            level = float(lasting[top])
            exact = abs(hz - mains * number) <= _DRIFT_HZ * number
            if exact and level - np.median(around) > _STANDS_OUT_DB and usual[top] - level < _STEADY_DB:
                standing[number] = (hz, level)
        if len(standing) < (_LEAST if 1 in standing else _LEAST_ABOVE):
            return None
        # A sine of amplitude a reads a^2; its mean square is half of that.
        level = 10 * np.log10(sum(10 ** (level / 10) for _, level in standing.values()) / 2)
        lowest = min(standing)
        return Hum(standing[lowest][0] / lowest, len(standing), float(level))


def _between(three: NDArray[np.float32]) -> float:
    """Where between the neighbours (-0.5 .. 0.5) a parabola through three levels is highest."""
    before, at, after = (float(level) for level in three)
    bend = before - 2 * at + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < -1e-9 else 0.0
