"""Which bars of two tempos can run side by side: one to one, double, three to two, four to three."""

from dataclasses import dataclass
from math import log

RATIOS = ((1, 1), (1, 2), (2, 1), (2, 3), (3, 2), (3, 4), (4, 3))
"""Bars of the old track that last as long as bars of the new one."""
NEAR = 0.04
"""Tempos nearer than this lock one to one, whatever else would fit better."""


@dataclass(frozen=True, slots=True)
class Lock:
    """`out_bars` bars of the old track last as long as `in_bars` of the new one.

    `residual` is what is missing: the natural logarithm of the new unit's tempo over the old one's, 0 when it fits.
    """

    out_bars: int
    in_bars: int
    residual: float

    @property
    def even(self) -> bool:
        return self.out_bars == self.in_bars


def nearest_lock(out_bpm: float, in_bpm: float) -> Lock:
    """The ratio with the smallest residual; one to one when that is near enough. Tempos of 0 lock one to one."""
    if out_bpm <= 0 or in_bpm <= 0:
        return Lock(1, 1, 0.0)
    locks = [Lock(p, q, log(in_bpm / out_bpm) + log(p / q)) for p, q in RATIOS]
    if abs(locks[0].residual) <= NEAR:
        return locks[0]
    return min(locks, key=lambda lock: (abs(lock.residual) > NEAR, abs(lock.residual)))
