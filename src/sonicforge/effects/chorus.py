"""Chorus: sound + two moving delays, one for each side, a quarter of a turn apart."""

import math

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.biquad import lowpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.moving_delay import Law, MovingDelay
from sonicforge.sound.audio import SAMPLE_RATE, Samples


class Chorus:
    """Mono or stereo in, stereo out.

    `rates_hz` are stacked slow oscillators that share `depth_ms` (peak to peak), `bases_ms` the mean delays left and
    right, `wet_db` the level of the moving part relative to the direct one.
    """

    latency = 0

    def __init__(
        self,
        *,
        rates_hz: tuple[float, ...] = (0.45,),
        depth_ms: float = 3.0,
        bases_ms: tuple[float, float] = (9.0, 11.0),
        wet_db: float = -3.0,
        lowpass_hz: float = 20_000.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        ms = sample_rate / 1000
        depth = depth_ms * ms / 2 / len(rates_hz)
        laws = tuple(
            _law(base * ms, depth, rates_hz, turn, sample_rate)
            for base, turn in zip(bases_ms, (0.0, 0.25), strict=True)
        )
        self._line = MovingDelay(laws, int((max(bases_ms) + depth_ms) * ms) + 1)
        dark = lowpass_hz < 0.4 * sample_rate
        self._tone = Equaliser([lowpass(lowpass_hz, sample_rate=sample_rate)] if dark else [])
        self._wet = np.float32(10 ** (wet_db / 20))

    def reset(self) -> None:
        self._line.reset()
        self._tone.reset()

    def process(self, block: Samples) -> Samples:
        wet = self._tone.process(self._line.process(block))
        wet *= self._wet
        wet += block
        return wet


def _law(base: float, depth: float, rates: tuple[float, ...], turn: float, sample_rate: int) -> Law:
    def delay(at: NDArray[np.float64]) -> NDArray[np.float64]:
        place = np.full(at.shape, base)
        for rate in rates:
            place += depth * np.sin(2 * math.pi * (at * (rate / sample_rate) + turn))
        return place

    return delay
