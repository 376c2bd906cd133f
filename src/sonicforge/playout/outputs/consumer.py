"""`Consumer`: an output with a bounded inbox and one thread that outlives every failure of the far end."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Thread
from typing import ClassVar

from sonicforge.chance import choices
from sonicforge.errors import SonicForgeError
from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.outputs.inbox import Inbox
from sonicforge.playout.outputs.output import OutputState, State
from sonicforge.playout.outputs.reconnect import Backoff
from sonicforge.playout.outputs.standing import Standing
from sonicforge.playout.probe import ProbeReading

log = logging.getLogger(__name__)

BLOCK_S = BLOCK / RATE
_STEADY_S = 20.0
_REFUSED_WAITS_S = (10.0, 60.0)


class Refused(SonicForgeError):
    """The far end said no, and will say it again until somebody changes something: a wrong password, a taken name."""


class Consumer(ABC):
    """Serves sessions one after another until closed.

    A session connects and passes blocks on until something ends it. What it raises becomes the state's detail, and
    after a wait the next session begins with fresh headers and fresh sound. `_newest` is what was last said to begin,
    and at which position, even where the block that said so was dropped.
    """

    kind: ClassVar[str]
    resting: ClassVar[State] = "waiting"
    """The state between a failure and the next try."""

    def __init__(
        self, name: str, *, queue_s: float = 10.0, first_wait_s: float = 0.5, most_wait_s: float = 30.0
    ) -> None:
        self._name = name
        self._inbox = Inbox(max(2, round(queue_s / BLOCK_S)))
        self._standing = Standing(name, self.kind)
        self._newest: tuple[Mark, int] | None = None
        self._ending = Event()
        self._thread: Thread | None = None
        chance = choices(time.time_ns(), "reconnect", name)
        self._backoff = Backoff(chance, first_s=first_wait_s, most_s=most_wait_s)

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> OutputState:
        return replace(self._standing.read(), dropped_blocks=self._inbox.dropped)

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._thread is None:
            self._standing.become("connecting")
            self._thread = Thread(target=self._serve, name=f"output-{self._name}", daemon=True)
            self._thread.start()

    def send(self, block: Block) -> None:
        """Leave a block for the thread; returns at once."""
        for mark in block.marks:
            if mark.kind != "bridge":
                self._newest = (mark, block.position + mark.offset)
        self._inbox.put(block)

    def close(self) -> None:
        """End the session and the thread; waits a few seconds at most."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(1.5)
            if self._thread.is_alive():
                self._interrupt()
                self._thread.join(3.5)
        self._standing.end()

    @abstractmethod
    def _session(self) -> None:
        """Connect and serve until closed; raises whatever ends it before."""

    def _interrupt(self) -> None:  # noqa: B027 - a session that looks at `_ending` often enough needs none
        """Tear a session away from a far end that it waits for."""

    def _heard(self, reading: ProbeReading) -> None:
        """What the probe says of the encoded sound."""
        level, silent, frozen = reading.level_lufs, reading.silent_s, reading.frozen_s
        self._standing.set(level_lufs=level, silent_s=silent, frozen_s=frozen)

    def _blocks(self) -> Iterator[Block | None]:
        """Blocks as they come, None after each half second without one, until closing."""
        while not self._ending.is_set():
            yield self._inbox.take(0.5)

    def _serve(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                self._session()
            except Exception as error:  # noqa: BLE001 - one output's trouble must never become the station's
                self._rest(error, time.monotonic() - began)

    def _rest(self, error: Exception, lasted_s: float) -> None:
        """Say what happened, and wait before the next session."""
        if lasted_s > _STEADY_S:
            self._backoff.reset()
        refused = isinstance(error, Refused)
        wait_s = self._backoff.next_s()
        if refused:
            wait_s = max(wait_s, _REFUSED_WAITS_S[self._backoff.tries > 3])
        words = _words(error)
        log.warning("output %s: %s; next try in %.1f s", self._name, words, wait_s)
        self._standing.become("failed" if refused else self.resting, words)
        self._standing.set(bitrate=0, level_lufs=None, silent_s=0.0, frozen_s=0.0)
        self._ending.wait(wait_s)
        if not self._ending.is_set():
            self._standing.began_again()
            self._inbox.clear()


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return " ".join(str(error).split()) or type(error).__name__
