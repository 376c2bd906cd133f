"""Tracks: lists, details and their files."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from sonicforge.api.allowance import SEARCH
from sonicforge.api.front import After, Asked, By, Limit, Owned, Paced, spend
from sonicforge.api.media import file_answer
from sonicforge.api.shapes import FileTold, TrackChange, TrackDetail
from sonicforge.api.who import address
from sonicforge.errors import BadInput, NotFound
from sonicforge.library import catalogue, tracks
from sonicforge.library.catalogue import SORTS, Filter
from sonicforge.library.values import Page, Track, TrackFile

router = APIRouter(prefix="/tracks", tags=["tracks"], dependencies=[Paced])
files = APIRouter(prefix="/tracks/{track_id}", tags=["track files"], dependencies=[Paced])

Id = Annotated[str, Path(max_length=64, description="Id of the track.")]
Word = Annotated[str, Query(max_length=60)]
Words = Annotated[list[Word], Query(max_length=20)]
Number = Annotated[float | None, Query(ge=0, le=100_000, allow_inf_nan=False)]
Sort = Literal[
    "newest", "oldest", "title", "best", "likes", "plays", "rested", "played",
    "slow", "fast", "calm", "lively", "short", "long",
]  # fmt: skip
assert set(Sort.__args__) == set(SORTS)  # type: ignore[attr-defined]

Download = Annotated[bool, Query(description="Save it under the track's title.")]
_BYTES = {"schema": {"type": "string", "format": "binary"}}


def _sound(*kinds: str) -> dict[int | str, dict[str, object]]:
    told = {"content": dict.fromkeys(kinds, _BYTES)}
    return {
        200: {"description": "The whole file.", **told},
        206: {"description": "The part that `Range` asks for.", **told},
        304: {"description": "It is what `If-None-Match` names."},
        416: {"description": "The part begins behind the end."},
    }


@router.get("", operation_id="list_tracks")
async def list_tracks(
    request: Request,
    front: Asked,
    by: By,
    genre: Words = [],  # noqa: B006
    mood: Words = [],  # noqa: B006
    key: Annotated[str | None, Query(max_length=20, description="As in `F minor`.")] = None,
    least_bpm: Number = None,
    most_bpm: Number = None,
    least_energy: Number = None,
    most_energy: Number = None,
    least_s: Number = None,
    most_s: Number = None,
    text: Annotated[str, Query(max_length=500, description="Words that all must occur.")] = "",
    liked: Annotated[bool | None, Query(description="Liked by anybody.")] = None,
    liked_by_me: bool = False,
    played: bool | None = None,
    approved: bool | None = None,
    state: Literal["ready", "retired", "all"] = "ready",
    sort: Sort = "newest",
    after: After = None,
    limit: Limit = 50,
) -> Page[Track]:
    """Tracks that fit all filters, by the page: `next` of a page is the `after` of the following one."""
    if text:
        spend(request, SEARCH, address(request))
    wanted = Filter(
        genres=tuple(genre),
        moods=tuple(mood),
        key=key,
        bpm=(least_bpm, most_bpm),
        energy=(least_energy, most_energy),
        duration_s=(least_s, most_s),
        text=text,
        liked=liked,
        liked_by=by.id if liked_by_me else None,
        played=played,
        approved=approved,
        state=None if state == "all" else state,
    )
    return await front.desk.read(
        lambda session: catalogue.listing(session, wanted, sort=sort, after=after, limit=limit)
    )


@router.get("/{track_id}", operation_id="get_track")
async def get_track(front: Asked, track_id: Id) -> TrackDetail:
    """A track with its bars, measures, the critic's verdict and its files."""
    return await front.desk.read(lambda session: _detail(session, track_id))


@router.patch("/{track_id}", operation_id="change_track", dependencies=[Owned])
async def change_track(front: Asked, track_id: Id, wish: TrackChange) -> Track:
    """Let a track go on air or no longer; take it out of the rotation or bring it back."""
    if wish.approved is None and wish.retired is None:
        raise BadInput("nothing is to be changed; give approved, retired or both")
    return await front.desk.write(lambda session: _change(session, track_id, wish))


@router.delete("/{track_id}", operation_id="delete_track", status_code=204, dependencies=[Owned])
async def delete_track(front: Asked, track_id: Id) -> None:
    """Forget a track; its plays stay in the history."""
    await front.desk.write(lambda session: tracks.delete(session, track_id))


@files.get("/audio", operation_id="get_audio", response_class=FileResponse, responses=_sound("audio/flac"))
@files.head("/audio", include_in_schema=False)
async def get_audio(request: Request, front: Asked, track_id: Id, download: Download = False) -> Response:
    """The finished sound."""
    return await _sent(request, front, track_id, "track.flac", download=download)


