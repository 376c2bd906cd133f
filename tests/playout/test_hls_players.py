"""Real players over HTTP in real time, with a process that is killed under them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hls_reading import Folder
from hls_rules import Watch
from hls_station import programme

from sonicforge.playout.block import RATE

VICTIM = Path(__file__).with_name("hls_air.py")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the library
        """Nobody reads it."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def on_air(folder: Path, epoch: float) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, str(VICTIM), str(folder), repr(epoch)]) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.slow
def test_ffmpeg_plays_on_over_a_killed_process(tmp_path: Path) -> None:
    epoch, watch = time.time(), Watch(Folder(tmp_path))
    with served(tmp_path) as address:
        with on_air(tmp_path, epoch):
            wait_for(tmp_path / "master.m3u8")
            time.sleep(12.0)
            url = f"{address}/flac/index.m3u8"
            command = ["ffmpeg", "-nostdin", "-v", "error", "-live_start_index", "0", "-i", url, "-t", "32"]
            player = subprocess.Popen([*command, "-f", "f32le", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(5.0)
        with on_air(tmp_path, epoch):
            for _ in range(20):
                watch.look(time.time(), settled=False, newest=20)
                time.sleep(1.0)
            sound, words = player.communicate(timeout=60)
    assert player.returncode == 0
    assert words == b""
    assert [str(one) for one in watch.found if one.rule not in {"R5", "R22"}] == []
    heard = np.frombuffer(sound, np.float32).reshape(-1, 2).T
    # The player's clock goes on over what was never made while the process was away.
    assert 20 * RATE < heard.shape[1] < 32 * RATE
    assert np.abs(heard).max() < 0.5
    loud = np.sqrt(np.mean(heard[:, : heard.shape[1] // 480 * 480].reshape(2, -1, 480) ** 2, axis=(0, 2)))
    assert loud.min() > 0.5 * np.sqrt(np.mean(programme(0, RATE) ** 2))
