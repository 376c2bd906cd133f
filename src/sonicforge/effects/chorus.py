"""Chorus: sound + two moving delays, one for each side, a quarter of a turn apart."""

import math

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.biquad import lowpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.insert import ALIKE, Insert
from sonicforge.effects.moving_delay import Law, MovingDelay
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

WIDER = 11 / 9
"""Mean delay of the right voice against the left one's."""


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


def _insert(
    *, rate_hz: float, second_rate_hz: float, depth_ms: float, delay_ms: float, wet_db: float, lowpass_hz: float,
    sample_rate: int, channels: int,
) -> Insert:  # fmt: skip
    def chorus() -> Chorus:
        return Chorus(
            rates_hz=(rate_hz, second_rate_hz) if second_rate_hz > 0 else (rate_hz,),
            depth_ms=depth_ms,
            bases_ms=(delay_ms, delay_ms * WIDER),
            wet_db=wet_db,
            lowpass_hz=lowpass_hz,
            sample_rate=sample_rate,
        )

    return Insert(chorus, channels=channels, fold=ALIKE)


EFFECT = Effect(
    "chorus",
    "one voice becomes several, left and right apart",
    _insert,
    (
        Parameter("rate_hz", 0.02, 8.0, 0.45, "Hz", "drifts", "shivers"),
        Parameter("second_rate_hz", 0.0, 8.0, 0.0, "Hz", "one wave", "two waves"),
        Parameter("depth_ms", 0.1, 10.0, 3.0, "ms", "hardly out of tune", "seasick"),
        Parameter("delay_ms", 7.0, 40.0, 9.0, "ms", "close", "doubled"),
        Parameter("wet_db", -24.0, 6.0, -3.0, "dB", "a hint", "more than the sound"),
        Parameter("lowpass_hz", 1000.0, 20_000.0, 20_000.0, "Hz", "dark voices", "bright voices"),
    ),
    "Smith, Physical Audio Signal Processing: chorus; six-point Lagrange interpolation",
)
