"""`LibraryDoor`: the tower's one door to the world, with the library behind it."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from sqlalchemy.orm import Session

from sonicforge.errors import NotFound
from sonicforge.library import events, listeners, orders, plays, queue, requests, stations, tracks
from sonicforge.library.database import Database, open_database
from sonicforge.library.objects import Objects
from sonicforge.library.values import QueueItem, Track
from sonicforge.playout.door import News, Order, OrderKind
from sonicforge.playout.item import Item
from sonicforge.tasks.clock import hour_of
from sonicforge.tasks.items import item_of
from sonicforge.tasks.jingles import is_jingle
from sonicforge.tasks.programme import plan

BEST: Final = 40
SOUND: Final = "track.flac"
_MISSING_TRIES: Final = 20

log = logging.getLogger(__name__)


class LibraryDoor:
    """What a station's tower wants from the library. One object for each tower, made when the tower starts.

    Whatever an earlier tower had fetched and not begun is put back to the front first. When nobody has planned, as
    while the worker is dead, the next piece is chosen here. Every method may raise `Busy` or `CannotWrite`; the tower
    comes again.
    """

    def __init__(
        self,
        database: Database,
        station: str,
        *,
        genre_folder: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._station = database, station
        self._objects = Objects(database.folder / "objects")
        self._genre_folder, self._clock = genre_folder, clock
        with database.write() as session:
            stations.get(session, station)
            queue.give_back(session, station, now=clock())

    def next_item(self) -> Item | None:
        """The next piece of the queue; None when there is none whose file is there."""
        with self._database.write() as session:
            for _ in range(_MISSING_TRIES):
                waiting = self._take(session)
                if waiting is None:
                    return None
                item = self._item(session, waiting.track, waiting)
                if item is not None:
                    return item
                self._lost(session, waiting)
        return None

    def best(self) -> Sequence[Item]:
        """Good pieces for when the queue stays empty: of the hour's genres, the rested ones first."""
        with self._database.read() as session:
            rules = stations.get(session, self._station).programme
            now = self._clock()
            genres = tuple(share.genre for share in rules.genres if share.plays_at(hour_of(rules, now)))
            rested = now - rules.rotation.cooldown_min * 60.0
            found: dict[str, Track] = {}
            for kinds, since in ((genres, rested), (genres, None), ((), None)):
                more = tracks.best_of(session, genres=kinds, limit=BEST, not_played_since=since)
                found |= {track.id: track for track in more if not is_jingle(track) and track.id not in found}
                if len(found) >= BEST // 2:
                    break
            items = [self._item(session, track) for track in found.values()]
        return [item for item in items if item is not None]

    def report(self, news: Sequence[News]) -> None:
        """Write news down, all or nothing; what was told before changes nothing.

        A track that the tower had trouble with and whose file is damaged goes on air no more.
        """
        troubled = {track for piece in news if piece.kind == "fault" and (track := _unplayable(piece))}
        damaged = [track for track in sorted(troubled) if self._damaged(track)]
        with self._database.write() as session:
            for piece in news:
                _TOLD[piece.kind](session, self._station, piece)
            for track in damaged:
                _withdraw(session, self._station, track, self._clock())

    def orders(self) -> Sequence[Order]:
        """Wishes that wait, oldest first; one that no tower knows is answered at once."""
        with self._database.read() as session:
            waiting = orders.waiting(session, self._station, now=self._clock())
        known = {kind: kind for kind in get_args(OrderKind)}
        strange = [order for order in waiting if order.kind not in known]
        if strange:
            with self._database.write() as session:
                for order in strange:
                    orders.carried_out(session, order.number, f"the tower knows no order {order.kind!r}")
        return [Order(order.number, known[order.kind], order.data) for order in waiting if order.kind in known]

    def carried_out(self, number: int, outcome: str) -> None:
        """What became of an order; after a reload what had been fetched waits again."""
        with self._database.write() as session:
            waiting = {order.number: order.kind for order in orders.waiting(session, self._station)}
            orders.carried_out(session, number, outcome, now=self._clock())
            if waiting.get(number) == "reload":
                queue.give_back(session, self._station, now=self._clock())

    def _take(self, session: Session) -> QueueItem | None:
        now = self._clock()
        waiting = queue.take_next(session, self._station, now=now)
        if waiting is None:
            plan(session, self._station, now, composing=False, genre_folder=self._genre_folder)
            waiting = queue.take_next(session, self._station, now=now)
        return waiting

    def _item(self, session: Session, track: Track, waiting: QueueItem | None = None) -> Item | None:
        try:
            path = self._objects.path(tracks.file(session, track.id, SOUND).hash)
        except NotFound:
            return None
        jingle = waiting is not None and waiting.source == "jingle"
        tags = {"kind": "jingle"} if jingle else {}
        if waiting is not None:
            tags |= {"source": waiting.source, "why": str(waiting.reason.get("words", ""))[:300]}
        ticket = None if waiting is None else waiting.id
        return item_of(track, path, barlines=tracks.barlines(session, track.id), ticket=ticket, tags=tags)

    def _damaged(self, track: str) -> bool:
        """Whether a track of the library has lost its sound; reads all of it."""
        try:
            with self._database.read() as session:
                name = tracks.file(session, track, SOUND).hash
            return not self._objects.intact(name)
        except NotFound as missing:
            return missing.kind == "object"

    def _lost(self, session: Session, waiting: QueueItem) -> None:
        """The file of a queued track is gone: it leaves the queue and goes on air no more."""
        log.error("the sound of track %s %r is missing", waiting.track.id, waiting.track.title)
        tracks.approve(session, waiting.track.id, approved=False, now=self._clock())
        _passed_over(session, waiting, "its file is missing", self._clock())


