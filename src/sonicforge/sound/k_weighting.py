"""K-weighting of ITU-R BS.1770: head shelf -> low cut -> energy in 10 ms pieces, in one pass."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples
from sonicforge.sound.k_curve import coefficients

PIECES_PER_SECOND = 100


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"})
def weigh_pair(
    left: Samples,
    right: Samples,
    c: NDArray[np.float64],
    state: NDArray[np.float64],
    edges: NDArray[np.int64],
    energy: NDArray[np.float64],
) -> None:
    """Adds the weighted energy of two channels between `edges` to `energy` (2, pieces); `state` is (2, 4).

    Two channels and two sections run side by side, which hides the latency of the recursion; a state waits for its own
    last value and not for the output. A piece that is
    not finite counts as silence and restarts the filter, so that one bad sample cannot poison the rest.
    """
    b0, b1, b2, a1, a2, d1, d2 = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
    f1, f2 = b1 - a1 * b0, b2 - a2 * b0
    s0, s1, s2, s3 = state[0, 0], state[0, 1], state[0, 2], state[0, 3]
    t0, t1, t2, t3 = state[1, 0], state[1, 1], state[1, 2], state[1, 3]
    for piece in range(len(edges) - 1):
        first, second = 0.0, 0.0
        x_left, x_right = left[edges[piece] : edges[piece + 1]], right[edges[piece] : edges[piece + 1]]
        for i in range(len(x_left)):
            x, u = np.float64(x_left[i]), np.float64(x_right[i])
            y = b0 * x + s0
            v = b0 * u + t0
            s0, s1 = f1 * x - a1 * s0 + s1, f2 * x - a2 * s0
            t0, t1 = f1 * u - a1 * t0 + t1, f2 * u - a2 * t0
            z = y + s2
            w = v + t2
            s2, s3 = (-2.0 - d1) * y - d1 * s2 + s3, (1.0 - d2) * y - d2 * s2
            t2, t3 = (-2.0 - d1) * v - d1 * t2 + t3, (1.0 - d2) * v - d2 * t2
            first += z * z
            second += w * w
        if not np.isfinite(first):
            first, s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0, 0.0
        if not np.isfinite(second):
            second, t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0, 0.0
        if first < 1e-24:
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
        if second < 1e-24:
            t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0
        energy[0, piece] += first
        energy[1, piece] += second
    state[0, 0], state[0, 1], state[0, 2], state[0, 3] = s0, s1, s2, s3
    state[1, 0], state[1, 1], state[1, 2], state[1, 3] = t0, t1, t2, t3


def weigh(
    samples: Samples, sample_rate: int, state: NDArray[np.float64], edges: NDArray[np.int64]
) -> NDArray[np.float64]:
    """K-weighted energy (channels, pieces) between sample `edges`; `state` (channels, 4) carries over.

    An odd last channel runs beside silence.
    """
    channels = samples.shape[0]
    c = coefficients(sample_rate)
    energy = np.zeros((channels + channels % 2, len(edges) - 1))
    for first in range(0, channels, 2):
        second = min(first + 1, channels - 1)
        pair = state[[first, second]]
        weigh_pair(
            np.ascontiguousarray(samples[first]),
            np.ascontiguousarray(samples[second]),
            c,
            pair,
            edges,
            energy[first : first + 2],
        )
        state[first], state[second] = pair[0], pair[1]
    return energy[:channels]


def piece_edges(start: int, stop: int, sample_rate: int) -> NDArray[np.int64]:
    """Sample positions of the 10 ms grid from piece `start` to piece `stop`, both included."""
    return np.arange(start, stop + 1, dtype=np.int64) * sample_rate // PIECES_PER_SECOND
