"""Tape hiss: white noise -> weight towards the treble -> a level that steps back while music plays."""

import math

import numpy as np
from numba import njit

from sonicforge import chance
from sonicforge.effects.biquad import Sections, high_shelf, highpass, magnitude_db
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.white import add_white
from sonicforge.sound.audio import SAMPLE_RATE, Samples

HOP = 32
ATTACK_MS, RELEASE_MS = 15.0, 350.0
LOUD = 0.1
"""RMS (-20 dBFS) at which the hiss has stepped back all the way."""


class Hiss:
    """Adds hiss of RMS `level_db` (dBFS), its own on every channel; below -120 dB there is none.

    `duck_db` is how far it steps back under loud music. `bright_db` lifts it above 4 kHz; at 0 it is white.
    """

    latency = 0

    def __init__(
        self,
        *,
        level_db: float = -55.0,
        duck_db: float = 6.0,
        bright_db: float = 3.0,
        seed: int = 0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        low_cut = highpass(150.0, slope=6, sample_rate=sample_rate)
        self._tone = [low_cut, high_shelf(4000.0, bright_db, sample_rate=sample_rate)] if bright_db else []
        self._rms = 0.0 if level_db <= -120 else 10 ** (level_db / 20) / _gain(self._tone, sample_rate)
        self._seed, self._duck = seed, 1 - 10 ** (-duck_db / 20)
        self._steps = [1 - math.exp(-HOP / (ms * sample_rate / 1000)) for ms in (ATTACK_MS, RELEASE_MS)]
        self.reset()

    def reset(self) -> None:
        self._equaliser = Equaliser(self._tone)
        self._follower = np.zeros(4)
        self._at = 0

    def process(self, block: Samples) -> Samples:
        if self._rms == 0.0:
            return block.copy()
        out = np.array(block, np.float32, order="C")
        self.add(out)
        return out

    def add(self, x: Samples) -> None:
        """The same in place."""
        plain = not self._tone and self._duck == 0
        noise = x if plain else np.zeros(x.shape, np.float32)
        for channel in range(x.shape[0]):
            add_white(noise[channel], self._at, chance.subseed(self._seed, "effects", "hiss", channel), self._rms)
        if not plain:
            self._equaliser.run(noise, noise, 0, x.shape[1])
            _mix(x, noise, self._duck, self._steps[0], self._steps[1], self._follower)
        self._at += x.shape[1]


def _gain(tone: list[Sections], sample_rate: int) -> float:
    """RMS of white noise of RMS 1 behind these filters."""
    if not tone:
        return 1.0
    hz = np.linspace(10, sample_rate / 2 - 10, 2048)
    gain_db = magnitude_db(np.concatenate(tone), hz, sample_rate=sample_rate)
    return math.sqrt(float(np.mean(10 ** (gain_db / 10))))


@njit(cache=True, nogil=True)
def _mix(x, noise, duck, attack, release, state):  # type: ignore[no-untyped-def]
    # state: samples into the hop, power heard in it, follower, gain
    into, power, level, gain = int(state[0]), state[1], state[2], 1.0 - state[3]
    channels, size = x.shape
    i = 0
    while i < size:
        count = min(HOP - into, size - i)
        wanted = 1.0 - duck * min(level / LOUD, 1.0)
        step = np.float32((wanted - gain) / HOP)
        base = np.float32(gain)
        for c in range(channels):
            for j in range(count):
                v = x[c, i + j]
                power += np.float64(v * v) / channels
                x[c, i + j] = v + (base + step * np.float32(into + j)) * noise[c, i + j]
        into += count
        i += count
        if into == HOP:
            gain = wanted
            heard = math.sqrt(power / HOP)
            level += (attack if heard > level else release) * (heard - level)
            into, power = 0, 0.0
    state[0], state[1], state[2], state[3] = into, power, level if level > 1e-9 else 0.0, 1.0 - gain


EFFECT = Effect(
    name="hiss",
    summary="tape hiss that steps back while music plays",
    make=Hiss,
    parameters=(
        Parameter("level_db", -120, -20, -55, "dBFS", "none", "a waterfall"),
        Parameter("duck_db", 0, 40, 6, "dB", "always there", "only in the pauses"),
        Parameter("bright_db", -12, 12, 3, "dB", "a dull rush", "a bright fizz"),
    ),
    source="own design",
    noisy=True,
)
