"""Listeners' wishes in words, and what became of them."""

import time
from collections.abc import Mapping
from typing import Any, Final, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sonicforge.errors import Conflict, NotFound, UnknownName
from sonicforge.library import events
from sonicforge.library.page import page_of
from sonicforge.library.tables import RequestRow, StationRow
from sonicforge.library.text import identity, one_line
from sonicforge.library.values import Page, Request, RequestState

STATES: Final[tuple[RequestState, ...]] = get_args(RequestState)
FINAL: Final = frozenset({"played", "refused", "failed"})
LONGEST: Final = 500


def add(session: Session, station: str, listener: str, text: str, *, now: float | None = None) -> Request:
    """Write a wish down as new. Raises `NotFound` for a station, `BadInput` for no words or more than 500 letters."""
    if session.get(StationRow, station) is None:
        raise NotFound("station", station)
    at = time.time() if now is None else now
    row = RequestRow(
        station=station,
        listener=identity("listener", listener),
        text=one_line("a request", text, LONGEST),
        at=at,
        state="new",
        understood={},
        answer="",
        track_id=None,
        job_id=None,
        changed_at=at,
    )
    session.add(row)
    session.flush()
    return _told(session, row, "added")


def change(
    session: Session,
    request_id: int,
    *,
    state: RequestState | None = None,
    understood: Mapping[str, Any] | None = None,
    answer: str | None = None,
    track_id: str | None = None,
    job_id: int | None = None,
    now: float | None = None,
) -> Request:
    """Write down what became of a wish; what is not given stays.

    Raises `NotFound`, or `Conflict` for one that was played, refused or failed already.
    """
    row = _row(session, request_id)
    if state is not None and state not in STATES:
        raise UnknownName("state of a request", state, STATES)
    if row.state in FINAL and state not in (None, row.state):
        raise Conflict(f"request {request_id} is {row.state} and stays so")
    row.state = state or row.state
    row.understood = row.understood if understood is None else dict(understood)
    row.answer = row.answer if answer is None else answer
    row.track_id = row.track_id if track_id is None else track_id
    row.job_id = row.job_id if job_id is None else job_id
    row.changed_at = time.time() if now is None else now
    return _told(session, row, "changed")


def get(session: Session, request_id: int) -> Request:
    """A wish; raises `NotFound`."""
    return _request(_row(session, request_id))


def unfinished(session: Session, station: str, *, limit: int = 500) -> tuple[Request, ...]:
    """Wishes that wait for an answer or for their music, oldest first."""
    query = select(RequestRow).where(RequestRow.station == station, RequestRow.state.not_in(FINAL))
    return tuple(map(_request, session.scalars(query.order_by(RequestRow.id).limit(limit))))


def of_job(session: Session, job_id: int) -> Request | None:
    """The wish that a job works for."""
    row = session.scalar(select(RequestRow).where(RequestRow.job_id == job_id).limit(1))
    return None if row is None else _request(row)


def count_since(session: Session, listener: str, since: float, *, station: str | None = None) -> int:
    """How many wishes of a listener, refused ones aside, came since a time."""
    query = select(func.count()).select_from(RequestRow)
    query = query.where(RequestRow.listener == listener, RequestRow.at >= since, RequestRow.state != "refused")
    return session.scalar(query if station is None else query.where(RequestRow.station == station)) or 0


def listing(session: Session, station: str, *, after: str | None = None, limit: int = 50) -> Page[Request]:
    """A page of wishes, newest first."""
    query = select(RequestRow).where(RequestRow.station == station)
    return page_of(
        session,
        query,
        _request,
        by=RequestRow.id,
        tie=RequestRow.id,
        descending=True,
        after=after,
        limit=limit,
        sort="requests",
    )


def _row(session: Session, request_id: int) -> RequestRow:
    row = session.get(RequestRow, request_id)
    if row is None:
        raise NotFound("request", request_id)
    return row


def _told(session: Session, row: RequestRow, what: str) -> Request:
    told = {"request": row.id, "state": row.state, "text": row.text, "answer": row.answer}
    told |= {"track": row.track_id, "job": row.job_id}
    events.append(session, row.station, f"request.{what}", told, now=row.changed_at)
    return _request(row)


def _request(row: RequestRow) -> Request:
    return Request(
        row.id,
        row.station,
        row.listener,
        row.text,
        row.at,
        next(state for state in STATES if state == row.state),
        row.understood,
        row.answer,
        row.track_id,
        row.job_id,
        row.changed_at,
    )
