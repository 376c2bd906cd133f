"""Declip: gives peaks that were cut off their shape back."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.restoration.ar_declip import mend_runs
from sonicforge.effects.restoration.clipping import Levels, clip_levels
from sonicforge.effects.restoration.sparse_declip import SparseDeclipper
from sonicforge.effects.restoration.steps import Steps, each_channel
from sonicforge.sound.audio import SAMPLE_RATE, Samples

_FEW, _LIGHT, _HEAVY = 0.004, 0.35, 0.6
"""Share of a stretch below which prediction will do, and above which peaks have far to grow."""
_TURNS = 3


class Declip:
    """Every channel and polarity on its own, in stretches of two thirds of a second; the rest passes bit for bit.

    The output is louder than the input where peaks grow back: leave 3 to 6 dB of room, or let `headroom_db` turn
    everything down by that much.
    """

    def __init__(self, *, headroom_db: float = 0.0, channels: int = 2, sample_rate: int = SAMPLE_RATE) -> None:
        size = int(2 ** round(np.log2(4096 * sample_rate / 48_000)))
        self._lead = size
        self._steps = Steps(channels=channels, lead=size, step=8 * size, trail=size)
        self.latency = self._steps.latency
        self._declipper = SparseDeclipper(size)
        self._gain = np.float32(10 ** (-headroom_db / 20))
        self._channels = channels
        self.reset()

    def reset(self) -> None:
        self._steps.reset()
        # What came before the stretch, and what was mended of it already, as it was.
        self._heard = [np.zeros(0, np.float32)] * self._channels
        self._ahead = np.zeros(self._channels, np.int64)
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
                self.counts[channel] += self._mend_view(sound[channel, i * step : i * step + view], channel)

        each_channel(mend, self._channels, sound.shape[1])

    def _mend_view(self, view: Samples, channel: int) -> int:
        lead, step, earlier = self._lead, self._steps.step, self._heard[channel]
        heard = np.concatenate([earlier, view[len(earlier) :]])
        self._heard[channel] = heard[step : step + lead + lead // 8]
        levels: Levels = clip_levels(heard[None])[0]
        kind = cut_off(heard, levels)
        start, stop = lead + int(self._ahead[channel]), self._seam(kind)
        self._ahead[channel] = stop - lead - step
        missing = int(np.count_nonzero(kind[start:stop]))
        if missing:
            self._fill(view, heard, kind, levels, start, stop)
        return missing

    def _seam(self, kind: NDArray[np.int8]) -> int:
        """Where this stretch ends and the next begins: at a sample that both know, if there is one soon."""
        end = self._lead + self._steps.step
        return end + int(np.argmin(np.abs(kind[end : end + self._lead // 8])))

    def _fill(
        self, view: Samples, heard: Samples, kind: NDArray[np.int8], levels: Levels, start: int, stop: int
    ) -> None:
        above, below = float(levels[0]), float(levels[1])
        missing = np.count_nonzero(kind[start:stop]) / np.count_nonzero(heard[start:stop])
        if missing < _FEW:
            # Prediction takes what has been mended before for the truth.
            ahead = kind.copy()
            ahead[:start] = 0
            if mend_runs(view, ahead, start, stop, above, below, _TURNS):
                return
        # Sparsity judges all samples at once, and must not be bound by what it guessed for the stretch before.
        view[start:stop] = self._declipper.restore(heard, kind, above, below, *_path(missing))[start:stop]


def _path(missing: float) -> tuple[float, int]:
    """First threshold and number of steps by the share of samples that is missing.

    Peaks grow with every step, and nothing but the threshold holds them back: too short a path leaves them too low, too
    long a one carries them too high. Set by the gain on notes, chords and drums cut off to 3, 7, 15 and 25 dB.
    """
    if missing < _LIGHT:
        return 0.03, 28
    return (0.1, 45) if missing < _HEAVY else (0.1, 160)


def cut_off(x: Samples, levels: Levels) -> NDArray[np.int8]:
    """1 where x (n,) is cut off above, -1 below, 0 where it is whole."""
    return np.asarray((x >= levels[0]).astype(np.int8) - (x <= -levels[1]).astype(np.int8))


EFFECT = Effect(
    "declip",
    "gives peaks that were cut off their shape back",
    Declip,
    (Parameter("headroom_db", 0.0, 12.0, 0.0, "dB", "peaks may pass full scale", "everything 12 dB lower"),),
    "Siedenburg, Kowalski and Doerfler, ICASSP 2014; Zaviska et al., IEEE JSTSP 15, 2021",
)
