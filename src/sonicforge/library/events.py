"""The numbered log of news. An event is appended in the same transaction as the change that it tells.

Numbers rise and are never used again, so a reader that remembers the last one misses nothing and hears nothing twice.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from sonicforge.errors import BadInput, OutOfRange
from sonicforge.library.page import deleted
from sonicforge.library.tables import EventRow
from sonicforge.library.values import Event

MOST = 1000


def append(
    session: Session, station: str | None, kind: str, data: Mapping[str, Any], *, now: float | None = None
) -> int:
    """Write news down; returns its number. `kind` is a dotted word such as `track.started`."""
    if not kind or len(kind) > 80:
        raise BadInput(f"the kind of an event is {kind[:80]!r}, but must be a word of 1 to 80 letters")
    row = EventRow(station=station, kind=kind, at=time.time() if now is None else now, data=dict(data))
    session.add(row)
    session.flush()
    return row.number


def after(
    session: Session,
    number: int,
    limit: int = 100,
    *,
    station: str | None = None,
    kinds: Sequence[str] = (),
) -> tuple[Event, ...]:
    """Up to `limit` (1..1000) events with higher numbers, in order.

    With `station` only its own and those that concern all; with `kinds` only those whose kind is or begins with one of
    them up to a dot.
    """
    if not 1 <= limit <= MOST:
        raise OutOfRange("limit", limit, 1, MOST)
    query = select(EventRow).where(EventRow.number > number).order_by(EventRow.number).limit(limit)
    if station is not None:
        query = query.where(or_(EventRow.station == station, EventRow.station.is_(None)))
    if kinds:
        wanted = [or_(EventRow.kind == kind, EventRow.kind.startswith(f"{kind}.", autoescape=True)) for kind in kinds]
        query = query.where(or_(*wanted))
    return tuple(Event(row.number, row.station, row.kind, row.at, row.data) for row in session.scalars(query))


def bounds(session: Session) -> tuple[int, int]:
    """Lowest and highest number in the log, (0, 0) while it is empty.

    A reader whose last number is below the lowest less one has missed what was pruned.
    """
    low, high = session.execute(select(func.min(EventRow.number), func.max(EventRow.number))).one()
    return low or 0, high or 0


def prune(session: Session, *, before: float, keep: int = 1000) -> int:
    """Delete events from before a time, but never the last `keep` (at least one); returns how many went."""
    newest = bounds(session)[1]
    gone = delete(EventRow).where(EventRow.at < before, EventRow.number <= newest - max(keep, 1))
    return deleted(session, gone)
