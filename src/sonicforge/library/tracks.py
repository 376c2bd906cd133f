"""The tracks of the library: adding a finished take, finding, retiring and deleting."""

import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sonicforge.errors import Conflict, NotFound
from sonicforge.library import events
from sonicforge.library.objects import Objects
from sonicforge.library.stored import StoredTake, store
from sonicforge.library.tables import QueueRow, TrackFactsRow, TrackFileRow, TrackMoodRow, TrackRow
from sonicforge.library.text import folded
from sonicforge.library.values import ARTIST, Track, TrackFacts, TrackFile, TrackState
from sonicforge.library.worth import worth_of
from sonicforge.music.barlines import Barlines


def add_take(
    session: Session, objects: Objects, take_folder: Path, *, approved: bool, now: float | None = None
) -> Track:
    """Keep a finished take's folder; the folder itself is not needed afterwards.

    Adding the same take again changes nothing but an approval. Raises `BadDataFile` for a folder that is no whole take.
    """
    return add_stored(session, store(objects, take_folder), approved=approved, now=now)


def add_stored(session: Session, take: StoredTake, *, approved: bool, now: float | None = None) -> Track:
    """`add_take` for a take whose files are among the objects already: only rows are written."""
    known = session.get(TrackRow, take.id)
    if known is not None:
        known.approved = known.approved or approved
        return track_of(known)
    at = time.time() if now is None else now
    row = _new_row(take, approved, at)
    session.add(row)
    session.flush()
    told = TrackFactsRow(
        track_id=take.id,
        measures=dict(take.measures),
        verdict=dict(take.verdict),
        barlines=take.barlines.to_json(),
    )
    session.add(told)
    session.add_all(TrackMoodRow(track_id=take.id, mood=mood) for mood in take.moods)
    session.add_all(
        TrackFileRow(track_id=take.id, name=file.name, hash=file.hash, bytes=file.bytes, media_type=file.media_type)
        for file in take.files
    )
    data = {"track": take.id, "title": take.title, "genre": take.genre, "approved": approved, "score": take.score}
    events.append(session, None, "track.added", data, now=at)
    return track_of(row)


def get(session: Session, track_id: str) -> Track:
    """A track; raises `NotFound`."""
    return track_of(row_of(session, track_id))


def some(session: Session, ids: Sequence[str]) -> dict[str, Track]:
    """The tracks of these ids that there are."""
    rows = session.scalars(select(TrackRow).where(TrackRow.id.in_(ids)))
    return {row.id: track_of(row) for row in rows}


def facts(session: Session, track_id: str) -> TrackFacts:
    """A track with everything that is known of it; raises `NotFound`."""
    track = get(session, track_id)
    told = session.get_one(TrackFactsRow, track_id)
    return TrackFacts(track, Barlines.from_json(told.barlines), told.measures, told.verdict, files(session, track_id))


def barlines(session: Session, track_id: str) -> Barlines:
    """Bars and sections of a track; raises `NotFound`."""
    told = session.get(TrackFactsRow, track_id)
    if told is None:
        raise NotFound("track", track_id)
    return Barlines.from_json(told.barlines)


def files(session: Session, track_id: str) -> tuple[TrackFile, ...]:
    """All files of a track by name; none for a track that is not there."""
    query = select(TrackFileRow).where(TrackFileRow.track_id == track_id).order_by(TrackFileRow.name)
    return tuple(map(_file, session.scalars(query)))


def file(session: Session, track_id: str, name: str = "track.flac") -> TrackFile:
    """One file of a track, such as `cover.png` or `stems/bass.flac`; raises `NotFound`."""
    row = session.get(TrackFileRow, (track_id, name))
    if row is None:
        row_of(session, track_id)
        raise NotFound(f"file of track {track_id}", name)
    return _file(row)


def best_of(
    session: Session,
    *,
    genres: Sequence[str] = (),
    limit: int = 20,
    not_played_since: float | None = None,
) -> tuple[Track, ...]:
    """Approved tracks by worth, best first; with `not_played_since` only those that rested since then."""
    query = select(TrackRow).where(TrackRow.state == "ready", TrackRow.approved)
    if genres:
        query = query.where(TrackRow.genre.in_(genres))
    if not_played_since is not None:
        query = query.where(TrackRow.last_played_at < not_played_since)
    rows = session.scalars(query.order_by(TrackRow.worth.desc(), TrackRow.id).limit(limit))
    return tuple(map(track_of, rows))


def least_worthy(session: Session, *, limit: int = 20) -> tuple[Track, ...]:
    """What to delete first when space runs out: retired ones, then by worth; nothing that is in a queue."""
    queued = select(QueueRow.track_id)
    query = select(TrackRow).where(TrackRow.id.not_in(queued))
    order = (TrackRow.state.desc(), TrackRow.worth, TrackRow.last_played_at, TrackRow.id)
    return tuple(map(track_of, session.scalars(query.order_by(*order).limit(limit))))


def doubtful(session: Session, *, limit: int = 200) -> tuple[Track, ...]:
    """Tracks in rotation that listeners skipped or voted on, the least worthy first."""
    query = select(TrackRow).where(TrackRow.state == "ready", (TrackRow.skips > 0) | (TrackRow.stars_count > 0))
    return tuple(map(track_of, session.scalars(query.order_by(TrackRow.worth, TrackRow.id).limit(limit))))


