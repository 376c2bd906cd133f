"""What listeners say of tracks: stars and likes, one of each per listener and track."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from sqlalchemy.orm import Session

from sonicforge.api.allowance import VOTE
from sonicforge.api.front import Asked, By, Paced, StationId, spend
from sonicforge.api.shapes import OwnVote, VoteWish
from sonicforge.errors import BadInput
from sonicforge.library import stations, tracks, votes

router = APIRouter(prefix="/tracks/{track_id}/vote", tags=["votes"], dependencies=[Paced])

Id = Annotated[str, Path(max_length=64, description="Id of the track.")]


@router.get("", operation_id="get_vote")
async def get_vote(front: Asked, by: By, track_id: Id) -> OwnVote:
    """What this listener said of a track."""
    return await front.desk.read(lambda session: _own(session, track_id, by.id))


@router.put("", operation_id="vote")
async def vote(
    request: Request, front: Asked, by: By, track_id: Id, wish: VoteWish, station: StationId = "main"
) -> OwnVote:
    """Say one to five stars, a like, or both; the last word counts, and saying it twice is saying it once."""
    if not wish.model_fields_set & {"stars", "liked"}:
        raise BadInput("nothing was said; give stars (1 to 5, or null), liked, or both")
    spend(request, VOTE, by.id)
    return await front.desk.write(lambda session: _vote(session, track_id, by.id, station, wish))


def _vote(session: Session, track_id: str, listener: str, station: str, wish: VoteWish) -> OwnVote:
    stations.get(session, station)
    if wish.liked is not None:
        votes.like(session, track_id, listener, liked=wish.liked, station=station)
    if "stars" in wish.model_fields_set:
        votes.rate(session, track_id, listener, wish.stars, station=station)
    return _own(session, track_id, listener)


def _own(session: Session, track_id: str, listener: str) -> OwnVote:
    track = tracks.get(session, track_id)
    own = votes.of_listener(session, listener, [track_id]).get(track_id)
    return OwnVote(track=track, liked=own is not None and own.liked, stars=None if own is None else own.stars)
