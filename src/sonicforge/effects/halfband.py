"""Half the rate and back: a linear-phase half-band filter, flat to 9 kHz and 60 dB down from 15 kHz at 48 kHz.

Every second tap of a half-band filter is zero, so one output of the decimator costs eight products. Dark effects
(every reverb and delay send) run between the two at 24 kHz.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

ARMS = 8
"""Products per side; the filter has 4 * ARMS - 1 taps."""
DELAY = 2 * ARMS - 1
"""Group delay in samples of the higher rate, of one direction."""


def _design() -> NDArray[np.float32]:
    distance = np.arange(ARMS) * 2 + 1
    window = np.kaiser(4 * ARMS + 1, 6.2)[2 * ARMS + distance]
    arm = np.sinc(distance / 2) / 2 * window
    return (arm / (4 * arm.sum())).astype(np.float32)


ARM = _design()


def halve(x: Samples) -> Samples:
    """Mono at half the rate, (length + 1) // 2 samples: the channels of `x` added with power kept, delay removed."""
    length = x.shape[1]
    out = np.empty((length + 1) // 2, np.float32)
    gain = 1.0 if x.shape[0] == 1 else 0.5**0.5
    _halve(x, out, ARM, np.float32(gain))
    return out


def double_into(x: Samples, out: Samples, start: int, stop: int, gain: float = 1.0) -> None:
    """Add x (channels, m) at twice the rate, delay removed, to out[:, start:stop]; out[:, 2 i] lies on x[:, i]."""
    for channel in range(out.shape[0]):
        _double(x[channel], out[channel], start, stop, ARM, np.float32(gain))


@njit(cache=True, nogil=True, fastmath=True)
def _halve(x, out, arm, gain):  # type: ignore[no-untyped-def]
    length, channels = x.shape[1], x.shape[0]
    block = 512
    even = np.zeros(block + 2 * ARMS, np.float32)
    odd = np.zeros(block + 2 * ARMS, np.float32)
    for first in range(0, out.size, block):
        count = min(block, out.size - first)
        for j in range(count + 2 * ARMS):
            i = 2 * (first + j - ARMS)
            e, o = np.float32(0.0), np.float32(0.0)
            if 0 <= i < length:
                e = x[0, i]
                if channels == 2:
                    e += x[1, i]
            if 0 <= i + 1 < length:
                o = x[0, i + 1]
                if channels == 2:
                    o += x[1, i + 1]
            even[j], odd[j] = e, o
        for m in range(count):
            total = np.float32(0.5) * even[m + ARMS]
            for k in range(ARMS):
                total += arm[k] * (odd[m + ARMS + k] + odd[m + ARMS - 1 - k])
            out[first + m] = gain * total


@njit(cache=True, nogil=True, fastmath=True)
def _double(x, out, start, stop, arm, gain):  # type: ignore[no-untyped-def]
    block = 512
    piece = np.empty(block + 2 * ARMS, np.float32)
    between = np.empty(block, np.float32)
    for low in range(start // 2, (stop + 1) // 2, block):
        count = min(block, (stop + 1) // 2 - low)
        for j in range(count + 2 * ARMS):
            m = low + j - ARMS
            piece[j] = gain * x[m] if 0 <= m < x.size else np.float32(0.0)
        for j in range(count):
            total = np.float32(0.0)
            for k in range(ARMS):
                total += arm[k] * (piece[j + ARMS + 1 + k] + piece[j + ARMS - k])
            between[j] = np.float32(2.0) * total
        if start <= 2 * low and 2 * (low + count) <= stop:
            rows = out[2 * low : 2 * (low + count)].reshape((count, 2))
            for j in range(count):
                rows[j, 0] += piece[j + ARMS]
                rows[j, 1] += between[j]
        else:
            for j in range(count):
                if start <= 2 * (low + j) < stop:
                    out[2 * (low + j)] += piece[j + ARMS]
                if start <= 2 * (low + j) + 1 < stop:
                    out[2 * (low + j) + 1] += between[j]
