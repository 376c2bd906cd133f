"""Allowances: how much one caller may ask for in a while (token buckets in memory)."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

from sonicforge.api.problem import Refused

MOST: Final = 20_000
"""Callers that are remembered; the one not seen for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` calls at once, then `per_s` a second. `words` tell what was too much."""

    burst: float
    per_s: float
    words: str


READ: Final = Allowance(400, 40, "calls")
SEARCH: Final = Allowance(60, 5, "searches")
VOTE: Final = Allowance(30, 0.5, "votes")
REQUEST: Final = Allowance(5, 1 / 30, "requests")
GENERATE: Final = Allowance(6, 1 / 300, "wishes for new music")
NEWCOMER: Final = Allowance(40, 0.2, "new listeners from one address")
OWNER: Final = Allowance(200, 20, "calls of the owner")
WRONG_TOKEN: Final = Allowance(10, 1 / 30, "wrong tokens")


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Allowances:
    """What each caller has left of each allowance. Lives in the event loop's thread only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def take(self, allowance: Allowance, caller: str) -> None:
        """Count one call; raises `Refused` 429 with the seconds to wait when there is nothing left."""
        key, now = (allowance.words, caller), self._clock()
        bucket = self._buckets.pop(key, None) or _Bucket(allowance.burst, now)
        bucket.left = min(allowance.burst, bucket.left + (now - bucket.at) * allowance.per_s)
        bucket.at = now
        self._buckets[key] = bucket
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        if bucket.left < 1.0:
            wait = ceil((1.0 - bucket.left) / allowance.per_s)
            told = f"too many {allowance.words}: {allowance.burst:.0f} at once are allowed; try again in {wait} s"
            raise Refused(429, told, headers={"retry-after": str(wait)})
        bucket.left -= 1.0

    def give_back(self, allowance: Allowance, caller: str) -> None:
        """The last call of a caller does not count after all."""
        bucket = self._buckets.get((allowance.words, caller))
        if bucket is not None:
            bucket.left += 1.0
