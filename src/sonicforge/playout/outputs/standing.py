"""`Standing`: what an output knows of itself, written by its threads and read by anyone."""

import time
from dataclasses import replace
from threading import Lock
from typing import Any

from sonicforge.playout.outputs.output import OutputState, State


class Standing:
    """The current `OutputState`. `since` moves only when the state itself changes."""

    def __init__(self, name: str, kind: str) -> None:
        self._state = OutputState(name=name, kind=kind, state="off", since=time.time())
        self._lock = Lock()

    def become(self, state: State, detail: str = "") -> None:
        """A new state with its reason in words."""
        with self._lock:
            since = self._state.since if self._state.state == state else time.time()
            self._state = replace(self._state, state=state, detail=detail[:300], since=since)

    def set(self, **values: Any) -> None:
        """New values of other fields."""
        with self._lock:
            self._state = replace(self._state, **values)

    def took(self, count: int) -> None:
        """The far end has accepted `count` more bytes."""
        with self._lock:
            self._state = replace(self._state, bytes_taken=self._state.bytes_taken + count)

    def began_again(self) -> None:
        """One more reconnect."""
        with self._lock:
            self._state = replace(self._state, reconnects=self._state.reconnects + 1)

    def read(self) -> OutputState:
        """As it is now."""
        return self._state
