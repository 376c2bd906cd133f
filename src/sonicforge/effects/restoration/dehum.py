"""Dehum: takes mains hum and its harmonics out and leaves the music on the same notes."""

import numpy as np

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.restoration.hum_tracking import demodulate, estimate, subtract
from sonicforge.effects.restoration.steps import Steps, each_channel
from sonicforge.sound.audio import SAMPLE_RATE, Samples

_PIECE_S = 0.25


class Dehum:
    """Subtracts what is constant at multiples of `mains_hz`, in each channel by itself.

    The mains may be up to 0.1 Hz off and drift. The hum is learned from `memory_s` of sound on both sides of every
    moment, which is what `latency` is made of: longer tells hum from long bass notes better, shorter follows a changing
    hum.
    """

    def __init__(
        self,
        *,
        mains_hz: float = 50.0,
        harmonics: float = 12,
        memory_s: float = 6.0,
        channels: int = 2,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._piece = round(_PIECE_S * sample_rate)
        self._reach = max(round(memory_s / _PIECE_S), 2)
        self._steps = Steps(channels=channels, lead=(self._reach + 1) * self._piece, step=self._piece, trail=0)
        self.latency = self._steps.latency
        self._omega = 2 * np.pi * mains_hz / sample_rate
        self._harmonics = max(min(round(harmonics), int(0.45 * sample_rate / mains_hz)), 1)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2 * self._piece) / (2 * self._piece))
        self._window = window / self._piece * 2
        self._spacing_s = self._piece / sample_rate
        self._channels = channels
        self.reset()

    def reset(self) -> None:
        self._steps.reset()
        self._frames = np.zeros((self._channels, 2 * self._reach + 1, self._harmonics), np.complex128)
        self._before = np.zeros((self._channels, self._harmonics), np.complex128)
        self._sounding = np.zeros((self._channels, 2 * self._reach + 1), np.bool_)
        self._at = -(self._reach + 1) * self._piece
        self.removed = np.zeros((self._channels, self._harmonics))
        """Sum over all pieces of the power of each harmonic that was taken out."""
        self.pieces = 0

    def process(self, block: Samples) -> Samples:
        """The next samples (channels, n), `latency` late."""
        return self._steps.process(block, self._mend)

    def _mend(self, sound: Samples, count: int) -> None:
        def mend(channel: int) -> None:
            for i in range(count):
                view = sound[channel, i * self._piece : i * self._piece + self.latency]
                self._mend_view(view, channel, self._at + i * self._piece)

        each_channel(mend, self._channels, sound.shape[1])
        self._at += count * self._piece
        self.pieces += count

    def _mend_view(self, view: Samples, channel: int, at: int) -> None:
        first = self._reach * self._piece
        frames, sounding = self._frames[channel], self._sounding[channel]
        frames[:-1], sounding[:-1] = frames[1:], sounding[1:]
        newest = view[first : first + 2 * self._piece]
        sounding[-1] = bool(newest.any())
        demodulate(newest, float(at + first), self._omega, self._window, frames[-1])
        after = np.zeros(self._harmonics, np.complex128)
        # Digital silence has no hum, not even next to sound that has.
        if sounding[self._reach]:
            estimate(frames, np.flatnonzero(sounding), self._spacing_s, after)
        subtract(view[: self._piece], float(at), self._omega, self._before[channel], after)
        self._before[channel] = after
        self.removed[channel] += np.abs(after) ** 2 / 2


EFFECT = Effect(
    "dehum",
    "takes mains hum and its harmonics out and leaves the music on the same notes",
    Dehum,
    (
        Parameter("mains_hz", 40.0, 70.0, 50.0, "Hz", "a slow tape from Europe", "a fast tape from America"),
        Parameter("harmonics", 1.0, 40.0, 12.0, "", "only the lowest tone", "the buzz of a dimmer as well"),
        Parameter(
            "memory_s", 1.0, 10.0, 6.0, "s", "follows a changing hum, may eat long notes", "only what never changes"
        ),
    ),
    "subtraction of tracked sinusoids; robust amplitude after the Cauchy M-estimator (Huber, Robust Statistics, 1981)",
)
