"""Spectral repair: a cough, a squeak, a dropout in a box of time and frequency gives way to what is around it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sonicforge.effects.restoration.box import fill_box
from sonicforge.effects.restoration.gap import mend_stretch
from sonicforge.effects.restoration.steps import Steps
from sonicforge.errors import OutOfRange
from sonicforge.sound.audio import SAMPLE_RATE, Samples

CONTEXT_S = 0.35
LONGEST_S = 10.0
_PREDICTABLE_S = 0.008


@dataclass(frozen=True, slots=True)
class Box:
    """From `start_s` to `end_s` and from `low_hz` to `high_hz`."""

    start_s: float
    end_s: float
    low_hz: float = 0.0
    high_hz: float = 96_000.0

    def checked(self) -> "Box":
        """The same box; raises `OutOfRange` if it is empty, backwards or longer than `LONGEST_S`."""
        if not 0 <= self.start_s < 1e6:
            raise OutOfRange("start of the box", self.start_s, 0, 1e6, "s")
        if not 0.0005 <= self.end_s - self.start_s <= LONGEST_S:
            raise OutOfRange("length of the box", round(self.end_s - self.start_s, 4), 0.0005, LONGEST_S, "s")
        if not 0 <= self.low_hz < self.high_hz:
            raise OutOfRange("lower edge of the box", self.low_hz, 0, self.high_hz, "Hz")
        return self


class SpectralRepair:
    """Fills `boxes` (seconds from the start of the stream) in all channels; everything else passes bit for bit."""

    def __init__(
        self, boxes: Sequence[Box], *, channels: int = 2, sample_rate: int = SAMPLE_RATE, seed: int = 0
    ) -> None:
        self._boxes = sorted((box.checked() for box in boxes), key=lambda box: box.start_s)
        longest = max((box.end_s - box.start_s for box in self._boxes), default=0.0)
        self._context = round(CONTEXT_S * sample_rate)
        trail = round(longest * sample_rate) + self._context + 1
        self._steps = Steps(channels=channels, lead=self._context, step=round(0.25 * sample_rate), trail=trail)
        self.latency = self._steps.latency
        self._sample_rate, self._seed = sample_rate, seed
        self.reset()

    def reset(self) -> None:
        self._steps.reset()
        self._at = -self._context

    def process(self, block: Samples) -> Samples:
        """The next samples (channels, n), `latency` late."""
        return self._steps.process(block, self._mend)

    def _mend(self, sound: Samples, count: int) -> None:
        start, stop = self._at + self._context, self._at + self._context + count * self._steps.step
        for box in self._boxes:
            first, last = round(box.start_s * self._sample_rate), round(box.end_s * self._sample_rate)
            if start <= first < stop:
                around = sound[:, first - self._at - self._context : last - self._at + self._context]
                for channel in range(len(around)):
                    self._fill(around[channel], box)
        self._at += count * self._steps.step

    def _fill(self, around: Samples, box: Box) -> None:
        first, last = self._context, len(around) - self._context
        everything = box.low_hz <= 60 and box.high_hz >= 0.4 * self._sample_rate
        if everything and last - first <= _PREDICTABLE_S * self._sample_rate:
            mend_stretch(around, first, last, last - first, np.inf)
            return
        bands = (box.low_hz / self._sample_rate, min(box.high_hz / self._sample_rate, 0.5))
        around[:] = fill_box(around, first, last, bands, size=self._frame(last - first), seed=self._seed)

    def _frame(self, length: int) -> int:
        """As long as the box, within 11 to 43 ms: the frames across its edges are lost with it."""
        scale = self._sample_rate / 48_000
        return int(2 ** round(np.log2(np.clip(length, 512 * scale, 2048 * scale))))
