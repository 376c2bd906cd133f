"""Where a sound has been cut off: its samples pile up at one level instead of thinning out towards the peak."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

_BINS = 1000
_PILE = 6.0
"""How much denser the top must be than what lies below it. The crest of a lone sine reaches 3.2."""
_MOST = 0.97
_RUN, _ENOUGH = 3, 6

Levels = NDArray[np.float64]


def clip_levels(samples: Samples) -> Levels:
    """Level at which each channel is cut off above and below, (channels, 2) of magnitudes; inf where it is not.

    Square waves and other sounds that live on their own extremes are not taken for cut off.
    """
    return np.array([[_clip_level(channel, sign) for sign in (1.0, -1.0)] for channel in samples], np.float64)


@njit(cache=True, nogil=True)
def _clip_level(x, sign):  # type: ignore[no-untyped-def]
    peak = 0.0
    for i in range(x.size):
        peak = max(peak, sign * x[i])
    if peak < 1e-3:
        return np.inf
    counts = np.zeros(_BINS, np.int64)
    for i in range(x.size):
        value = sign * x[i]
        if value > 0.0:
            counts[min(int(value / peak * _BINS), _BINS - 1)] += 1
    heard = counts.sum()
    for width in (1, 2, 4, 8, 16, 32):
        top, below = counts[_BINS - width :].sum(), counts[_BINS - 5 * width : _BINS - width].sum() / 4
        middle = counts[_BINS // 5 : _BINS - 40].sum()
        if top >= _RUN and top > _PILE * below and top < _MOST * heard and middle > 0.02 * top:
            level = peak * (1.0 - width / _BINS)
            if _in_runs(x, sign, level) >= _ENOUGH:
                return level
    return np.inf


@njit(cache=True, nogil=True)
def _in_runs(x, sign, level):  # type: ignore[no-untyped-def]
    # Samples in runs of at least _RUN at the level.
    total = run = 0
    for i in range(x.size):
        if sign * x[i] >= level:
            run += 1
        else:
            total += run if run >= _RUN else 0
            run = 0
    return total
