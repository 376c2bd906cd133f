"""Insert: a stereo effect in a channel of any width, mixed with the sound itself."""

import math
from collections.abc import Callable

import numpy as np

from sonicforge.effects.processor import Processor
from sonicforge.sound.audio import Samples

UNRELATED = math.sqrt(0.5)
"""Gain that adds two sides that have nothing in common to one of the same power."""
ALIKE = 0.5
"""Gain that adds two sides that are nearly the same."""


class Insert:
    """As many channels out as in: every pair of them, and a last one alone, goes through an effect of its own.

    `make` makes an effect without latency that gives two channels for one or two. Where one went in, both come back
    times `fold`. The sum is `dry` times the sound plus `wet` times the effect.
    """

    latency = 0

    def __init__(
        self,
        make: Callable[[], Processor],
        *,
        channels: int,
        dry: float = 0.0,
        wet: float = 1.0,
        fold: float = UNRELATED,
    ) -> None:
        self._effects = [make() for _ in range(0, channels, 2)]
        self._dry, self._wet, self._fold = np.float32(dry), np.float32(wet), np.float32(fold)

    def reset(self) -> None:
        for effect in self._effects:
            effect.reset()

    def process(self, block: Samples) -> Samples:
        """The next block (channels, n), as many channels as the insert was made for."""
        parts = [self._fitted(effect, block[2 * k : 2 * k + 2]) for k, effect in enumerate(self._effects)]
        out = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=0)
        if self._wet != 1.0:
            out *= self._wet
        if self._dry:
            out += self._dry * block
        return out

    def _fitted(self, effect: Processor, part: Samples) -> Samples:
        wet = effect.process(part)
        return wet if len(part) == 2 else (wet[:1] + wet[1:]) * self._fold


def dry_wet(mix: float) -> dict[str, float]:
    """Gains of equal power for `mix` 0 (dry) .. 1 (wet): effect and sound are strangers to each other."""
    return {"dry": math.cos(mix * math.pi / 2) if mix < 1 else 0.0, "wet": math.sin(mix * math.pi / 2)}
