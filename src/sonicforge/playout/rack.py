"""`Rack`: the outputs of a station, as wished. Putting one in or taking one out disturbs no other."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread
from typing import Final

from sonicforge.errors import SonicForgeError
from sonicforge.playout.block import BLOCK, RATE, Block
from sonicforge.playout.outputs.output import Output, OutputState
from sonicforge.playout.outputs.wish import Wish

log = logging.getLogger(__name__)

_TURN_S: Final = 1.0
_WAITS_S: Final = (5.0, 15.0, 60.0)

FIRST_S: Final = 6.0
"""So much of a station's beginning is kept for outputs that take a while to load their codecs."""

_FIRST: Final = round(FIRST_S * RATE / BLOCK)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A wish and what fulfils it; None where it could not be made, with the state to show for it.

    `tried_at` is when the making was tried last, `tries` how often in a row it failed.
    """

    wish: Wish
    output: Output | None
    state: OutputState
    tried_at: float
    tries: int = 0


class Rack:
    """`send` is called by the clock and never waits; making, starting and closing happen in the rack's own thread.

    `fault` hears of outputs that cannot be made or that throw. Without `start`, `wish` does its work at once.
    """

    def __init__(self, make: Callable[[Wish], Output], *, fault: Callable[[str, str], None]) -> None:
        self._make, self._fault = make, fault
        self._wished: tuple[Wish, ...] = ()
        self._slots: dict[str, _Slot] = {}
        self._sending: tuple[Output, ...] = ()
        self._threw: set[str] = set()
        self._first: list[Block] | None = []
        self._passing = Lock()
        self._work = Lock()
        self._wake, self._ending = Event(), Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """From now on work in a thread."""
        self._thread = Thread(target=self._tend, name="rack", daemon=True)
        self._thread.start()

    def wish(self, wishes: Sequence[Wish]) -> None:
        """These outputs and no others; one whose wish did not change goes on undisturbed."""
        self._wished = tuple(wishes)
        if self._thread is None:
            self._turn()
        self._wake.set()

    def send(self, block: Block) -> None:
        """Hand a block to everyone."""
        with self._passing:
            if self._first is not None:
                self._first = [*self._first, block] if len(self._first) < _FIRST else None
            for output in self._sending:
                self._pass(output, block)

    def states(self) -> tuple[OutputState, ...]:
        """Of every wished output, in the order of the wishes."""
        slots = dict(self._slots)
        return tuple(_state(slots[wish.name]) for wish in self._wished if wish.name in slots)

    def close(self, timeout_s: float = 8.0) -> None:
        """Close all, side by side."""
        self._ending.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        with self._work:
            outputs, self._sending = self._sending, ()
        closers = [Thread(target=self._closed, args=(output,), daemon=True) for output in outputs]
        for closer in closers:
            closer.start()
        until = time.monotonic() + timeout_s
        for closer in closers:
            closer.join(max(0.1, until - time.monotonic()))

    def _pass(self, output: Output, block: Block) -> None:
        try:
            output.send(block)
        except Exception as error:
            if output.name not in self._threw:
                self._threw.add(output.name)
                log.exception("output %s threw", output.name)
                self._fault(output.name, f"it threw {error!r}")

    def _tend(self) -> None:
        while not self._ending.is_set():
            try:
                self._turn()
            except Exception:
                log.exception("tending the outputs failed")
            self._wake.wait(_TURN_S)
            self._wake.clear()

    def _turn(self) -> None:
        with self._work:
            wished = {wish.name: wish for wish in self._wished}
            for name, slot in list(self._slots.items()):
                if wished.get(name) != slot.wish:
                    self._take_out(name)
            for name, wish in wished.items():
                there = self._slots.get(name)
                if there is None or (there.output is None and _due(there)):
                    self._put_in(wish, there)

    def _put_in(self, wish: Wish, before: _Slot | None) -> None:
        now = time.time()
        try:
            output = self._make(wish)
            output.start()
        except Exception as error:
            tries = 1 if before is None else before.tries + 1
            since = now if before is None else before.state.since
            if before is None or before.state.detail != str(error):
                log.warning(
                    "output %s cannot be made: %s", wish.name, error, exc_info=not isinstance(error, SonicForgeError)
                )
                self._fault(wish.name, str(error))
            state = OutputState(wish.name, wish.kind, "failed", since, str(error)[:300])
            self._slots[wish.name] = _Slot(wish, None, state, time.monotonic(), tries)
            return
        self._threw.discard(wish.name)
        state = OutputState(wish.name, wish.kind, "connecting", now)
        self._slots[wish.name] = _Slot(wish, output, state, time.monotonic())
        with self._passing:
            for block in self._first or ():
                self._pass(output, block)
            self._sending = (*self._sending, output)

    def _take_out(self, name: str) -> None:
        slot = self._slots.pop(name)
        if slot.output is not None:
            self._sending = tuple(other for other in self._sending if other is not slot.output)
            self._closed(slot.output)

    def _closed(self, output: Output) -> None:
        try:
            output.close()
        except Exception:
            log.exception("output %s did not close", output.name)


def _due(slot: _Slot) -> bool:
    return time.monotonic() - slot.tried_at >= _WAITS_S[min(slot.tries, len(_WAITS_S)) - 1]


def _state(slot: _Slot) -> OutputState:
    if slot.output is None:
        return slot.state
    try:
        return slot.output.state
    except Exception as error:  # noqa: BLE001 - an output that cannot even say how it is has failed
        return replace(slot.state, state="failed", detail=f"no state: {error}"[:300])


def changed(before: Iterable[OutputState], now: Iterable[OutputState]) -> list[OutputState]:
    """States that are new, or that differ from the ones before in more than their figures."""
    known = {state.name: (state.state, state.detail) for state in before}
    return [state for state in now if known.get(state.name) != (state.state, state.detail)]
