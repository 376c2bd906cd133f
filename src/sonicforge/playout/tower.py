"""`Tower`: a station on air. One clock pulls block after block from the tape and hands it to every output.

    courier (door) -> ladder -> ahead (DJ) -> tape -> feeder -> guard -> clock -> outputs

The clock's thread waits for nobody: files are read by the feeder, the library is asked by the courier, seams are made
by the one that looks ahead, outputs have queues of their own, and small files are written by the scribe.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from sonicforge.errors import SonicForgeError, UnreadableAudio
from sonicforge.playout.ahead import Ahead
from sonicforge.playout.air import Air, brief
from sonicforge.playout.bed import BED
from sonicforge.playout.block import RATE, Block, Kind, Mark
from sonicforge.playout.clock import Clock
from sonicforge.playout.courier import Courier
from sonicforge.playout.deck import Deck
from sonicforge.playout.door import Door, Order
from sonicforge.playout.feeder import Feeder
from sonicforge.playout.guard import Guard
from sonicforge.playout.item import Item
from sonicforge.playout.joining import joints
from sonicforge.playout.ladder import Ladder
from sonicforge.playout.outputs.output import Output, OutputState
from sonicforge.playout.outputs.wish import Wish, checked_wishes, read_wishes
from sonicforge.playout.priority import give_way
from sonicforge.playout.rack import Rack, changed
from sonicforge.playout.reserve import Reserve
from sonicforge.playout.scribe import Scribe
from sonicforge.playout.seam import Join
from sonicforge.playout.state import STATE_FILE, Start, State, read_state, start_after, write_json
from sonicforge.playout.tape import Tape

log = logging.getLogger(__name__)

OUTPUTS_FILE: Final = "outputs.json"

_SECOND: Final = 10
"""Blocks between two looks at everything that is not sound."""

_RESUMES_S: Final = 45.0
"""After a longer pause the station begins with something new instead of going on in the middle."""

_CHECKS_AFTER_S: Final = 30.0
_LIBRARY_AFTER_S, _DJ_AFTER_S = 2.5, 5.0
"""Loading takes a second of a core each; with a piece already playing, the outputs come first."""


class Tower:
    """A station in its folder `air/<station>/`.

    `make` turns a wish into an output; `outputs` are others that the caller has made. `start_utc` gives a station
    without waiting its time of day: unpaced, everything happens in `run`, in one thread, as fast as it goes.
    """

    def __init__(
        self,
        folder: Path,
        open_door: Callable[[], Door],
        *,
        reserve: Path,
        make: Callable[[Wish], Output] | None = None,
        outputs: Sequence[Output] = (),
        join: Join = joints,
        paced: bool = True,
        start_utc: float | None = None,
        seed: int | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._paced, self._outputs = folder, paced, tuple(outputs)
        self._ending = Event()
        state = read_state(folder)
        start = start_after(state, time.time() if start_utc is None else start_utc)
        self._clock = _clock(start, state, paced=paced, wait=self._ending.wait, tell=self._clock_spoke)
        self._courier = Courier(
            folder, open_door, obey=self._obey, fault=self._door_failed, inline=not paced, clock=self._now
        )
        self._scribe = Scribe(folder, fault=lambda words: self._air.news("fault", what="disk", words=words))
        self._reserve = Reserve(reserve, tell=self._item_failed)
        chance = random.Random(seed)
        self._ladder = Ladder(self._courier, self._reserve, fault=self._item_failed, chance=chance)
        self._ahead = Ahead(self._ladder, join, fault=self._seam_failed)
        self._makes_none = make is None
        self._rack = Rack(make or _no_outputs, fault=self._output_failed)
        self._guard = Guard()
        self._begin = _resumed(folder, state, start)
        self._air = Air(self._courier.tell, start.position, start.utc, resumed=self._begin is not None)
        self._marks: tuple[Mark, ...] = ()
        self._states: tuple[OutputState, ...] = ()
        self._feeder: Feeder | None = None

    def run(self, *, blocks: int | None = None) -> None:
        """Play until `stop`, or for so many blocks; then close everything."""
        feeder = self._start()
        try:
            count = 0
            while not self._ending.is_set() and (blocks is None or count < blocks):
                self._step(feeder)
                count += 1
                if count % _SECOND == 1:
                    self._look_around_safely()
        finally:
            self._close()

    def stop(self) -> None:
        """End `run` soon; may be called from a signal handler or another thread."""
        self._ending.set()

    def _start(self) -> Feeder:
        """Sound first: outputs, library and everything else start beside it."""
        wishes = () if self._makes_none else self._wishes()
        if self._paced:
            self._scribe.start()
            self._rack.start()
        self._rack.wish(wishes)
        for output in self._outputs:
            output.start()
        tape = Tape(self._ahead, self._begin)
        self._feeder = Feeder(tape, fault=lambda words: self._air.news("fault", what="programme", words=words))
        if self._paced:
            self._feeder.start()
            hurry = self._ahead.out is None
            self._courier.start(after_s=0.0 if hurry else _LIBRARY_AFTER_S)
            self._ahead.start(after_s=0.0 if hurry else _DJ_AFTER_S)
            Thread(target=self._check_reserve, name="reserve", daemon=True).start()
        return self._feeder

    def _step(self, feeder: Feeder) -> None:
        samples = None
        while samples is None:
            pull = feeder.take()
            samples, marks, self._marks = self._guard.process(pull.samples), self._marks, pull.marks
        tick = self._clock.tick()
        samples.flags.writeable = False
        block = Block(tick.position, tick.utc, samples, marks, tick.gap)
        self._rack.send(block)
        for output in self._outputs:
            output.send(block)
        self._air.passed(block)

    def _look_around_safely(self) -> None:
        try:
            self._look_around()
        except Exception:
            log.exception("looking around failed")

    def _look_around(self) -> None:
        """Once a second: news of outputs, files for others, and in a station without waiting everybody's work."""
        states = (*self._rack.states(), *(output.state for output in self._outputs))
        for state in changed(self._states, states):
            self._air.news("output", **state.to_json())
        self._states = states
        if not self._paced:
            self._courier.turn()
            self._ahead.turn()
            return
        told = {"at": self._air.utc, "outputs": [state.to_json() for state in states]}
        self._scribe.write(state=self._air.state().to_json(), now=self._told_now(), outputs_state=told)

    def _told_now(self) -> dict[str, Any]:
        coming, seam = self._ahead.next, self._ahead.seam
        return {
            "station": self._folder.name,
            "position": self._air.position,
            "utc": self._air.utc,
            "written_at": time.time(),
            **self._air.now(),
            "next": None if coming is None else brief(coming),
            "next_transition": None if seam is None else {**seam.transition, "leaves_at_s": seam.leaves_out_at / RATE},
            "door": self._courier.trouble or "open",
            "late_s": round(self._clock.late_s, 3),
        }

    def _close(self) -> None:
        self._ending.set()
        if self._feeder is not None:
            self._feeder.close()
        self._ahead.close()
        state = self._air.state()
        self._air.stopped()
        self._rack.close()
        for output in self._outputs:
            output.close()
        self._courier.close()
        self._scribe.write(state=state.to_json())
        self._scribe.close()

    def _now(self) -> float:
        """Seconds for the courier's patience: of the programme, so that a simulated day has a day's patience."""
        return time.monotonic() if self._paced else self._clock.position / RATE

    def _wishes(self) -> tuple[Wish, ...]:
        try:
            return read_wishes(self._folder / OUTPUTS_FILE)
        except SonicForgeError as error:
            self._air.news("fault", what="outputs", words=str(error))
            log.error("%s", error)
            return ()

    def _obey(self, order: Order) -> str | None:
        if order.kind == "skip":
            return self._skip(str(order.data.get("why", "somebody skipped it")))
        if order.kind == "reload":
            return self._reload()
        if self._makes_none:
            return "refused: the outputs of this station are fixed"
        wishes = checked_wishes(order.data.get("outputs"))
        write_json(self._folder / OUTPUTS_FILE, [wish.to_json() for wish in wishes], durable=True, private=True)
        self._rack.wish(wishes)
        return "done"

    def _skip(self, why: str) -> str | None:
        if self._feeder is None:
            return None
        self._air.skipped(why)
        self._feeder.skip(why)
        return "done"

    def _reload(self) -> str | None:
        """Plan anew, but not between the moment an item was read and the moment it is heard."""
        heard = None if self._air.item is BED else self._air.item
        if self._ahead.out is not heard or not self._ahead.replan():
            return None
        self._courier.forget()
        return "done"

    def _check_reserve(self) -> None:
        give_way()
        if not self._ending.wait(_CHECKS_AFTER_S):
            self._reserve.check()

    def _clock_spoke(self, words: str, seconds: float) -> None:
        log.warning("%s: %.3f s", words, seconds)
        self._air.news("fault", what="clock", words=words, seconds=round(seconds, 6))

    def _door_failed(self, words: str) -> None:
        self._air.news("fault", what="door", words=words)

    def _item_failed(self, item: Item, words: str) -> None:
        """A file that is there and cannot be played is bad; one that is not there may be a disk that is not."""
        log.warning("%s cannot be played: %s", item.id, words)
        there = item.path.is_file()
        self._air.news("fault", what="item", item=brief(item), words=words, unplayable=there)

    def _seam_failed(self, item: Item, words: str) -> None:
        self._air.news("fault", what="seam", item=brief(item), words=words, unplayable=False)

    def _output_failed(self, name: str, words: str) -> None:
        self._air.news("fault", what="output", output=name, words=words)


def _clock(
    start: Start,
    state: State | None,
    *,
    paced: bool,
    wait: Callable[[float], object],
    tell: Callable[[str, float], None],
) -> Clock:
    return Clock(start.position, utc=start.utc, paced=paced, gap=state is not None, wait=wait, tell=tell)


def _resumed(folder: Path, state: State | None, start: Start) -> tuple[Deck, Kind] | None:
    """What sounded before the restart, at the second where it would be by now, if there is enough left of it.

    Should its file have ended the process, it is not tried a second time.
    """
    heard = None if state is None else state.sounding
    if heard is None or not 0 <= start.lost_s <= _RESUMES_S or heard.item.id == "bed":
        return None
    second = heard.at_s + start.lost_s
    if second > heard.item.duration_s - 10.0:
        return None
    with suppress(OSError):
        write_json(folder / STATE_FILE, State(start.position, start.utc).to_json())
    try:
        return Deck(heard.item, second), heard.kind
    except UnreadableAudio as error:
        log.warning("%s does not go on: %s", heard.item.id, error)
        return None


def _no_outputs(wish: Wish) -> Output:
    raise SonicForgeError(f"this station makes no outputs, not even {wish.name}")