def approve(session: Session, track_id: str, *, approved: bool = True, now: float | None = None) -> Track:
    """Let a track go on air, or no longer."""
    row = row_of(session, track_id)
    if row.approved != approved:
        row.approved = approved
        events.append(session, None, "track.approved", {"track": track_id, "approved": approved}, now=now)
    return track_of(row)


def retire(session: Session, track_id: str, *, because: str, now: float | None = None) -> Track:
    """Take a track out of the rotation, and out of queues where it still waits; it stays in the library."""
    row = row_of(session, track_id)
    if row.state != "retired":
        row.state, row.retired_because = "retired", because
        row.retired_at = time.time() if now is None else now
        session.execute(delete_rows(QueueRow).where(QueueRow.track_id == track_id, QueueRow.state == "waiting"))
        events.append(session, None, "track.retired", {"track": track_id, "because": because}, now=row.retired_at)
    return track_of(row)


def reinstate(session: Session, track_id: str, *, now: float | None = None) -> Track:
    """Bring a retired track back."""
    row = row_of(session, track_id)
    if row.state != "ready":
        row.state, row.retired_because, row.retired_at = "ready", "", None
        events.append(session, None, "track.reinstated", {"track": track_id}, now=now)
    return track_of(row)


def delete(session: Session, track_id: str, *, now: float | None = None) -> None:
    """Forget a track; its files go with the next sweep of the objects. What was on air stays in the as-run log.

    Raises `NotFound`, or `Conflict` while the tower is about to play it.
    """
    row = row_of(session, track_id)
    taken = select(QueueRow.station).where(QueueRow.track_id == track_id, QueueRow.state == "taken")
    station = session.scalar(taken)
    if station is not None:
        raise Conflict(f"{row.title!r} is about to be played on {station}, so it cannot be deleted now")
    session.delete(row)
    session.flush()
    events.append(session, None, "track.deleted", {"track": track_id}, now=now)


def used_hashes(session: Session) -> set[str]:
    """Hashes of all objects that tracks speak of; what `Objects.sweep` keeps."""
    return set(session.scalars(select(TrackFileRow.hash).distinct()))


def bytes_used(session: Session) -> int:
    """Bytes that the files of all tracks take, shared ones once."""
    each = select(func.max(TrackFileRow.bytes).label("bytes")).group_by(TrackFileRow.hash).subquery()
    return int(session.scalar(select(func.sum(each.c.bytes))) or 0)


def row_of(session: Session, track_id: str) -> TrackRow:
    """The row of a track for other functions of the library; raises `NotFound`."""
    row = session.get(TrackRow, track_id)
    if row is None:
        raise NotFound("track", track_id)
    return row


def reckon(row: TrackRow) -> None:
    """Bring a track's worth up to date after its counters changed."""
    row.worth = worth_of(
        row.score, likes=row.likes, stars_sum=row.stars_sum, stars_count=row.stars_count, skips=row.skips
    )


def track_of(row: TrackRow) -> Track:
    """The value of a row."""
    state: TrackState = "retired" if row.state == "retired" else "ready"
    return Track(
        id=row.id,
        title=row.title,
        artist=ARTIST,
        genre=row.genre,
        moods=tuple(row.moods),
        key=row.key,
        bpm=row.bpm,
        energy=row.energy,
        duration_s=row.duration_s,
        lufs=row.lufs,
        true_peak_db=row.true_peak_db,
        score=row.score,
        passed=row.passed,
        approved=row.approved,
        state=state,
        retired_because=row.retired_because,
        added_at=row.added_at,
        retired_at=row.retired_at,
        seed=row.seed,
        concept=row.concept,
        bytes=row.bytes,
        plays=row.plays,
        last_played_at=row.last_played_at,
        likes=row.likes,
        stars=row.stars_sum / row.stars_count if row.stars_count else None,
        stars_count=row.stars_count,
        skips=row.skips,
        worth=row.worth,
    )


def _new_row(take: StoredTake, approved: bool, at: float) -> TrackRow:
    said = " ".join((take.title, take.genre, *take.moods, take.key, take.words))
    return TrackRow(
        id=take.id,
        title=take.title,
        title_folded=folded(take.title),
        words=folded(said),
        genre=take.genre,
        moods=list(take.moods),
        key=take.key,
        bpm=take.bpm,
        energy=take.energy,
        duration_s=take.measures["duration_s"],
        lufs=take.measures["integrated"],
        true_peak_db=take.measures["true_peak"],
        score=take.score,
        passed=take.passed,
        approved=approved,
        state="ready",
        retired_because="",
        added_at=at,
        retired_at=None,
        seed=take.seed,
        concept=dict(take.concept),
        bytes=sum(file.bytes for file in take.files),
        plays=0,
        last_played_at=0.0,
        likes=0,
        stars_sum=0,
        stars_count=0,
        skips=0,
        worth=worth_of(take.score, likes=0, stars_sum=0, stars_count=0, skips=0),
    )


def _file(row: TrackFileRow) -> TrackFile:
    return TrackFile(row.name, row.hash, row.bytes, row.media_type)
