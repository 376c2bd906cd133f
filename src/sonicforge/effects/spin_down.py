"""Spin-down: the motor is switched off, the sound slows to a standstill, darkens and fades with its speed."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.control import CONTROL
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.varispeed import TAPS, YOUNG, read_at
from sonicforge.sound.audio import SAMPLE_RATE, Samples

BRIGHTEST_HZ, DARKEST_HZ = 18_000.0, 60.0
FADING = 5.0
"""A head hears the change of the field: below a fifth of the speed the level falls with it."""


class SpinDown:
    """From `at_s` on the sound slows down for `length_s` at (1 - t / T)^`bend` of its speed; then silence.

    `bend` 1 is a platter under friction, 1.6 a tape machine, 3 a hand on the record. A length of 0 does nothing.
    """

    latency = YOUNG

    def __init__(
        self, *, at_s: float = 0.0, length_s: float = 2.0, bend: float = 1.6, sample_rate: int = SAMPLE_RATE
    ) -> None:
        self._start, self._bend, self._rate = round(at_s * sample_rate), bend, sample_rate
        self._length = round(length_s * sample_rate)
        self._needed = math.ceil(self._length / (bend + 1)) + TAPS
        self.reset()

    def reset(self) -> None:
        self._at = 0
        self._past: Samples | None = None
        self._piece: Samples | None = None
        self._states: NDArray[np.float64] | None = None

    def process(self, block: Samples) -> Samples:
        channels, count = block.shape
        if self._past is None or self._piece is None or self._states is None:
            self._past = np.zeros((channels, YOUNG), np.float32)
            self._piece = np.zeros((channels, 0), np.float32)
            self._states = np.zeros((channels, 2))
        self._keep(block)
        line = np.concatenate([self._past, block], axis=1)
        self._past = line[:, count:].copy()
        out = np.ascontiguousarray(line[:, :count])
        # Sample i of `out` is number first + i of the input.
        first = self._at - YOUNG
        self._at += count
        if self._length == 0:
            return out
        begin, end = (min(max(place - first, 0), count) for place in (self._start, self._start + self._length))
        if begin < end:
            self._slow(out[:, begin:end], first + begin - self._start)
        out[:, end:] = 0
        return out

    def _keep(self, block: Samples) -> None:
        """Collect what the slow reading will need, from a few samples before the start on."""
        assert self._piece is not None
        if self._piece.shape[1] >= self._needed + TAPS:
            return
        before = self._start - TAPS
        if before < 0 and self._piece.shape[1] == 0 and self._at == 0:
            self._piece = np.zeros((block.shape[0], -before), np.float32)
        low = max(max(before, 0) - self._at, 0)
        high = before + self._needed + TAPS - self._at
        if low < block.shape[1] and low < high:
            self._piece = np.concatenate([self._piece, block[:, low:high]], axis=1)

    def _slow(self, out: Samples, since: int) -> None:
        assert self._piece is not None
        assert self._states is not None
        left = 1 - (since + np.arange(out.shape[1])) / self._length
        places = TAPS + self._length / (self._bend + 1) * (1 - left ** (self._bend + 1))
        slowed = np.empty(out.shape, np.float32)
        line = np.pad(self._piece, ((0, 0), (0, TAPS)))
        read_at(line, places, slowed)
        for channel in range(out.shape[0]):
            _darken(slowed[channel], since, self._length, self._bend, self._rate, self._states[channel])
        out[:] = slowed


@njit(cache=True, nogil=True)
def _darken(x, since, length, bend, rate, state):  # type: ignore[no-untyped-def]
    one, two = state[0], state[1]
    # The filter opens wide at the start: what it holds must not be heard, so it begins on the sound itself.
    if since == 0 and x.size:
        one = two = np.float64(x[0])
    pace, level = 0.0, 0.0
    for i in range(x.size):
        n = since + i
        if i == 0 or n % CONTROL == 0:
            speed = max(1.0 - (n // CONTROL) * CONTROL / length, 0.0) ** bend
            pace = 1.0 - math.exp(-2.0 * math.pi * max(speed * BRIGHTEST_HZ, DARKEST_HZ) / rate)
        level = min(FADING * max(1.0 - n / length, 0.0) ** bend, 1.0)
        one += pace * (np.float64(x[i]) - one)
        two += pace * (one - two)
        x[i] = np.float32(level * two)
    state[0], state[1] = one, two


EFFECT = Effect(
    name="spin_down",
    summary="the motor is switched off: the sound sinks to a standstill",
    make=SpinDown,
    parameters=(
        Parameter("at_s", 0, 36_000, 0, "s", "at once", "ten hours in"),
        Parameter("length_s", 0, 30, 2, "s", "never", "half a minute of sinking"),
        Parameter("bend", 0.5, 4, 1.6, "", "stops at the last moment", "brakes hard and creeps"),
    ),
    source="own design",
)