def open_door(data: Path, station: str) -> LibraryDoor:
    """A door to the library in a data directory. Raises `NotFound` for a station that is not there, `Busy`."""
    return LibraryDoor(open_database(data), station, genre_folder=data / "genres")


def _began(session: Session, station: str, news: News) -> None:
    """Something is heard: the queue lets go of it and of what was fetched before it, and the log of plays has it.

    A bridge already names what it leads to, but that begins when the bridge is over.
    """
    item = news.data.get("item") or {}
    ticket = item.get("ticket")
    kind = str(news.data.get("kind", "track"))
    waiting = _release(session, station, ticket, news) if isinstance(ticket, int) and kind != "bridge" else None
    track = str(item.get("id", ""))
    known = tracks.some(session, [track]).get(track) if kind in ("track", "bridge", "jingle") else None
    plays.started(
        session,
        station,
        news.position,
        kind=kind,
        title=str(item.get("title", "")),
        artist=str(item.get("artist", "")),
        genre=str(item.get("genre", "")),
        track_id=None if known is None else known.id,
        at=news.utc,
        source="programme" if waiting is None else waiting.source,
        request_id=None if waiting is None else waiting.request_id,
        reason=None if waiting is None else waiting.reason,
        transition=news.data.get("transition"),
        listeners=sum(listeners.counts(session, station, now=news.utc).values()),
    )


def _release(session: Session, station: str, ticket: int, news: News) -> QueueItem | None:
    """The queue item that begins, which may have been given back meanwhile; None when it was told before."""
    taken = queue.taken(session, station)
    known = {item.id: item for item in (*taken, *queue.listing(session, station))}
    begun = known.get(ticket)
    if begun is None:
        return None
    for passed in taken[: taken.index(begun)] if begun in taken else ():
        _passed_over(session, passed, "the tower passed it over", news.utc)
    queue.begun(session, ticket, now=news.utc)
    return begun


def _passed_over(session: Session, waiting: QueueItem, why: str, now: float) -> None:
    queue.begun(session, waiting.id, now=now)
    told = {"track": waiting.track.id, "title": waiting.track.title, "why": why}
    events.append(session, waiting.station, "queue.passed_over", told, now=now)
    if waiting.request_id is not None and requests.get(session, waiting.request_id).state not in requests.FINAL:
        requests.change(session, waiting.request_id, state="failed", answer=f"It could not be played: {why}.", now=now)


def _ended(session: Session, station: str, news: News) -> None:
    """Something ended. Unless the station stopped, the next beginning tells it better."""
    if news.data.get("stopped"):
        plays.ended(session, station, at=news.utc)


def _output(session: Session, station: str, news: News) -> None:
    events.append(session, station, "output.changed", _facts(news), now=news.utc)


def _skipped(session: Session, station: str, news: News) -> None:
    events.append(session, station, "play.skipped", _facts(news), now=news.utc)


def _fault(session: Session, station: str, news: News) -> None:
    """Something went wrong on air."""
    events.append(session, station, "station.fault", _facts(news), now=news.utc)


def _withdraw(session: Session, station: str, track: str, now: float) -> None:
    """A damaged track leaves the rotation, and the queue where it was fetched already."""
    log.error("the sound of track %s is damaged", track)
    tracks.approve(session, track, approved=False, now=now)
    for waiting in (*queue.taken(session, station), *queue.listing(session, station)):
        if waiting.track.id == track:
            _passed_over(session, waiting, "its file is damaged", now)


def _unplayable(news: News) -> str:
    """The track that a fault is about, if it says that it cannot be played."""
    told = news.data.get("item")
    return str(told.get("id", "")) if isinstance(told, Mapping) and news.data.get("unplayable") else ""


def _facts(news: News) -> dict[str, Any]:
    return {"position": news.position, **news.data}


_TOLD: Final = {"began": _began, "ended": _ended, "output": _output, "skipped": _skipped, "fault": _fault}
