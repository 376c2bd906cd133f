"""Bit and rate reduction: sample-and-hold -> mid-tread quantiser. The aliasing is the flavour."""

import numpy as np
from numba import njit

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples


class Bitcrush:
    """`bits` 1..24, fractions allowed; `rate_hz` of the held samples, at or above the sample rate for none.

    Silence stays silence: the quantiser has a step at zero. For a filtered, companded or shaky one see `Converter`.
    """

    def __init__(self, *, bits: float = 12.0, rate_hz: float = 96_000.0, sample_rate: int = SAMPLE_RATE) -> None:
        self._levels = 2.0 ** (min(max(bits, 1.0), 24.0) - 1)
        self._step = min(rate_hz / sample_rate, 1.0)
        self.latency = round(0.5 * (1 / self._step - 1))
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros((0, 2))

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if not len(self._state):
            self._state = np.tile([1.0, 0.0], (out.shape[0], 1))
        for channel in range(out.shape[0]):
            _crush(out[channel], self._levels, self._step, self._state[channel])
        return out


@njit(cache=True, nogil=True)
def _crush(x, levels, step, state):  # type: ignore[no-untyped-def]
    phase, held = state
    for i in range(x.size):
        if phase >= 1.0:
            phase -= 1.0
            held = np.round(x[i] * levels) / levels
        phase += step
        x[i] = held
    state[0], state[1] = phase, held


EFFECT = Effect(
    name="bitcrush",
    summary="raw bit and rate reduction that buzzes and folds",
    make=Bitcrush,
    parameters=(
        Parameter("bits", 1, 24, 12, "bit", "a buzzing square", "clean"),
        Parameter("rate_hz", 500, 96_000, 24_000, "Hz", "ringing metal", "clean"),
    ),
    source="own design",
)
