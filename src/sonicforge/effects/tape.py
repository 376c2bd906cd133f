"""Tape: saturation -> head bump -> treble loss -> wow and flutter -> hiss."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge import chance
from sonicforge.effects.biquad import bell, lowpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.moving_delay import Law, MovingDelay
from sonicforge.effects.presets import TAPE, TapePreset
from sonicforge.effects.saturation import Saturation, drive_for
from sonicforge.sound.audio import SAMPLE_RATE, Samples

DRIFT_HZ = 0.19
BIAS = 0.06


class Tape:
    """A tape machine. `amount` 0..1 scales everything: 1 is the whole preset, 0.5 a light sheen.

    `peak` is the height of the loudest peaks that come in; they lose `drive_db`. Wow and flutter share one transport,
    so both channels move together. The hiss never stops; `seed` chooses it, `hiss_db` sets its RMS in dBFS at full
    amount (None for none).
    """

    def __init__(
        self,
        *,
        amount: float = 1.0,
        peak: float = 0.5,
        preset: TapePreset = TAPE,
        hiss_db: float | None = TAPE.hiss_db,
        seed: int = 0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._saturation = Saturation(drive_db=drive_for(peak, preset.drive_db * amount), bias=BIAS * amount)
        corner = 20_000.0 ** (1 - amount) * preset.lowpass_hz**amount
        self._tone = Equaliser(
            [
                bell(preset.bump[0], preset.bump[1] * amount, q=0.8, sample_rate=sample_rate),
                lowpass(corner, slope=6, sample_rate=sample_rate),
            ]
        )
        law, reach = _transport(preset, amount, seed, sample_rate)
        self.latency = reach + 8
        self._transport = MovingDelay((law, law), 2 * reach + 16)
        self._hiss_gain = None if hiss_db is None else np.float32(10 ** ((hiss_db - 12 * (1 - amount)) / 20))
        self._hiss_seeds = [chance.subseed(seed, "effects", "tape", side) & 0xFFFFFFFF for side in "LR"]
        self.reset()

    def reset(self) -> None:
        self._saturation.reset()
        self._tone.reset()
        self._transport.reset()
        self._at = 0

    def process(self, block: Samples) -> Samples:
        """Mono comes back as two equal channels with their own hiss."""
        warm = self._saturation.process(block)
        self._tone.run(warm, warm, 0, warm.shape[1])
        out = self._transport.process(warm)
        if self._hiss_gain is not None:
            for channel in range(2):
                _add_hiss(out[channel], self._at, np.uint32(self._hiss_seeds[channel]), self._hiss_gain)
        self._at += block.shape[1]
        return out


def _transport(preset: TapePreset, amount: float, seed: int, sample_rate: int) -> tuple[Law, int]:
    """The delay over time, and how far it strays from its mean in samples."""
    start = chance.choices(seed, "effects", "tape", "transport").random()
    lines = [preset.wow, preset.flutter, (DRIFT_HZ, preset.wow[1] * 0.4)]
    swings = [_deviation(hz, cents * amount, sample_rate) for hz, cents in lines]
    reach = math.ceil(sum(swings)) + 1

    def law(at: NDArray[np.float64]) -> NDArray[np.float64]:
        delay = np.full(at.shape, reach + 8.0)
        for (hz, _), swing in zip(lines, swings, strict=True):
            delay += swing * np.sin(2 * math.pi * (at * (hz / sample_rate) + start * (1 + hz)))
        return delay

    return law, reach


def _deviation(hz: float, cents: float, sample_rate: int) -> float:
    """Samples of delay that a sine of `hz` needs to bend the pitch by `cents`."""
    return (2 ** (cents / 1200) - 1) * sample_rate / (2 * math.pi * hz)


@njit(cache=True, nogil=True, fastmath=True)
def _add_hiss(x, at, seed, rms):  # type: ignore[no-untyped-def]
    # White noise as a hash of the position: the same hiss however the signal is cut. Uniform, hence sqrt(3).
    scale = np.float32(rms * 1.7320508 / 2147483648.0)
    for i in range(x.size):
        h = np.uint32(at + i) * np.uint32(2654435769) + seed
        h = (h ^ (h >> np.uint32(16))) * np.uint32(2246822507)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(3266489909)
        h = h ^ (h >> np.uint32(16))
        x[i] += scale * np.float32(np.int32(h))
