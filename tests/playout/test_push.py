"""Pushing with a picture: real servers, several targets at once, thrown out, slow, refused and encrypted."""

import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from nginx_server import Nginx
from on_air import block, free_port, on_air, until

from sonicforge.errors import OutOfRange
from sonicforge.playout.outputs.feed import MOST_WAITING_MS, Feed, Piece
from sonicforge.playout.outputs.film import RUNGS, Film
from sonicforge.playout.outputs.flv import AUDIO, VIDEO, Tag
from sonicforge.playout.outputs.picture import Picture
from sonicforge.playout.outputs.push import RtmpOutput, SrtOutput
from sonicforge.playout.outputs.spectrum_bars import SpectrumBars


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nginx]:
    nginx = Nginx(tmp_path)
    nginx.start()
    yield nginx
    nginx.kill()


def seen(path: Path) -> str:
    """Streams of a file, its key pictures' times, and what a decoder complains of."""
    fields = "stream=codec_name,width,height:packet=codec_type,pts_time,flags"
    probe = ["ffprobe", "-v", "error", "-show_entries", fields, "-of", "compact", str(path)]
    told = subprocess.run(probe, check=True, capture_output=True, text=True).stdout
    decode = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-f", "null", "-"]
    return told + "complaints:" + subprocess.run(decode, check=True, capture_output=True, text=True).stderr


def test_a_server_of_another_make_takes_it_too(tmp_path: Path) -> None:
    port, path = free_port(), tmp_path / "taken.flv"
    address = f"rtmp://127.0.0.1:{port}/live/key"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-listen", "1", "-i", address, "-t", "2", "-c", "copy", str(path)]
    with subprocess.Popen(command) as server, on_air(RtmpOutput("main", address, title="Other")):
        ended = until(lambda: server.poll() is not None, 30.0)
        server.kill()
    assert ended
    assert "codec_name=h264|width=1280|height=720" in seen(path)


def test_two_targets_get_the_same_picture_and_sound(server: Nginx) -> None:
    outputs = [RtmpOutput(name, server.url(name), title="Two") for name in ("one", "two")]
    with on_air(*outputs, titles=['Rain\non "Tin" 🎵', "Second"], every_s=2.0):
        assert until(lambda: server.publishing("one") and server.publishing("two"))
        assert until(lambda: all((output.state.level_lufs or -99) > -30 for output in outputs))
        assert until(lambda: all(output.state.bytes_taken > 50_000 for output in outputs))
        time.sleep(5.0)
        assert all(output.state.state == "on" and output.state.bitrate > 50_000 for output in outputs)
    for name in ("one", "two"):
        (path,) = server.recorded(name)
        told = seen(path)
        assert "codec_name=h264|width=1280|height=720" in told
        assert "codec_name=aac" in told
        assert told.endswith("complaints:")
        keys = [float(t) for t in re.findall(r"codec_type=video\|pts_time=([\d.]+)\|flags=K", told)]
        assert keys[0] == pytest.approx(0.0, abs=0.05)
        assert max(b - a for a, b in pairwise(keys)) < 2.0


@pytest.mark.slow
def test_a_target_that_is_thrown_out_comes_back_with_fresh_headers_and_the_other_never_notices(server: Nginx) -> None:
    outputs = [RtmpOutput(name, server.url(name), title="Thrown") for name in ("out", "stays")]
    with on_air(*outputs):
        assert until(lambda: server.publishing("out") and server.publishing("stays"))
        time.sleep(2.0)
        server.drop("out")
        assert until(lambda: outputs[0].state.reconnects == 1)
        assert until(lambda: len(server.recorded("out")) == 2 and server.recorded("out")[1].stat().st_size > 50_000)
        assert outputs[1].state.reconnects == 0
    for path in [*server.recorded("out"), *server.recorded("stays")]:
        told = seen(path)
        assert "codec_name=h264|width=1280" in told
        assert told.endswith("complaints:")


