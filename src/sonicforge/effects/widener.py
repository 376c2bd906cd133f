"""Widener: a second, unrelated copy of the middle, added left and taken away right.

The copy has gone through second-order all-passes spread over the spectrum, so left and right get peaks and dips in
turn, an idea of R. Orban, "A rational technique for synthesizing pseudo-stereo from monophonic sources", JAES 18
(1970). What is added on one side is missing on the other: the mono sum is the sound itself, and no transient doubles as
with a short delay.
"""

import math

import numpy as np

from sonicforge.effects.biquad import Sections, highpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

PASSES = 16
LOWEST_HZ, HIGHEST_HZ = 180.0, 14_000.0
BANDWIDTH = 1.1
"""Quality of an all-pass, by ear: lower is vaguer, higher rings."""


class Widener:
    """Stereo from mono. Stereo keeps its own side signal and gets the new one on top; one channel passes.

    `width` 0..1 is the level of the copy against the middle; the sum of both sides' power stays. Below `from_hz`
    everything stays in the middle.
    """

    latency = 0

    def __init__(self, *, width: float = 0.6, from_hz: float = 150.0, sample_rate: int = SAMPLE_RATE) -> None:
        self._width = np.float32(width)
        self._gain = np.float32(1 / math.sqrt(1 + width * width))
        self._copy = Equaliser([_passes(sample_rate), highpass(from_hz, sample_rate=sample_rate)])

    def reset(self) -> None:
        self._copy.reset()

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if len(out) != 2:
            return out
        side = self._copy.process((out[:1] + out[1:]) * np.float32(0.5))[0] * self._width
        out[0] += side
        out[1] -= side
        out *= self._gain
        return out


def _passes(sample_rate: int) -> Sections:
    """All-passes at equal steps of pitch (Bristow-Johnson's cookbook)."""
    rows = []
    for hz in np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, 0.4 * sample_rate), PASSES):
        w = 2 * math.pi * hz / sample_rate
        alpha, cos = math.sin(w) / (2 * BANDWIDTH), math.cos(w)
        a0, a1, a2 = 1 + alpha, -2 * cos, 1 - alpha
        rows.append((a2 / a0, a1 / a0, 1.0, a1 / a0, a2 / a0))
    return np.array(rows)


EFFECT = Effect(
    "widener",
    "makes mono wide; the mono sum stays what it was",
    Widener,
    (
        Parameter("width", 0.0, 1.0, 0.6, "", "as it is", "all around"),
        Parameter("from_hz", 20.0, 2000.0, 150.0, "Hz", "bass spreads too", "only the treble spreads"),
    ),
    "Orban, Pseudo-stereo from monophonic sources, JAES 18 (1970)",
)
