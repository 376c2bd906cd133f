"""Cut-off peaks from prediction: right where few samples are missing, and a thousand times quicker than sparsity.

Runs that lie close together are filled as one by least squares over an autoregressive model (see `autoregression`); a
sample that comes out below the level it was cut off at is put there.
"""

import numpy as np
from numba import njit

from sonicforge.effects.restoration.autoregression import correlate, fill_gaps, hann, levinson

ORDER = 64
SIDE = 1024
MOST = 160
"""Missing samples that are filled as one."""


@njit(cache=True, nogil=True, fastmath=True)
def mend_runs(view, kind, start, stop, above, below, rounds):  # type: ignore[no-untyped-def]
    """Fills view[start:stop] where `kind` is 1 or -1, in place; False if a cluster of runs is too much for it.

    Model and filling are made better in turn, `rounds` times.
    """
    at = start
    while at < stop:
        if kind[at] == 0:
            at += 1
            continue
        last, i = at, at
        while i < stop and i - last <= ORDER:
            if kind[i] != 0:
                last = i
            i += 1
        if not _mend_cluster(view, kind, at, last + 1, above, below, rounds):
            return False
        at = last + 1
    return True


@njit(cache=True, nogil=True, fastmath=True)
def _mend_cluster(view, kind, first, last, above, below, rounds):  # type: ignore[no-untyped-def]
    low, high = max(first - SIDE, 0), min(last + SIDE, view.size)
    gaps = np.flatnonzero(kind[first:last]) + (first - low)
    if gaps.size > MOST or first - low < 2 * ORDER or high - last < 2 * ORDER:
        return False
    x = view[low:high].astype(np.float64)
    r, a = np.empty(ORDER + 1), np.empty(ORDER + 1)
    for _ in range(rounds):
        correlate(hann(x), ORDER, r)
        r[0] = r[0] * (1.0 + 1e-9) + 1e-30
        levinson(r, a, ORDER)
        if not fill_gaps(x, gaps, a):
            return False
        for i in gaps:
            x[i] = max(x[i], above) if kind[low + i] > 0 else min(x[i], -below)
    for i in gaps:
        view[low + i] = x[i]
    return True