def test_a_server_that_dies_is_told_and_found_again(server: Nginx) -> None:
    output = RtmpOutput("main", server.url("main"), title="Dies")
    with on_air(output):
        assert until(lambda: output.state.state == "on")
        server.kill()
        assert until(lambda: output.state.state == "waiting")
        server.start()
        assert until(lambda: server.publishing("main"))
        assert until(lambda: output.state.state == "on")


def test_a_refused_publisher_is_not_on(server: Nginx) -> None:
    output = RtmpOutput("main", server.url("main", "locked"), title="Locked")
    with on_air(output):
        assert until(lambda: output.state.state in ("waiting", "failed"))
        assert output.state.bytes_taken == 0
        assert output.state.detail


def test_what_is_no_rtmp_server_is_told(server: Nginx) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def chatter() -> None:
            with suppress(OSError):
                connection, _ = other.accept()
                with closing(connection):
                    connection.sendall(b"220 mail ready\r\n" * 300)
                    connection.recv(4096)

        Thread(target=chatter, daemon=True).start()
        output = RtmpOutput("mail", f"rtmp://127.0.0.1:{other.getsockname()[1]}/app/key", title="Mail")
        with on_air(output):
            assert until(lambda: output.state.state == "waiting")
            assert "no RTMP server" in output.state.detail


class Relay(Thread):
    """Passes a connection on, at no more than `rate` bytes a second, in TLS if a certificate is given."""

    def __init__(self, to: int, rate: float = 1e9, certificate: Path | None = None) -> None:
        super().__init__(daemon=True)
        self._to, self.rate = to, rate
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.port = self._listener.getsockname()[1]
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self.start()

    def run(self) -> None:
        with suppress(OSError), closing(self._listener):
            raw, _ = self._listener.accept()
            outer = raw if self._context is None else self._context.wrap_socket(raw, server_side=True)
            with closing(outer), closing(socket.create_connection(("127.0.0.1", self._to))) as inner:
                Thread(target=self._pass, args=(inner, outer, 1e9), daemon=True).start()
                self._pass(outer, inner, self.rate)

    def _pass(self, source: socket.socket, sink: socket.socket, rate: float) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
                time.sleep(len(data) / rate)


@pytest.mark.slow
def test_a_slow_far_end_is_given_a_lower_rung_and_a_fast_one_is_not(server: Nginx) -> None:
    relay = Relay(server.port, rate=12_000)
    slow = RtmpOutput("slow", f"rtmp://127.0.0.1:{relay.port}/live/slow", title="Slow")
    fast = RtmpOutput("fast", server.url("fast"), title="Slow")
    with on_air(slow, fast):
        assert until(lambda: "at most" in slow.state.detail, 40.0)
        assert "at most" not in fast.state.detail
        assert fast.state.dropped_blocks == 0


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "both.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*command.split(), "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "crt.pem")],
        check=True,
        capture_output=True,
    )
    path.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "crt.pem").read_text())
    return path


def test_rtmps_is_published_to_a_server_whose_certificate_is_known(
    server: Nginx, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("crt.pem")))
    relay = Relay(server.port, certificate=certificate)
    output = RtmpOutput("main", f"rtmps://127.0.0.1:{relay.port}/live/main", title="Safe")
    with on_air(output):
        assert until(lambda: server.publishing("main"))
        assert until(lambda: output.state.bytes_taken > 50_000)


def test_rtmps_with_an_unknown_certificate_is_refused(server: Nginx, certificate: Path) -> None:
    relay = Relay(server.port, certificate=certificate)
    output = RtmpOutput("main", f"rtmps://127.0.0.1:{relay.port}/live/main", title="Unsafe")
    with on_air(output):
        assert until(lambda: output.state.state == "waiting")
        assert "certificate" in output.state.detail


