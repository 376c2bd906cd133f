"""Files of tracks, with parts, names by content, and names to save them under."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from sonicforge.api.problem import problem
from sonicforge.api.ranges import Unsatisfiable, range_of
from sonicforge.library.values import Track, TrackFile

CACHE: Final = "public, max-age=86400"


def file_answer(request: Request, path: Path, track: Track, file: TrackFile, *, download: bool) -> Response:
    """A file of a track: whole, in part, or unchanged. The hash of its content is its ETag."""
    etag = f'"{file.hash}"'
    headers = {"etag": etag, "cache-control": CACHE, "accept-ranges": "bytes"}
    if etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(None, 304, headers)
    try:
        part = range_of(request.headers, file.bytes, etag=etag, modified="")
    except Unsatisfiable as error:
        return problem(416, "range", str(error), headers={"content-range": f"bytes */{file.bytes}"})
    if part is None:
        _forget_range(request)
    if download:
        headers["content-disposition"] = _saved_as(track, file)
    return FileResponse(path, headers=headers, media_type=file.media_type)


def _forget_range(request: Request) -> None:
    headers = MutableHeaders(scope=request.scope)
    del headers["range"]


def _saved_as(track: Track, file: TrackFile) -> str:
    """`attachment` with the track's title, as RFC 6266 has it: plain letters for old clients, all for new ones."""
    ending = Path(file.name).suffix
    part = "" if file.name.startswith("track.") else f" - {Path(file.name).stem}"
    name = f"{track.title}{part}{ending}".replace("/", "-").replace("\\", "-")
    plain = "".join(letter if letter.isascii() and letter.isprintable() and letter != '"' else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
