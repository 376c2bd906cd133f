"""Declick: finds clicks, ticks and pops and fills their places from the sound around them."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.restoration.clicks import mend_clicks
from sonicforge.effects.restoration.steps import Steps, each_channel
from sonicforge.sound.audio import SAMPLE_RATE, Samples

_LOGGED = 4096


class Declick:
    """Every channel on its own; sound without clicks passes bit for bit.

    `sensitivity` 0 mends only what nobody could miss, 1 also the faint crackle (and now and then a hard attack).
    `longest_ms` is the longest click that is filled.
    """

    def __init__(
        self, *, sensitivity: float = 0.5, longest_ms: float = 2.0, channels: int = 2, sample_rate: int = SAMPLE_RATE
    ) -> None:
        scale = max(round(sample_rate / 48_000), 1)
        self._lead = 3072 * scale
        self._steps = Steps(channels=channels, lead=self._lead, step=2048 * scale, trail=self._lead)
        self.latency = self._steps.latency
        milli = sample_rate / 1000
        self._sizes = (
            max(round(longest_ms * milli), 4),
            max(round(5 * milli), 32),
            round(28 * milli),
            max(round(milli / 3), 4),
            sample_rate,
        )
        self._numbers = (8.0 * 2 ** (1 - 2 * sensitivity), 8.0 * 2 ** (0.5 - sensitivity))
        self._window = np.hanning(self._steps.step + 2048 * scale).astype(np.float32)
        self._channels = channels
        self.reset()

    def reset(self) -> None:
        self._steps.reset()
        self._at = -self._lead
        self.found: list[NDArray[np.int64]] = [np.zeros((0, 2), np.int64) for _ in range(self._channels)]
        """For every channel the clicks mended so far: first sample, length (the first few thousand of them)."""
        self.counts = np.zeros(self._channels, np.int64)

    def process(self, block: Samples) -> Samples:
        """The next samples (channels, n), `latency` late."""
        return self._steps.process(block, self._mend)

    def _mend(self, sound: Samples, count: int) -> None:
        def mend(channel: int) -> None:
            log = np.zeros((_LOGGED, 2), np.int64)
            fresh = mend_clicks(
                sound[channel], count, self._steps.step, self._lead, self._sizes, self._numbers, self._window, log
            )
            self.counts[channel] += fresh
            log[:, 0] += self._at
            self.found[channel] = np.concatenate([self.found[channel], log[:fresh]])[:_LOGGED]

        each_channel(mend, self._channels, sound.shape[1])
        self._at += count * self._steps.step


EFFECT = Effect(
    "declick",
    "finds clicks and pops and fills their places from the sound around them",
    Declick,
    (
        Parameter("sensitivity", 0.0, 1.0, 0.5, "", "only loud pops", "faint crackle too, and some hard attacks"),
        Parameter("longest_ms", 0.2, 4.0, 2.0, "ms", "ticks", "pops of a deep scratch"),
    ),
    "Godsill and Rayner, Digital Audio Restoration, 1998; Janssen et al., IEEE TASSP 34, 1986",
)
