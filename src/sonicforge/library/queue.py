"""The queue of a station: what is played next, in order. What the tower has fetched is kept until it has begun."""

import time
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from sonicforge.errors import Conflict, NotFound, OutOfRange, UnknownName
from sonicforge.library import events
from sonicforge.library.page import deleted
from sonicforge.library.tables import QueueRow, StationRow, TrackRow
from sonicforge.library.tracks import row_of, track_of
from sonicforge.library.values import QueueItem, QueueState

MOST: Final = 500
SOURCES: Final = ("programme", "request", "person", "jingle")


def add(
    session: Session,
    station: str,
    track_id: str,
    *,
    source: str = "programme",
    place: int | None = None,
    pinned: bool = False,
    request_id: int | None = None,
    reason: Mapping[str, Any] | None = None,
    now: float | None = None,
) -> QueueItem:
    """Put a track at `place` (0 is next), or at the end; `reason` tells why it is played.

    A `pinned` one survives `clear`. Raises `NotFound`, `Conflict` for a track that may not go on air or a full queue,
    `OutOfRange` for a place that is not there.
    """
    if session.get(StationRow, station) is None:
        raise NotFound("station", station)
    if source not in SOURCES:
        raise UnknownName("source of queue items", source, SOURCES)
    track = row_of(session, track_id)
    if not track.approved or track.state != "ready":
        told = "is retired" if track.approved else "was not approved for air"
        raise Conflict(f"{track.title!r} {told}, so it cannot be queued")
    rows = _waiting(session, station)
    if len(rows) >= MOST:
        raise Conflict(f"the queue of {station} is full with {MOST} tracks")
    at = len(rows) if place is None else _checked(place, len(rows))
    row = QueueRow(
        station=station,
        track_id=track_id,
        place=at,
        pinned=pinned,
        state="waiting",
        source=source,
        request_id=request_id,
        reason=dict(reason or {}),
        added_at=time.time() if now is None else now,
        taken_at=None,
    )
    rows.insert(at, row)
    session.add(row)
    _renumber(rows)
    session.flush()
    _told(session, station, "added", row, now)
    return _item(row, track)


def listing(session: Session, station: str) -> tuple[QueueItem, ...]:
    """What waits, next first."""
    return _items(session, station, "waiting")


def taken(session: Session, station: str) -> tuple[QueueItem, ...]:
    """What the tower has fetched and not yet begun, in the order of fetching."""
    return _items(session, station, "taken")


def get(session: Session, item_id: int) -> QueueItem:
    """An item of any queue; raises `NotFound`."""
    row = _row(session, item_id)
    return _item(row, row_of(session, row.track_id))


def waiting_s(session: Session, station: str) -> float:
    """Seconds of music that wait or are fetched."""
    query = select(func.sum(TrackRow.duration_s)).join(QueueRow, QueueRow.track_id == TrackRow.id)
    return float(session.scalar(query.where(QueueRow.station == station)) or 0.0)


def move(session: Session, item_id: int, place: int, *, now: float | None = None) -> QueueItem:
    """Give a waiting item another place, 0 is next. Raises `NotFound`, `Conflict` if it is fetched, `OutOfRange`."""
    row = _still_waiting(session, item_id)
    rows = [other for other in _waiting(session, row.station) if other is not row]
    rows.insert(_checked(place, len(rows)), row)
    _renumber(rows)
    _told(session, row.station, "moved", row, now)
    return _item(row, row_of(session, row.track_id))


def pin(session: Session, item_id: int, *, pinned: bool = True, now: float | None = None) -> QueueItem:
    """Keep an item when the programme plans anew, or no longer."""
    row = _still_waiting(session, item_id)
    row.pinned = pinned
    _told(session, row.station, "pinned" if pinned else "unpinned", row, now)
    return _item(row, row_of(session, row.track_id))


def remove(session: Session, item_id: int, *, now: float | None = None) -> None:
    """Take a waiting item out. Raises `NotFound`, or `Conflict` if the tower has it already."""
    row = _still_waiting(session, item_id)
    station = row.station
    _told(session, station, "removed", row, now)
    session.delete(row)
    session.flush()
    _renumber(_waiting(session, station))


