"""What was on air, as run: one row for everything that began, by the sample at which it did."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from sonicforge.errors import NotFound, UnknownName
from sonicforge.library import events
from sonicforge.library.page import page_of
from sonicforge.library.tables import PlayRow, RequestRow, TrackRow
from sonicforge.library.values import Page, Play

KINDS: Final = ("track", "bridge", "jingle", "reserve")
COLUMNS: Final = (
    "id", "station", "position", "kind", "track_id", "title", "artist", "genre",
    "started_at", "ended_at", "source", "request_id", "listeners",
)  # fmt: skip
"""Columns of the export, in order."""


def started(
    session: Session,
    station: str,
    position: int,
    *,
    kind: str,
    title: str,
    artist: str = "",
    genre: str = "",
    track_id: str | None = None,
    at: float | None = None,
    source: str = "programme",
    request_id: int | None = None,
    reason: Mapping[str, Any] | None = None,
    transition: Mapping[str, Any] | None = None,
    listeners: int = 0,
) -> Play:
    """Something began at a sample position, heard at `at`; what was on air before ended then.

    May be told twice and out of order: the first telling counts. A track's plays go up, a request is played.
    """
    if kind not in KINDS:
        raise UnknownName("kind of plays", kind, KINDS)
    known = session.scalar(select(PlayRow).where(PlayRow.station == station, PlayRow.position == position))
    if known is not None:
        return _play(known)
    heard = time.time() if at is None else at
    row = PlayRow(
        station=station,
        position=position,
        kind=kind,
        track_id=track_id,
        title=title,
        artist=artist,
        genre=genre,
        started_at=heard,
        ended_at=_end_neighbours(session, station, position, heard),
        source=source,
        request_id=request_id,
        reason=dict(reason or {}),
        transition=dict(transition or {}),
        listeners=listeners,
    )
    session.add(row)
    session.flush()
    _count(session, row)
    told = {"play": row.id, "position": position, "kind": kind, "track": track_id, "title": title, "artist": artist}
    events.append(session, station, "play.started", told | {"genre": genre, "request": request_id}, now=heard)
    return _play(row)


def ended(session: Session, station: str, *, at: float | None = None) -> None:
    """The station stopped: what is on air ends now."""
    stopped = time.time() if at is None else at
    open_rows = select(PlayRow).where(PlayRow.station == station, PlayRow.ended_at.is_(None))
    for row in session.scalars(open_rows):
        row.ended_at = max(stopped, row.started_at)
        events.append(session, station, "play.ended", {"play": row.id, "position": row.position}, now=stopped)


def current(session: Session, station: str) -> Play | None:
    """What began last, if it has not ended."""
    query = select(PlayRow).where(PlayRow.station == station).order_by(PlayRow.position.desc()).limit(1)
    row = session.scalar(query)
    return None if row is None or row.ended_at is not None else _play(row)


def heard_at(session: Session, station: str, at: float) -> Play | None:
    """What was on air at a moment."""
    query = select(PlayRow).where(PlayRow.station == station, PlayRow.started_at <= at)
    row = session.scalar(query.order_by(PlayRow.started_at.desc(), PlayRow.position.desc()).limit(1))
    return None if row is None or (row.ended_at is not None and row.ended_at <= at) else _play(row)


def get(session: Session, play_id: int) -> Play:
    """A play; raises `NotFound`."""
    row = session.get(PlayRow, play_id)
    if row is None:
        raise NotFound("play", play_id)
    return _play(row)


def listing(
    session: Session,
    station: str,
    *,
    kinds: tuple[str, ...] = (),
    since: float | None = None,
    until: float | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[Play]:
    """A page of what was on air, newest first."""
    query = select(PlayRow).where(PlayRow.station == station)
    if kinds:
        query = query.where(PlayRow.kind.in_(kinds))
    if since is not None:
        query = query.where(PlayRow.started_at >= since)
    if until is not None:
        query = query.where(PlayRow.started_at < until)
    return page_of(
        session,
        query,
        _play,
        by=PlayRow.started_at,
        tie=PlayRow.id,
        descending=True,
        after=after,
        limit=limit,
        sort="plays",
    )


def export(session: Session, station: str, *, since: float, until: float) -> Iterator[tuple[Any, ...]]:
    """Rows of `COLUMNS` in the order of air, read as they are asked for, so that a year fits into memory."""
    query = select(PlayRow).where(PlayRow.station == station, PlayRow.started_at >= since, PlayRow.started_at < until)
    ordered = query.order_by(PlayRow.started_at, PlayRow.id).execution_options(yield_per=500)
    for row in session.scalars(ordered):
        yield tuple(getattr(row, name) for name in COLUMNS)


def _end_neighbours(session: Session, station: str, position: int, at: float) -> float | None:
    """End what was on air before; returns when the new one ended, if later ones are known already."""
    here = select(PlayRow).where(PlayRow.station == station)
    before = session.scalar(here.where(PlayRow.position < position).order_by(PlayRow.position.desc()).limit(1))
    following = session.scalar(here.where(PlayRow.position > position).order_by(PlayRow.position).limit(1))
    if before is not None and (before.ended_at is None or before.ended_at > at):
        before.ended_at = max(at, before.started_at)
    return None if following is None else following.started_at


def _count(session: Session, row: PlayRow) -> None:
    track = session.get(TrackRow, row.track_id) if row.track_id and row.kind == "track" else None
    if track is not None:
        track.plays += 1
        track.last_played_at = max(track.last_played_at, row.started_at)
    request = session.get(RequestRow, row.request_id) if row.request_id is not None else None
    if request is not None and row.kind == "track":
        request.state, request.changed_at = "played", row.started_at


def _play(row: PlayRow) -> Play:
    return Play(
        row.id,
        row.station,
        row.position,
        row.kind,
        row.track_id,
        row.title,
        row.artist,
        row.genre,
        row.started_at,
        row.ended_at,
        row.source,
        row.request_id,
        row.reason,
        row.transition,
        row.listeners,
    )
