"""The small HTTP server behind the direct streams: a unix socket, GET and HEAD, bytes without end."""

import asyncio
import json
import os
import resource
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import unquote

from sonicforge.errors import CannotWrite
from sonicforge.playout.outputs.icy import METAINT, Interleaver
from sonicforge.playout.outputs.listeners import Channel, Listener
from sonicforge.playout.outputs.titles import one_line

MOST_LISTENERS = 10_000
_MOST_HEAD = 16_384
_HEAD_S = 10.0
_MOST_PATH = 107
"""Bytes in the address of a unix socket (sun_path less its zero)."""


class LiveServer:
    """Serves `/live/<station>.<ending>` and `/listeners` on `path`, on an event loop in a thread of its own."""

    def __init__(self, path: Path, station: str, title: str, channels: Mapping[str, Channel]) -> None:
        self._path, self._station, self._title, self._channels = path, station, title, channels
        self._up = Event()
        self._failure: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = Thread(target=self._run, name="live-server", daemon=True)

    def start(self) -> None:
        """Listen; raises `CannotWrite` when the socket cannot be made."""
        if len(os.fsencode(self._path)) > _MOST_PATH:
            raise CannotWrite(
                f"cannot listen on {self._path}: longer than {_MOST_PATH} bytes; use a shorter data folder"
            )
        _allow_many_connections()
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        self._up.wait()
        if self._failure is not None:
            self._thread.join()
            raise CannotWrite(f"cannot listen on {self._path}: {self._failure}") from self._failure

    def begin(self, ending: str, head: bytes) -> None:
        """A stream starts afresh; callable from any thread, as is `publish`."""
        self._call(self._channels[ending].begin, head)

    def publish(self, ending: str, data: bytes, title: str, length_s: float) -> None:
        """More bytes of a stream."""
        self._call(self._channels[ending].publish, data, title, length_s)

    def close(self) -> None:
        """Hang up on everybody and take the socket away."""
        self._call(self._loop.stop)
        self._thread.join(5.0)

    def _call(self, function: object, *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(function, *arguments)  # type: ignore[arg-type]

    def _run(self) -> None:
        try:
            server = self._loop.run_until_complete(self._listen())
        except Exception as error:  # noqa: BLE001 - whatever it is, `start` waits to hear of it
            self._failure = error
            self._up.set()
            self._loop.close()
            return
        self._up.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._hang_up(server))
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        return await asyncio.start_unix_server(self._accept, self._path, limit=_MOST_HEAD, backlog=1024)

    async def _hang_up(self, server: asyncio.Server) -> None:
        self._path.unlink(missing_ok=True)
        server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, asyncio.CancelledError):
            pass  # the listener is gone, or the server is
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_S):
            head = await reader.readuntil(b"\r\n\r\n")
        method, path, wishes = _request(head)
        if method not in ("GET", "HEAD"):
            await _short(writer, "405 Method Not Allowed", {"error": f"only GET and HEAD, met {method[:20]!r}"})
        elif path == "/listeners":
            counts = {ending: len(channel.listeners) for ending, channel in self._channels.items()}
            await _short(writer, "200 OK", counts)
        elif (channel := self._channel(path)) is None:
            known = [f"/live/{self._station}.{ending}" for ending in self._channels]
            await _short(writer, "404 Not Found", {"error": f"there is no {path[:80]!r}; known: {', '.join(known)}"})
        elif sum(len(other.listeners) for other in self._channels.values()) >= MOST_LISTENERS:
            await _short(writer, "503 Service Unavailable", {"error": f"{MOST_LISTENERS} listeners are here already"})
        else:
            await self._stream(reader, writer, channel, method, icy=wishes.get("icy-metadata") == "1")

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, channel: Channel, method: str, *, icy: bool
    ) -> None:
        writer.write(self._stream_head(channel, icy=icy))
        if method == "HEAD":
            await writer.drain()
            return
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)
        listener = Listener(writer.transport, Interleaver() if icy else None)
        channel.join(listener)
        try:
            while await reader.read(4096):
                pass
        finally:
            channel.leave(listener)

    def _channel(self, path: str) -> Channel | None:
        stem, _, ending = path.rpartition("/")[2].rpartition(".")
        return self._channels.get(ending) if stem == self._station else None

    def _stream_head(self, channel: Channel, *, icy: bool) -> bytes:
        lines = [
            "HTTP/1.1 200 OK",
            f"Content-Type: {channel.mime}",
            "Cache-Control: no-cache, no-store",
            "Connection: close",
            "Accept-Ranges: none",
            "X-Accel-Buffering: no",
            f"icy-name: {one_line(self._title, 200)}",
            "icy-pub: 0",
        ]
        lines += [f"icy-br: {channel.bitrate // 1000}"] if channel.bitrate else []
        lines += [f"icy-metaint: {METAINT}"] if icy else []
        return "\r\n".join([*lines, "", ""]).encode()


def _allow_many_connections() -> None:
    """Raise this process's limit of open files as far as the system lets anybody."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_LISTENERS + 1024 if hard == resource.RLIM_INFINITY else min(hard, MOST_LISTENERS + 1024)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _request(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, path and header fields in lower case."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    path = unquote(rest.partition(" ")[0].partition("?")[0])
    fields = {name.strip().lower(): value.strip() for name, colon, value in (x.partition(":") for x in lines) if colon}
    return method, path, fields


async def _short(writer: asyncio.StreamWriter, status: str, body: Mapping[str, object]) -> None:
    data = json.dumps(body).encode()
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        "Connection: close\r\n\r\n".encode()
        + data
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
