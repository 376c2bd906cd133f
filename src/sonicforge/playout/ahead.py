"""`Ahead`: keeps what comes next ready, so that the tape only has to take it: picks, then has seams made."""

import logging
import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import RATE
from sonicforge.playout.deck import Deck
from sonicforge.playout.item import Item
from sonicforge.playout.ladder import Ladder, Pick
from sonicforge.playout.priority import give_way
from sonicforge.playout.seam import Join, Seam, first_bar, seam_of

log = logging.getLogger(__name__)

LEAD_S: Final = 100.0
"""The next item is fetched this long before the end, so that a wish can still change what comes before that."""

LATEST_S: Final = 50.0
"""With so much left, an empty queue is waited for no longer."""

_TURN_S: Final = 0.25
_ASK_EVERY_S: Final = 3.0
_WAIT_S: Final = 1.0
_NEARLY_S: Final = 4.0
"""What has been read ahead of air, and a little more."""


class Ahead:
    """Owns the plan: the item to leave, the one to enter, the seam between them.

    The tape tells where it is (`follow`, `place_s`) and takes what is ready (`seam`, `enter`, `take`); a thread, or
    `turn` on a clock without waiting, does what takes time. `fault` hears of seams that could not be made.
    """

    def __init__(self, ladder: Ladder, join: Join, *, fault: Callable[[Item, str], None]) -> None:
        self._ladder, self._join, self._fault = ladder, join, fault
        self._lock = Lock()
        self._ending = Event()
        self._thread: Thread | None = None
        self._out: Item | None = None
        self._into: Pick | None = None
        self._seam: Seam | None = None
        self._joined = False
        self._plan = 0
        self._asked_s = float("-inf")
        self.place_s = 0.0

    @property
    def seam(self) -> Seam | None:
        """The best seam that is ready."""
        return self._seam

    @property
    def out(self) -> Item | None:
        """The item that is read now; it is heard a little later."""
        return self._out

    @property
    def next(self) -> Item | None:
        """What is meant to come next, once that is known."""
        return None if self._into is None else self._into.item

    def start(self, *, after_s: float = 0.0) -> None:
        """Begin to look ahead, after so many seconds."""
        self._thread = Thread(target=self._look, args=(after_s,), name="ahead", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a seam in the making is left alone."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def follow(self, item: Item | None, place_s: float) -> None:
        """This item is the one to leave now, and second `place_s` of its file comes next. None: only the bed plays."""
        with self._lock:
            self._out, self.place_s = item, place_s
            self._asked_s = float("-inf")
            self._clear_seam()
        if item is not None:
            self._ladder.heard(item)

    def enter(self, place: int) -> Seam | None:
        """The seam that begins at this sample of the old item's file; from now on its new item is the one to leave."""
        with self._lock:
            seam = self._seam
            if seam is None or seam.leaves_out_at != place:
                return None
            self._seam = self._into = None
        self.follow(seam.into, seam.deck.place / RATE)
        return seam

    def broke(self, item: Item, words: str) -> None:
        """The file of what is being read cannot be read to its end."""
        self._ladder.broke(item, words)

    def fell_silent(self, item: Item) -> None:
        """What is being read says nothing any more, though its file goes on."""
        self._fault(item, "it fell silent before its end")

    def take(self) -> tuple[Deck, Pick] | None:
        """Something to play at once: what was picked, else what the ladder has; its deck stands at the first bar."""
        with self._lock:
            pick, self._into = self._into, None
        if pick is not None and (deck := self._deck(pick)) is not None:
            return deck, pick
        for rung in (self._ladder.queued_now, self._ladder.fallen_back):
            chosen = rung()
            if chosen is not None and (deck := self._deck(chosen)) is not None:
                return deck, chosen
        return None

    def replan(self) -> bool:
        """Forget what was planned and plan anew; False, and nothing changes, when its seam is about to begin."""
        with self._lock:
            if self._seam is not None and self._seam.leaves_out_at / RATE - self.place_s < _NEARLY_S:
                return False
            self._into = None
            self._asked_s = float("-inf")
            self._clear_seam()
        return True

    def turn(self) -> None:
        """Do the next thing that is due, if any."""
        with self._lock:
            out, into, plan = self._out, self._into, self._plan
            left_s = float("inf") if out is None else out.duration_s - self.place_s
        if into is None and (out is None or left_s < LEAD_S):
            into = self._pick(left_s if out is not None else 0.0, plan)
        if out is not None and into is not None and not self._joined:
            self._make_seams(out, into, plan)

    def _look(self, after_s: float) -> None:
        give_way()
        self._ending.wait(after_s)
        while not self._ending.wait(_TURN_S):
            try:
                self.turn()
            except Exception:
                log.exception("looking ahead failed")
                time.sleep(1.0)

    def _pick(self, left_s: float, plan: int) -> Pick | None:
        if left_s > LATEST_S and abs(self.place_s - self._asked_s) < _ASK_EVERY_S:
            return None
        self._asked_s = self.place_s
        pick = self._ladder.queued(_WAIT_S)
        if pick is None and left_s <= LATEST_S:
            pick = self._ladder.fallen_back()
        with self._lock:
            if plan != self._plan:
                # A reload came in between: whoever handed the item out has it back by now.
                return None
            self._into = pick if self._into is None else self._into
            return self._into

    def _deck(self, pick: Pick) -> Deck | None:
        try:
            return Deck(pick.item, first_bar(pick.item))
        except UnreadableAudio as error:
            self._ladder.broke(pick.item, str(error))
            return None

    def _make_seams(self, out: Item, into: Pick, plan: int) -> None:
        """Each better seam replaces the one before, while it can still be reached."""
        with self._lock:
            if plan != self._plan:
                return
            self._joined = True
        try:
            for joint in self._join(out, into.item, self.place_s + _NEARLY_S):
                seam = seam_of(joint, out, into.item, into.kind)
                if seam is None:
                    self._fault(into.item, "its bridge was defective")
                elif not self._publish(seam, plan):
                    seam.deck.close()
        except Exception as error:  # noqa: BLE001 - a seam that fails must leave the simpler one in its place
            log.warning("no bridge from %s to %s: %s", out.id, into.item.id, error)
            self._fault(into.item, f"no bridge from {out.title}: {error}")

    def _publish(self, seam: Seam, plan: int) -> bool:
        with self._lock:
            if plan != self._plan or seam.leaves_out_at / RATE < self.place_s + 0.5:
                return False
            old, self._seam = self._seam, seam
        if old is not None:
            old.deck.close()
        return True

    def _clear_seam(self) -> None:
        if self._seam is not None:
            self._seam.deck.close()
        self._seam, self._joined = None, False
        self._plan += 1
