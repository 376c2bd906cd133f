"""Tremolo and auto-pan: the level swings with a slow oscillator."""

import math

import numpy as np

from sonicforge.effects.control import CONTROL, ride
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples


class Tremolo:
    """`depth` 0..1 (1 reaches silence), `shape` 0 sine .. 1 nearly square, `pan` 0 sides together .. 1 opposite."""

    latency = 0

    def __init__(
        self,
        *,
        rate_hz: float = 5.0,
        depth: float = 0.3,
        shape: float = 0.0,
        pan: float = 0.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._rate, self._depth, self._pan = rate_hz / sample_rate, depth, pan
        self._push = 1.0 + 9.0 * shape
        self.reset()

    def reset(self) -> None:
        self._at = 0

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        first = self._at // CONTROL
        grid = np.arange(first, (self._at + out.shape[1]) // CONTROL + 2) * CONTROL
        for channel in range(out.shape[0]):
            swing = np.sin(2 * math.pi * (grid * self._rate + 0.5 * self._pan * channel))
            swing = np.tanh(self._push * swing) / math.tanh(self._push)
            curve = (1.0 - self._depth * (0.5 - 0.5 * swing)).astype(np.float32)
            ride(out[channel : channel + 1], curve, at=self._at - first * CONTROL)
        self._at += out.shape[1]
        return out


EFFECT = Effect(
    "tremolo",
    "the level swings",
    Tremolo,
    (
        Parameter("rate_hz", 0.05, 20.0, 5.0, "Hz", "breathes", "buzzes"),
        Parameter("depth", 0.0, 1.0, 0.3, "", "steady", "down to silence"),
        Parameter("shape", 0.0, 1.0, 0.0, "", "sine", "on and off"),
        Parameter("pan", 0.0, 1.0, 0.0, "", "sides together", "sides in turn"),
    ),
    "amplitude modulation by a sine, bent by a hyperbolic tangent",
)
