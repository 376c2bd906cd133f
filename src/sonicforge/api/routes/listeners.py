"""Who listens, now and over time."""

import time
from typing import Annotated

from fastapi import APIRouter, Query, Request

from sonicforge.api.front import Asked, By, Owned, Paced, StationId, is_owner
from sonicforge.api.routes.now import LATEST
from sonicforge.api.shapes import ListenersTold, MeTold
from sonicforge.errors import OutOfRange
from sonicforge.library import listeners, stations
from sonicforge.library.values import ListenerMinute, Listening

router = APIRouter(prefix="/listeners", tags=["listeners"], dependencies=[Paced])

LONGEST_S = 31 * 86_400.0


@router.get("", operation_id="count_listeners")
async def count_listeners(front: Asked, station: StationId = "main") -> ListenersTold:
    """How many listen now through this server, by output."""
    await front.desk.read(lambda session: stations.get(session, station))
    heard = front.audience.counts(station)
    return ListenersTold(station=station, listeners=sum(heard.values()), outputs=heard)


@router.get("/history", operation_id="list_listener_minutes")
async def list_listener_minutes(
    front: Asked,
    station: StationId = "main",
    since: Annotated[float | None, Query(ge=0, le=LATEST, description="Default: a day ago.")] = None,
    until: Annotated[float | None, Query(ge=0, le=LATEST, description="Default: now.")] = None,
) -> list[ListenerMinute]:
    """Most listeners at once in each minute and output; at most 31 days at a time."""
    end = time.time() if until is None else until
    begin = end - 86_400.0 if since is None else since
    if not 0.0 <= end - begin <= LONGEST_S:
        raise OutOfRange("until - since", end - begin, 0, LONGEST_S, "seconds")
    return await front.desk.read(lambda session: listeners.history(session, station, since=begin, until=end))


@router.get("/sessions", operation_id="list_sessions", dependencies=[Owned])
async def list_sessions(
    front: Asked,
    station: StationId = "main",
    since: Annotated[float | None, Query(ge=0, le=LATEST, description="Default: an hour ago.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[Listening]:
    """Who came and went; clients have made-up names, nobody's address is kept. For the owner."""
    begin = time.time() - 3600.0 if since is None else since
    return list(await front.desk.read(lambda s: listeners.sessions(s, station, since=begin, limit=limit)))


@router.get("/me", operation_id="get_me")
async def get_me(request: Request, by: By) -> MeTold:
    """Who this listener is to the station."""
    return MeTold(id=by.id, token=by.token, owner=is_owner(request))
