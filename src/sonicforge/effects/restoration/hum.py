"""Is there hum, at what frequency and how loud? Lines at multiples of the mains that stay when every note has gone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import SAMPLE_RATE, Samples

MAINS_HZ = (50.0, 60.0)
_OFF = 0.012
"""How far from its nominal frequency a mains is looked for: tapes run fast or slow."""
_TOP_HZ, _HARMONICS = 800.0, 12
_KEPT = 128
_HEARD_DB = 6.0
_CLEAR_DB, _LONE_DB = 9.0, 14.0
"""What two of the four lowest lines, or one of the three lowest, must stand out by. Bass notes of our own tracks, which
have no hum, reach 6.5 and 9.4.
"""


@dataclass(frozen=True, slots=True)
class Hum:
    """Mains hum: its frequency, the level of each harmonic in dBFS (mean square; -200 for none), their sum."""

    hz: float
    harmonics_db: tuple[float, ...]
    level_db: float


class HumFinder:
    """Listens to a whole recording, then tells. It takes the lower quartile over time of every line of the spectrum."""

    def __init__(self, *, channels: int = 2, sample_rate: int = SAMPLE_RATE) -> None:
        self._size = int(2 ** round(np.log2(5.5 * sample_rate)))
        self._hz = sample_rate / self._size
        self._bins = int(_TOP_HZ / self._hz)
        turn = 2 * np.pi * np.arange(self._size) / self._size
        window = 0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn) - 0.01168 * np.cos(3 * turn)
        self._window = (window / window.sum()).astype(np.float32)
        self._waiting = np.zeros((channels, 0), np.float32)
        self._spectra: list[NDArray[np.float32]] = []
        self._every, self._heard = 1, 0

    def hear(self, block: Samples) -> None:
        """The next samples (channels, n) of the recording."""
        sound = np.concatenate([self._waiting, block], axis=1)
        whole = sound.shape[1] // self._size
        for i in range(whole):
            self._frame(sound[:, i * self._size : (i + 1) * self._size])
        self._waiting = sound[:, whole * self._size :].copy()

    def hum(self, near_hz: float | None = None) -> Hum | None:
        """The hum near 50 or 60 Hz, or near the one given; None if there is none, or under 6 s of sound."""
        if not self._spectra:
            return None
        power = np.quantile(np.array(self._spectra, np.float64), 0.25, axis=0)
        found = [self._at(power, mains) for mains in (MAINS_HZ if near_hz is None else (near_hz,))]
        clear = [(score, hum) for score, hum in found if hum is not None]
        return max(clear, key=lambda pair: pair[0])[1] if clear else None

    def _frame(self, frame: Samples) -> None:
        import scipy.fft

        self._heard += 1
        if self._heard % self._every or not frame.any():
            return
        spectrum = scipy.fft.rfft(frame * self._window)[:, : self._bins]
        # 2 |X|^2 is the mean square of a sine; the louder channel counts.
        self._spectra.append((2 * (spectrum.real**2 + spectrum.imag**2)).max(axis=0))
        if len(self._spectra) > _KEPT:
            self._spectra = self._spectra[::2]
            self._every *= 2

    def _at(self, power: NDArray[np.float64], mains: float) -> tuple[float, Hum | None]:
        candidates = np.arange(mains * (1 - _OFF), mains * (1 + _OFF), self._hz / 8)
        clarity = np.array([self._clarity(power, hz) for hz in candidates])
        scores = np.clip(clarity, 0, 30).sum(axis=1)
        best = int(np.argmax(scores))
        clear = clarity[best]
        if np.count_nonzero(clear[:4] > _CLEAR_DB) < 2 and clear[:3].max() < _LONE_DB:
            return 0.0, None
        hz = self._refined(power, float(candidates[best]), clear)
        levels = [self._line(power, hz * (k + 1)) if c > _HEARD_DB else 0.0 for k, c in enumerate(clear)]
        return float(scores[best]), Hum(hz, tuple(_db(level) for level in levels), _db(sum(levels)))

    def _clarity(self, power: NDArray[np.float64], mains: float) -> NDArray[np.float64]:
        """How far each harmonic's line stands above its surroundings, in dB."""
        out = []
        for k in range(1, _HARMONICS + 1):
            place = mains * k / self._hz
            if place + 40 > self._bins:
                break
            at = round(place)
            around = np.concatenate([power[at - 36 : at - 8], power[at + 9 : at + 37]])
            out.append(_db(power[at - 1 : at + 2].max()) - _db(float(np.median(around))))
        return np.array(out)

    def _refined(self, power: NDArray[np.float64], mains: float, clarity: NDArray[np.float64]) -> float:
        """The frequency that the clear harmonics agree on, from the tops of their lines."""
        total = weights = 0.0
        for k, clear in enumerate(clarity, 1):
            if clear < _HEARD_DB:
                continue
            at = round(mains * k / self._hz)
            at += int(np.argmax(power[at - 3 : at + 4])) - 3
            low, middle, high = (_db(float(p)) for p in power[at - 1 : at + 2])
            bend = low - 2 * middle + high
            place = at + (0.5 * (low - high) / bend if bend < 0 else 0.0)
            weight = clear * k
            total, weights = total + weight * place * self._hz / k, weights + weight
        return total / weights if weights else mains

    def _line(self, power: NDArray[np.float64], hz: float) -> float:
        at = round(hz / self._hz)
        return float(power[at - 1 : at + 2].max())


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-20)))
