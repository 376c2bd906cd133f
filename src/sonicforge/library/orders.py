"""Wishes for the tower. They wait until the tower says that it carried them out, or until they are too old."""

import time
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from sonicforge.errors import Conflict, NotFound
from sonicforge.library import events
from sonicforge.library.page import deleted
from sonicforge.library.tables import OrderRow, StationRow
from sonicforge.library.values import Order

MOST: Final = 1000


def leave(
    session: Session,
    station: str,
    kind: str,
    data: Mapping[str, Any] | None = None,
    *,
    lives_s: float | None = None,
    now: float | None = None,
) -> Order:
    """Leave a wish such as `skip`; after `lives_s` seconds nobody wants it any more (None: it waits for ever).

    Raises `NotFound` for a station, `Conflict` when 1000 wait already.
    """
    if session.get(StationRow, station) is None:
        raise NotFound("station", station)
    at = time.time() if now is None else now
    waiting = select(func.count()).select_from(OrderRow).where(OrderRow.station == station, OrderRow.done_at.is_(None))
    if (session.scalar(waiting) or 0) >= MOST:
        raise Conflict(f"{MOST} orders wait for {station} already; is the station running?")
    row = OrderRow(
        station=station,
        kind=kind,
        data=dict(data or {}),
        at=at,
        expires_at=None if lives_s is None else at + lives_s,
        done_at=None,
        outcome="",
    )
    session.add(row)
    session.flush()
    events.append(session, station, "order.left", {"order": row.number, "kind": kind}, now=at)
    return Order(row.number, station, kind, row.data, at)


def waiting(session: Session, station: str, *, limit: int = 100, now: float | None = None) -> tuple[Order, ...]:
    """What the tower should do, oldest first. The same order comes again until it is `carried_out`."""
    at = time.time() if now is None else now
    query = select(OrderRow).where(OrderRow.station == station, OrderRow.done_at.is_(None))
    query = query.where(or_(OrderRow.expires_at.is_(None), OrderRow.expires_at > at))
    rows = session.scalars(query.order_by(OrderRow.number).limit(limit))
    return tuple(Order(row.number, row.station, row.kind, row.data, row.at) for row in rows)


def carried_out(session: Session, number: int, outcome: str = "done", *, now: float | None = None) -> None:
    """The tower did it, or says why not. Saying it twice changes nothing. Raises `NotFound`."""
    row = session.get(OrderRow, number)
    if row is None:
        raise NotFound("order", number)
    if row.done_at is None:
        row.done_at, row.outcome = time.time() if now is None else now, outcome[:500]
        told = {"order": number, "kind": row.kind, "outcome": row.outcome}
        events.append(session, row.station, "order.carried_out", told, now=row.done_at)


def prune(session: Session, *, before: float) -> int:
    """Delete orders that were carried out or too old before a time."""
    return deleted(session, delete(OrderRow).where(or_(OrderRow.done_at < before, OrderRow.expires_at < before)))
