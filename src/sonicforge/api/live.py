"""Direct streams: what the tower sends through its socket is passed on, as fast as the listener takes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sonicforge.api.audience import Seat
from sonicforge.api.front import Front, front_of
from sonicforge.api.problem import Refused, problem_of
from sonicforge.api.who import address
from sonicforge.errors import NotFound, SonicForgeError

ENDINGS: Final = ("mp3", "opus", "aac", "flac")
CONNECT_S: Final = 3.0
SILENCE_S: Final = 20.0
"""A tower that sends nothing for so long has died without saying so."""
SEEN_S: Final = 20.0
MOST: Final = 1000
_CHUNK: Final = 16 * 1024
_PASSED: Final = ("content-type", "icy-")


async def live(request: Request) -> Response:
    """`/live/<station>.<ending>`: bytes without end, with titles in between for players that ask for them."""
    try:
        return await _live(request)
    except SonicForgeError as error:
        return problem_of(error, request.scope.get("request_id", ""))


async def _live(request: Request) -> Response:
    front = front_of(request)
    station, _, ending = request.path_params["name"].rpartition(".")
    if ending not in ENDINGS:
        raise NotFound(f"stream (there are {', '.join(ENDINGS)})", request.path_params["name"])
    path = front.desk.air(station) / "live.sock"
    if not request.app.state.streams.free:
        raise Refused(503, f"{MOST} streams are running already; use HLS", headers={"retry-after": "60"})
    reader, writer = await _connected(str(path), station)
    try:
        status, headers = await _asked(reader, writer, request, f"/live/{station}.{ending}")
    except BaseException:
        writer.close()
        raise
    if status != 200 or request.method == "HEAD":
        writer.close()
        if status == 404:
            raise NotFound("stream", request.path_params["name"])
        return Response(None, status, headers)
    seat = Seat(station, f"live.{ending}", front.signer.veiled(address(request), str(id(writer))))
    return StreamingResponse(_passed_on(request, front, seat, reader, writer), 200, headers)


class Streams:
    """How many direct streams run."""

    def __init__(self) -> None:
        self.running = 0

    @property
    def free(self) -> bool:
        return self.running < MOST


async def _connected(path: str, station: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_unix_connection(path, limit=2 * _CHUNK)
    except (OSError, TimeoutError) as error:
        told = f"{station[:40]} has no direct streams on air now"
        raise Refused(503, told, headers={"retry-after": "2"}) from error


async def _asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request, path: str
) -> tuple[int, dict[str, str]]:
    titles = "Icy-MetaData: 1\r\n" if request.headers.get("icy-metadata") == "1" else ""
    writer.write(f"{request.method} {path} HTTP/1.1\r\nHost: tower\r\n{titles}Connection: close\r\n\r\n".encode())
    try:
        async with asyncio.timeout(CONNECT_S):
            head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("utf-8", "replace").split("\r\n")
        status = int(first.split(" ")[1])
    except (OSError, TimeoutError, ValueError, IndexError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as e:
        raise Refused(503, "the stream did not begin; try again", headers={"retry-after": "2"}) from e
    told = [line.partition(":") for line in lines if ":" in line]
    passed = {name.strip().lower(): _latin(value.strip()) for name, _, value in told}
    headers = {name: value for name, value in passed.items() if name.startswith(_PASSED)}
    return status, headers | {"cache-control": "no-store", "x-accel-buffering": "no", "accept-ranges": "none"}


async def _passed_on(
    request: Request, front: Front, seat: Seat, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> AsyncIterator[bytes]:
    """Bytes as the listener takes them: nothing is kept here, so a slow one is the tower's to cut off."""
    streams: Streams = request.app.state.streams
    streams.running += 1
    clock = asyncio.get_running_loop().time
    seen_at = -SEEN_S
    try:
        with suppress(OSError, TimeoutError):
            while True:
                if clock() - seen_at >= SEEN_S:
                    front.audience.seen(seat)
                    seen_at = clock()
                async with asyncio.timeout(SILENCE_S):
                    data = await reader.read(_CHUNK)
                if not data or front.news.closing:
                    return
                yield data
    finally:
        streams.running -= 1
        front.audience.left(seat)
        writer.transport.abort()


def _latin(value: str) -> str:
    """A header's value in letters that HTTP can carry; players read UTF-8 bytes there."""
    return value.encode().decode("latin-1")
