"""News as they happen: an event stream (SSE) and a WebSocket, both from the one numbered log."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Header, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from sonicforge.api.front import LARGEST_ID, Front, Paced, front_of
from sonicforge.api.guard import same_host
from sonicforge.api.news import as_sse, told
from sonicforge.api.problem import Refused
from sonicforge.api.who import address
from sonicforge.errors import SonicForgeError

router = APIRouter(tags=["events"])

ALIVE_S: Final = 15.0
_RETRY_MS: Final = 2000
_LARGEST_MESSAGE: Final = 4096
_MOST_KINDS: Final = 20

Station = Annotated[str | None, Query(max_length=40, description="Only news of this station and of them all.")]
Kinds = Annotated[
    list[str], Query(max_length=_MOST_KINDS, description="Only these kinds, as `play` or `play.started`.")
]
From = Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="The last number known; nothing: what comes next.")]

_EXAMPLE = (
    "id: 812\nevent: play.started\n"
    'data: {"number":812,"station":"main","kind":"play.started","at":1790000000.5,"data":{"title":"Neon Harbour"}}\n\n'
)


@router.get(
    "/events",
    operation_id="follow_events",
    dependencies=[Paced],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"example": _EXAMPLE}}, "description": "News without end."}},
)
async def follow_events(
    request: Request,
    station: Station = None,
    kinds: Kinds = [],  # noqa: B006
    after: From = None,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> StreamingResponse:
    """Follow the numbered log as server-sent events.

    After a broken connection the browser sends `Last-Event-ID` by itself and hears what it missed. When that is no
    longer kept, the first event is `log.gap` with words about it.
    """
    number = int(last_event_id) if last_event_id and last_event_id.isdigit() and len(last_event_id) < 16 else after
    front = front_of(request)
    front.news.open(address(request))
    try:
        begin = await front.news.begin(number)
    except BaseException:
        front.news.leave(address(request))
        raise
    stream = _stream(front, address(request), *begin, station=station, kinds=kinds)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _stream(
    front: Front, caller: str, number: int, missed: str, *, station: str | None, kinds: list[str]
) -> AsyncIterator[bytes]:
    try:
        yield b"retry: %d\n\n" % _RETRY_MS
        if missed:
            yield b"id: %d\nevent: log.gap\ndata: %s\n\n" % (number, orjson.dumps(_gap(number, missed)))
        while not front.news.closing:
            try:
                number, events = await front.news.after(number, station=station, kinds=kinds, wait_s=ALIVE_S)
            except SonicForgeError:
                return
            yield b"".join(map(as_sse, events)) or b": %d\n\n" % number
    finally:
        front.news.leave(caller)


@router.websocket("/events/ws")
async def follow_by_websocket(
    socket: WebSocket,
    station: Station = None,
    kinds: Kinds = [],  # noqa: B006
    after: From = None,
) -> None:
    """The same as messages of JSON. A client may say anything small; it is only heard that it is there."""
    front, caller = front_of(socket), address(socket)
    if not same_host(socket.headers):
        await socket.close(1008, "this page belongs to another host")
        return
    try:
        front.news.open(caller)
    except Refused as refused:
        await socket.close(1013, str(refused)[:120])
        return
    try:
        number, missed = await front.news.begin(after)
        await socket.accept()
        await _talk(socket, front, number, missed, station=station, kinds=kinds)
    except (SonicForgeError, WebSocketDisconnect):
        with suppress(RuntimeError):
            await socket.close(1013)
    finally:
        front.news.leave(caller)


async def _talk(
    socket: WebSocket, front: Front, number: int, missed: str, *, station: str | None, kinds: list[str]
) -> None:
    if missed:
        await socket.send_bytes(orjson.dumps(_gap(number, missed)))
    hearing = asyncio.create_task(_hear(socket))
    try:
        while not front.news.closing and not hearing.done():
            waiting = asyncio.create_task(front.news.after(number, station=station, kinds=kinds, wait_s=ALIVE_S))
            await asyncio.wait({waiting, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                waiting.cancel()
                break
            number, events = waiting.result()
            for event in events:
                await socket.send_text(orjson.dumps(told(event)).decode())
        if front.news.closing:
            await socket.close(1001, "the server stops; come again")
    finally:
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing


async def _hear(socket: WebSocket) -> None:
    """Until the client goes, or says too much."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if len(message.get("text") or message.get("bytes") or "") > _LARGEST_MESSAGE:
            await socket.close(1009, f"a message may have {_LARGEST_MESSAGE} bytes")
            return


def _gap(number: int, missed: str) -> dict[str, Any]:
    gap = {"missed": missed, "number": number}
    return {"number": number, "station": None, "kind": "log.gap", "at": time.time(), "data": gap}
