"""Who listens: clients by what they were seen to fetch, and how many there were in each minute."""

import time
from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from sonicforge.errors import OutOfRange
from sonicforge.library.page import deleted
from sonicforge.library.tables import ListenerMinuteRow, ListeningRow
from sonicforge.library.text import identity
from sonicforge.library.values import ListenerMinute, Listening

AWAY_S: Final = 60.0
"""A client not seen for so long has gone; an HLS player asks for its playlist every few seconds."""
MINUTE_S: Final = 60.0


def seen(session: Session, station: str, output: str, client: str, *, now: float | None = None) -> Listening:
    """A client fetches from an output: its session goes on, or a new one begins when it was away."""
    at = time.time() if now is None else now
    row = _open_row(session, station, output, identity("client", client), at)
    if row is None:
        row = ListeningRow(station=station, output=output, client=client, since=at, seen_at=at, ended=False)
        session.add(row)
    row.seen_at = max(row.seen_at, at)
    return _listening(row)


def left(session: Session, station: str, output: str, client: str, *, now: float | None = None) -> None:
    """A client went away for certain, as when its connection closed."""
    at = time.time() if now is None else now
    row = _open_row(session, station, output, client, at)
    if row is not None:
        row.seen_at, row.ended = max(row.seen_at, at), True


def counts(session: Session, station: str, *, now: float | None = None) -> dict[str, int]:
    """Output -> how many listen now."""
    at = time.time() if now is None else now
    query = select(ListeningRow.output, func.count(func.distinct(ListeningRow.client)))
    query = query.where(
        ListeningRow.station == station, ListeningRow.seen_at > at - AWAY_S, ListeningRow.ended.is_(False)
    )
    return dict(session.execute(query.group_by(ListeningRow.output)).all())


def count_minute(session: Session, station: str, listening: Mapping[str, int], *, now: float | None = None) -> None:
    """Write down how many listen on each output; of one minute the most is kept."""
    minute = int((time.time() if now is None else now) // MINUTE_S)
    for output, number in listening.items():
        row = session.get(ListenerMinuteRow, (station, output, minute))
        if row is None:
            session.add(ListenerMinuteRow(station=station, output=output, minute=minute, listeners=number))
        else:
            row.listeners = max(row.listeners, number)


def history(session: Session, station: str, *, since: float, until: float, limit: int = 20_000) -> list[ListenerMinute]:
    """Listeners per output and minute, in order of time; minutes in which nobody was counted are left out."""
    if not 1 <= limit <= 100_000:
        raise OutOfRange("limit", limit, 1, 100_000)
    query = select(ListenerMinuteRow).where(ListenerMinuteRow.station == station)
    query = query.where(ListenerMinuteRow.minute >= since // MINUTE_S, ListenerMinuteRow.minute < until / MINUTE_S)
    rows = session.scalars(query.order_by(ListenerMinuteRow.minute, ListenerMinuteRow.output).limit(limit))
    return [ListenerMinute(row.output, row.minute * MINUTE_S, row.listeners) for row in rows]


def sessions(session: Session, station: str, *, since: float, limit: int = 1000) -> tuple[Listening, ...]:
    """Clients that were seen since a time, the last seen first."""
    query = select(ListeningRow).where(ListeningRow.station == station, ListeningRow.seen_at >= since)
    rows = session.scalars(query.order_by(ListeningRow.seen_at.desc(), ListeningRow.id.desc()).limit(limit))
    return tuple(map(_listening, rows))


def prune(session: Session, *, before: float) -> int:
    """Delete sessions of clients that were last seen before a time; the minutes stay."""
    return deleted(session, delete(ListeningRow).where(ListeningRow.seen_at < before))


def _open_row(session: Session, station: str, output: str, client: str, at: float) -> ListeningRow | None:
    query = select(ListeningRow).where(
        ListeningRow.station == station,
        ListeningRow.output == output,
        ListeningRow.client == client,
        ListeningRow.seen_at > at - AWAY_S,
        ListeningRow.ended.is_(False),
    )
    return session.scalar(query.order_by(ListeningRow.seen_at.desc()).limit(1))


def _listening(row: ListeningRow) -> Listening:
    return Listening(row.station, row.output, row.client, row.since, row.seen_at, row.ended)
