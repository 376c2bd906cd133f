"""Gain: louder or quieter, upside down, and which channel goes where."""

import numpy as np

from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.sound.audio import Samples

ROUTES = ("as it is", "mono", "swapped", "left", "right", "side")


class Gain:
    """`gain_db` on every channel; `polarity` "inverted" turns the wave over.

    `route` says what stereo becomes: the mean of both sides, the sides exchanged, one side on both, or half of their
    difference (what a mono listener misses) on the left and turned over on the right. Other numbers of channels only
    get the gain.
    """

    latency = 0

    def __init__(self, *, gain_db: float = 0.0, polarity: str = "normal", route: str = "as it is") -> None:
        self._gain = np.float32(10 ** (gain_db / 20) * (-1 if polarity == "inverted" else 1))
        self._route = route

    def reset(self) -> None:
        """There is nothing to forget."""

    def process(self, block: Samples) -> Samples:
        """The block times the gain, a new array."""
        return np.ascontiguousarray(self._routed(block) * self._gain)

    def _routed(self, block: Samples) -> Samples:
        if len(block) != 2 or self._route == "as it is":
            return block
        left, right = block
        half = np.float32(0.5)
        sides = {
            "mono": lambda: (half * (left + right),) * 2,
            "swapped": lambda: (right, left),
            "left": lambda: (left, left),
            "right": lambda: (right, right),
            "side": lambda: (half * (left - right), half * (right - left)),
        }
        return np.stack(sides[self._route]())


EFFECT = Effect(
    "gain",
    "louder or quieter, upside down, mono, sides exchanged",
    Gain,
    (
        Parameter("gain_db", -96.0, 24.0, 0.0, "dB", "next to silence", "sixteen times the size"),
        Choice("polarity", ("normal", "inverted"), "normal"),
        Choice("route", ROUTES, "as it is"),
    ),
    "gain = 10^(dB / 20)",
)
