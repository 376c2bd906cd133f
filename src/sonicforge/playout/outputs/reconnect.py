"""Waiting before the next try: twice as long each time, with jitter, up to a limit."""

from random import Random

from sonicforge.errors import OutOfRange


class Backoff:
    """Seconds to wait before try after try.

    The first wait is about `first_s`, each further one twice the last, never more than `most_s`. Every wait is spread
    over 50..100 % of its length by `chance`, so that stations that lost the same server do not return in step.
    """

    def __init__(self, chance: Random, *, first_s: float = 0.5, most_s: float = 30.0) -> None:
        if not 0 < first_s <= most_s:
            raise OutOfRange("first wait", first_s, 0, most_s, "s")
        self._chance, self._first_s, self._most_s = chance, first_s, most_s
        self.tries = 0

    def next_s(self) -> float:
        """How long to wait now; counts a try."""
        whole = min(self._most_s, self._first_s * 2.0 ** min(self.tries, 40))
        self.tries += 1
        return whole * self._chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """What was reached is steady: begin again with the first wait."""
        self.tries = 0
