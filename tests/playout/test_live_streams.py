"""Direct streams: they start at once, carry titles, are shared by many, and nobody's trouble is another's."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from on_air import block, on_air, until
from test_titles import unwoven

from sonicforge.errors import OutOfRange, UnknownName
from sonicforge.playout.outputs.encoder import CODINGS
from sonicforge.playout.outputs.live import ENDINGS, LiveOutput
from sonicforge.playout.probe import decoded

_SPEED = 5.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main").mkdir()
    return tmp_path / "main"


class Player:
    """A connection to the station's socket that has asked for something."""

    def __init__(self, folder: Path, path: str, *, method: str = "GET", fields: str = "", buffer: int = 0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        if buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(10)
        self._socket.connect(str(folder / "live.sock"))
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())

    def head(self) -> tuple[str, dict[str, str]]:
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            got = self._socket.recv(1)
            assert got, "hung up before the head was whole"
            data += got
        status, *lines = data.decode().strip().split("\r\n")
        return status, {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def read(self, count: int) -> bytes:
        """Up to `count` bytes, less if the station hangs up."""
        data = b""
        while len(data) < count and (got := self._socket.recv(min(65_536, count - len(data)))):
            data += got
        return data

    def read_for(self, seconds: float) -> bytes:
        data, end = b"", time.monotonic() + seconds
        while time.monotonic() < end and (got := self._socket.recv(65_536)):
            data += got
        return data

    def close(self) -> None:
        self._socket.close()


Listen = Callable[..., Player]


@pytest.fixture
def listen(folder: Path) -> Iterator[Listen]:
    """Makes players, and closes all of them at the end."""
    with ExitStack() as stack:

        def player(path: str, **how: Any) -> Player:
            return stack.enter_context(closing(Player(folder, path, **how)))

        yield player


def test_each_format_can_be_played(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder)
    with on_air(output, speed=_SPEED):
        assert until(lambda: output.state.level_lufs is not None)
        for ending in ENDINGS:
            player = listen(f"/live/main.{ending}")
            status, fields = player.head()
            assert status == "HTTP/1.1 200 OK"
            assert fields["content-type"] == CODINGS[ending].mime
            data = b""

            def played(data: bytes, ending: str = ending) -> int:
                return decoded(CODINGS[ending].container, data).shape[1] if len(data) > 20_000 else 0

            while played(data) < 3.5 * 48_000:
                data += player.read_for(0.3)
            sound = decoded(CODINGS[ending].container, data)
            assert 0.05 < sound.std() < 0.3
    assert output.state.state == "off"
    assert not (folder / "live.sock").exists()


def test_a_player_has_three_seconds_of_sound_at_once(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder)
    with on_air(output):
        until(lambda: output.state.level_lufs is not None)
        time.sleep(4.0)
        player = listen("/live/main.mp3")
        player.head()
        began = time.monotonic()
        assert len(player.read(72_000)) == 72_000
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("ending", ["opus", "flac"])
def test_a_late_listener_gets_a_head_of_its_own(folder: Path, listen: Listen, ending: str) -> None:
    output = LiveOutput("http", folder)
    with on_air(output, speed=_SPEED):
        until(lambda: output.state.level_lufs is not None)
        first = listen(f"/live/main.{ending}")
        first.head()
        assert len(first.read_for(2.0)) > 10_000
        late = listen(f"/live/main.{ending}")
        late.head()
        data = late.read_for(1.0)
        assert data[:4] in (b"OggS", b"fLaC")
        assert decoded(CODINGS[ending].container, data).shape[1] > 2 * 48_000


def test_titles_come_only_to_those_who_ask(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder, title='My "radio"\n🎵')
    titles = ["Rain\non 'Tin' 🎵", "Second"]
    with on_air(output, titles=titles, every_s=6.0, speed=_SPEED):
        until(lambda: output.state.level_lufs is not None)
        asking, plain = listen("/live/main.mp3", fields="Icy-MetaData: 1\r\n"), listen("/live/main.mp3")
        fields = asking.head()[1]
        assert fields["icy-metaint"] == "16000"
        assert fields["icy-name"] == 'My "radio" 🎵'
        assert "icy-metaint" not in plain.head()[1]
        sound, told = unwoven(asking.read(300_000))
        assert told[0] in ("SonicForge - Rain on 'Tin' 🎵", "SonicForge - Second")
        assert set(told) == {"SonicForge - Rain on 'Tin' 🎵", "SonicForge - Second"}
        assert all(one != other for one, other in pairwise(told))
        assert decoded("mp3", sound).shape[1] > 9 * 48_000
        assert b"StreamTitle" not in plain.read(100_000)


def test_a_stalled_listener_is_cut_and_the_others_hear_everything(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder, bitrates={"mp3": 320_000})
    with on_air(output, speed=10.0):
        until(lambda: output.state.level_lufs is not None)
        listen("/live/main.mp3", buffer=4096)
        good = listen("/live/main.mp3")
        good.head()
        assert until(lambda: output.state.listeners == 2)
        heard = good.read(1_200_000)
        assert until(lambda: output.state.listeners == 1)
        assert len(heard) == 1_200_000
        assert decoded("mp3", heard).shape[1] / 48_000 == pytest.approx(1_200_000 / 40_000, abs=0.2)


def test_many_listeners_share_the_same_bytes(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder)
    with on_air(output, speed=_SPEED):
        until(lambda: output.state.level_lufs is not None)
        players = [listen("/live/main.mp3") for _ in range(200)]
        for player in players:
            assert player.head()[0].endswith("200 OK")
        assert until(lambda: output.state.listeners == 200)
        streams = [player.read(250_000) for player in players]
        anchor = streams[0][-600:]
        assert all(anchor in stream or streams[0].find(stream[-600:]) >= 0 for stream in streams)
        for player in players:
            player.close()
        assert until(lambda: output.state.listeners == 0)


def test_other_questions_are_answered_briefly(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder)
    with on_air(output, speed=_SPEED):
        until(lambda: output.state.level_lufs is not None)
        listener = listen("/live/main.mp3")
        listener.head()
        asked = {
            "/listeners": ("GET", "200"),
            "/live/other.mp3": ("GET", "404"),
            "/live/main.wav": ("GET", "404"),
            "/live/..%2f..%2fetc/passwd": ("GET", "404"),
            "/live/main.mp3": ("POST", "405"),
            "/live/main.opus": ("HEAD", "200"),
        }
        for path, (method, status) in asked.items():
            player = listen(path, method=method)
            said, _ = player.head()
            assert said.split()[1] == status
            body = player.read(10_000)
            if path == "/listeners":
                assert json.loads(body) == {"mp3": 1, "opus": 0, "aac": 0, "flac": 0}


def test_rubbish_and_half_a_question_harm_nobody(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder)
    with on_air(output, speed=_SPEED):
        until(lambda: output.state.level_lufs is not None)
        rubbish, half = listen("\0\xff" * 20_000), listen("/live/main.mp3")
        assert rubbish.read(100) == b""
        half.close()
        good = listen("/live/main.mp3")
        assert good.head()[0].endswith("200 OK")
        assert len(good.read(150_000)) == 150_000


def test_a_socket_left_by_a_killed_station_is_no_hindrance(folder: Path, listen: Listen) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(folder / "live.sock"))
    left.close()
    output = LiveOutput("http", folder)
    with on_air(output, speed=_SPEED):
        assert until(lambda: output.state.state == "on")
        player = listen("/live/main.mp3")
        assert player.head()[0].endswith("200 OK")


def test_a_folder_too_deep_for_a_socket_is_told_in_words(tmp_path: Path) -> None:
    output = LiveOutput("http", tmp_path / ("x" * 120) / "main")
    with on_air(output):
        assert until(lambda: output.state.state == "waiting")
        assert "107 bytes" in output.state.detail


def test_the_probe_hears_silence_in_what_leaves(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder)
    output.start()
    for number in range(400):
        output.send(block(number, silent=number > 60))
        time.sleep(0.004)
    assert until(lambda: output.state.silent_s > 5.0)
    assert output.state.state == "on"
    output.close()


def test_impossible_streams_are_refused(folder: Path, listen: Listen) -> None:
    with pytest.raises(UnknownName, match="wma"):
        LiveOutput("http", folder, bitrates={"wma": 64_000})
    with pytest.raises(OutOfRange, match="64"):
        LiveOutput("http", folder, bitrates={"aac": 64})


def test_sending_never_waits_even_when_nobody_takes_blocks(folder: Path, listen: Listen) -> None:
    output = LiveOutput("http", folder)
    for number in range(10_000):
        output.send(block(number))
    assert output.state.dropped_blocks == 10_000 - 104
    assert np.isfinite(output.state.since)