@pytest.mark.parametrize("said", [pytest.param("", marks=pytest.mark.slow), "0123456789 correct"])
def test_srt_reaches_an_outside_listener(tmp_path: Path, said: str) -> None:
    port, path = free_port(socket.SOCK_DGRAM), tmp_path / "heard.ts"
    secret = f"passphrase={said.replace(' ', '%20')}" if said else "latency=200"
    listen = f"srt://127.0.0.1:{port}?mode=listener" + (f"&passphrase={said}" if said else "")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", listen, "-t", "4", "-c", "copy", str(path)]
    output = SrtOutput("srt", f"srt://127.0.0.1:{port}?{secret}", title="Call")
    with subprocess.Popen(command, stderr=subprocess.PIPE) as listener:
        with on_air(output):
            assert until(lambda: output.state.state == "on" and output.state.bytes_taken > 100_000)
            listener.wait(30)
        told = seen(path)
    assert "codec_name=h264|width=1280|height=720" in told
    assert "codec_name=aac" in told


def test_a_wrong_srt_passphrase_is_told_in_words(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    command = ["ffmpeg", "-v", "quiet", "-nostdin", "-i", f"srt://127.0.0.1:{port}?mode=listener&passphrase=0123456789"]
    output = SrtOutput("srt", f"srt://127.0.0.1:{port}?passphrase=9876543210", title="Wrong")
    with subprocess.Popen([*command, "-f", "null", "-"]) as listener:
        with on_air(output):
            assert until(lambda: output.state.state == "failed")
            assert "passphrase" in output.state.detail
            assert "9876543210" not in output.state.detail
        listener.kill()


def films(rungs: tuple[int, int], count: int, change: int) -> list[Piece]:
    """What a target gets that wishes another rung after `change` blocks."""
    picture, bars = Picture("Change").frame(SpectrumBars().process(block(0).samples)), [20]
    made = {rung: Film("flv", RUNGS[rung], bars[0]) for rung in set(rungs)}
    feed = Feed("flv", rungs[0])
    pieces: list[Piece] = []
    for number in range(count):
        samples = block(number).samples
        out = {rung: film.add(picture, samples) for rung, film in made.items()}
        feed.wanted = rungs[number >= change]
        before = out[feed.rung] if feed.rung is not None else []
        feed.put(feed.wanted, made[feed.wanted].setup, out[feed.wanted], before)
        while (piece := feed.take(0)) is not None:
            pieces.append(piece)
    for film in made.values():
        film.close()
    return pieces


def test_a_change_of_rung_loses_and_repeats_nothing() -> None:
    pieces = films((0, 2), 80, 30)
    tags = [piece.content for piece in pieces if isinstance(piece.content, Tag)]
    assert sum(piece.setup for piece in pieces) == 6
    for kind, most_ms in ((AUDIO, 24), (VIDEO, 97)):
        times = [tag.at_ms for tag in tags if tag.kind == kind and not tag.setup]
        steps = [b - a for a, b in pairwise(times)]
        assert min(steps) > 0
        assert max(steps) <= most_ms


def test_a_feed_begins_with_setup_and_a_key() -> None:
    pieces = films((1, 1), 30, 99)
    assert [piece.setup for piece in pieces[:4]] == [True, True, True, False]
    assert pieces[3].entry


def test_a_feed_that_nobody_empties_is_cut_to_the_next_key() -> None:
    feed = Feed("mpegts", 0)
    for number in range(1000):
        feed.put(0, [], [Piece(100 * number, b"x", entry=number % 20 == 0)])
    assert feed.waiting_ms <= MOST_WAITING_MS
    assert feed.dropped_ms > 80_000
    first = feed.take(0)
    assert first is not None
    assert first.entry


def test_a_session_is_renewed_before_a_platform_ends_it(server: Nginx) -> None:
    output = RtmpOutput("main", server.url("main"), title="Renewed", session_h=0.01)
    output._session_s = 2.0
    with on_air(output):
        assert until(lambda: len(server.recorded("main")) >= 2 and server.publishing("main"))
        assert output.state.state == "on"


def test_impossible_pushes_are_refused() -> None:
    with pytest.raises(OutOfRange):
        RtmpOutput("x", "rtmp://host/app/key", rung=4)
    with pytest.raises(OutOfRange):
        RtmpOutput("x", "rtmp://host/app/key", session_h=0)
