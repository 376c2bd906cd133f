"""What the library tells: frozen values, one for each kind of row.

Times (`..._at`, `at`, `since`) are UTC seconds since 1970, positions are samples since the station's epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from sonicforge.music.barlines import Barlines

T = TypeVar("T")

TrackState = Literal["ready", "retired"]
QueueState = Literal["waiting", "taken"]
RequestState = Literal["new", "understood", "making", "queued", "played", "refused", "failed"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
JobClass = Literal["critical", "high", "default", "low", "batch"]

ARTIST = "SonicForge"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list; `next` is where the following page begins, None on the last one."""

    items: tuple[T, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Track:
    """A finished take that the library keeps.

    `energy` 0..1, `score` 0..10 by the critic, `worth` 0..1 by critic and listeners together, `stars` mean of the votes
    (1..5) or None. Only `approved` ones may go on air. `last_played_at` is 0 for one that never was.
    """

    id: str
    title: str
    artist: str
    genre: str
    moods: tuple[str, ...]
    key: str
    bpm: float
    energy: float
    duration_s: float
    lufs: float
    true_peak_db: float
    score: float
    passed: bool
    approved: bool
    state: TrackState
    retired_because: str
    added_at: float
    retired_at: float | None
    seed: int
    concept: Mapping[str, Any]
    bytes: int
    plays: int
    last_played_at: float
    likes: int
    stars: float | None
    stars_count: int
    skips: int
    worth: float


@dataclass(frozen=True, slots=True)
class TrackFile:
    """A file of a track: `name` as in the take's folder (`track.flac`, `stems/bass.flac`), `hash` of its content."""

    name: str
    hash: str
    bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """A track with everything that is known of it."""

    track: Track
    barlines: Barlines
    measures: Mapping[str, Any]
    verdict: Mapping[str, Any]
    files: tuple[TrackFile, ...]


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A track on its way to air. `place` counts from 0; `source` is programme, request, person or jingle."""

    id: int
    station: str
    track: Track
    place: int
    pinned: bool
    state: QueueState
    source: str
    request_id: int | None
    reason: Mapping[str, Any]
    added_at: float


@dataclass(frozen=True, slots=True)
class Play:
    """What was on air, as run; `ended_at` is None while it still is. `kind` is track, bridge, jingle or reserve."""

    id: int
    station: str
    position: int
    kind: str
    track_id: str | None
    title: str
    artist: str
    genre: str
    started_at: float
    ended_at: float | None
    source: str
    request_id: int | None
    reason: Mapping[str, Any]
    transition: Mapping[str, Any]
    listeners: int


@dataclass(frozen=True, slots=True)
class Vote:
    """What one listener thinks of one track."""

    track_id: str
    listener: str
    liked: bool
    stars: int | None
    changed_at: float


@dataclass(frozen=True, slots=True)
class Liking:
    """What listeners think of a genre or of anything else that tracks are grouped by, summed up."""

    name: str
    tracks: int
    plays: int
    likes: int
    stars: float | None
    stars_count: int
    skips: int


@dataclass(frozen=True, slots=True)
class Request:
    """A listener's wish in words, and what became of it."""

    id: int
    station: str
    listener: str
    text: str
    at: float
    state: RequestState
    understood: Mapping[str, Any]
    answer: str
    track_id: str | None
    job_id: int | None
    changed_at: float


@dataclass(frozen=True, slots=True)
class Event:
    """A numbered piece of news; `station` is None where it concerns them all."""

    number: int
    station: str | None
    kind: str
    at: float
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """A wish for the tower: skip, reload, ..."""

    number: int
    station: str
    kind: str
    data: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Listening:
    """One client on one output, from when to when."""

    station: str
    output: str
    client: str
    since: float
    seen_at: float
    ended: bool


@dataclass(frozen=True, slots=True)
class ListenerMinute:
    """Most listeners at once in the minute that began at `at`."""

    output: str
    at: float
    listeners: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a creating call was answered."""

    status: int
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work; the row is the truth.

    `run_at` is the earliest time to begin, None for at once. `attempts` counts claims, `progress` 0..1, `eta_s` seconds
    to go as the worker guesses, `cancel_asked` a wish that the worker hears with its next heartbeat. `done`, `failed`
    and `cancelled` are final.
    """

    id: int
    kind: str
    job_class: JobClass
    state: JobState
    payload: Mapping[str, Any]
    key: str | None
    created_at: float
    run_at: float | None
    attempts: int
    max_attempts: int
    worker: str | None
    progress: float
    stage: str
    eta_s: float | None
    cancel_asked: bool
    finished_at: float | None
    result: Mapping[str, Any]
    error: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to a job until `lease_until`; `fence` tells it from every other claim of the same job."""

    job: Job
    worker: str
    fence: int
    lease_until: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a job; `outcome` is running, done, failed, cancelled, released or lost."""

    job_id: int
    fence: int
    worker: str
    started_at: float
    ended_at: float | None
    outcome: str
    error: str
