"""Downward expander: level in dB -> soft knee below the threshold -> smoothed gain.

The mirror image of the compressor's static curve (Giannoulis, Massberg, Reiss, JAES 60, 2012): below the threshold
every decibel becomes `ratio` decibels, until `range_db` are reached. Softer than a gate, for sound that decays.
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.grid import HOP, Ear, GainLine, LookAhead, share
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

HOLD_MS = 12.0


class Expander:
    """Makes the soft softer; channels are linked.

    The detector holds peaks for 12 to 24 ms, so that a tone of 40 Hz has a steady level.
    """

    def __init__(
        self,
        *,
        threshold_db: float = -40.0,
        ratio: float = 2.0,
        range_db: float = 18.0,
        knee_db: float = 6.0,
        attack_ms: float = 2.0,
        release_ms: float = 120.0,
        look_ahead_ms: float = 3.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._numbers = np.array(
            [
                threshold_db,
                max(ratio, 1.0) - 1.0,
                max(knee_db, 1e-6),
                max(range_db, 0.0),
                share(attack_ms, sample_rate),
                share(release_ms, sample_rate),
                max(HOLD_MS * sample_rate / 1000 / HOP, 1.0),
            ]
        )
        self._ear, self._ahead = Ear(), LookAhead(round(look_ahead_ms * sample_rate / 1000))
        self.latency = self._ahead.samples
        self._line = GainLine(10 ** (-self._resting_db() / 20))
        self.reset()

    def reset(self) -> None:
        for part in (self._ear, self._ahead, self._line):
            part.reset()
        self._state = np.array([self._resting_db(), 0.0, 0.0, 0.0])

    def _resting_db(self) -> float:
        return float(self._numbers[3]) if self._numbers[1] > 0 else 0.0

    @property
    def reduction_db(self) -> float:
        """Gain reduction at this moment, >= 0."""
        return float(self._state[0])

    def process(self, block: Samples, key: Samples | None = None) -> Samples:
        """Expand `block` by its own level or by that of `key` (same number of samples)."""
        levels = self._ear.process(block if key is None else key)
        gains = np.empty_like(levels)
        _expand(levels, self._numbers, self._state, gains)
        out = self._ahead.process(block)
        self._line.ride(out, gains)
        return out


def expanded_db(
    level_db: float, *, threshold_db: float, ratio: float, knee_db: float = 6.0, range_db: float = 60.0
) -> float:
    """The static curve: gain (<= 0) for a steady level."""
    return -float(_reduction(threshold_db - level_db, ratio - 1.0, max(knee_db, 1e-6), range_db))


@njit(cache=True, nogil=True)
def _reduction(under, slope, knee, most):  # type: ignore[no-untyped-def]
    if under <= -knee / 2:
        return 0.0
    bent = (under + knee / 2) ** 2 / (2 * knee) if under < knee / 2 else under
    return min(slope * bent, most)


@njit(cache=True, nogil=True)
def _expand(levels, numbers, state, gains):  # type: ignore[no-untyped-def]
    threshold, slope, knee, most, attack, release, hold = numbers
    reduction, slot, older, younger = state
    for k in range(levels.size):
        if slot <= 0.0:
            slot, older, younger = hold, younger, 0.0
        slot -= 1.0
        younger = max(younger, levels[k])
        level = max(younger, older)
        wanted = _reduction(threshold - 20.0 * math.log10(max(level, 1e-15)), slope, knee, most)
        reduction += (attack if wanted < reduction else release) * (wanted - reduction)
        if wanted == 0.0 and reduction < 1e-4:
            reduction = 0.0
        gains[k] = 10.0 ** (-reduction / 20.0)
    state[0], state[1], state[2], state[3] = reduction, slot, older, younger


EFFECT = Effect(
    "expander",
    "makes the soft softer: more contrast, less room and hiss",
    Expander,
    (
        Parameter("threshold_db", -90, 0, -40, "dBFS", "only the softest", "everything below full scale"),
        Parameter("ratio", 1, 10, 2, ":1", "nothing happens", "nearly a gate"),
        Parameter("range_db", 0, 60, 18, "dB", "nothing happens", "down into silence"),
        Parameter("knee_db", 0, 24, 6, "dB", "sets in abruptly", "sets in gradually"),
        Parameter("attack_ms", 0.1, 100, 2, "ms", "opens at once", "swells in"),
        Parameter("release_ms", 5, 2000, 120, "ms", "falls at once", "fades away"),
        Parameter("look_ahead_ms", 0, 10, 3, "ms", "the first edge is dulled", "open in time"),
    ),
    source="Giannoulis, Massberg, Reiss, JAES 60 (2012), mirrored",
)
