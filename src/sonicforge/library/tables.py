"""The tables, as the library's functions see them. Times are UTC seconds since 1970; positions count samples.

Nothing but `library/` touches these rows: its functions give back the frozen values of `library/values.py`.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every constraint has a name, so that migrations can speak of it."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {float: Double, str: Text, dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012


class TrackRow(Base):
    """A finished take that the library keeps. The counters sum up `votes`, `skips` and `plays` in the same commit."""

    __tablename__ = "tracks"
    __table_args__ = (
        Index("ix_tracks_genre_state", "genre", "state"),
        *(Index(f"ix_tracks_{name}", name, "id") for name in ("added_at", "title_folded", "worth", "plays", "bpm")),
        *(Index(f"ix_tracks_{name}", name, "id") for name in ("energy", "duration_s", "last_played_at", "likes")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    title_folded: Mapped[str]
    words: Mapped[str]
    genre: Mapped[str]
    moods: Mapped[list[str]]
    key: Mapped[str]
    bpm: Mapped[float]
    energy: Mapped[float]
    duration_s: Mapped[float]
    lufs: Mapped[float]
    true_peak_db: Mapped[float]
    score: Mapped[float]
    passed: Mapped[bool]
    approved: Mapped[bool]
    state: Mapped[str]
    retired_because: Mapped[str]
    added_at: Mapped[float]
    retired_at: Mapped[float | None]
    seed: Mapped[int] = mapped_column(BigInteger)
    concept: Mapped[dict[str, Any]]
    bytes: Mapped[int] = mapped_column(BigInteger)
    plays: Mapped[int]
    last_played_at: Mapped[float]
    likes: Mapped[int]
    stars_sum: Mapped[int]
    stars_count: Mapped[int]
    skips: Mapped[int]
    worth: Mapped[float]


class TrackMoodRow(Base):
    __tablename__ = "track_moods"
    __table_args__ = (Index("ix_track_moods_mood", "mood"),)

    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    mood: Mapped[str] = mapped_column(primary_key=True)


class TrackFactsRow(Base):
    """What only a track's own page needs."""

    __tablename__ = "track_facts"

    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    measures: Mapped[dict[str, Any]]
    verdict: Mapped[dict[str, Any]]
    barlines: Mapped[dict[str, Any]]


class TrackFileRow(Base):
    __tablename__ = "track_files"
    __table_args__ = (Index("ix_track_files_hash", "hash"),)

    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]


class StationRow(Base):
    __tablename__ = "stations"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str]
    on_air: Mapped[bool]
    programme: Mapped[dict[str, Any]]
    created_at: Mapped[float]
    changed_at: Mapped[float]


class QueueRow(Base):
    """A track that waits for air (`state` waiting) or that the tower has fetched and not yet begun (taken)."""

    __tablename__ = "queue"
    __table_args__ = (Index("ix_queue_station_place", "station", "state", "place"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str] = mapped_column(ForeignKey("stations.id", ondelete="CASCADE"))
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]
    pinned: Mapped[bool]
    state: Mapped[str]
    source: Mapped[str]
    request_id: Mapped[int | None] = mapped_column(ForeignKey("requests.id", ondelete="SET NULL"), index=True)
    reason: Mapped[dict[str, Any]]
    added_at: Mapped[float]
    taken_at: Mapped[float | None]


