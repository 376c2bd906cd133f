"""Denoise: takes steady noise (hiss, hum's hash, air) down evenly, without musical noise."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.restoration.frames import BATCH, Frames, Spectra
from sonicforge.effects.restoration.noise_floor import NoiseFloor, Power
from sonicforge.effects.restoration.suppression import log_spectral_table, suppress
from sonicforge.sound.audio import SAMPLE_RATE, Samples

DEPTH_DB = 30.0
_SMOOTHING = 0.98
_LEAST = 10 ** (-25 / 10)
_ATTACK = 0.15
_MEMORY_S = 12.0
_LEARNING_S = 2.0


class Denoise:
    """One gain for all channels, so that the image stays where it is.

    `amount` 0 changes nothing, 1 takes noise down by up to 30 dB. `noise` is the noise's power a bin where it is known
    (`NoiseProfile.power`); without it the noise is followed as it changes.
    """

    def __init__(
        self,
        *,
        amount: float = 0.6,
        noise: NDArray[np.float32] | None = None,
        channels: int = 2,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._frames = Frames(channels=channels, size=frame_size(sample_rate))
        self.latency = self._frames.latency
        self._floor = NoiseFloor(
            channels=channels, hop=self._frames.step, memory=round(_MEMORY_S * sample_rate / self._frames.step)
        )
        self._noise = noise
        self._numbers = (_SMOOTHING, _LEAST, 10 ** (-DEPTH_DB * amount / 20), _ATTACK)
        self._learning = _LEARNING_S * sample_rate / self._frames.step
        self._table = log_spectral_table()
        self.reset()

    def reset(self) -> None:
        self._frames.reset()
        self._floor.reset()
        self._kept = np.zeros((2, self._frames.bins), np.float32)

    def process(self, block: Samples) -> Samples:
        """The next samples (channels, n), `latency` late."""
        return self._frames.process(block, self._change)

    def _change(self, spectra: Spectra, sound: Samples) -> Spectra:
        power = mean_power(spectra)
        noise = self._follow(sound) if self._noise is None else self._noise
        gains = np.empty((BATCH, self._frames.bins), np.float32)
        suppress(power, noise, self._kept, gains, self._numbers, self._table)
        return spectra * gains

    def _follow(self, sound: Samples) -> Power:
        """What is known of the noise so far, believed in slowly: a recording may begin in the middle of a chord."""
        self._floor.hear(sound)
        belief = min(self._floor.heard / self._learning, 1.0) * self._frames.size / 2
        return np.asarray(self._floor.density(self._frames.bins) * belief, np.float32)


class NoiseProfile:
    """Listens to a whole recording and says how loud its noise is; `power` is what `Denoise` wants to know."""

    def __init__(self, *, channels: int = 2, sample_rate: int = SAMPLE_RATE) -> None:
        self._size = frame_size(sample_rate)
        self._floor = NoiseFloor(channels=channels, hop=BATCH * self._size // 4)
        self._waiting = np.zeros((channels, 0), np.float32)

    def hear(self, block: Samples) -> None:
        """The next samples (channels, n) of the recording."""
        sound, hop = np.concatenate([self._waiting, block], axis=1), self._floor.hop
        whole = sound.shape[1] // hop
        for i in range(whole):
            self._floor.hear(sound[:, i * hop : (i + 1) * hop])
        self._waiting = sound[:, whole * hop :].copy()

    @property
    def power(self) -> Power:
        """Noise power a bin of `Denoise`; zeros if nothing was heard."""
        return np.asarray(self._floor.density(self._size // 2 + 1) * (self._size / 2), np.float32)

    @property
    def level_db(self) -> float:
        """Mean square of the noise in dBFS, -200 for none."""
        return self._floor.level_db

    @property
    def steady_db(self) -> float:
        """As `level_db`, but only of what is noise beyond doubt."""
        return self._floor.steady_db


def frame_size(sample_rate: int) -> int:
    """About 43 ms: 2048 samples at 48 kHz."""
    return int(2 ** round(np.log2(2048 * sample_rate / 48_000)))


def mean_power(spectra: Spectra) -> Power:
    """Power (frames, bins) averaged over the channels."""
    return np.asarray((spectra.real**2 + spectra.imag**2).mean(axis=0), np.float32)


EFFECT = Effect(
    "denoise",
    "takes steady noise down evenly, without musical noise",
    Denoise,
    (Parameter("amount", 0.0, 1.0, 0.6, "", "nothing is changed", "noise 30 dB lower, faint details with it"),),
    "Ephraim and Malah 1985, Cappe 1994, Martin 2001, Plapous et al. 2006",
)
