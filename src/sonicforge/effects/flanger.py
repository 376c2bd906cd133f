"""Flanger: the sound + a short delay that sweeps, fed back into itself."""

import math

import numpy as np
from numba import njit

from sonicforge.effects.control import CONTROL
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

SHORTEST_MS = 0.35
"""Reading between samples needs two of them ahead, at 8 kHz too."""


class Flanger:
    """The delay sweeps between 0.35 ms and `depth_ms` more, exponentially, as the teeth of the comb are heard.

    `feedback` -0.95..0.95 sharpens the teeth, below 0 it puts them in the middle between the others; `spread` 0..1
    turns the sweep of every second channel by up to half a turn; `mix` 0.5 gives the deepest teeth.
    """

    latency = 0

    def __init__(
        self,
        *,
        rate_hz: float = 0.2,
        depth_ms: float = 5.0,
        feedback: float = 0.4,
        spread: float = 0.25,
        mix: float = 0.5,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._rate = rate_hz / sample_rate
        self._shortest, self._longest = (ms * sample_rate / 1000 for ms in (SHORTEST_MS, SHORTEST_MS + depth_ms))
        self._feedback, self._spread = feedback, spread
        self._dry, self._wet = math.cos(mix * math.pi / 2), math.sin(mix * math.pi / 2)
        self.reset()

    def reset(self) -> None:
        self._lines = np.zeros((0, 1 << (int(self._longest) + 4).bit_length()), np.float32)
        self._at = 0

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if len(self._lines) < len(out):
            self._lines = np.zeros((len(out), self._lines.shape[1]), np.float32)
        first = self._at // CONTROL
        grid = np.arange(first, (self._at + out.shape[1]) // CONTROL + 2) * CONTROL
        for channel in range(len(out)):
            swing = 0.5 - 0.5 * np.cos(2 * math.pi * (grid * self._rate + 0.5 * self._spread * (channel % 2)))
            delays = self._shortest * (self._longest / self._shortest) ** swing
            _flange(
                out[channel], self._lines[channel], delays, self._at, self._at - first * CONTROL, self._feedback,
                self._dry, self._wet,
            )  # fmt: skip
        self._at += out.shape[1]
        return out


@njit(cache=True, nogil=True)
def _flange(x, line, delays, at, phase, feedback, dry, wet):  # type: ignore[no-untyped-def]
    mask = line.size - 1
    g, a, b = np.float32(feedback), np.float32(dry), np.float32(wet)
    for i in range(x.size):
        c = (phase + i) // CONTROL
        lag = delays[c] + (delays[c + 1] - delays[c]) * ((phase + i - c * CONTROL) / CONTROL)
        whole = int(lag)
        f = np.float32(lag - whole)
        n = at + i - whole
        y0, y1, y2, y3 = line[(n + 1) & mask], line[n & mask], line[(n - 1) & mask], line[(n - 2) & mask]
        c1, c2 = np.float32(0.5) * (y2 - y0), y0 - np.float32(2.5) * y1 + np.float32(2.0) * y2 - np.float32(0.5) * y3
        c3 = np.float32(0.5) * (y3 - y0) + np.float32(1.5) * (y1 - y2)
        y = ((c3 * f + c2) * f + c1) * f + y1
        w = x[i] + g * y
        line[(at + i) & mask] = w if abs(w) > np.float32(1e-20) else np.float32(0.0)
        x[i] = a * x[i] + b * y


EFFECT = Effect(
    "flanger",
    "a comb that sweeps through the sound, from silk to jet plane",
    Flanger,
    (
        Parameter("rate_hz", 0.01, 5.0, 0.2, "Hz", "hardly moves", "bubbles"),
        Parameter("depth_ms", 0.1, 10.0, 5.0, "ms", "stays in the treble", "down to the bass"),
        Parameter("feedback", -0.95, 0.95, 0.4, "", "hollow whistle", "metallic whistle"),
        Parameter("spread", 0.0, 1.0, 0.25, "", "both sides together", "sides against each other"),
        Parameter("mix", 0.0, 1.0, 0.5, "", "dry", "only the swept sound: vibrato"),
    ),
    "Smith, Physical Audio Signal Processing: flanging; Catmull-Rom interpolation",
)
