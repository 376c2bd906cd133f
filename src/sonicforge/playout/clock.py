"""`Clock`: counts the samples of a station and says when the next block is due.

Pace comes from a clock that only goes forward and goes on while the machine sleeps; the time of day is read beside it,
and where the two part, the station's time follows slowly, so that no listener sees time stand still or run back.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sonicforge.playout.block import BLOCK, RATE

BLOCK_S: Final = BLOCK / RATE
LATE_S: Final = 3.0
"""Later than this and the missed blocks are left out; less is caught up in a burst that every output's queue holds."""

FOUNDED: Final = 1_767_225_600.0
"""Position 0, unless a station remembers otherwise: 2026-01-01 UTC. A lost state file so never turns positions back."""

STEP_S: Final = 60.0
"""A time of day further ahead than this was wrong before (a machine that had no clock while it was off)."""

_FASTEST: Final = 0.01
_SETTLING_S: Final = 30.0
_CLOSE_S: Final = 0.02
_WORTH_TELLING_S: Final = 0.5

if hasattr(time, "CLOCK_BOOTTIME"):

    def steady_s() -> float:
        """Seconds on a clock that is never set and does not stop while the machine sleeps."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:
    steady_s = time.monotonic


@dataclass(frozen=True, slots=True)
class Tick:
    """A block is due: its position, its time of day, and whether positions before it were left out."""

    position: int
    utc: float
    gap: bool


def position_at(utc: float) -> int:
    """Samples from `FOUNDED` to a time of day, in whole blocks, never below 0."""
    return max(0, int((utc - FOUNDED) / BLOCK_S)) * BLOCK


class Clock:
    """One station's time. `position` is that of the next block; all ticks come from one thread.

    Unpaced, ticks come as fast as they are asked for and the time of day is `utc` plus what was played.
    `tell` hears of a time of day that was set, in words and seconds.
    """

    def __init__(
        self,
        position: int,
        *,
        utc: float | None = None,
        paced: bool = True,
        gap: bool = False,
        tell: Callable[[str, float], None] = lambda _words, _seconds: None,
        wait: Callable[[float], object] = time.sleep,
        steady: Callable[[], float] = steady_s,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.position = position
        self.late_s = 0.0
        self._paced, self._gap, self._tell = paced, gap, tell
        self._wait, self._steady, self._wall = wait, steady, wall
        self._start = steady()
        self._blocks = 0
        self._offset = (wall() if utc is None else utc) - self._start
        self._following = False

    @property
    def utc(self) -> float:
        """Time of day of the next block, as the station counts it."""
        return self._due + self._offset

    @property
    def _due(self) -> float:
        return self._start + self._blocks * BLOCK_S

    def tick(self) -> Tick:
        """Waits until the next block is due."""
        if self._paced:
            self._keep_pace()
            self._follow_the_day()
        tick = Tick(self.position, self.utc, self._gap)
        self._gap = False
        self.position += BLOCK
        self._blocks += 1
        return tick

    def _keep_pace(self) -> None:
        ahead = self._due - self._steady()
        if ahead > 0:
            self._wait(ahead)
        self.late_s = max(0.0, -ahead)
        if self.late_s > LATE_S:
            missed = int(self.late_s / BLOCK_S)
            self._blocks += missed
            self.position += missed * BLOCK
            self._gap = True
            self._tell("the station stood still", missed * BLOCK_S)

    def _follow_the_day(self) -> None:
        off = self._wall() - self._steady() - self._offset
        if off > STEP_S:
            self._offset += off
            self._tell("the time of day was set ahead", off)
            return
        if abs(off) <= _CLOSE_S:
            self._following = False
            return
        if abs(off) > _WORTH_TELLING_S and not self._following:
            self._following = True
            self._tell("the time of day was changed; the station follows slowly", off)
        most = _FASTEST * BLOCK_S
        self._offset += min(max(off * BLOCK_S / _SETTLING_S, -most), most)
