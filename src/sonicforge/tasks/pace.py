"""How hard the worker may work: a share of the machine on average, but all of it while a station runs short."""

import os
import time
from collections.abc import Callable
from typing import Final

SHARE: Final = 0.25
"""Part of all cores that composing may use on average."""
FULL_SPEED_BELOW: Final = 0.4
"""Below this part of its buffer a station is short of music."""
MOST_DEBT_S: Final = 900.0
MOST_CREDIT_S: Final = 20.0


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pace:
    """An account of processor seconds: it fills with time at `share` of the cores and is charged for all work done.

    Work may begin while the account is not overdrawn, or at once when music is short; what that costs is owed
    afterwards. So the average holds over any stretch of a quarter of an hour or so.
    """

    def __init__(
        self,
        *,
        share: float = SHARE,
        of_cores: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.process_time,
    ) -> None:
        self._rate = share * (of_cores or cores())
        self._clock, self._spent = clock, spent
        self._at, self._paid = clock(), spent()
        self._account = 0.0

    def rest_s(self, filled: float) -> float:
        """Seconds to wait before work may begin, with the emptiest station's buffer `filled` 0..1; 0 is now."""
        self._settle()
        if short(filled):
            return 0.0
        return max(0.0, -self._account / self._rate)

    @property
    def account_s(self) -> float:
        """Processor seconds that may be used now; below zero they are owed."""
        self._settle()
        return self._account

    def _settle(self) -> None:
        at, spent = self._clock(), self._spent()
        self._account += (at - self._at) * self._rate - (spent - self._paid)
        self._account = min(max(self._account, -MOST_DEBT_S), MOST_CREDIT_S)
        self._at, self._paid = at, spent


def short(filled: float) -> bool:
    """Whether a buffer is so empty that music must be made as fast as the machine can."""
    return filled < FULL_SPEED_BELOW
