"""What listeners say: likes, one to five stars, and wishes to skip; one of each per listener and track."""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from sonicforge.errors import BadInput
from sonicforge.library import events
from sonicforge.library.tables import SkipRow, TrackMoodRow, TrackRow, VoteRow
from sonicforge.library.text import identity
from sonicforge.library.tracks import reckon, row_of, track_of
from sonicforge.library.values import Liking, Track, Vote

MOST_STARS = 5

_SUMS = (
    func.count().label("tracks"),
    func.sum(TrackRow.plays).label("plays"),
    func.sum(TrackRow.likes).label("likes"),
    func.sum(TrackRow.stars_sum).label("stars"),
    func.sum(TrackRow.stars_count).label("votes"),
    func.sum(TrackRow.skips).label("skips"),
)


def like(
    session: Session, track_id: str, listener: str, *, liked: bool = True, station: str = "", now: float | None = None
) -> Track:
    """A listener likes a track, or takes that back; saying it twice is saying it once. Raises `NotFound`."""
    track = row_of(session, track_id)
    vote = _vote_row(session, track_id, listener, station, now)
    track.likes += int(liked) - int(vote.liked)
    vote.liked = liked
    return _counted(session, track, station, now)


def rate(
    session: Session, track_id: str, listener: str, stars: int | None, *, station: str = "", now: float | None = None
) -> Track:
    """A listener gives one to five stars, or takes them back with None; the last vote counts.

    Raises `NotFound`, or `BadInput` for another number.
    """
    if stars is not None and (isinstance(stars, bool) or not isinstance(stars, int) or not 1 <= stars <= MOST_STARS):
        raise BadInput(f"stars is {stars!r}, but must be a whole number from 1 to {MOST_STARS}")
    track = row_of(session, track_id)
    vote = _vote_row(session, track_id, listener, station, now)
    track.stars_sum += (stars or 0) - (vote.stars or 0)
    track.stars_count += int(stars is not None) - int(vote.stars is not None)
    vote.stars = stars
    return _counted(session, track, station, now)


def skip(
    session: Session, station: str, position: int, listener: str, track_id: str, *, now: float | None = None
) -> int:
    """A listener wants what began at `position` skipped; returns how many want that. Raises `NotFound`."""
    track = row_of(session, track_id)
    known = session.get(SkipRow, (station, position, identity("listener", listener)))
    if known is None:
        at = time.time() if now is None else now
        session.add(SkipRow(station=station, position=position, listener=listener, track_id=track_id, at=at))
        track.skips += 1
        session.flush()
        _counted(session, track, station, now)
    return skips_at(session, station, position)


def skips_at(session: Session, station: str, position: int) -> int:
    """How many listeners want what began at `position` skipped."""
    query = select(func.count()).select_from(SkipRow)
    return session.scalar(query.where(SkipRow.station == station, SkipRow.position == position)) or 0


def of_listener(session: Session, listener: str, track_ids: Sequence[str]) -> dict[str, Vote]:
    """What a listener said of these tracks."""
    query = select(VoteRow).where(VoteRow.listener == listener, VoteRow.track_id.in_(track_ids))
    return {
        row.track_id: Vote(row.track_id, row.listener, row.liked, row.stars, row.changed_at)
        for row in session.scalars(query)
    }


def by_genre(session: Session) -> dict[str, Liking]:
    """What all listeners together think of each genre that the library has."""
    query = select(TrackRow.genre, *_SUMS)
    return {row[0]: _liking(row) for row in session.execute(query.group_by(TrackRow.genre).order_by(TrackRow.genre))}


def by_mood(session: Session, *, genre: str | None = None) -> dict[str, Liking]:
    """What all listeners together think of each mood that tracks were made in; with `genre` of its tracks only."""
    query = select(TrackMoodRow.mood, *_SUMS).join(TrackRow, TrackRow.id == TrackMoodRow.track_id)
    if genre is not None:
        query = query.where(TrackRow.genre == genre)
    grouped = query.group_by(TrackMoodRow.mood).order_by(TrackMoodRow.mood)
    return {row[0]: _liking(row) for row in session.execute(grouped)}


def _liking(row: Row[*tuple[Any, ...]]) -> Liking:
    stars = row.stars / row.votes if row.votes else None
    return Liking(row[0], row.tracks, row.plays, row.likes, stars, row.votes, row.skips)


def _vote_row(session: Session, track_id: str, listener: str, station: str, now: float | None) -> VoteRow:
    at = time.time() if now is None else now
    row = session.get(VoteRow, (track_id, identity("listener", listener)))
    if row is None:
        row = VoteRow(track_id=track_id, listener=listener, liked=False, stars=None, station=station, changed_at=at)
        session.add(row)
    row.changed_at = at
    return row


def _counted(session: Session, track: TrackRow, station: str, now: float | None) -> Track:
    reckon(track)
    value = track_of(track)
    told = {"track": track.id, "likes": value.likes, "stars": value.stars, "stars_count": value.stars_count}
    events.append(session, station or None, "track.voted", told | {"skips": value.skips}, now=now)
    return value
