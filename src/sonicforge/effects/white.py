"""White noise by position: sample n of a seed is always the same, however a signal is cut into blocks."""

import math

import numpy as np
from numba import njit

from sonicforge.sound.audio import Samples


def add_white(x: Samples, at: int, seed: int, rms: float) -> None:
    """Add uniform white noise of that RMS to one channel `x` whose first sample is number `at` of the stream."""
    _add(x, np.uint32(at & 0xFFFFFFFF), np.uint32(seed & 0xFFFFFFFF), np.float32(rms * math.sqrt(3.0) / 2**31))


def fill_white(x: Samples, at: int, seed: int, rms: float) -> None:
    """The same into `x` instead of on top of it."""
    x[:] = 0
    add_white(x, at, seed, rms)


@njit(cache=True, nogil=True)
def hashed(n, seed):  # type: ignore[no-untyped-def]
    """32 evenly spread bits for number `n` of stream `seed` (the finaliser of A. Appleby's MurmurHash3)."""
    h = np.uint32(n) * np.uint32(2654435769) + np.uint32(seed)
    h = (h ^ (h >> np.uint32(16))) * np.uint32(2246822507)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(3266489909)
    return h ^ (h >> np.uint32(16))


@njit(cache=True, nogil=True)
def _add(x, at, seed, scale):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        x[i] += scale * np.float32(np.int32(hashed(at + np.uint32(i), seed)))
