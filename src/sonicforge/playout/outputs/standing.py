"""`Standing`: what an output knows of itself, written by its threads and read by anyone."""

import time
from dataclasses import replace
from threading import Lock
from typing import Any

from sonicforge.playout.outputs.output import OutputState, State

_PATIENCE_S = 2.0
"""Pagers and far ends take their bytes in gulps; shorter pauses mean nothing."""


class Standing:
    """The current `OutputState`. `since` moves only when the state itself changes."""

    def __init__(self, name: str, kind: str) -> None:
        self._state = OutputState(name=name, kind=kind, state="off", since=time.time())
        self._lock = Lock()
        self._ended = False
        self._moved = time.monotonic()

    def become(self, state: State, detail: str = "") -> None:
        """A new state with its reason in words; after `end` nothing changes any more."""
        with self._lock:
            if self._ended:
                return
            self._moved = time.monotonic()
            since = self._state.since if self._state.state == state else time.time()
            self._state = replace(self._state, state=state, detail=detail[:300], since=since)

    def end(self) -> None:
        """Off for good."""
        self.become("off")
        self.set(bitrate=0)
        self._ended = True

    def moved(self) -> None:
        """Bytes have left."""
        self._moved = time.monotonic()

    def set(self, **values: Any) -> None:
        """New values of other fields."""
        with self._lock:
            self._state = replace(self._state, **values)

    def took(self, total: int) -> None:
        """The far end has accepted `total` bytes since the start."""
        with self._lock:
            if total > self._state.bytes_taken:
                self._moved = time.monotonic()
            self._state = replace(self._state, bytes_taken=total)

    def began_again(self) -> None:
        """One more reconnect."""
        with self._lock:
            self._state = replace(self._state, reconnects=self._state.reconnects + 1)

    def read(self) -> OutputState:
        """As it is now. An output that is on and moves no bytes stands still, whatever its probe heard last."""
        still_s = time.monotonic() - self._moved
        if self._state.state != "on" or still_s < _PATIENCE_S:
            return self._state
        return replace(self._state, frozen_s=round(max(self._state.frozen_s, still_s), 2))