@files.get("/cover", operation_id="get_cover", response_class=FileResponse, responses=_sound("image/png"))
@files.head("/cover", include_in_schema=False)
async def get_cover(request: Request, front: Asked, track_id: Id, download: Download = False) -> Response:
    """The cover, drawn from the music."""
    return await _sent(request, front, track_id, "cover.png", download=download)


@files.get("/midi", operation_id="get_midi", response_class=FileResponse, responses=_sound("audio/midi"))
@files.head("/midi", include_in_schema=False)
async def get_midi(request: Request, front: Asked, track_id: Id, download: Download = False) -> Response:
    """The score as a MIDI file."""
    return await _sent(request, front, track_id, "score.mid", download=download)


@files.get("/score", operation_id="get_score", response_class=FileResponse, responses=_sound("application/json"))
@files.head("/score", include_in_schema=False)
async def get_score(request: Request, front: Asked, track_id: Id, download: Download = False) -> Response:
    """The score as JSON: sections, chords, parts with every note."""
    return await _sent(request, front, track_id, "score.json", download=download)


@files.get(
    "/pictures/{picture}", operation_id="get_picture", response_class=FileResponse, responses=_sound("image/png")
)
@files.head("/pictures/{picture}", include_in_schema=False)
async def get_picture(
    request: Request,
    front: Asked,
    track_id: Id,
    picture: Literal["waveform", "spectrogram", "pianoroll"],
    download: Download = False,
) -> Response:
    """A picture of the sound or of the score; there is one if the track was made with pictures."""
    return await _sent(request, front, track_id, f"{picture}.png", download=download)


@files.get("/stems", operation_id="list_stems")
async def list_stems(front: Asked, track_id: Id) -> list[FileTold]:
    """The dry stems; there are some if the track was made with stems."""
    found = await front.desk.read(lambda session: _files(session, track_id))
    return [_file(track_id, file) for file in found if file.name.startswith("stems/")]


@files.get("/stems/{stem}", operation_id="get_stem", response_class=FileResponse, responses=_sound("audio/flac"))
@files.head("/stems/{stem}", include_in_schema=False)
async def get_stem(
    request: Request,
    front: Asked,
    track_id: Id,
    stem: Annotated[str, Path(max_length=60)],
    download: Download = False,
) -> Response:
    """One dry stem, such as `bass`."""
    return await _sent(request, front, track_id, f"stems/{stem}.flac", download=download)


@files.get(
    "/files/{name:path}",
    operation_id="get_track_file",
    response_class=FileResponse,
    responses=_sound("application/octet-stream"),
)
@files.head("/files/{name:path}", include_in_schema=False)
async def get_track_file(
    request: Request,
    front: Asked,
    track_id: Id,
    name: Annotated[str, Path(max_length=120)],
    download: Download = False,
) -> Response:
    """Any file of a track by its name in the list of its detail."""
    return await _sent(request, front, track_id, name, download=download)


async def _sent(request: Request, front: Asked, track_id: str, name: str, *, download: bool) -> Response:
    track, file = await front.desk.read(
        lambda session: (tracks.get(session, track_id), tracks.file(session, track_id, name))
    )
    path = await front.desk.work(lambda: front.desk.objects.path(file.hash))
    return file_answer(request, path, track, file, download=download)


def _detail(session: Session, track_id: str) -> TrackDetail:
    known = tracks.facts(session, track_id)
    return TrackDetail(
        track=known.track,
        bars=known.barlines.to_json(),
        measures=known.measures,
        verdict=known.verdict,
        files=[_file(track_id, file) for file in known.files],
    )


def _files(session: Session, track_id: str) -> tuple[TrackFile, ...]:
    found = tracks.files(session, track_id)
    if not found and not tracks.some(session, [track_id]):
        raise NotFound("track", track_id)
    return found


def _file(track_id: str, file: TrackFile) -> FileTold:
    url = f"/api/v1/tracks/{track_id}/files/{quote(file.name)}"
    return FileTold(name=file.name, url=url, bytes=file.bytes, media_type=file.media_type)


def _change(session: Session, track_id: str, wish: TrackChange) -> Track:
    track = tracks.get(session, track_id)
    if wish.approved is not None:
        track = tracks.approve(session, track_id, approved=wish.approved)
    if wish.retired is True:
        track = tracks.retire(session, track_id, because=wish.because)
    if wish.retired is False:
        track = tracks.reinstate(session, track_id)
    return track
