"""Pan and auto-pan: where a sound stands between left and right, still or swinging."""

import math

import numpy as np

from sonicforge.effects.control import CONTROL, ride
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.effects.stereo import balance_gains
from sonicforge.sound.audio import SAMPLE_RATE, Samples

LAWS = ("balance", "fold")


class Pan:
    """Moves stereo sideways: `position` -1 left .. 1 right, untouched at 0. Other numbers of channels pass.

    "balance" turns one side up and the other down with the power of a centred sound kept; "fold" moves the far side
    over to the near one, so that nothing is lost and the mono sum stays.
    """

    latency = 0

    def __init__(self, *, position: float = 0.0, law: str = "balance") -> None:
        left, right = balance_gains(position)
        stay_left, stay_right = min(1.0, 1 - position), min(1.0, 1 + position)
        rows = (
            [[left, 0.0], [0.0, right]]
            if law == "balance"
            else [[stay_left, 1 - stay_right], [1 - stay_left, stay_right]]
        )
        self._matrix = np.array(rows, np.float32)

    def reset(self) -> None:
        """There is nothing to forget."""

    def process(self, block: Samples) -> Samples:
        if len(block) != 2:
            return block.copy()
        (a, b), (c, d) = self._matrix
        return np.stack([a * block[0] + b * block[1], c * block[0] + d * block[1]])


class AutoPan:
    """The sound swings between left and right with its power kept; other numbers of channels pass.

    `depth` 0..1 is how far out it goes, `shape` 0 sine .. 1 nearly jumping from side to side.
    """

    latency = 0

    def __init__(
        self, *, rate_hz: float = 0.5, depth: float = 0.7, shape: float = 0.0, sample_rate: int = SAMPLE_RATE
    ) -> None:
        self._rate, self._depth = rate_hz / sample_rate, depth
        self._push = 1.0 + 9.0 * shape
        self.reset()

    def reset(self) -> None:
        self._at = 0

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if len(out) != 2:
            return out
        first = self._at // CONTROL
        grid = np.arange(first, (self._at + out.shape[1]) // CONTROL + 2) * CONTROL
        swing = np.tanh(self._push * np.sin(2 * math.pi * grid * self._rate)) / math.tanh(self._push)
        angle = (self._depth * swing + 1) * (math.pi / 4)
        for side, gains in enumerate((np.cos(angle), np.sin(angle))):
            curve = (math.sqrt(2) * gains).astype(np.float32)
            ride(out[side : side + 1], curve, at=self._at - first * CONTROL)
        self._at += out.shape[1]
        return out


EFFECTS = (
    Effect(
        "pan",
        "where the sound stands between left and right",
        Pan,
        (Parameter("position", -1.0, 1.0, 0.0, "", "hard left", "hard right"), Choice("law", LAWS, "balance")),
        "constant-power law: sine and cosine of one angle",
    ),
    Effect(
        "autopan",
        "the sound swings from side to side",
        AutoPan,
        (
            Parameter("rate_hz", 0.02, 20.0, 0.5, "Hz", "drifts", "flutters"),
            Parameter("depth", 0.0, 1.0, 0.7, "", "stands still", "from wall to wall"),
            Parameter("shape", 0.0, 1.0, 0.0, "", "rocks", "jumps"),
        ),
        "constant-power law: sine and cosine of one angle",
    ),
)
