"""The curve of the K-weighting of ITU-R BS.1770: a shelf for the head, a low cut."""

from functools import lru_cache
from math import pi, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHELF_HZ, _SHELF_Q, _SHELF_GAIN_DB = 1681.974450955533, 0.7071752369554196, 3.999843853973347
_CUT_HZ, _CUT_Q = 38.13547087602444, 0.5003270373238773


@lru_cache(maxsize=16)
def coefficients(sample_rate: int) -> NDArray[np.float64]:
    """Shelf b0 b1 b2 a1 a2 and low cut a1 a2 (its b is 1 -2 1) at any rate.

    The standard prints a table for 48 kHz only; the bilinear transform of the analogue prototypes behind it
    gives that table to 14 decimals and the same curve at every other rate.
    """
    k = tan(pi * _SHELF_HZ / sample_rate)
    high = 10 ** (_SHELF_GAIN_DB / 20)
    band = high**0.4996667741545416
    norm = 1 + k / _SHELF_Q + k * k
    shelf = [
        (high + band * k / _SHELF_Q + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - band * k / _SHELF_Q + k * k) / norm,
        2 * (k * k - 1) / norm,
        (1 - k / _SHELF_Q + k * k) / norm,
    ]
    k = tan(pi * _CUT_HZ / sample_rate)
    norm = 1 + k / _CUT_Q + k * k
    return np.array([*shelf, 2 * (k * k - 1) / norm, (1 - k / _CUT_Q + k * k) / norm])


def power_gain(hertz: NDArray[np.floating[Any]], sample_rate: int) -> NDArray[np.float64]:
    """What the weighting does to the power at each frequency."""
    b0, b1, b2, a1, a2, d1, d2 = coefficients(sample_rate)
    delay = np.exp(-2j * pi * hertz / sample_rate)
    shelf = (b0 + b1 * delay + b2 * delay**2) / (1 + a1 * delay + a2 * delay**2)
    cut = (1 - delay) ** 2 / (1 + d1 * delay + d2 * delay**2)
    return np.asarray(np.abs(shelf * cut) ** 2, np.float64)
