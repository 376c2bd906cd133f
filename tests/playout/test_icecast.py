"""The Icecast client against a real server: four formats, titles, wrong passwords, deaths and old servers."""

import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from icecast_server import PASSWORD, Icecast
from on_air import block, free_port, on_air, until

from sonicforge.errors import BadInput, UnknownName
from sonicforge.playout.outputs.icecast import FORMATS, IcecastOutput
from sonicforge.playout.outputs.icecast_source import Mount

_TITLES = ['Rain "on"\nTin & Glass 🎵', "Second=piece;'"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Icecast]:
    icecast = Icecast(tmp_path)
    icecast.start()
    yield icecast
    icecast.kill()


def heard(address: str, seconds: float) -> str:
    """What an outside player says of a stream after listening for a while."""
    command = [
        "ffmpeg",
        "-v",
        "info",
        "-nostdin",
        "-t",
        str(seconds),
        "-i",
        address,
        "-af",
        "astats",
        "-f",
        "null",
        "-",
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stderr


def icy_titles(server: Icecast, name: str) -> set[str]:
    """Titles between the bytes of a mount."""
    command = ["curl", "-s", "-m", "4", "-H", "Icy-MetaData: 1", server.listen(f"/main.{name}")]
    sound = subprocess.run(command, check=False, capture_output=True).stdout
    told = re.findall(rb"StreamTitle='(.*?)';\0*", sound)
    return {title.decode().removeprefix("SonicForge - ") for title in told}


def test_four_formats_are_heard_with_their_titles(server: Icecast) -> None:
    outputs = [IcecastOutput(name, server.url(f"/main.{name}")) for name in FORMATS]
    with on_air(*outputs, titles=_TITLES, every_s=5.0):
        assert until(lambda: len(server.mounts() or {}) == 4)
        assert until(lambda: all((output.state.level_lufs or -99) > -30 for output in outputs))
        with ThreadPoolExecutor() as pool:
            spoken = list(pool.map(lambda name: heard(server.listen(f"/main.{name}"), 2.0), FORMATS))
            sung = dict(
                zip(("mp3", "aac"), pool.map(lambda name: icy_titles(server, name), ("mp3", "aac")), strict=True)
            )
        for name, told in zip(FORMATS, spoken, strict=True):
            assert f"Audio: {name}" in told
            titles = sung.get(name) or set(re.findall(r"\n +title +: (.*)", told))
            assert titles
            assert titles <= {'Rain "on" Tin & Glass 🎵', "Second=piece;'"}
            assert min(float(level) for level in re.findall(r"RMS level dB: (-?[\d.]+)", told)) > -25
        for output in outputs:
            assert output.state.state == "on"
            assert output.state.bytes_taken > 5_000
            assert output.state.dropped_blocks == 0


def test_a_wrong_password_is_told_in_words_and_harms_no_other_output(server: Icecast) -> None:
    wrong = IcecastOutput("wrong", server.url("/wrong.mp3", "guessed"))
    good = IcecastOutput("good", server.url("/good.mp3"))
    with on_air(wrong, good):
        assert until(lambda: wrong.state.state == "failed" and good.state.state == "on")
        assert "refuses the password of user 'source'" in wrong.state.detail
        assert PASSWORD not in wrong.state.detail + good.state.detail
        assert wrong.state.bytes_taken == 0


def test_after_kill_9_of_the_server_the_mount_is_back_within_five_seconds(server: Icecast) -> None:
    output = IcecastOutput("main", server.url("/main.opus"))
    with on_air(output, titles=["Rain"]):
        assert until(lambda: "/main.opus" in (server.mounts() or {}))
        before = output.state.bytes_taken
        server.kill()
        assert until(lambda: output.state.state == "waiting")
        time.sleep(1.0)
        server.start()
        assert until(lambda: "/main.opus" in (server.mounts() or {}), 5.0)
        assert until(lambda: output.state.state == "on" and output.state.bytes_taken > before + 5_000)
        assert "Rain" in heard(server.listen("/main.opus"), 1.0)
        assert output.state.reconnects >= 1


def test_a_taken_mount_is_tried_again_until_it_is_free(server: Icecast) -> None:
    first, second = (IcecastOutput(name, server.url("/main.mp3")) for name in ("first", "second"))
    with on_air(first):
        assert until(lambda: first.state.state == "on")
        with on_air(second):
            assert until(lambda: second.state.state == "waiting" and "refuses mount /main.mp3" in second.state.detail)
            assert "403" in second.state.detail
            first.close()
            assert until(lambda: second.state.state == "on", 20.0)


class OldServer(Thread):
    """Speaks as servers did before PUT: it hangs up on what it does not know."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.sound = b""
        self.first_lines: list[bytes] = []
        self.start()

    def run(self) -> None:
        for _ in range(2):
            connection, _ = self._socket.accept()
            with closing(connection):
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(4096)
                self.first_lines.append(head.split(b"\r\n")[0])
                if head.startswith(b"SOURCE"):
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                    while len(self.sound) < 20_000:
                        self.sound += connection.recv(4096)
        self._socket.close()


def test_a_server_that_knows_no_put_is_asked_with_source() -> None:
    old = OldServer()
    output = IcecastOutput("old", f"icecast://source:x@127.0.0.1:{old.port}/stream")
    with on_air(output):
        old.join(20.0)
    assert old.first_lines == [b"PUT /stream HTTP/1.1", b"SOURCE /stream HTTP/1.0"]
    assert old.sound[0] == 0xFF


@pytest.mark.slow
def test_a_server_that_takes_nothing_any_more_is_left_and_no_block_waits_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        output = IcecastOutput("deaf", f"icecast://source:x@127.0.0.1:{deaf.getsockname()[1]}/stream")
        output.start()
        connection, _ = deaf.accept()
        with closing(connection):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            longest = 0.0
            for number in range(3000):
                began = time.perf_counter()
                output.send(block(number))
                longest = max(longest, time.perf_counter() - began)
                if output.state.state == "waiting":
                    break
                time.sleep(0.01)
            assert output.state.state == "waiting"
            assert "timed out" in output.state.detail
            assert output.state.dropped_blocks > 100
            assert longest < 0.5
        output.close()


def test_closing_does_not_wait_for_a_server_that_takes_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        output = IcecastOutput("deaf", f"icecast://source:x@127.0.0.1:{deaf.getsockname()[1]}/a.flac")
        output.start()
        connection, _ = deaf.accept()
        with closing(connection):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            numbers = iter(range(10_000))

            def stuck() -> bool:
                output.send(block(next(numbers)))
                return output.state.frozen_s > 2.0

            assert until(stuck)
            began = time.monotonic()
            output.close()
            assert time.monotonic() - began < 5.0
        assert output.state.state == "off"


def test_no_server_at_all_is_told_and_closing_is_prompt() -> None:
    output = IcecastOutput("nobody", f"icecast://source:x@127.0.0.1:{free_port()}/stream")
    with on_air(output):
        assert until(lambda: output.state.state == "waiting")
        assert output.state.detail == "connection refused"
    assert output.state.state == "off"


def test_the_listeners_of_the_server_count_as_bytes_taken_only_when_acknowledged(server: Icecast) -> None:
    output = IcecastOutput("main", server.url("/main.mp3"))
    with on_air(output):
        assert until(lambda: output.state.bytes_taken > 30_000)
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/status-json.xsl") as answer:
            assert json.load(answer)["icestats"]["source"]["bitrate"] == 192


def test_addresses_are_read_whole() -> None:
    mount = Mount.from_url("icecasts://dj:p%40ss%2Fword@[::1]:8443/radio%20one.mp3")
    assert (mount.host, mount.port, mount.user, mount.password, mount.tls) == ("::1", 8443, "dj", "p@ss/word", True)
    assert mount.path == "/radio%20one.mp3"
    assert mount.authority == "[::1]:8443"


@pytest.mark.parametrize("url", ["icecast://source:x@host", "icecast://source:x@host/", "ftp://host/x", "icecast:///x"])
def test_addresses_without_host_or_mount_are_refused(url: str) -> None:
    with pytest.raises(BadInput):
        IcecastOutput("bad", url)


@pytest.mark.parametrize("options", [{"bitrate": 128_000.5}, {"genre": 5}, {"bitrate": True}])
def test_options_of_the_wrong_kind_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        IcecastOutput("bad", "icecast://source:x@host/x", **options)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UnknownName, match="wma"):
        IcecastOutput("bad", "icecast://source:x@host/x", format="wma")
