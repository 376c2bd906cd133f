"""`Feeder`: reads the tape a little ahead of air, so that no disk can hold up the clock."""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Final

import numpy as np

from sonicforge.playout.bed import BED, Bed
from sonicforge.playout.block import BLOCK, RATE, Mark
from sonicforge.playout.state import Sounding
from sonicforge.playout.tape import Pull, Tape
from sonicforge.sound.audio import Samples

log = logging.getLogger(__name__)

DEPTH: Final = 24
"""Blocks read ahead: 2.3 s."""

KEPT: Final = 4
"""Blocks that are played in any case when somebody skips: time to read the beginning of the next item."""

_TURN_S: Final = 0.25
_NOTHING: Final = np.zeros((2, 0), np.float32)


class Feeder:
    """`take` never waits: should the tape be late, the soft bed sounds from memory until it is back.

    Without `start` the tape is read on the spot, for a station that runs on a clock without waiting. `fault` hears
    when the tape was late or failed.
    """

    def __init__(self, tape: Tape, *, fault: Callable[[str], None]) -> None:
        self._tape, self._fault = tape, fault
        self._blocks: deque[Pull] = deque()
        self._lock = Lock()
        self._wake, self._ending = Event(), Event()
        self._thread: Thread | None = None
        self._skip_why = self._failure = ""
        self._bed: Bed | None = None

    def start(self) -> None:
        """Read the first block here, then go on in a thread."""
        self._blocks.append(self._tape.read())
        self._thread = Thread(target=self._feed, name="feeder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop reading."""
        self._ending.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def take(self) -> Pull:
        """The next block of the programme, or of the bed."""
        if self._thread is None:
            self._skip_if_asked()
            return self._tape.read()
        with self._lock:
            pull = self._blocks.popleft() if self._blocks else None
            low = len(self._blocks) < DEPTH // 2
        if low:
            self._wake.set()
        return self._from_bed() if pull is None else self._from_tape(pull)

    def skip(self, why: str) -> None:
        """Leave what sounds; within a second and a half the next item is heard."""
        self._skip_why = why
        self._wake.set()

    def _feed(self) -> None:
        while not self._ending.is_set():
            try:
                self._fill()
            except Exception as error:  # noqa: BLE001 - never expected, and never the end of the programme
                self._failed(error)
            self._wake.wait(_TURN_S)
            self._wake.clear()

    def _failed(self, error: Exception) -> None:
        """Something else is played."""
        log.error("the tape failed", exc_info=error)
        if str(error) != self._failure:
            self._failure = str(error)
            self._fault(f"the programme failed: {error}")
        with suppress(Exception):
            self._tape.fail()

    def _fill(self) -> None:
        self._skip_if_asked()
        while len(self._blocks) < DEPTH and not self._skip_why and not self._ending.is_set():
            pull = self._tape.read()
            with self._lock:
                self._blocks.append(pull)

    def _skip_if_asked(self) -> None:
        why, self._skip_why = self._skip_why, ""
        if why and not self._tape.skip(self._taken_back(), why):
            self._fault("there was nothing to skip to")

    def _taken_back(self) -> Samples:
        """What was read ahead, up to where something else begins anyway, except the blocks that are due at once."""
        with self._lock:
            back: deque[Samples] = deque()
            while len(self._blocks) > KEPT and not self._blocks[-1].marks:
                back.appendleft(self._blocks.pop().samples)
        return np.concatenate([_NOTHING, *back], axis=1)

    def _from_bed(self) -> Pull:
        begins = self._bed is None
        bed = self._bed = self._bed or Bed()
        at_s = bed.place / RATE
        if begins:
            self._fault("the programme was not read in time")
        marks = (Mark(0, "reserve", BED),) if begins else ()
        return Pull(bed.read(BLOCK), marks, Sounding("reserve", BED, at_s))

    def _from_tape(self, pull: Pull) -> Pull:
        if self._bed is None:
            return pull
        self._bed = None
        heard = pull.sounding
        ramp = np.linspace(0, 1, BLOCK, dtype=np.float32)
        kind = "track" if heard.kind == "bridge" else heard.kind
        back = () if any(mark.offset == 0 for mark in pull.marks) else (Mark(0, kind, heard.item, heard.at_s),)
        return Pull(pull.samples * ramp, (*back, *pull.marks), heard)
