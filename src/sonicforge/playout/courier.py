"""`Courier`: the one thread that talks to the door, so that nobody else ever waits for it."""

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Final

from sonicforge.errors import BadDataFile, SonicForgeError
from sonicforge.playout.door import Door, News, Order
from sonicforge.playout.item import Item
from sonicforge.playout.spool import Spool
from sonicforge.playout.state import write_json

log = logging.getLogger(__name__)

TURN_S: Final = 0.4
BEST_FILE: Final = "best.json"
NEWS_FILE: Final = "news.jsonl"

_BEST_EVERY_S: Final = 300.0
_MOST_BEST: Final = 200
_MOST_NEWS: Final = 2000
_REMEMBERED: Final = 2000
"""Orders whose outcome is known here, should the door not have heard it."""

_WAITS_S: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)


class Courier:
    """Opens the door, brings news out and orders and items in; tries again for ever when the door fails.

    `obey` carries out an order and says what became of it, None when it should be asked again later; `fault` hears
    once of each trouble with the door. `inline`, everything happens in `turn` and `fetch` and nothing in a thread,
    for a station that runs on a clock without waiting.
    """

    def __init__(
        self,
        folder: Path,
        open_door: Callable[[], Door],
        *,
        obey: Callable[[Order], str | None],
        fault: Callable[[str], None],
        inline: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._open_door = folder, open_door
        self._obey, self._fault, self._clock, self._inline = obey, fault, clock, inline
        self._spool = Spool(folder / NEWS_FILE)
        self._fresh: deque[News] = deque(maxlen=_MOST_NEWS)
        self._door: Door | None = None
        self._shelf: deque[Item] = deque()
        self._wanted = False
        self._waiting = Condition()
        self._wake, self._ending = Event(), Event()
        self._thread: Thread | None = None
        self._failures, self._rest_until = 0, float("-inf")
        self._best_at = float("-inf")
        self.best = _read_best(folder / BEST_FILE)
        self._outcomes: dict[int, str] = {}
        self.trouble = "not open yet"

    def start(self, *, after_s: float = 0.0) -> None:
        """Begin to walk; the first way, on which the library is loaded, after so many seconds."""
        self._thread = Thread(target=self._walk, args=(after_s,), name="courier", daemon=True)
        self._thread.start()

    def close(self, timeout_s: float = 2.0) -> None:
        """Bring what can be brought in time; the rest waits in the spool for the next start."""
        self._ending.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        if self._inline and self._door is not None:
            self.turn()

    def tell(self, news: News) -> None:
        """Leave news; never waits."""
        self._fresh.append(news)

    def fetch(self, wait_s: float) -> Item | None:
        """The next item of the queue; None when nothing waits there or the door does not answer in time.

        An item that arrives too late is what the next call gives.
        """
        with self._waiting:
            if self._shelf:
                return self._shelf.popleft()
            self._wanted = True
            if self._door is not None and not self._inline:
                self._wake.set()
                self._waiting.wait_for(lambda: not self._wanted, wait_s)
        if self._inline:
            self.turn()
        with self._waiting:
            return self._shelf.popleft() if self._shelf else None

    def forget(self) -> None:
        """What was fetched and not yet asked for is not wanted any more."""
        with self._waiting:
            self._shelf.clear()

    def turn(self) -> None:
        """One way to the door and back."""
        self._keep_news()
        if self._clock() < self._rest_until:
            self._answer()
            return
        try:
            door = self._opened()
            self._deliver(door)
            self._carry_out(door)
            self._bring_next(door)
            self._learn_best(door)
            self._failures, self.trouble = 0, ""
        except Exception as error:  # noqa: BLE001 - whatever is wrong behind the door, the station goes on
            self._failed(error)
        finally:
            self._answer()

    def _walk(self, after_s: float) -> None:
        self._ending.wait(after_s)
        while not self._ending.is_set():
            self.turn()
            self._wake.wait(TURN_S)
            self._wake.clear()
        self.turn()

    def _opened(self) -> Door:
        if self._door is None:
            self._door = self._open_door()
        return self._door

    def _keep_news(self) -> None:
        count = len(self._fresh)
        if count:
            self._spool.add([self._fresh.popleft() for _ in range(count)])

    def _deliver(self, door: Door) -> None:
        while news := self._spool.oldest():
            door.report(news)
            self._spool.told()

    def _carry_out(self, door: Door) -> None:
        for order in door.orders():
            outcome = self._outcomes.get(order.number) or self._obeyed(order)
            if outcome is None:
                return
            self._outcomes[order.number] = outcome
            # What began before must be known before the plan is given back.
            self._keep_news()
            self._deliver(door)
            door.carried_out(order.number, outcome)
        while len(self._outcomes) > _REMEMBERED:
            del self._outcomes[next(iter(self._outcomes))]

    def _obeyed(self, order: Order) -> str | None:
        try:
            return self._obey(order)
        except SonicForgeError as error:
            return f"refused: {error}"

    def _bring_next(self, door: Door) -> None:
        if not self._wanted:
            return
        item = door.next_item()
        with self._waiting:
            self._wanted = False
            if item is not None:
                self._shelf.append(item)
            self._waiting.notify_all()

    def _learn_best(self, door: Door) -> None:
        if self._clock() - self._best_at < _BEST_EVERY_S:
            return
        best = tuple(door.best())[:_MOST_BEST]
        self._best_at = self._clock()
        if best and best != self.best:
            self.best = best
            write_json(self._folder / BEST_FILE, [item.to_json() for item in best])

    def _failed(self, error: Exception) -> None:
        told = f"{type(error).__name__}: {error}"
        rest_s = _WAITS_S[min(self._failures, len(_WAITS_S) - 1)]
        self._failures += 1
        self._rest_until = self._clock() + rest_s
        if told != self.trouble:
            log.warning("the library does not answer: %s", told)
            self._fault(told)
        self.trouble = told

    def _answer(self) -> None:
        """Whoever waits for an item hears that none came."""
        with self._waiting:
            self._wanted = False
            self._waiting.notify_all()


def _read_best(path: Path) -> tuple[Item, ...]:
    try:
        return tuple(map(Item.from_json, json.loads(path.read_text("utf-8"))))
    except (OSError, ValueError, RecursionError, TypeError, AttributeError, BadDataFile):
        return ()
