"""Bit and rate reduction: sample-and-hold -> mid-tread quantiser. The aliasing is the flavour."""

import numpy as np
from numba import njit

from sonicforge.sound.audio import SAMPLE_RATE, Samples


class Bitcrush:
    """`bits` 1..24, fractions allowed; `rate_hz` of the held samples, at or above the sample rate for none.

    Silence stays silence: the quantiser has a step at zero.
    """

    latency = 0

    def __init__(self, *, bits: float = 12.0, rate_hz: float = 96_000.0, sample_rate: int = SAMPLE_RATE) -> None:
        self._levels = 2.0 ** (min(max(bits, 1.0), 24.0) - 1)
        self._step = min(rate_hz / sample_rate, 1.0)
        self.reset()

    def reset(self) -> None:
        self._state = np.tile([1.0, 0.0], (2, 1))

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
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
