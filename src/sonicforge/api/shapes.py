"""What calls bring and what they are told, where the library's own values are not it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sonicforge.library.values import Job, Play, QueueItem, Request, Track

Health = Literal["green", "amber", "red"]
Words = Annotated[str, Field(max_length=10_000)]


class Body(BaseModel):
    """A body: unknown fields and numbers written as texts are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class QueueWish(Body):
    """A track for the queue; `place` 0 is next, none is the end. A pinned one stays when the programme plans anew."""

    model_config = ConfigDict(json_schema_extra={"example": {"track": "3f0b5c9d12ab", "place": 0, "pinned": False}})

    track: Annotated[str, Field(min_length=1, max_length=64)]
    place: Annotated[int, Field(ge=0, le=500)] | None = None
    pinned: bool = False


class QueueChange(Body):
    """Another place for a queue item, or whether it is pinned."""

    model_config = ConfigDict(json_schema_extra={"example": {"place": 2}})

    place: Annotated[int, Field(ge=0, le=500)] | None = None
    pinned: bool | None = None


class VoteWish(Body):
    """What a listener thinks of a track; what is left out stays, stars of null are taken back."""

    model_config = ConfigDict(json_schema_extra={"example": {"stars": 5, "liked": True}})

    stars: Annotated[int, Field(ge=1, le=5)] | None = None
    liked: bool | None = None


class RequestWish(Body):
    """A wish in plain words."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "something calm with piano for the rain"}})

    text: Words


class ConceptWords(Body):
    """Words that a concept is made of."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "rainy lo-fi at 78 bpm in D minor", "seed": 7}})

    text: Words
    seed: Annotated[int, Field(ge=0, le=2**53)] = 0


class GenerationWish(Body):
    """New music: by a `concept`, by words, or by words with a concept's fields on top of them.

    `candidates` are tried and the best is kept; `keep` keeps one that the critic did not approve too (it never goes on
    air by itself).
    """

    model_config = ConfigDict(
        json_schema_extra={"example": {"text": "rainy lo-fi, two minutes", "concept": {"bpm": 78, "seed": 7}}}
    )

    text: Words = ""
    concept: Mapping[str, Any] = Field(default_factory=dict)
    candidates: Annotated[int, Field(ge=1, le=16)] = 3
    keep: bool = False
    stems: bool = False
    pictures: bool = False


class TrackChange(Body):
    """The owner's word on a track: whether it may go on air, whether it is in the rotation."""

    model_config = ConfigDict(json_schema_extra={"example": {"approved": True}})

    approved: bool | None = None
    retired: bool | None = None
    because: Annotated[str, Field(max_length=200)] = "the owner's wish"


class StationChange(Body):
    """What is given is changed. `programme` replaces the whole programme; what it leaves out has its default."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Night Owls", "programme": {"new_share": 0.5}}})

    name: Annotated[str, Field(max_length=200)] | None = None
    description: Annotated[str, Field(max_length=1000)] | None = None
    on_air: bool | None = None
    programme: Mapping[str, Any] | None = None


class OutputWish(Body):
    """An output of the station. `url` is where it pushes to, for kinds that do; it is never told again."""

    kind: Literal["hls", "http", "icecast", "rtmp", "srt", "recording"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
    url: Annotated[str, Field(max_length=1000)] = ""
    options: Mapping[str, Any] = Field(default_factory=dict)


class OutputWishes(Body):
    """All outputs that a station shall have; others end."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"outputs": [{"kind": "hls", "name": "hls"}, {"kind": "http", "name": "http"}]}}
    )

    outputs: Annotated[list[OutputWish], Field(max_length=32)]


class StationTold(BaseModel):
    """A station and where it is heard."""

    id: str
    name: str
    description: str
    on_air: bool
    programme: dict[str, Any]
    created_at: float
    changed_at: float
    hls: str
    live: dict[str, str]


class NowPlaying(BaseModel):
    """What is heard at the moment `at` (UTC seconds): a listener's moment is behind the station's by what its player
    has buffered. `elapsed_s` and `remaining_s` belong to that moment; `remaining_s` is a guess while it still plays.
    """

    station: str
    at: float
    play: Play | None
    track: Track | None
    elapsed_s: float | None
    remaining_s: float | None
    next: QueueItem | None
    listeners: int
    skip_votes: int


class QueueTold(BaseModel):
    """`taken` is fetched by the tower and comes first; `waiting` can still be changed. `waiting_s` is music in both."""

    station: str
    taken: list[QueueItem]
    waiting: list[QueueItem]
    waiting_s: float