def clear(session: Session, station: str, *, source: str = "programme", now: float | None = None) -> int:
    """Take out all waiting items of one source that are not pinned; returns how many went."""
    gone = delete(QueueRow).where(
        QueueRow.station == station, QueueRow.state == "waiting", QueueRow.source == source, QueueRow.pinned.is_(False)
    )
    number = deleted(session, gone)
    _renumber(_waiting(session, station))
    if number:
        events.append(session, station, "queue.cleared", {"source": source, "items": number}, now=now)
    return number


def take_next(session: Session, station: str, *, now: float | None = None) -> QueueItem | None:
    """Fetch the next item for the tower; None for an empty queue.

    It stays as taken until `begun` or `give_back`, so that a tower that dies in between loses nothing.
    """
    rows = _waiting(session, station)
    if not rows:
        return None
    row = rows.pop(0)
    row.state, row.taken_at, row.place = "taken", time.time() if now is None else now, _next_taken(session, station)
    _renumber(rows)
    _told(session, station, "taken", row, now)
    return _item(row, row_of(session, row.track_id))


def begun(session: Session, item_id: int, *, now: float | None = None) -> None:
    """The tower plays it: the item is done with. One that is gone already is no error."""
    row = session.get(QueueRow, item_id)
    if row is not None:
        _told(session, row.station, "begun", row, now)
        session.delete(row)
        session.flush()


def give_back(session: Session, station: str, *, now: float | None = None) -> int:
    """Put what was fetched and not begun back to the front, in its order; returns how many. For a tower that starts."""
    back = _rows(session, station, "taken")
    for row in back:
        row.state, row.taken_at = "waiting", None
    _renumber([*back, *(row for row in _waiting(session, station) if row not in back)])
    if back:
        events.append(session, station, "queue.given_back", {"items": [row.id for row in back]}, now=now)
    return len(back)


def _rows(session: Session, station: str, state: QueueState) -> list[QueueRow]:
    query = select(QueueRow).where(QueueRow.station == station, QueueRow.state == state)
    return list(session.scalars(query.order_by(QueueRow.place, QueueRow.id).with_for_update()))


def _waiting(session: Session, station: str) -> list[QueueRow]:
    return _rows(session, station, "waiting")


def _next_taken(session: Session, station: str) -> int:
    rows = _rows(session, station, "taken")
    return rows[-1].place + 1 if rows else 0


def _renumber(rows: list[QueueRow]) -> None:
    for place, row in enumerate(rows):
        if row.place != place:
            row.place = place


def _row(session: Session, item_id: int) -> QueueRow:
    row = session.get(QueueRow, item_id)
    if row is None:
        raise NotFound("queue item", item_id)
    return row


def _still_waiting(session: Session, item_id: int) -> QueueRow:
    row = _row(session, item_id)
    if row.state != "waiting":
        raise Conflict(f"queue item {item_id} is being played already")
    return row


def _checked(place: int, most: int) -> int:
    if not 0 <= place <= most:
        raise OutOfRange("place", place, 0, most)
    return place


def _items(session: Session, station: str, state: QueueState) -> tuple[QueueItem, ...]:
    query = select(QueueRow, TrackRow).join(TrackRow, QueueRow.track_id == TrackRow.id)
    query = query.where(QueueRow.station == station, QueueRow.state == state).order_by(QueueRow.place, QueueRow.id)
    return tuple(_item(row, track) for row, track in session.execute(query))


def _item(row: QueueRow, track: TrackRow) -> QueueItem:
    state: QueueState = "taken" if row.state == "taken" else "waiting"
    return QueueItem(
        row.id,
        row.station,
        track_of(track),
        row.place,
        row.pinned,
        state,
        row.source,
        row.request_id,
        row.reason,
        row.added_at,
    )


def _told(session: Session, station: str, what: str, row: QueueRow, now: float | None) -> None:
    data = {"item": row.id, "track": row.track_id, "place": row.place, "source": row.source}
    events.append(session, station, f"queue.{what}", data, now=now)
