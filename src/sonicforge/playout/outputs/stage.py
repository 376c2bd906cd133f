"""`Stage`: the station with its picture, encoded once a quality for all targets that want it.

blocks -> (title, spectrum) -> picture -> H.264 and AAC -> FLV tags or MPEG-TS -> every target's `Feed`
"""

import logging
from threading import Lock, Thread
from weakref import WeakValueDictionary

from sonicforge.playout.block import Block
from sonicforge.playout.item import Item
from sonicforge.playout.outputs.feed import Feed, Piece
from sonicforge.playout.outputs.film import RUNGS, Film
from sonicforge.playout.outputs.inbox import Inbox
from sonicforge.playout.outputs.picture import Picture
from sonicforge.playout.outputs.spectrum_bars import SpectrumBars

log = logging.getLogger(__name__)

_QUEUE_BLOCKS = 52
_FilmKey = tuple[str, int]


_STAGES: "WeakValueDictionary[str, Stage]" = WeakValueDictionary()
_STAGES_LOCK = Lock()


def shared_stage(station: str) -> "Stage":
    """The one stage of a station in this process, for as long as somebody holds it."""
    with _STAGES_LOCK:
        stage = _STAGES.get(station)
        if stage is None:
            stage = _STAGES[station] = Stage(station)
        return stage


class Stage:
    """Shared by the targets of a station: `join` and `leave` for a feed, `send` for every block by whoever gets it.

    A block that several targets pass on is used once. Without feeds nothing is drawn or encoded.
    """

    def __init__(self, station: str) -> None:
        self._station = station
        self._inbox = Inbox(_QUEUE_BLOCKS)
        self._feeds: set[Feed] = set()
        self._lock = Lock()
        self._newest = -1
        self._item: Item | None = None
        self._thread: Thread | None = None

    def join(self, feed: Feed) -> None:
        """From now on `feed` gets pieces; the first begins with setup and key."""
        with self._lock:
            self._feeds.add(feed)
            if self._thread is None:
                self._inbox.clear()
                self._thread = Thread(target=self._run, name="stage", daemon=True)
                self._thread.start()

    def leave(self, feed: Feed) -> None:
        """No more pieces for `feed`; with the last one the thread ends."""
        with self._lock:
            self._feeds.discard(feed)

    def send(self, block: Block) -> None:
        """Any target's block; returns at once."""
        with self._lock:
            if block.position <= self._newest:
                return
            self._newest = block.position
            for mark in block.marks:
                if mark.kind != "bridge":
                    self._item = mark.item
            if self._thread is not None:
                self._inbox.put(block)

    def _run(self) -> None:
        show = _Show(self._station)
        try:
            while (feeds := self._wanting()) is not None:
                block = self._inbox.take(0.5)
                if block is not None:
                    show.add(block, self._item, feeds)
        except Exception as error:
            log.exception("the picture of %s failed", self._station)
            with self._lock:
                self._thread = None
                for feed in self._feeds:
                    feed.end(f"the picture failed: {error}")
                self._feeds.clear()
        finally:
            show.close()

    def _wanting(self) -> list[Feed] | None:
        """Who wants pieces; None, after which the thread is gone, when nobody does."""
        with self._lock:
            if not self._feeds:
                self._thread = None
                return None
            return list(self._feeds)


class _Show:
    """The stage's work on blocks: one picture, and one film for each container and rung that is wanted."""

    def __init__(self, station: str) -> None:
        self._picture, self._bars = Picture(station), SpectrumBars()
        self._films: dict[_FilmKey, Film] = {}
        self._item: Item | None = None
        # Not zero: an encoder begins a little before its first sample, and no muxer likes a time before zero.
        self._count = 20

    def add(self, block: Block, item: Item | None, feeds: list[Feed]) -> None:
        if item != self._item:
            self._item = item
            self._picture.show(item)
        self._choose({key for feed in feeds for key in _keys(feed)})
        planes = self._picture.frame(self._bars.process(block.samples))
        made: dict[_FilmKey, list[Piece]] = {key: film.add(planes, block.samples) for key, film in self._films.items()}
        self._count += 1
        for feed in feeds:
            wanted = (feed.container, feed.wanted)
            before = made.get((feed.container, feed.rung), []) if feed.rung is not None else []
            feed.put(feed.wanted, self._films[wanted].setup, made[wanted], before)
            feed.reading = self._films[wanted].reading

    def _choose(self, wanted: set[_FilmKey]) -> None:
        for key in set(self._films) - wanted:
            self._films.pop(key).close()
        for container, rung in wanted - set(self._films):
            self._films[container, rung] = Film(container, RUNGS[rung], self._count)

    def close(self) -> None:
        self._choose(set())


def _keys(feed: Feed) -> set[_FilmKey]:
    rungs = {feed.wanted} if feed.rung is None else {feed.wanted, feed.rung}
    return {(feed.container, rung) for rung in rungs}
