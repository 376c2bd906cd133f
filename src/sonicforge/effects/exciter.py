"""Exciter: high-pass -> drive that follows the level -> biased curve -> high-pass -> a little of it on top.

New harmonics above the band make dull sound bright without turning the treble up. The curve is driven by the band
relative to its own running level, so soft and loud music are excited alike. The curve is x / sqrt(1 + x^2) with
antiderivative antialiasing, at twice the rate (see `saturation`).
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.biquad import highpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.grid import HOP, Ear, GainLine, Levels, LookAhead, by_chunks, share
from sonicforge.effects.oversampling import Oversampler
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

OVERSAMPLE = 2
LEVEL_MS = 40.0
SOFTEST = 1e-10
"""Mean power of the band below which it is not driven any harder (-100 dBFS)."""


class Exciter:
    """Harmonics of what lies above `hz`, `mix_db` below it; `drive_db` over the band's level sets how many.

    `even` 0..0.3 bends the two halves of the wave differently: even harmonics, a softer kind of brightness. The dry
    sound is only delayed (`latency`).
    """

    def __init__(
        self,
        *,
        hz: float = 5000.0,
        drive_db: float = 9.0,
        even: float = 0.1,
        mix_db: float = -18.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        corner = [highpass(min(hz, 0.45 * sample_rate), sample_rate=sample_rate)]
        self._before, self._after = Equaliser(corner), Equaliser(corner)
        self._rate = Oversampler(OVERSAMPLE)
        self._ear, self._dry = Ear(power=True), LookAhead(self._rate.latency)
        self._drive, self._even = 10 ** (drive_db / 20), even
        self._mix = np.float32(10 ** (mix_db / 20))
        self._step = share(LEVEL_MS, sample_rate)
        self._line = GainLine(self._drive / math.sqrt(SOFTEST))
        self.latency = self._rate.latency
        self.reset()

    def reset(self) -> None:
        for part in (self._before, self._after, self._rate, self._ear, self._dry, self._line):
            part.reset()
        self._power = 0.0
        self._last = np.zeros(0)

    def process(self, block: Samples) -> Samples:
        return by_chunks(self._chunk, block)

    def _chunk(self, block: Samples) -> Samples:
        if len(self._last) != len(block):
            self._last = np.full(len(block), self._even)
        band = self._before.process(block)
        curve, phase = self._line.curve(self._gains(self._ear.process(band))), self._line.phase
        self._line.advance(curve, block.shape[1])
        high = self._rate.up(band)
        for channel, row in enumerate(high):
            self._last[channel] = _excite(row, curve, phase * OVERSAMPLE, self._even, self._last[channel])
        wet = self._after.process(self._rate.down(high))
        wet *= self._mix
        wet += self._dry.process(block)
        return wet

    def _gains(self, power: Levels) -> Levels:
        """Drive over the running level."""
        level = np.empty_like(power)
        self._power = _running(power, self._step, self._power, level)
        return np.asarray(self._drive / np.sqrt(np.maximum(level, SOFTEST)))


@njit(cache=True, nogil=True)
def _running(power, step, mean, level):  # type: ignore[no-untyped-def]
    for k in range(power.size):
        mean += step * (power[k] - mean)
        level[k] = mean
    return mean if mean > 1e-30 else 0.0


# Strict arithmetic, so that silence cancels the bias exactly.
@njit(cache=True, nogil=True)
def _excite(x, curve, phase, bias, last):  # type: ignore[no-untyped-def]
    size, one, b = HOP * OVERSAMPLE, np.float32(1.0), np.float32(bias)
    rest = (b + b) / (np.sqrt(one + b * b) + np.sqrt(one + b * b))
    gains = np.empty(size, np.float32)
    driven, lengths = np.empty(size + 1, np.float32), np.empty(size + 1, np.float32)
    driven[0] = np.float32(last)
    i = 0
    while i < x.size:
        piece = (phase + i) // size
        at = phase + i - piece * size
        part = x[i : min(x.size, i + size - at)]
        n = part.size
        slope = (curve[piece + 1] - curve[piece]) * np.float32(1.0 / size)
        for j in range(n):
            gains[j] = curve[piece] + slope * np.float32(at + j)
            driven[j + 1] = gains[j] * part[j] + b
        for j in range(n + 1):
            lengths[j] = np.sqrt(one + driven[j] * driven[j])
        for j in range(n):
            part[j] = ((driven[j + 1] + driven[j]) / (lengths[j + 1] + lengths[j]) - rest) / gains[j]
        driven[0] = driven[n]
        i += n
    return np.float64(driven[0])


EFFECT = Effect(
    "exciter",
    "adds new treble to dull sound: harmonics of its own upper band",
    Exciter,
    (
        Parameter("hz", 2000, 12_000, 5000, "Hz", "presence and bite", "air only"),
        Parameter("drive_db", -6, 24, 9, "dB", "hardly any harmonics", "fizz"),
        Parameter("even", 0, 0.3, 0.1, "", "odd harmonics: edgy", "even ones too: silky"),
        Parameter("mix_db", -40, 0, -18, "dB", "hardly there", "as loud as the band itself"),
    ),
    source="Parker, Zavalishin, Le Bivic, DAFx 2016",
)
