"""Who listens through the web server, counted in memory and written down every few seconds."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from sonicforge.library import listeners

FLUSH_S: Final = 10.0
MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Seat:
    """A client on an output of a station."""

    station: str
    output: str
    client: str


class Audience:
    """Seats that were seen lately. Lives in the event loop's thread; `write_down` may run in another."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._seen: OrderedDict[Seat, float] = OrderedDict()
        self._fresh: dict[Seat, float] = {}
        self._left: dict[Seat, float] = {}

    def seen(self, seat: Seat) -> None:
        """A client fetches; of more than 20,000 the one seen longest ago is forgotten."""
        now = self._clock()
        self._seen.pop(seat, None)
        self._seen[seat] = self._fresh[seat] = now
        self._left.pop(seat, None)
        if len(self._seen) > MOST:
            old, _ = self._seen.popitem(last=False)
            self._fresh.pop(old, None)

    def left(self, seat: Seat) -> None:
        """A client's connection ended."""
        if self._seen.pop(seat, None) is not None:
            self._left[seat] = self._clock()

    def counts(self, station: str) -> dict[str, int]:
        """Output -> how many listen now."""
        self._forget()
        return dict(Counter(seat.output for seat in self._seen if seat.station == station))

    def to_write(self) -> Callable[[Session], None] | None:
        """What has to be written since the last time, None for nothing. The caller writes it or says `again`."""
        self._forget()
        if not self._fresh and not self._left and not self._seen:
            return None
        fresh, left, now = dict(self._fresh), dict(self._left), self._clock()
        stations = {seat.station for seat in self._seen}
        counted = {station: self.counts(station) for station in stations}
        self._fresh.clear()
        self._left.clear()

        def write(session: Session) -> None:
            for seat, at in fresh.items():
                listeners.seen(session, seat.station, seat.output, seat.client, now=at)
            for seat, at in left.items():
                listeners.left(session, seat.station, seat.output, seat.client, now=at)
            for station, numbers in counted.items():
                listeners.count_minute(session, station, numbers, now=now)

        return write

    def _forget(self) -> None:
        away = self._clock() - listeners.AWAY_S
        while self._seen and next(iter(self._seen.values())) < away:
            self._seen.popitem(last=False)
