"""What goes on without end, over a real socket: news, direct streams, and leaving in good order."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
import websockets
from conftest import TOKEN
from serving import served

from sonicforge.api.app import make_app
from sonicforge.api.front import Front
from sonicforge.library import events
from sonicforge.playout.block import BLOCK, RATE, Block
from sonicforge.playout.outputs.live import LiveOutput
from sonicforge.settings import Settings


@pytest.fixture
def app(data: Path) -> Any:
    return make_app(data, settings=Settings(data, 2, owner_token=TOKEN))


@pytest.fixture
def base(app: Any) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def front(app: Any) -> Front:
    return app.state.front  # type: ignore[no-any-return]


def tell(front: Front, count: int, kind: str = "play.started") -> list[int]:
    with front.desk.database.write() as session:
        return [events.append(session, "main", kind, {"n": n}) for n in range(count)]


def numbers_of(lines: Iterator[str], count: int) -> list[int]:
    found: list[int] = []
    for line in lines:
        if line.startswith("id: "):
            found.append(int(line[4:]))
        if len(found) == count:
            break
    return found


def test_news_are_heard_in_order_and_a_reconnect_misses_none(base: str, front: Front) -> None:
    with httpx.Client(base_url=base, timeout=10) as client:
        with client.stream("GET", "/api/v1/events?kinds=play") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(lines).startswith("retry:")
            first = tell(front, 3)
            tell(front, 5, "queue.added")
            assert numbers_of(lines, 3) == first
        missed = tell(front, 450)
        with client.stream("GET", "/api/v1/events?kinds=play", headers={"Last-Event-ID": str(first[-1])}) as stream:
            assert numbers_of(stream.iter_lines(), 450) == missed
        with client.stream("GET", f"/api/v1/events?after={first[0]}&kinds=play.started") as stream:
            assert numbers_of(stream.iter_lines(), 452) == [*first[1:], *missed]


def test_who_was_away_too_long_hears_of_the_gap(base: str, front: Front) -> None:
    told = tell(front, 1200)
    with front.desk.database.write() as session:
        events.prune(session, before=time.time() + 1, keep=10)
    with httpx.stream("GET", f"{base}/api/v1/events", headers={"Last-Event-ID": str(told[0])}, timeout=10) as stream:
        lines = [next(lines) for lines in [stream.iter_lines()] for _ in range(5)]
        assert f"id: {told[-10] - 1}" in lines
        assert "event: log.gap" in lines


def test_a_websocket_hears_the_same_and_a_foreign_page_nothing(base: str, front: Front) -> None:
    address = base.replace("http", "ws") + "/api/v1/events/ws"

    async def listen() -> list[dict[str, Any]]:
        async with websockets.connect(f"{address}?kinds=play", origin=base) as client:  # type: ignore[arg-type]
            await asyncio.to_thread(tell, front, 3)
            return [orjson.loads(await asyncio.wait_for(client.recv(), 5)) for _ in range(3)]

    async def intrude() -> int:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(address, origin="http://evil.example")  # type: ignore[arg-type]
        return refused.value.response.status_code

    async def shout() -> int:
        async with websockets.connect(address) as client:
            await client.send("x" * 5000)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(client.recv(), 5)
            return closed.value.rcvd.code if closed.value.rcvd else 0

    told = asyncio.run(listen())
    assert [event["data"]["n"] for event in told] == [0, 1, 2]
    assert told[0]["kind"] == "play.started"
    assert asyncio.run(intrude()) == 403
    assert asyncio.run(shout()) == 1009


def test_the_library_is_looked_at_only_while_somebody_reads(base: str, front: Front) -> None:
    assert front.news._looking is None
    with httpx.stream("GET", f"{base}/api/v1/events", timeout=10) as stream:
        lines = stream.iter_lines()
        next(lines)
        assert front.news._looking is not None
    deadline = time.monotonic() + 5
    while front.news._readers and time.monotonic() < deadline:
        time.sleep(0.02)
    assert front.news._looking is None


def test_a_reader_who_does_not_read_holds_nobody_up(base: str, front: Front) -> None:
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as asleep:
        asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asleep.sendall(b"GET /api/v1/events?after=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        told = tell(front, 3000)
        with httpx.stream("GET", f"{base}/api/v1/events?after={told[0] - 1}", timeout=20) as stream:
            assert numbers_of(stream.iter_lines(), 3000) == told
        assert len(front.news._recent) <= 2000


@pytest.fixture
def streams(data: Path) -> Iterator[LiveOutput]:
    """The tower's own direct streams with a few seconds of noise in them."""
    output = LiveOutput("http", data / "air" / "main", title="Müsic")
    output.start()
    noise = np.random.default_rng(1).normal(0, 0.1, (2, BLOCK)).astype(np.float32)
    for number in range(60):
        output.send(Block(number * BLOCK, number * BLOCK / RATE, noise))
        time.sleep(0.01)
    deadline = time.monotonic() + 10
    while not (data / "air" / "main" / "live.sock").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield output
    output.close()


def test_a_direct_stream_is_passed_on_with_its_titles_and_ends_with_its_listener(
    base: str, front: Front, streams: LiveOutput
) -> None:
    with httpx.stream("GET", f"{base}/live/main.mp3", headers={"Icy-MetaData": "1"}, timeout=10) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"] == "audio/mpeg"
        assert stream.headers["icy-metaint"] == "16000"
        assert stream.headers["access-control-allow-origin"] == "*"
        parts, got = stream.iter_raw(), b""
        while len(got) < 20_000:
            got += next(parts)
        counted = httpx.get(f"{base}/api/v1/listeners").json()
        assert counted["outputs"] == {"live.mp3": 1}
    deadline = time.monotonic() + 5
    while httpx.get(f"{base}/api/v1/listeners").json()["listeners"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert httpx.get(f"{base}/api/v1/listeners").json()["listeners"] == 0
    with httpx.stream("GET", f"{base}/live/main.mp3", timeout=10) as stream:
        assert "icy-metaint" not in stream.headers
    assert httpx.head(f"{base}/live/main.mp3").status_code == 200


def test_without_a_tower_a_stream_is_a_503_and_what_is_no_stream_a_404(base: str, data: Path) -> None:
    answer = httpx.get(f"{base}/live/main.mp3")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert httpx.get(f"{base}/live/main.wav").status_code == 404
    assert httpx.get(f"{base}/live/nobody.mp3").status_code == 503


def test_the_web_process_leaves_in_good_order_while_streams_run(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        command = [sys.executable, "-m", "uvicorn", "--factory", "sonicforge.api.app:app_from_environment"]
        command += ["--fd", str(listening.fileno()), "--log-level", "warning", "--timeout-graceful-shutdown", "8"]
        environment = os.environ | {"SONICFORGE_DATA": str(data)}
        process = subprocess.Popen(command, pass_fds=[listening.fileno()], env=environment, stderr=subprocess.PIPE)
        try:
            assert httpx.get(f"{address}/api/v1/health/live", timeout=30).json() == {"live": True}
            with httpx.stream("GET", f"{address}/api/v1/events", timeout=10) as stream:
                lines = stream.iter_lines()
                next(lines)
                process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                assert process.wait(20) in (0, -signal.SIGTERM)
                assert time.monotonic() - began < 7, "it waited for the stream instead of ending it"
        finally:
            process.kill()
            _, said = process.communicate()
        assert b"Traceback" not in said
