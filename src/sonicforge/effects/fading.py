"""Fading: a radio wave that comes and goes, the level on slow random walks and the treble with it."""

import math

import numpy as np
from numba import njit

from sonicforge import chance
from sonicforge.effects.control import CONTROL
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.white import hashed
from sonicforge.sound.audio import SAMPLE_RATE, Samples

DULL_HZ, OPEN_HZ = 1200.0, 18_000.0


class Fading:
    """The level wanders between 0 and -`depth_db` at about `rate_hz`; `selective` 0..1 lets the treble go first."""

    latency = 0

    def __init__(
        self,
        *,
        depth_db: float = 8.0,
        rate_hz: float = 0.2,
        selective: float = 0.5,
        seed: int = 0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        pole = math.exp(-2 * math.pi * rate_hz * CONTROL / sample_rate)
        # Two one-poles in a row make a walk without corners; this brings it to an RMS of about 1.
        gain = math.sqrt((1 - pole * pole) ** 3 / (1 + pole * pole)) / (1 - pole) ** 2
        self._numbers = np.array([pole, gain, depth_db, selective, float(sample_rate)])
        self._seed = np.uint32(chance.subseed(seed, "effects", "fading") & 0xFFFFFFFF)
        self.reset()

    def reset(self) -> None:
        self._at = 0
        self._walk = np.zeros(2)
        self._depths = np.zeros(0)
        self._first = 0
        self._held = np.zeros(0)

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if not self._held.size:
            self._held = np.zeros(block.shape[0])
        point, last = self._at // CONTROL, (self._at + block.shape[1]) // CONTROL + 2
        fresh = np.empty(max(last - self._first - self._depths.size, 0))
        _wander(fresh, self._first + self._depths.size, self._numbers, self._seed, self._walk)
        self._depths = np.concatenate([self._depths, fresh])
        depths, phase = self._depths[point - self._first :], self._at - point * CONTROL
        for channel in range(out.shape[0]):
            _fade(out[channel], phase, depths, self._numbers, self._held[channel : channel + 1])
        self._at += block.shape[1]
        keep = self._at // CONTROL
        self._depths, self._first = self._depths[keep - self._first :], keep
        return out


@njit(cache=True, nogil=True)
def _wander(out, first, numbers, seed, walk):  # type: ignore[no-untyped-def]
    """How far the wave has faded, 0..1, at each control point."""
    pole, gain = numbers[0], numbers[1]
    for p in range(out.size):
        push = 1.7320508 * np.float64(np.int32(hashed(np.uint32(first + p), seed))) / 2147483648.0
        walk[0] += (1.0 - pole) * (push - walk[0])
        walk[1] += (1.0 - pole) * (walk[0] - walk[1])
        out[p] = 0.5 + 0.5 * math.tanh(gain * walk[1])


@njit(cache=True, nogil=True)
def _fade(x, phase, depths, numbers, state):  # type: ignore[no-untyped-def]
    depth_db, selective, rate = numbers[2], numbers[3], numbers[4]
    held = state[0]
    i = 0
    while i < x.size:
        point = (phase + i) // CONTROL
        within = phase + i - point * CONTROL
        end = min(x.size, i + CONTROL - within)
        a, b = depths[point], depths[point + 1]
        g0, g1 = 10.0 ** (-depth_db * a / 20.0), 10.0 ** (-depth_db * b / 20.0)
        hz = OPEN_HZ * (DULL_HZ / OPEN_HZ) ** (selective * a * min(depth_db / 12.0, 1.0))
        pace = 1.0 - math.exp(-2.0 * math.pi * min(hz, 0.45 * rate) / rate)
        for j in range(i, end):
            held += pace * (np.float64(x[j]) - held)
            x[j] = np.float32((g0 + (g1 - g0) * (within + j - i) / CONTROL) * held)
        i = end
    state[0] = held if abs(held) > 1e-30 else 0.0


EFFECT = Effect(
    name="fading",
    summary="a radio wave that comes and goes",
    make=Fading,
    parameters=(
        Parameter("depth_db", 0, 40, 8, "dB", "steady", "lost at times"),
        Parameter("rate_hz", 0.02, 8, 0.2, "Hz", "slow tides", "flutter"),
        Parameter("selective", 0, 1, 0.5, "", "level only", "the treble goes first"),
    ),
    source="own design",
)
