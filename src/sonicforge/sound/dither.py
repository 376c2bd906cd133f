"""Floating point to integer samples: triangular dither, then rounding; once, and last of all.

Two independent rectangular noises of one step each make the rounding error a steady noise of step^2 / 4
(Lipshitz, Wannamaker, Vanderkooy, JAES 1992) instead of distortion that follows quiet music.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.chance import subseed
from sonicforge.sound.audio import Samples

_SEED = subseed(0, "sound", "dither") & 0xFFFFFFFF
_QUIET_S = 0.5


class Quantiser:
    """Turns float blocks into integers of 16 or 24 bits; the same samples for any split into blocks.

    After half a second of digital silence the dither rests, so that silence stays silent in the file.
    """

    def __init__(self, channels: int, bits: int, sample_rate: int) -> None:
        self._bits = bits
        self._position = 0
        self._rest_after = int(_QUIET_S * sample_rate)
        self._quiet = np.full(channels, self._rest_after, np.int64)

    def process(self, samples: Samples) -> NDArray[np.int32]:
        """Samples (channels, n) as interleaved (n, channels) int32 with the value in the upper `bits`."""
        block = np.ascontiguousarray(samples)
        out = np.empty(block.shape[::-1], np.int32)
        _quantise(block, self._bits, self._position, self._rest_after, self._quiet, out)
        self._position += block.shape[1]
        return out


@njit(cache=True, nogil=True)
def _quantise(
    samples: Samples, bits: int, position: int, rest_after: int, quiet: NDArray[np.int64], out: NDArray[np.int32]
) -> None:
    scale = np.float64(1 << (bits - 1))
    shift = 32 - bits
    step = 1.0 / 65536.0
    for channel in range(samples.shape[0]):
        silent_for = quiet[channel]
        x = samples[channel]
        for i in range(len(x)):
            value = np.float64(x[i]) * scale
            if value == 0.0:
                silent_for += 1
            else:
                silent_for = 0
            if silent_for <= rest_after:
                # Two 16-bit noises from one integer hash of the sample's position (a published low-bias mix).
                h = np.uint32((position + i) * 2654435769 + channel * 2246822519 + _SEED)
                h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D))
                h = np.uint32((h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B))
                h ^= h >> np.uint32(16)
                value += (np.float64(h & np.uint32(0xFFFF)) + np.float64(h >> np.uint32(16)) + 1.0) * step - 1.0
            if not (value > -scale):  # also catches what is not a number
                value = -scale if value == value else np.float64(0.0)
            if value > scale - 1.0:
                value = scale - 1.0
            out[i, channel] = np.int32(np.int64(np.floor(value + 0.5)) << shift)
        quiet[channel] = silent_for
