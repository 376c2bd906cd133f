"""Soft clipper: shaves the tops of transients; everything below the knee passes bit for bit.

Only the excess, what the curve takes away, is shaped and subtracted. It is antialiased by the antiderivative method
(Parker, Zavalishin, Le Bivic, DAFx 2016) with the means before and after each sample averaged, which needs one
sample of look-ahead, has no delay of its own and leaves the treble of the untouched sound alone.

The curve: straight up to `knee_start`, then a parabola into the ceiling, which it meets level at
knee_start + 2 (ceiling - knee_start).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import Samples
from sonicforge.sound.true_peak import highest_sample

KNEE_DB = 1.5
"""The knee starts this far below the ceiling."""

_BLOCK = 128


class SoftClip:
    """Streaming clipper, one sample late. Any split into blocks gives the same samples."""

    latency = 1

    def __init__(self, *, ceiling_db: float, knee_db: float = KNEE_DB) -> None:
        self._ceiling_db, self._knee_db = ceiling_db, knee_db
        self.reset()

    def reset(self) -> None:
        """Forget the last two samples."""
        self._past = np.zeros((1, 2), np.float32)

    def process(self, block: Samples) -> Samples:
        """Samples (channels, n), one sample late; the input is left untouched."""
        if len(self._past) != len(block):
            self._past = np.zeros((len(block), 2), np.float32)
        span = np.concatenate([self._past, block], axis=1)
        self._past = span[:, -2:].copy()
        clipped = span.copy()
        soft_clip(clipped, ceiling_db=self._ceiling_db, knee_db=self._knee_db)
        return np.ascontiguousarray(clipped[:, 1:-1])


def soft_clip(samples: Samples, *, ceiling_db: float, knee_db: float = KNEE_DB) -> None:
    """Clip contiguous samples (channels, n) softly in place, without delay; silence is taken on both sides.

    Sample peaks end near `ceiling_db` (dBFS): the antialiasing may leave a few tenths above for a limiter.
    """
    start, room = curve(ceiling_db, knee_db)
    for channel in samples:
        _clip(channel, start, room)


def clipped_peak(peak: NDArray[np.float32], ceiling_db: float, knee_db: float = KNEE_DB) -> NDArray[np.float32]:
    """The static curve: where peaks (linear, >= 0) end up."""
    start, room = curve(ceiling_db, knee_db)
    over = np.minimum(np.maximum(peak - np.float32(start), 0), np.float32(2 * room))
    return np.asarray(np.minimum(peak, np.float32(start)) + over - over * over / np.float32(4 * room), np.float32)


def curve(ceiling_db: float, knee_db: float = KNEE_DB) -> tuple[float, float]:
    """Where the knee starts and how much higher the ceiling is, both linear."""
    ceiling = 10 ** (ceiling_db / 20)
    start = ceiling * 10 ** (-max(knee_db, 0.01) / 20)
    return start, ceiling - start


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _area(u: float, start: float, room: float) -> float:
    """Antiderivative of the excess at magnitude u (even in u)."""
    over = u - start
    if over <= 0.0:
        return 0.0
    if over < 2.0 * room:
        return over * over * over / (12.0 * room)
    return 2.0 * room * room / 3.0 + ((over - room) * (over - room) - room * room) / 2.0


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _excess(x: float, start: float, room: float) -> float:
    over = abs(x) - start
    if over <= 0.0:
        return 0.0
    taken = over * over / (4.0 * room) if over < 2.0 * room else over - room
    return taken if x > 0.0 else -taken


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _mean_excess(a: float, b: float, start: float, room: float) -> float:
    """Mean of the excess along the straight line from a to b."""
    if abs(a) <= start and abs(b) <= start:
        return 0.0
    if abs(b - a) < 1e-5:
        return _excess(0.5 * (a + b), start, room)
    return (_area(abs(b), start, room) - _area(abs(a), start, room)) / (b - a)


@njit(cache=True, nogil=True, fastmath=True)
def _clip(x: Samples, start: float, room: float) -> None:
    n = len(x)
    threshold = np.float32(start)
    previous = 0.0
    mean = 0.0
    for first in range(0, n, _BLOCK):
        stop = min(first + _BLOCK, n)
        following = np.float64(x[stop]) if stop < n else 0.0
        if highest_sample(x[first:stop]) <= threshold and mean == 0.0 and abs(following) <= start:
            previous = np.float64(x[stop - 1])
            continue
        for i in range(first, stop):
            here = np.float64(x[i])
            after = np.float64(x[i + 1]) if i + 1 < n else 0.0
            next_mean = _mean_excess(here, after, start, room)
            if i == first and first == 0:
                mean = _mean_excess(previous, here, start, room)
            taken = 0.5 * (mean + next_mean)
            if taken != 0.0:
                x[i] = np.float32(here - taken)
            mean = next_mean
        previous = np.float64(x[stop - 1])


EFFECT = Effect(
    "soft_clip",
    "shaves the tops off transients, so that the limiter behind it has less to do",
    SoftClip,
    (
        Parameter("ceiling_db", -24, 0, -1, "dBFS", "everything is shaved", "only the highest peaks"),
        Parameter("knee_db", 0.1, 12, KNEE_DB, "dB", "hard edge", "rounds early"),
    ),
    source="Parker, Zavalishin, Le Bivic, DAFx 2016",
)
