"""The numbered log of news for readers that stay: they come with the last number they know and miss nothing.

One thread looks into the library, and only while somebody reads. Readers fetch for themselves, so a slow one costs
nobody else anything and needs no queue.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

from sonicforge.api.desk import Desk
from sonicforge.api.problem import LOG, Refused
from sonicforge.api.who import is_loopback
from sonicforge.errors import SonicForgeError
from sonicforge.library import events
from sonicforge.library.values import Event

LOOK_S: Final = 0.25
AGAIN_S: Final = 2.0
RECENT: Final = 2000
BATCH: Final = 200
MOST_READERS: Final = 2000
MOST_OF_ONE: Final = 100
"""Readers from one address; a household or an office has many."""


class News:
    """The newest events in memory, older ones from the library."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._recent: deque[Event] = deque(maxlen=RECENT)
        self._newest = -1
        self._more = asyncio.Event()
        self._readers: dict[str, int] = {}
        self._looking: asyncio.Task[None] | None = None
        self.closing = False

    def open(self, caller: str) -> None:
        """A reader comes; raises `Refused` when there are too many. Must be followed by `leave`."""
        of_one = 0 if is_loopback(caller) else self._readers.get(caller, 0)
        if sum(self._readers.values()) >= MOST_READERS or of_one >= MOST_OF_ONE:
            raise Refused(503, "too many readers of news at once; try again later", headers={"retry-after": "10"})
        self._readers[caller] = self._readers.get(caller, 0) + 1
        if self._looking is None or self._looking.done():
            self._recent.clear()
            self._newest = -1
            self._looking = asyncio.create_task(self._look())

    def leave(self, caller: str) -> None:
        """A reader has gone; with the last one the looking ends."""
        self._readers[caller] -= 1
        if not self._readers[caller]:
            del self._readers[caller]
        if not self._readers and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def begin(self, number: int | None) -> tuple[int, str]:
        """Where a reader that knows `number` goes on, and in words what it missed ("" for nothing).

        None begins with what comes next. What was pruned, or is of another log, cannot be told any more.
        """
        low, high = await self._desk.read(events.bounds)
        if number is None:
            return high, ""
        if number > high:
            return high, f"number {number} is not in the log yet; it goes on after {high}"
        if number < low - 1:
            return low - 1, f"news up to number {low - 1} is no longer kept"
        return number, ""

    async def after(
        self, number: int, *, station: str | None, kinds: Sequence[str], wait_s: float
    ) -> tuple[int, Sequence[Event]]:
        """Wanted events after `number`, and the number up to which all are known now.

        Waits up to `wait_s` seconds for news; none may come.
        """
        more = self._more
        if number >= self._newest:
            with suppress(TimeoutError):
                await asyncio.wait_for(more.wait(), wait_s)
        if number >= self._newest:
            return number, ()
        if self._recent and number >= self._recent[0].number - 1:
            batch: Sequence[Event] = [event for event in self._recent if event.number > number][:BATCH]
        else:
            batch = await self._desk.read(lambda session: events.after(session, number, BATCH))
        known = batch[-1].number if batch else self._newest
        return known, [event for event in batch if _wanted(event, station, kinds)]

    def wake(self) -> None:
        """Wake all readers, as before the end."""
        self.closing = True
        self._more.set()

    async def _look(self) -> None:
        """Fetch what is new, again and again. A library that is held by somebody is asked again later."""
        while True:
            try:
                if self._newest < 0:
                    self._tell((), (await self._desk.read(events.bounds))[1])
                fresh = await self._desk.read(self._fresh)
            except SonicForgeError as error:
                LOG.warning("news: %s", error)
                await asyncio.sleep(AGAIN_S)
                continue
            if fresh:
                self._tell(fresh, fresh[-1].number)
            if len(fresh) < BATCH:
                await asyncio.sleep(LOOK_S)

    def _fresh(self, session: Session) -> Sequence[Event]:
        return events.after(session, self._newest, BATCH)

    def _tell(self, fresh: Sequence[Event], newest: int) -> None:
        self._recent.extend(fresh)
        self._newest = newest
        self._more.set()
        if not self.closing:
            self._more = asyncio.Event()


def told(event: Event) -> dict[str, Any]:
    """An event as plain values."""
    return asdict(event)


def as_sse(event: Event) -> bytes:
    """An event as a message of an event stream."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.number, event.kind.encode(), orjson.dumps(told(event)))


def _wanted(event: Event, station: str | None, kinds: Sequence[str]) -> bool:
    if station is not None and event.station not in (None, station):
        return False
    return not kinds or any(event.kind == kind or event.kind.startswith(f"{kind}.") for kind in kinds)
