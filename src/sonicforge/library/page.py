"""Long lists by the page: each begins behind the last row of the one before, however the list has grown meanwhile."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from sqlalchemy import CursorResult, Delete, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from sonicforge.errors import BadInput, OutOfRange
from sonicforge.library.values import Page

MOST = 200

R = TypeVar("R")
T = TypeVar("T")


def page_of(
    session: Session,
    query: Select[R],
    told: Callable[[R], T],
    *,
    by: InstrumentedAttribute[Any],
    tie: InstrumentedAttribute[Any],
    descending: bool,
    after: str | None,
    limit: int,
    sort: str,
) -> Page[T]:
    """A page of `query` in the order of `by`, ties in the order of `tie`.

    `after` is the `next` of the page before, and belongs to this `sort`. Raises `BadInput` for one that does not, and
    `OutOfRange` for a `limit` outside 1..200.
    """
    if not 1 <= limit <= MOST:
        raise OutOfRange("limit", limit, 1, MOST)
    if after is not None:
        value, last = _read(after, sort, by, tie)
        beyond = by < value if descending else by > value
        behind = tie < last if descending else tie > last
        query = query.where(or_(beyond, and_(by == value, behind)))
    order = (by.desc(), tie.desc()) if descending else (by.asc(), tie.asc())
    rows = list(session.scalars(query.order_by(*order).limit(limit + 1)))
    last_row = rows[limit - 1] if len(rows) > limit else None
    following = None if last_row is None else _written(sort, getattr(last_row, by.key), getattr(last_row, tie.key))
    return Page(tuple(told(row) for row in rows[:limit]), following)


def _written(sort: str, value: object, tie: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, value, tie])).decode().rstrip("=")


def _read(after: str, sort: str, by: InstrumentedAttribute[Any], tie: InstrumentedAttribute[Any]) -> tuple[Any, Any]:
    try:
        told = orjson.loads(base64.urlsafe_b64decode(after[:2000] + "=" * (-len(after) % 4)))
    except (ValueError, binascii.Error):
        told = None
    if not isinstance(told, list) or len(told) != 3 or told[0] != sort:
        raise BadInput(f"{after[:40]!r} is not where a page sorted by {sort} begins; use the next of the page before")
    if not (_fits(told[1], by) and _fits(told[2], tie)):
        raise BadInput(f"{after[:40]!r} is not where a page begins; use the next of the page before")
    return told[1], told[2]


def _fits(value: object, column: InstrumentedAttribute[Any]) -> bool:
    kind = column.type.python_type
    return isinstance(value, (int, float)) and not isinstance(value, bool) if kind is float else type(value) is kind


def deleted(session: Session, statement: Delete) -> int:
    """Carry out a deletion; returns how many rows went."""
    result = session.execute(statement)
    return result.rowcount if isinstance(result, CursorResult) else 0