class PlayRow(Base):
    """What was on air, as run. The title stays when the track is deleted, so `track_id` has no foreign key."""

    __tablename__ = "plays"
    __table_args__ = (
        UniqueConstraint("station", "position"),
        Index("ix_plays_station_started_at", "station", "started_at"),
        Index("ix_plays_track_id", "track_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str]
    position: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    track_id: Mapped[str | None]
    title: Mapped[str]
    artist: Mapped[str]
    genre: Mapped[str]
    started_at: Mapped[float]
    ended_at: Mapped[float | None]
    source: Mapped[str]
    request_id: Mapped[int | None]
    reason: Mapped[dict[str, Any]]
    transition: Mapped[dict[str, Any]]
    listeners: Mapped[int]


class VoteRow(Base):
    __tablename__ = "votes"

    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    listener: Mapped[str] = mapped_column(primary_key=True, index=True)
    liked: Mapped[bool]
    stars: Mapped[int | None]
    station: Mapped[str]
    changed_at: Mapped[float]


class SkipRow(Base):
    """A wish to skip what is on air; `position` is the sample at which that began."""

    __tablename__ = "skips"

    station: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    listener: Mapped[str] = mapped_column(primary_key=True)
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), index=True)
    at: Mapped[float]


class RequestRow(Base):
    __tablename__ = "requests"
    __table_args__ = (
        Index("ix_requests_station_state", "station", "state"),
        Index("ix_requests_listener_at", "listener", "at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str] = mapped_column(ForeignKey("stations.id", ondelete="CASCADE"))
    listener: Mapped[str]
    text: Mapped[str]
    at: Mapped[float]
    state: Mapped[str]
    understood: Mapped[dict[str, Any]]
    answer: Mapped[str]
    track_id: Mapped[str | None]
    job_id: Mapped[int | None]
    changed_at: Mapped[float]


class EventRow(Base):
    __tablename__ = "events"
    __table_args__ = (Index("ix_events_station_number", "station", "number"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str | None]
    kind: Mapped[str]
    at: Mapped[float]
    data: Mapped[dict[str, Any]]


class OrderRow(Base):
    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_station_done_at", "station", "done_at"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str] = mapped_column(ForeignKey("stations.id", ondelete="CASCADE"))
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[float]
    expires_at: Mapped[float | None]
    done_at: Mapped[float | None]
    outcome: Mapped[str]


class ListeningRow(Base):
    """One client on one output, from the first to the last time it was seen."""

    __tablename__ = "listening"
    __table_args__ = (
        Index("ix_listening_client", "station", "output", "client", "seen_at"),
        Index("ix_listening_seen_at", "station", "seen_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str]
    output: Mapped[str]
    client: Mapped[str]
    since: Mapped[float]
    seen_at: Mapped[float]
    ended: Mapped[bool]


class ListenerMinuteRow(Base):
    """Most listeners at once within a minute; `minute` counts whole minutes since 1970."""

    __tablename__ = "listener_minutes"

    station: Mapped[str] = mapped_column(primary_key=True)
    output: Mapped[str] = mapped_column(primary_key=True)
    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    listeners: Mapped[int]


class AnswerRow(Base):
    """What a creating call was answered, so that its repetition gets the same."""

    __tablename__ = "answers"
    __table_args__ = (Index("ix_answers_at", "at"),)

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str]
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    at: Mapped[float]


class JobRow(Base):
    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state_rank", "state", "rank", "id"),
        Index("ix_jobs_kind_state", "kind", "state"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    rank: Mapped[int]
    state: Mapped[str]
    payload: Mapped[dict[str, Any]]
    key: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[float]
    run_at: Mapped[float | None]
    attempts: Mapped[int]
    max_attempts: Mapped[int]
    fence: Mapped[int]
    worker: Mapped[str | None]
    leased_at: Mapped[float | None]
    lease_s: Mapped[float]
    progress: Mapped[float]
    stage: Mapped[str]
    eta_s: Mapped[float | None]
    cancel_asked: Mapped[bool]
    finished_at: Mapped[float | None]
    result: Mapped[dict[str, Any]]
    error: Mapped[str]


class AttemptRow(Base):
    """One try at a job; `fence` is the number of the claim. Also what rate limits are counted from."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_kind_started_at", "kind", "started_at"),)

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    fence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    worker: Mapped[str]
    started_at: Mapped[float]
    ended_at: Mapped[float | None]
    outcome: Mapped[str]
    error: Mapped[str]
