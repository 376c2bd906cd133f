"""Phaser: a chain of first-order all-passes whose corner sweeps, with feedback, added to the sound."""

import math

import numpy as np
from numba import njit

from sonicforge.effects.control import CONTROL
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

MOST_STAGES = 12


class Phaser:
    """`stages` 2..12 (two for each notch); the corner sweeps exponentially between `low_hz` and `high_hz`.

    `feedback` -0.9..0.9 sharpens the notches; `spread` 0..1 turns the right channel's sweep by up to half a turn.
    """

    latency = 0

    def __init__(
        self,
        *,
        rate_hz: float = 0.3,
        low_hz: float = 300.0,
        high_hz: float = 3000.0,
        stages: float = 6,
        feedback: float = 0.3,
        wet_db: float = 0.0,
        spread: float = 0.3,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._rate = rate_hz / sample_rate
        self._middle = math.log2(math.sqrt(low_hz * high_hz))
        self._reach = math.log2(high_hz / low_hz) / 2
        self._stages = min(max(round(stages), 1), MOST_STAGES)
        self._feedback = min(max(feedback, -0.9), 0.9)
        self._wet = 10 ** (wet_db / 20)
        self._spread, self._sample_rate = spread, sample_rate
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros((2, MOST_STAGES + 1))
        self._at = 0

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if len(self._state) < len(out):
            self._state = np.zeros((len(out), MOST_STAGES + 1))
        first = self._at // CONTROL
        grid = np.arange(first, (self._at + out.shape[1]) // CONTROL + 2) * CONTROL
        for channel in range(out.shape[0]):
            turn = 0.5 * self._spread * (channel % 2)
            octave = self._middle + self._reach * np.sin(2 * math.pi * (grid * self._rate + turn))
            k = np.tan(np.minimum(np.pi * 2**octave / self._sample_rate, 1.5))
            _phase(
                out[channel], (k - 1) / (k + 1), self._at - first * CONTROL, self._stages, self._feedback, self._wet,
                self._state[channel],
            )  # fmt: skip
        self._at += out.shape[1]
        return out


@njit(cache=True, nogil=True, fastmath=True)
def _phase(x, coefficients, phase, stages, feedback, wet, state):  # type: ignore[no-untyped-def]
    back = state[MOST_STAGES]
    for i in range(x.size):
        c = (phase + i) // CONTROL
        within = phase + i - c * CONTROL
        a = coefficients[c] + (coefficients[c + 1] - coefficients[c]) * within / CONTROL
        dry = np.float64(x[i])
        v = dry + feedback * back
        for k in range(stages):
            y = a * v + state[k]
            state[k] = v - a * y
            v = y
        back = v
        x[i] = (dry + wet * v) / (1.0 + 0.5 * wet)
    state[MOST_STAGES] = back
    for k in range(MOST_STAGES + 1):
        if abs(state[k]) < 1e-30:
            state[k] = 0.0


EFFECT = Effect(
    "phaser",
    "notches that wander through the spectrum",
    Phaser,
    (
        Parameter("rate_hz", 0.01, 10.0, 0.3, "Hz", "drifts", "warbles"),
        Parameter("low_hz", 50.0, 2000.0, 300.0, "Hz", "down to the bass", "stays high"),
        Parameter("high_hz", 100.0, 12_000.0, 3000.0, "Hz", "stays low", "up to the air"),
        Parameter("stages", 2.0, 12.0, 6.0, "", "one notch", "six notches"),
        Parameter("feedback", -0.9, 0.9, 0.3, "", "hollow", "whistles"),
        Parameter("wet_db", -24.0, 6.0, 0.0, "dB", "a hint", "more than the sound"),
        Parameter("spread", 0.0, 1.0, 0.3, "", "both sides together", "sides against each other"),
    ),
    "first-order all-passes, after Smith, Physical Audio Signal Processing: phasing",
)
