"""Stations and their programmes."""

import re
import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from sonicforge.errors import BadInput, Conflict, NotFound
from sonicforge.library import events
from sonicforge.library.programme import Programme
from sonicforge.library.tables import StationRow
from sonicforge.library.text import one_line

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Station:
    """A station; `id` is the word in its addresses. `on_air` says whether it should play."""

    id: str
    name: str
    description: str
    on_air: bool
    programme: Programme
    created_at: float
    changed_at: float


def add(
    session: Session,
    station_id: str,
    name: str,
    *,
    description: str = "",
    programme: Programme | None = None,
    now: float | None = None,
) -> Station:
    """Found a station. Raises `BadInput` for a bad id, name or programme, `Conflict` if the id is taken."""
    if not _ID.fullmatch(station_id):
        raise BadInput(f"the id of a station is {station_id[:80]!r}, but must be 1 to 40 of a-z, 0-9, inner hyphens")
    if session.get(StationRow, station_id) is not None:
        raise Conflict(f"there is a station {station_id!r} already")
    at = time.time() if now is None else now
    row = StationRow(
        id=station_id,
        name=one_line("name", name, 80),
        description=one_line("description", description, 500, least=0),
        on_air=True,
        programme=(programme or Programme()).to_json(),
        created_at=at,
        changed_at=at,
    )
    session.add(row)
    events.append(session, station_id, "station.added", {"name": row.name}, now=at)
    return _station(row)


def get(session: Session, station_id: str) -> Station:
    """A station; raises `NotFound`."""
    return _station(_row(session, station_id))


def listing(session: Session) -> tuple[Station, ...]:
    """All stations by id."""
    return tuple(map(_station, session.scalars(select(StationRow).order_by(StationRow.id))))


def ensure(session: Session, station_id: str, name: str, *, programme: Programme | None = None) -> Station:
    """The station of this id as it is, or a new one."""
    known = session.get(StationRow, station_id)
    return add(session, station_id, name, programme=programme) if known is None else _station(known)


def change(
    session: Session,
    station_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    on_air: bool | None = None,
    programme: Programme | None = None,
    now: float | None = None,
) -> Station:
    """Change what is given; the rest stays. Raises `NotFound` or `BadInput`."""
    row = _row(session, station_id)
    changed: dict[str, object] = {}
    if name is not None:
        row.name = changed["name"] = one_line("name", name, 80)
    if description is not None:
        row.description = changed["description"] = one_line("description", description, 500, least=0)
    if on_air is not None:
        row.on_air = changed["on_air"] = on_air
    if programme is not None:
        row.programme = changed["programme"] = programme.to_json()
    if changed:
        row.changed_at = time.time() if now is None else now
        events.append(session, station_id, "station.changed", changed, now=row.changed_at)
    return _station(row)


def remove(session: Session, station_id: str, *, now: float | None = None) -> None:
    """Close a station: its queue, requests and orders go; its plays stay, tracks belong to nobody."""
    session.delete(_row(session, station_id))
    session.flush()
    events.append(session, station_id, "station.removed", {}, now=now)


def _row(session: Session, station_id: str) -> StationRow:
    row = session.get(StationRow, station_id)
    if row is None:
        raise NotFound("station", station_id)
    return row


def _station(row: StationRow) -> Station:
    programme = Programme.from_json(row.programme)
    return Station(row.id, row.name, row.description, row.on_air, programme, row.created_at, row.changed_at)
