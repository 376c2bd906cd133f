"""Declip: gives peaks that were cut off their shape back."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.restoration.ar_declip import mend_runs
from sonicforge.effects.restoration.clipping import Levels, clip_levels
from sonicforge.effects.restoration.sparse_declip import SparseDeclipper
from sonicforge.effects.restoration.steps import Steps, each_channel
from sonicforge.sound.audio import SAMPLE_RATE, Samples

_FEW, _MANY = 0.006, 0.2
"""Share of a stretch below which prediction will do, and above which sparsity needs longer."""


class Declip:
    """Every channel and polarity on its own, in stretches of two thirds of a second; the rest passes bit for bit.

    The output is louder than the input where peaks grow back: leave 3 to 6 dB of room, or let `headroom_db` turn
    everything down by that much. `effort` 0 is quick, 1 is thorough.
    """

    def __init__(
        self, *, effort: float = 0.25, headroom_db: float = 0.0, channels: int = 2, sample_rate: int = SAMPLE_RATE
    ) -> None:
        size = int(2 ** round(np.log2(4096 * sample_rate / 48_000)))
        self._lead = size
        self._steps = Steps(channels=channels, lead=size, step=8 * size, trail=size)
        self.latency = self._steps.latency
        self._declipper = SparseDeclipper(size)
        self._rounds = round(20 + 80 * effort)
        self._turns, self._few = 2 + round(4 * effort), _FEW * (1 - effort)
        self._gain = np.float32(10 ** (-headroom_db / 20))
        self._channels = channels
        self.reset()

    def reset(self) -> None:
        self._steps.reset()
        self.counts = np.zeros(self._channels, np.int64)
        """Samples of each channel that were mended so far."""

    def process(self, block: Samples) -> Samples:
        """The next samples (channels, n), `latency` late."""
        out = self._steps.process(block, self._mend)
        return out if self._gain == 1 else out * self._gain

    def _mend(self, sound: Samples, count: int) -> None:
        step, view = self._steps.step, self._steps.latency

        def mend(channel: int) -> None:
            for i in range(count):
                self.counts[channel] += self._mend_view(sound[channel, i * step : i * step + view])

        each_channel(mend, self._channels, sound.shape[1])

    def _mend_view(self, view: Samples) -> int:
        middle = slice(self._lead, self._lead + self._steps.step)
        # What lies before has been mended and is known; what lies behind is still cut off.
        levels: Levels = clip_levels(view[None, self._lead :])[0]
        kind = cut_off(view, levels)
        kind[: self._lead] = 0
        missing = int(np.count_nonzero(kind[middle]))
        if not missing:
            return 0
        above, below = float(levels[0]), float(levels[1])
        few = missing < self._few * self._steps.step
        if not (few and mend_runs(view, kind, middle.start, middle.stop, above, below, self._turns)):
            rounds = self._rounds * 3 // 2 if missing > _MANY * self._steps.step else self._rounds
            view[middle] = self._declipper.restore(view, kind, above, below, rounds)[middle]
        return missing


def cut_off(x: Samples, levels: Levels) -> NDArray[np.int8]:
    """1 where x (n,) is cut off above, -1 below, 0 where it is whole."""
    return np.asarray((x >= levels[0]).astype(np.int8) - (x <= -levels[1]).astype(np.int8))


EFFECT = Effect(
    "declip",
    "gives peaks that were cut off their shape back",
    Declip,
    (
        Parameter("effort", 0.0, 1.0, 0.25, "", "quick", "thorough, for sound that is cut off most of the time"),
        Parameter("headroom_db", 0.0, 12.0, 0.0, "dB", "peaks may pass full scale", "everything 12 dB lower"),
    ),
    "Siedenburg, Kowalski and Doerfler, ICASSP 2014; Zaviska et al., IEEE JSTSP 15, 2021",
)
