"""What is heard now, what comes next and why, and the wish to skip it."""

import time
from dataclasses import replace
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session

from sonicforge.api.air import sounding
from sonicforge.api.allowance import VOTE
from sonicforge.api.front import Asked, By, Owned, Paced, StationId, spend
from sonicforge.api.shapes import NowPlaying, OrderTold, SkipVotes
from sonicforge.errors import BadInput, Conflict
from sonicforge.library import listeners, orders, plays, queue, stations, tracks, votes
from sonicforge.library.values import Play, Track
from sonicforge.tasks.programme import why

router = APIRouter(tags=["now"], dependencies=[Paced])

SKIP_LIVES_S: Final = 30.0
LONGEST_DELAY_S: Final = 3600.0
LATEST: Final = 253_402_300_799.0
"""The end of the year 9999."""


@router.get("/now-playing", operation_id="get_now_playing")
async def get_now_playing(
    front: Asked,
    station: StationId = "main",
    at: Annotated[
        str | None, Query(max_length=40, description="The moment: UTC seconds since 1970, or ISO 8601 with its zone.")
    ] = None,
    delay_s: Annotated[
        float, Query(ge=0, le=LONGEST_DELAY_S, description="How far this listener is behind the station.")
    ] = 0.0,
) -> NowPlaying:
    """What a listener hears.

    A player that knows the program date of what it plays says `at`; one that knows how much it has buffered says
    `delay_s`; without either it is what leaves the station now.
    """
    moment = (time.time() if at is None else moment_of(at)) - delay_s
    present, folder = sum(front.audience.counts(station).values()), front.desk.air(station)
    return await front.desk.read(lambda session: _now(session, station, moment, present, folder))


@router.get("/next", operation_id="explain_next")
async def explain_next(front: Asked, station: StationId = "main") -> dict[str, Any]:
    """What comes next and why: the reason noted when it was chosen, and what the station believes of tastes now."""
    return await front.desk.read(lambda session: _why(session, station, front.settings.genres))


@router.post("/skip-votes", operation_id="vote_to_skip", status_code=200)
async def vote_to_skip(request: Request, front: Asked, by: By, station: StationId = "main") -> SkipVotes:
    """Wish that what is on air is skipped; it is when enough of those who listen wish it. Again is once."""
    spend(request, VOTE, by.id)
    present = sum(front.audience.counts(station).values())
    return await front.desk.write(lambda session: _vote_to_skip(session, station, by.id, present))


@router.post("/skip", operation_id="skip", status_code=202, dependencies=[Owned])
async def skip(front: Asked, station: StationId = "main") -> OrderTold:
    """The owner skips what is on air."""
    return await front.desk.write(lambda session: _skip_current(session, station))


def moment_of(told: str) -> float:
    """UTC seconds of a moment told as seconds or as ISO 8601. Raises `BadInput`."""
    try:
        seconds = float(told)
    except ValueError:
        try:
            moment = datetime.fromisoformat(told)
        except ValueError as error:
            raise BadInput(f"at is {told!r}, but must be UTC seconds or ISO 8601 as 2031-05-17T20:00:00Z") from error
        if moment.tzinfo is None:
            raise BadInput(f"at is {told!r} without its zone; write Z or +00:00 for UTC") from None
        seconds = moment.timestamp()
    if not 0.0 <= seconds <= LATEST:
        raise BadInput(f"at is {told!r}, but must be between 0 and {LATEST:.0f} UTC seconds")
    return seconds


def _now(session: Session, station: str, at: float, present: int, folder: Path) -> NowPlaying:
    stations.get(session, station)
    play, fresh = plays.heard_at(session, station, at), sounding(folder, station, at)
    if fresh is not None and (play is None or fresh.position > play.position):
        play = fresh
    track = _track(session, play)
    if play is not None and track is None:
        play = replace(play, track_id=None)
    coming = (*queue.taken(session, station), *queue.listing(session, station))
    remaining = None
    if play is not None and (play.ended_at is not None or track is not None):
        end = play.ended_at if play.ended_at is not None else play.started_at + (track.duration_s if track else 0.0)
        remaining = max(0.0, end - at)
    return NowPlaying(
        station=station,
        at=at,
        play=play,
        track=track,
        elapsed_s=None if play is None else max(0.0, at - play.started_at),
        remaining_s=remaining,
        next=coming[0] if coming else None,
        listeners=max(present, sum(listeners.counts(session, station).values())),
        skip_votes=0 if play is None else votes.skips_at(session, station, play.position),
    )


def _track(session: Session, play: Play | None) -> Track | None:
    if play is None or play.track_id is None:
        return None
    return tracks.some(session, [play.track_id]).get(play.track_id)


def _why(session: Session, station: str, genres: Path) -> dict[str, Any]:
    return why(session, station, time.time(), genre_folder=genres)


def _vote_to_skip(session: Session, station: str, listener: str, present: int) -> SkipVotes:
    rules = stations.get(session, station).programme
    play = plays.current(session, station)
    if play is None or play.track_id is None or play.kind != "track":
        raise Conflict("nothing is on air now that could be skipped")
    before = votes.skips_at(session, station, play.position)
    count = votes.skip(session, station, play.position, listener, play.track_id)
    heard = max(present, sum(listeners.counts(session, station).values()))
    needed = max(rules.skip_least, ceil(rules.skip_share * heard))
    if count >= needed and count > before:
        waiting = orders.waiting(session, station)
        if not any(order.kind == "skip" and order.data.get("position") == play.position for order in waiting):
            _skip(session, station, {"by": "listeners", "position": play.position})
    return SkipVotes(votes=count, needed=needed, skipped=count >= needed, play=play)


def _skip_current(session: Session, station: str) -> OrderTold:
    play = plays.current(session, station)
    return _skip(session, station, {"by": "owner"} | ({} if play is None else {"position": play.position}))


def _skip(session: Session, station: str, data: dict[str, Any]) -> OrderTold:
    left = orders.leave(session, station, "skip", data, lives_s=SKIP_LIVES_S)
    return OrderTold(order=left.number, kind=left.kind, station=station)
