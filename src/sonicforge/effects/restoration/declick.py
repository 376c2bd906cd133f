"""Declick: finds clicks, ticks and pops and fills their places from the sound around them."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.restoration.clicks import find_clicks
from sonicforge.effects.restoration.gap import mend_stretch
from sonicforge.effects.restoration.steps import Steps, each_channel
from sonicforge.effects.restoration.thump import take_thump_out
from sonicforge.sound.audio import SAMPLE_RATE, Samples

_LOGGED, _MOST = 4096, 256
_LOOKS = 2
_LEFT = 0.5
"""Share of its surprise that a click may leave behind when it is filled; the start of a note leaves most of it."""


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
        )
        self._third_of_a_ms, self._rate = self._sizes[3], sample_rate
        self._numbers = (8.0 * 2 ** (1 - 2 * sensitivity), 6.0 * 2 ** (0.2 - 0.4 * sensitivity))
        self._window = np.hanning(self._steps.step + 2048 * scale).astype(np.float32)
        self._channels = channels
        self.reset()

    def reset(self) -> None:
        self._steps.reset()
        self._at = -self._lead
        self.found: list[NDArray[np.int64]] = [np.zeros((0, 2), np.int64) for _ in range(self._channels)]
        """For every channel the clicks mended so far: first sample, length (the first few thousand of them)."""
        self.counts = np.zeros(self._channels, np.int64)
        self._latest = [deque[int](maxlen=16) for _ in range(self._channels)]

    def process(self, block: Samples) -> Samples:
        """The next samples (channels, n), `latency` late."""
        return self._steps.process(block, self._mend)

    def _mend(self, sound: Samples, count: int) -> None:
        step = self._steps.step

        def mend(channel: int) -> None:
            for i in range(count):
                view = sound[channel, i * step : i * step + self.latency]
                for _ in range(_LOOKS):
                    if not self._mend_view(view, channel, self._at + i * step):
                        break

        each_channel(mend, self._channels, sound.shape[1])
        self._at += count * step

    def _mend_view(self, view: Samples, channel: int, at: int) -> bool:
        """Fills what looks like a click now; True if there was anything, so that a second look pays."""
        places = np.empty((_MOST, 2), np.int64)
        found = find_clicks(view, self._steps.step, self._lead, self._sizes, self._numbers, self._window, places)
        touched = False
        for first, last in places[:found].tolist():
            if last - first > self._third_of_a_ms:
                take_thump_out(view, first, last, self._rate)
            end = mend_stretch(view, first - 1, last + 1 + (last - first) // 3, self._sizes[0], _LEFT)
            if end > first - 1:
                touched = True
                self._note(channel, at + first, end - first)
        return touched

    def _note(self, channel: int, place: int, length: int) -> None:
        # The rest of a click that was mended in part is no click of its own.
        if any(abs(place - known) <= self._sizes[0] for known in self._latest[channel]):
            return
        self._latest[channel].append(place)
        self.counts[channel] += 1
        if len(self.found[channel]) < _LOGGED:
            self.found[channel] = np.concatenate([self.found[channel], np.array([[place, length]], np.int64)])


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