class OwnVote(BaseModel):
    """What this listener said of a track, and what all did."""

    track: Track
    liked: bool
    stars: int | None


class SkipVotes(BaseModel):
    """Wishes to skip what is on air: `votes` of the `needed` ones, and whether it is skipped."""

    votes: int
    needed: int
    skipped: bool
    play: Play


class RequestTold(BaseModel):
    """A wish and what became of it; `own` when this listener wrote it."""

    id: int
    station: str
    text: str
    at: float
    state: str
    understood: Mapping[str, Any]
    answer: str
    track_id: str | None
    job_id: int | None
    changed_at: float
    own: bool


class RequestPage(BaseModel):
    """Some requests, the newest first."""

    items: list[RequestTold]
    next: str | None


class Understood(BaseModel):
    """A concept, what was understood of the words, and where a wish had to give way."""

    concept: dict[str, Any]
    understood: list[str]
    compromises: list[str]


class Generation(BaseModel):
    """New music in the making; `progress` 0..1, `eta_s` seconds to go, `track_id` once it is there."""

    id: int
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    job_class: str
    concept: Mapping[str, Any]
    candidates: int
    source: str
    created_at: float
    run_at: float | None
    attempts: int
    max_attempts: int
    progress: float
    stage: str
    eta_s: float | None
    cancel_asked: bool
    finished_at: float | None
    track_id: str | None
    approved: bool | None
    score: float | None
    reasons: list[str]
    failed: bool


class GenerationPage(BaseModel):
    """Some generations, the newest first."""

    items: list[Generation]
    next: str | None


class FileTold(BaseModel):
    """A file of a track and where it is fetched."""

    name: str
    url: str
    bytes: int
    media_type: str


class TrackDetail(BaseModel):
    """A track with everything that is known of it."""

    track: Track
    bars: dict[str, Any]
    measures: Mapping[str, Any]
    verdict: Mapping[str, Any]
    files: list[FileTold]


class ListenersTold(BaseModel):
    """Who listens now: all, and by output."""

    station: str
    listeners: int
    outputs: dict[str, int]


class MeTold(BaseModel):
    """This listener. Whoever keeps no cookies sends `token` as `X-Listener`."""

    id: str
    token: str
    owner: bool


class OutputTold(BaseModel):
    """An output as its own probe hears it; `health` is red when nothing comes out, whatever its process says."""

    name: str
    kind: str
    state: str
    health: Health
    why: str
    since: float
    detail: str = ""
    bitrate: int = 0
    bytes_taken: int = 0
    reconnects: int = 0
    dropped_blocks: int = 0
    level_lufs: float | None = None
    silent_s: float = 0.0
    frozen_s: float = 0.0
    listeners: int | None = None


class AirHealth(BaseModel):
    """How a station is doing: the worst of its outputs, and red when its tower has said nothing for `age_s` seconds."""

    station: str
    health: Health
    why: str
    age_s: float | None
    outputs: list[OutputTold]


class ServiceHealth(BaseModel):
    """Whether this server can do its work."""

    ready: bool
    checks: dict[str, str]


class OrderTold(BaseModel):
    """A wish that was left for the tower."""

    order: int
    kind: str
    station: str


class Said(BaseModel):
    """What became of the owner's words: `kind` is skip, programme or request."""

    kind: str
    words: str
    request: int | None
    order: int | None


def generation(job: Job) -> Generation:
    """A job as a generation."""
    told, result = job.payload, job.result
    return Generation(
        id=job.id,
        state=job.state,
        job_class=job.job_class,
        concept=told.get("concept", {}),
        candidates=told.get("candidates", 1),
        source=told.get("source", ""),
        created_at=job.created_at,
        run_at=job.run_at,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        progress=job.progress,
        stage=job.stage,
        eta_s=job.eta_s,
        cancel_asked=job.cancel_asked,
        finished_at=job.finished_at,
        track_id=result.get("track"),
        approved=result.get("approved"),
        score=result.get("score"),
        reasons=[str(reason) for reason in result.get("reasons", ())],
        failed=job.state == "failed",
    )


def request_told(request: Request, listener: str) -> RequestTold:
    """A request for a listener; nobody hears who wrote the others."""
    return RequestTold(
        id=request.id,
        station=request.station,
        text=request.text,
        at=request.at,
        state=request.state,
        understood=request.understood,
        answer=request.answer,
        track_id=request.track_id,
        job_id=request.job_id,
        changed_at=request.changed_at,
        own=request.listener == listener,
    )
