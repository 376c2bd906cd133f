"""The folder of an HLS output, served: playlists fresh and packed, segments from memory.

A player asks for a playlist and a segment every six seconds, and all players ask for the same ones: what was asked for
lately is kept, so that three hundred listeners cost the disk as much as one.
"""

import asyncio
import gzip
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sonicforge.api.audience import Seat
from sonicforge.api.problem import problem, problem_of
from sonicforge.api.ranges import Unsatisfiable, range_of
from sonicforge.api.who import address
from sonicforge.errors import NotFound, SonicForgeError

TYPES: Final = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "audio/mp4",
    ".mp4": "audio/mp4",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".ts": "video/mp2t",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}
IMMUTABLE: Final = frozenset({".m4s", ".mp4", ".ts", ".aac"})
"""Segments are numbered and never change; initialisation segments are named by their content."""
_CACHE: Final = {"playlist": "public, max-age=1, must-revalidate", "segment": "public, max-age=3600, immutable"}
_SHORT: Final = "public, max-age=60"
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_DEPTH: Final = 3
_FRESH_S: Final = 0.2
_HELD_BYTES: Final = 48 * 1024 * 1024
_LARGEST: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Held:
    """A file as it is in memory; `packed` is the gzip form of a playlist, `None` where packing gains nothing."""

    body: bytes
    packed: bytes | None
    etag: str
    modified: str
    stamp: tuple[int, int]
    looked_at: float


class Shelf:
    """What was asked for lately, up to 48 MB. `fetch` runs something that waits for the disk in a thread."""

    def __init__(self, *, most_bytes: int = _HELD_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most_bytes, clock
        self._held: OrderedDict[Path, Held] = OrderedDict()
        self._bytes = 0
        self._fetching: dict[Path, asyncio.Task[Held]] = {}

    async def get(self, path: Path, root: Path) -> Held:
        """The file as it was at most 0.2 s ago; raises `NotFound`. Many askers at once cost one look at the disk."""
        held = self._held.get(path)
        if held is not None and self._clock() - held.looked_at < _FRESH_S:
            self._held.move_to_end(path)
            return held
        task = self._fetching.get(path)
        if task is None:
            task = asyncio.create_task(self._fetch(path, root, held))
            self._fetching[path] = task
        return await asyncio.shield(task)

    async def _fetch(self, path: Path, root: Path, known: Held | None) -> Held:
        try:
            fresh = await asyncio.to_thread(_read, path, root, known, self._clock())
        except NotFound:
            self._drop(path)
            raise
        finally:
            del self._fetching[path]
        self._keep(path, fresh)
        return fresh

    def _keep(self, path: Path, held: Held) -> None:
        self._drop(path)
        self._held[path] = held
        self._bytes += len(held.body)
        while self._bytes > self._most:
            _, old = self._held.popitem(last=False)
            self._bytes -= len(old.body)

    def _drop(self, path: Path) -> None:
        old = self._held.pop(path, None)
        self._bytes -= 0 if old is None else len(old.body)


async def serve_hls(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI app for `/hls/<station>/...`."""
    try:
        answer = await _answer(scope)
    except SonicForgeError as error:
        answer = problem_of(error, scope.get("request_id", ""))
    await answer(scope, receive, send)


async def _answer(scope: Scope) -> Response:
    front = scope["app"].state.front
    if scope["method"] not in ("GET", "HEAD"):
        return problem(405, "method-not-allowed", "only GET and HEAD", headers={"allow": "GET, HEAD"})
    parts = scope["path"].removeprefix("/hls/").split("/")
    station, names = parts[0], parts[1:]
    kind = Path(names[-1]).suffix if names else ""
    if kind not in TYPES or len(names) > _DEPTH or not all(map(_NAME.fullmatch, names)):
        raise NotFound("file on air", "/".join(names))
    root = front.desk.air(station) / "hls"
    held = await front.shelf.get(root.joinpath(*names), root)
    headers = Headers(scope=scope)
    if kind == ".m3u8":
        client = front.signer.veiled(address(HTTPConnection(scope)), headers.get("user-agent", ""))
        front.audience.seen(Seat(station, "hls", client))
    return _told(held, kind, headers)


def _told(held: Held, kind: str, asked: Headers) -> Response:
    cache = _CACHE["playlist"] if kind == ".m3u8" else _CACHE["segment"] if kind in IMMUTABLE else _SHORT
    headers = {"cache-control": cache, "etag": held.etag, "last-modified": held.modified, "accept-ranges": "bytes"}
    if held.packed is not None:
        headers["vary"] = "Accept-Encoding"
    if asked.get("if-none-match") == held.etag:
        return Response(None, 304, headers)
    if held.packed is not None and "gzip" in asked.get("accept-encoding", "") and "range" not in asked:
        return Response(held.packed, 200, headers | {"content-encoding": "gzip"}, TYPES[kind])
    try:
        part = range_of(asked, len(held.body), etag=held.etag, modified=held.modified)
    except Unsatisfiable as error:
        return problem(416, "range", str(error), headers={"content-range": f"bytes */{len(held.body)}"})
    if part is None:
        return Response(held.body, 200, headers, TYPES[kind])
    headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{len(held.body)}"
    return Response(held.body[part.start : part.stop], 206, headers, TYPES[kind])


def _read(path: Path, root: Path, known: Held | None, now: float) -> Held:
    try:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        if known is not None and known.stamp == stamp:
            return Held(known.body, known.packed, known.etag, known.modified, stamp, now)
        if found.st_size > _LARGEST or not path.resolve().is_relative_to(root.resolve()):
            raise NotFound("file on air", path.name)
        body = path.read_bytes()
    except OSError as error:
        raise NotFound("file on air", path.name) from error
    packed = gzip.compress(body, 6, mtime=0) if path.suffix == ".m3u8" else None
    strength = "" if packed is None else "W/"
    etag = f'{strength}"{found.st_mtime_ns:x}-{found.st_size:x}"'
    return Held(body, packed, etag, formatdate(found.st_mtime, usegmt=True), stamp, now)
