"""Smear: the spectrum flows on instead of moving; every sound becomes a cloud of itself."""

import math

import numpy as np

from sonicforge.chance import noise
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.effects.restoration.frames import BATCH, Frames, Spectra
from sonicforge.sound.audio import SAMPLE_RATE, Samples

PHASES = ("random", "running")
_NOTHING = 1e-7


class Smear:
    """Magnitudes pass a low-pass of `time_ms`; phases are new in every frame ("random": a wash) or run on at the pace
    at which they last ran ("running": a frozen chord). `mix` 0 is the sound as it was, 1 only the cloud.
    """

    def __init__(
        self,
        *,
        time_ms: float = 250.0,
        phase: str = "random",
        mix: float = 0.7,
        channels: int = 2,
        sample_rate: int = SAMPLE_RATE,
        seed: int = 0,
    ) -> None:
        size = int(2 ** round(np.log2(4096 * sample_rate / 48_000)))
        self._frames = Frames(channels=channels, size=size)
        self.latency = self._frames.latency
        self._keep = np.float32(math.exp(-self._frames.hop / (time_ms * sample_rate / 1000)))
        self._mix, self._random, self._seed = np.float32(mix), phase == "random", seed
        self._channels = channels
        self.reset()

    def reset(self) -> None:
        self._frames.reset()
        shape = (self._channels, self._frames.bins)
        self._level: Samples = np.zeros(shape, np.float32)
        self._phase, self._pace, self._heard = (np.zeros(shape, np.float32) for _ in range(3))
        self._chance = noise(self._seed, "restoration", "smear")

    def process(self, block: Samples) -> Samples:
        """The next samples (channels, n), `latency` late."""
        return self._frames.process(block, self._change)

    def _change(self, spectra: Spectra, _sound: Samples) -> Spectra:
        # One phase for all channels keeps the image; noise of that many bins wants twice the power of a steady tone.
        turns = self._chance.random((BATCH, self._frames.bins), np.float32) * np.float32(2 * np.pi)
        out = np.empty_like(spectra)
        for i in range(BATCH):
            here = np.abs(spectra[:, i])
            self._level = np.asarray(self._keep * self._level + (1 - self._keep) * here, np.float32)
            self._level[self._level < _NOTHING] = 0
            phase = turns[i] if self._random else self._run_on(spectra[:, i], here)
            out[:, i] = self._level * np.exp(np.complex64(1j) * phase)
        return np.asarray(self._mix * out + (1 - self._mix) * spectra, np.complex64)

    def _run_on(self, spectrum: Spectra, here: Samples) -> Samples:
        angle = np.asarray(np.angle(spectrum), np.float32)
        loud = here > 0.5 * self._level
        self._pace = np.where(loud, angle - self._heard, self._pace)
        self._heard = angle
        self._phase = np.asarray(np.remainder(self._phase + self._pace, np.float32(2 * np.pi)), np.float32)
        return self._phase


EFFECT = Effect(
    "smear",
    "lets the spectrum flow on, so that every sound becomes a cloud of itself",
    Smear,
    (
        Parameter("time_ms", 20.0, 2000.0, 250.0, "ms", "slightly blurred", "one slow cloud"),
        Choice("phase", PHASES, "random"),
        Parameter("mix", 0.0, 1.0, 0.7, "", "the sound as it was", "only the cloud"),
    ),
    "magnitude low-pass in a phase vocoder (Flanagan and Golden, Bell System Technical Journal 45, 1966)",
)
