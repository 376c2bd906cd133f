"""The noise under a sound: what a band falls back to when the music leaves it alone.

Long frames (a third of a second) with a window of low leakage show the valleys between the notes. A third of an octave
takes a low quantile of its bins, so that notes do not count, and the noise is a low quantile of that over time, so that
full chords do not count: minimum statistics (Martin, IEEE TSAP 9, 2001) in both directions. What such quantiles read on
white noise is measured once and divided out.
"""

import math
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sonicforge.chance import noise
from sonicforge.sound.audio import Samples

Power = NDArray[np.float32]
Curve = NDArray[np.float64]

_IN_BINS, _IN_TIME = 0.2, 0.03
_WIDTH, _LEAST_BINS, _FIRST_BIN = 2 ** (1 / 3), 10, 2
_SILENCE = 1e-14
_STEADY_DB = 3.0


class NoiseFloor:
    """Listens to frames of 2 * `hop` samples, one every `hop`; remembers the last `memory` of them, 0 = all.

    A frame is remembered as some forty numbers a channel: three hours are 20 MB.
    """

    def __init__(self, *, channels: int, hop: int, memory: int = 0) -> None:
        self.hop, self._memory, self._channels = hop, memory, channels
        self.reset()

    def reset(self) -> None:
        self._last = np.zeros((self._channels, self.hop), np.float32)
        self._levels: list[Curve] = []
        self._heard = 0

    def hear(self, sound: Samples) -> None:
        """The next `hop` samples (channels, hop)."""
        frame = np.concatenate([self._last, sound], axis=1)
        self._last = sound.copy()
        self._heard += 1
        # Digital silence, and the frame over the start, tell nothing about noise.
        if self._heard > 1 and float(np.square(frame[:, ::16]).mean()) > _SILENCE:
            self._levels.append(_levels(frame))
            if self._memory:
                del self._levels[: -self._memory]

    @property
    def heard(self) -> int:
        """Frames that count."""
        return len(self._levels)

    def density(self, bins: int) -> Power:
        """Noise power density at `bins` frequencies from 0 to half the rate; white noise of power p reads p.

        Zeros at first.
        """
        if not self._levels:
            return np.zeros(bins, np.float32)
        bands = np.quantile(np.concatenate(self._levels), _IN_TIME, axis=0) / _on_white_noise(self.hop)
        edges = _edges(self.hop + 1)
        centres = [math.sqrt(low * (high - 1)) / self.hop for low, high in pairwise(edges)]
        fine = np.maximum(np.arange(self.hop + 1) / self.hop, 0.5 / self.hop)
        curve = np.exp(np.interp(np.log(fine), np.log(centres), np.log(bands + 1e-30)))
        # A bin of the shorter frames hears one and a half of its neighbours on either side, which counts in the bass.
        reach = round(1.5 * self.hop / (bins - 1))
        sums = np.cumsum(np.concatenate([[0.0], curve[reach:0:-1], curve, curve[-2 : -reach - 2 : -1]]))
        middle = np.round(np.arange(bins) * self.hop / (bins - 1)).astype(np.int64)
        return np.asarray((sums[middle + 2 * reach + 1] - sums[middle]) / (2 * reach + 1), np.float32)

    @property
    def level_db(self) -> float:
        """Mean square of the noise in dBFS, -200 for none."""
        return 10 * math.log10(max(float(self.density(1025).mean()), 1e-20))

    @property
    def steady_db(self) -> float:
        """Level in dBFS of the bands where half of all frames lie close to the noise, -200 for none: surely noise."""
        if not self._levels:
            return -200.0
        low, middle = np.quantile(np.concatenate(self._levels), (_IN_TIME, 0.5), axis=0)
        steady = middle < low * 10 ** (_STEADY_DB / 10)
        widths = np.diff(_edges(self.hop + 1)) / (self.hop + 1)
        power = float(np.where(steady, low / _on_white_noise(self.hop) * widths, 0).sum())
        return 10 * math.log10(max(power, 1e-20))


def _levels(frame: Samples) -> Curve:
    """(channels, bands): a low quantile of the power density of each band."""
    import scipy.fft

    spectrum = scipy.fft.rfft(frame * _window(frame.shape[1]))
    power = spectrum.real**2 + spectrum.imag**2
    bands = []
    for low, high in pairwise(_edges(power.shape[1])):
        place = int(_IN_BINS * (high - low))
        bands.append(np.partition(power[:, low:high], place, axis=1)[:, place])
    return np.array(bands, np.float64).T


@cache
def _edges(bins: int) -> tuple[int, ...]:
    edges = [_FIRST_BIN]
    while edges[-1] < bins:
        edges.append(min(max(math.ceil(edges[-1] * _WIDTH), edges[-1] + _LEAST_BINS), bins))
    if len(edges) > 2 and edges[-1] - edges[-2] < _LEAST_BINS:
        del edges[-2]
    return tuple(edges)


@cache
def _window(size: int) -> Samples:
    """Blackman-Harris, 92 dB, of mean square 1 / size."""
    turn = 2 * np.pi * np.arange(size) / size
    window = 0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn) - 0.01168 * np.cos(3 * turn)
    return np.asarray(window / np.sqrt(np.square(window).sum()), np.float32)


@cache
def _on_white_noise(hop: int) -> Curve:
    sound = noise(0, "restoration", "noise floor", "calibration").standard_normal((64, 2 * hop)).astype(np.float32)
    return np.asarray(np.quantile(_levels(sound), _IN_TIME, axis=0))
