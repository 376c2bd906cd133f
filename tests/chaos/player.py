"""A listener of HLS that behaves like players do: three segments ahead, retries, and knows when it had to stop."""

import io
import re
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread

import av
import numpy as np
from numpy.typing import NDArray

AHEAD = 3
RETRY_S = 0.25
QUIET_DB = -50.0


@dataclass
class Heard:
    """What a player got: numbers of segments, runs of sound between discontinuities, seconds it had to wait."""

    sequence: list[int] = field(default_factory=list)
    runs: list[bytes] = field(default_factory=list)
    media_s: float = 0.0
    stalled_s: float = 0.0
    backwards: bool = False


class Player(Thread):
    """Plays one rendition of `http://127.0.0.1:port/hls/main/RENDITION/index.m3u8` until `leave`."""

    def __init__(self, port: int, rendition: str = "aac128") -> None:
        super().__init__(daemon=True)
        self.heard = Heard()
        self._port, self._base = port, f"/hls/main/{rendition}"
        self._leaving = Event()

    def leave(self) -> Heard:
        self._leaving.set()
        self.join()
        return self.heard

    def run(self) -> None:
        began = 0.0
        while not self._leaving.wait(RETRY_S):
            for number, name, length, cut in self._listed():
                if self.heard.sequence and number <= self.heard.sequence[-1]:
                    continue
                body = self._get(name)
                if body is None:
                    break
                if began:
                    behind = time.monotonic() - began - self.heard.media_s - self.heard.stalled_s
                    self.heard.stalled_s += max(0.0, behind)
                self._take(number, body, length, cut=cut)
                began = began or time.monotonic()

    def _take(self, number: int, body: bytes, length: float, *, cut: bool) -> None:
        if cut or not self.heard.runs:
            self.heard.runs.append(self._get(self._init) or b"")
        self.heard.runs[-1] += body
        self.heard.sequence.append(number)
        self.heard.media_s += length

    def _listed(self) -> list[tuple[int, str, float, bool]]:
        told = (self._get("index.m3u8") or b"").decode()
        first = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", told)
        if first is None:
            return []
        self._init = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', told)[-1]
        listed, cut, length = [], False, 0.0
        for line in told.splitlines():
            cut = cut or line == "#EXT-X-DISCONTINUITY"
            if line.startswith("#EXTINF:"):
                length = float(line[8:].split(",")[0])
            elif line and not line.startswith("#"):
                listed.append((int(first[1]) + len(listed), line, length, cut))
                cut = False
        if self.heard.sequence and listed and listed[-1][0] < self.heard.sequence[-1]:
            self.heard.backwards = True
        return listed if self.heard.sequence else listed[-AHEAD:]

    def _get(self, name: str) -> bytes | None:
        call = HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            call.request("GET", f"{self._base}/{name}")
            answer = call.getresponse()
            body = answer.read()
            return body if answer.status == 200 else None
        except (OSError, HTTPException):
            return None
        finally:
            call.close()


def decoded(run: bytes) -> NDArray[np.float32]:
    """The sound of a run, (channels, samples)."""
    with av.open(io.BytesIO(run)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)


def longest_silence_s(sound: NDArray[np.float32], rate: int = 48_000) -> float:
    """Longest stretch in which every 10 ms is softer than -50 dBFS."""
    size = rate // 100
    pieces = sound[:, : sound.shape[1] // size * size].reshape(sound.shape[0], -1, size)
    quiet = 10 * np.log10(np.mean(pieces**2, axis=(0, 2)) + 1e-12) < QUIET_DB
    longest = count = 0
    for silent in quiet:
        count = count + 1 if silent else 0
        longest = max(longest, count)
    return longest / 100
