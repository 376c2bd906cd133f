"""Dropouts: the tape lifts off the head for a moment, the level dips and the treble more; creased tape does it often.

Events belong to seconds of the stream, drawn from the seed and the number of the second, so that they do not depend
on how a signal is cut.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge import chance
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

Doubles = NDArray[np.float64]

HOP = 32
SPAN_S = 1.0
LONGEST_S = 0.5
PER_MINUTE = 400.0
CHEWED_PER_S = 18.0
LENGTH_S = (0.008, 0.12)
DEPTH_DB = (4.0, 26.0)
LEVEL_SHARE = 0.35
"""How much of the depth is lost at all frequencies; the treble loses the rest."""
OPEN_HZ, DULL_HZ = 19_000.0, 500.0


class Dropouts:
    """`amount` 0..1: from none over twenty (0.3) to 400 a minute, up to 26 dB deep; `chew` 0..1 adds creased stretches.

    Sides mostly dip together, but not equally.
    """

    latency = 0

    def __init__(
        self, *, amount: float = 0.3, chew: float = 0.0, seed: int = 0, sample_rate: int = SAMPLE_RATE
    ) -> None:
        self._amount, self._chew, self._seed, self._rate = amount, chew, seed, sample_rate
        self.reset()

    def reset(self) -> None:
        self._at = 0
        self._spans: dict[int, Doubles] = {}
        self._state: Doubles | None = None

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if self._state is None:
            self._state = np.zeros(block.shape[0])
        if (self._amount > 0 or self._chew > 0) and out.shape[1]:
            first = self._at // HOP
            grid = np.arange(first, (self._at + out.shape[1]) // HOP + 2) * (HOP / self._rate)
            events = self._events(grid[0], grid[-1])
            for channel in range(out.shape[0]):
                dip = _dips(grid, events, events[:, 3 + min(channel, 1)])
                _lift(out[channel], self._at - first * HOP, dip, self._rate, self._state[channel : channel + 1])
        self._at += out.shape[1]
        return out

    def _events(self, start_s: float, end_s: float) -> Doubles:
        """Start, length, middle (share), depth left, depth right (dB) of all that may touch the time."""
        first, last = max(int((start_s - LONGEST_S) / SPAN_S), 0), int(end_s / SPAN_S)
        self._spans = {n: self._spans[n] if n in self._spans else self._span(n) for n in range(first, last + 1)}
        return np.concatenate(list(self._spans.values()))

    def _span(self, number: int) -> Doubles:
        draw = chance.noise(self._seed, "effects", "dropouts", number)
        rate = self._amount**2.5 * PER_MINUTE / 60 * SPAN_S
        creased = chance.noise(self._seed, "effects", "crease", number // 2).random() < self._chew
        count = int(draw.poisson(rate)) + (int(draw.poisson(CHEWED_PER_S * SPAN_S)) if creased else 0)
        rows = np.empty((count, 5))
        rows[:, 0] = (number + draw.random(count)) * SPAN_S
        rows[:, 1] = LENGTH_S[0] * (LENGTH_S[1] / LENGTH_S[0]) ** draw.random(count)
        rows[:, 2] = draw.uniform(0.2, 0.5, count)
        strength = max(self._amount, self._chew)
        depth = DEPTH_DB[0] + (DEPTH_DB[1] - DEPTH_DB[0]) * strength * draw.random(count) ** 1.5
        lean = draw.uniform(-1.0, 1.0, count)
        rows[:, 3], rows[:, 4] = depth * np.clip(1 + lean, 0, 1), depth * np.clip(1 - lean, 0, 1)
        return rows


def _dips(grid: Doubles, events: Doubles, depths: Doubles) -> Doubles:
    """Decibels missing at each time: raised-cosine dips that fall faster than they recover."""
    out = np.zeros(grid.size)
    for (start, length, middle, _, _), depth in zip(events, depths, strict=True):
        low, high = np.searchsorted(grid, (start, start + length))
        if low < high:
            along = (grid[low:high] - start) / length
            bent = np.where(along < middle, along / middle, 1 - (along - middle) / (1 - middle))
            out[low:high] += depth * (0.5 - 0.5 * np.cos(np.pi * bent))
    return out


@njit(cache=True, nogil=True)
def _lift(x, phase, dips, rate, state):  # type: ignore[no-untyped-def]
    """Gain and a one-pole low-pass from the decibels missing; where nothing is missing the sound passes untouched."""
    held = state[0]
    i = 0
    while i < x.size:
        point = (phase + i) // HOP
        within = phase + i - point * HOP
        end = min(x.size, i + HOP - within)
        before, after = dips[point], dips[point + 1]
        if before == 0.0 and after == 0.0:
            held = np.float64(x[end - 1])
            i = end
            continue
        g0, g1 = 10.0 ** (-LEVEL_SHARE * before / 20.0), 10.0 ** (-LEVEL_SHARE * after / 20.0)
        p0, p1 = _pace(before, rate), _pace(after, rate)
        for j in range(i, end):
            along = (within + j - i) / HOP
            held += (p0 + (p1 - p0) * along) * (np.float64(x[j]) - held)
            x[j] = (g0 + (g1 - g0) * along) * held
        i = end
    state[0] = held if abs(held) > 1e-30 else 0.0


@njit(cache=True, nogil=True)
def _pace(missing, rate):  # type: ignore[no-untyped-def]
    # From everything (1, the sound itself) towards a dull rest at 26 dB.
    if missing <= 0.0:
        return 1.0
    share = min(missing / DEPTH_DB[1], 1.0)
    hz = OPEN_HZ * (DULL_HZ / OPEN_HZ) ** share
    return (1.0 - math.exp(-2.0 * math.pi * hz / rate)) * min(8.0 * share, 1.0) + max(1.0 - 8.0 * share, 0.0)


EFFECT = Effect(
    name="dropouts",
    summary="moments in which a tape loses the head",
    make=Dropouts,
    parameters=(
        Parameter("amount", 0, 1, 0.3, "", "none", "worn out"),
        Parameter("chew", 0, 1, 0, "", "smooth tape", "creased tape"),
    ),
    source="own design",
)
