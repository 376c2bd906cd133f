"""Push: the station with its picture to platforms' RTMP(S) servers and SRT far ends."""

import time
from abc import abstractmethod
from dataclasses import replace
from math import inf
from typing import Any, ClassVar, Protocol

from sonicforge.errors import OutOfRange
from sonicforge.playout.block import Block
from sonicforge.playout.outputs.consumer import BLOCK_S, Consumer
from sonicforge.playout.outputs.feed import Feed
from sonicforge.playout.outputs.film import RUNGS
from sonicforge.playout.outputs.output import OutputState
from sonicforge.playout.outputs.rtmp import RtmpLink, Target
from sonicforge.playout.outputs.srt import SrtLink, SrtTarget
from sonicforge.playout.outputs.stage import shared_stage
from sonicforge.playout.outputs.stepping import Stepper

_LOOK_EVERY_S = 0.5

SESSIONS_H = {".youtube.com": 11.75, ".twitch.tv": 47.0}
"""YouTube keeps an archive of up to 12 hours of a stream, Twitch ends one after 48."""


class Link(Protocol):
    """A connection to a far end that takes the contents of pieces."""

    @property
    def taken(self) -> int: ...

    def send(self, content: Any) -> None: ...

    def listen(self) -> None: ...

    def drop(self) -> None: ...

    def close(self) -> None: ...


class PushOutput(Consumer):
    """Sends what the station's stage encodes; all outputs of a station share it, and each quality is encoded once.

    `title` is the station's name in the picture. `rung` is the best quality to use, 0 to 3 (see `film.RUNGS`); when the
    far end is too slow, lower ones are used until it has kept up for a while. With `session_h` the connection is
    renewed after so many hours, before a platform ends it by itself.
    """

    container: ClassVar[str]

    def __init__(self, name: str, title: str, *, rung: int, session_h: float | None) -> None:
        super().__init__(name)
        if isinstance(rung, bool) or not isinstance(rung, int) or not 0 <= rung < len(RUNGS):
            raise OutOfRange("rung", rung, 0, len(RUNGS) - 1)
        if session_h is not None and not 0.01 <= session_h <= 1000:
            raise OutOfRange("hours of a session", session_h, 0.01, 1000, "h")
        self._stage = shared_stage(title)
        self._session_s = inf if session_h is None else session_h * 3600
        self._steps = Stepper(rung, len(RUNGS) - 1)
        self._lost_ms = 0
        self._link: Link | None = None

    @property
    def state(self) -> OutputState:
        return replace(super().state, dropped_blocks=round(self._lost_ms / 1000 / BLOCK_S))

    def send(self, block: Block) -> None:
        """Pass a block on to the stage, which uses it once however many targets bring it."""
        self._stage.send(block)

    @property
    @abstractmethod
    def _shown(self) -> str:
        """The address without what is secret in it."""

    @abstractmethod
    def _connect(self) -> Link:
        """A fresh connection, ready for setup and key."""

    def _interrupt(self) -> None:
        if self._link is not None:
            self._link.drop()

    def _session(self) -> None:
        self._standing.become("connecting", self._shown)
        self._link = link = self._connect()
        feed = Feed(self.container, self._steps.rung)
        self._stage.join(feed)
        try:
            self._standing.become("on", self._shown)
            self._pass_on(link, feed)
        finally:
            self._stage.leave(feed)
            self._lost_ms += feed.dropped_ms
            link.close()

    def _pass_on(self, link: Link, feed: Feed) -> None:
        before = self._standing.read().bytes_taken
        began = looked = time.monotonic()
        taken = link.taken
        while not self._ending.is_set():
            piece = feed.take(0.5)
            if piece is not None:
                link.send(piece.content)
            else:
                link.listen()
            now = time.monotonic()
            if now - looked >= _LOOK_EVERY_S:
                rate = 8 * (link.taken - taken) / (now - looked)
                self._look(feed, before + link.taken, rate, now)
                looked, taken = now, link.taken
            if now - began > self._session_s and piece is not None and piece.entry:
                return

    def _look(self, feed: Feed, taken: int, rate: float, now: float) -> None:
        old = self._standing.read().bitrate
        self._standing.took(taken)
        self._standing.set(bitrate=round(old + (rate - old) * 0.2 if old else rate))
        self._heard(feed.reading)
        if self._steps.look(feed.waiting_ms, now):
            feed.wanted = self._steps.rung
            most = RUNGS[feed.wanted].bitrate // 1000
            self._standing.become("on", f"{self._shown}, now at most {most} kbit/s, as much as the far end takes")


class RtmpOutput(PushOutput):
    """To `rtmp://host/app/key` or `rtmps://host/app/key`.

    Sessions on platforms known to limit them are renewed in time by themselves (`SESSIONS_H`).
    """

    kind = "rtmp"
    container = "flv"

    def __init__(
        self, name: str, url: str, *, title: str = "SonicForge", rung: int = 0, session_h: float | None = None
    ) -> None:
        self._target = Target.from_url(url)
        known = (hours for host, hours in SESSIONS_H.items() if self._target.host.endswith(host))
        hours = next(known, None) if session_h is None else session_h
        super().__init__(name, title, rung=rung, session_h=hours)

    @property
    def _shown(self) -> str:
        return self._target.shown

    def _connect(self) -> Link:
        return RtmpLink(self._target)


class SrtOutput(PushOutput):
    """To `srt://host:port?streamid=...&passphrase=...&latency=milliseconds`."""

    kind = "srt"
    container = "mpegts"

    def __init__(
        self, name: str, url: str, *, title: str = "SonicForge", rung: int = 0, session_h: float | None = None
    ) -> None:
        self._target = SrtTarget.from_url(url)
        super().__init__(name, title, rung=rung, session_h=session_h)

    @property
    def _shown(self) -> str:
        return f"{self._target.host}:{self._target.port}"

    def _connect(self) -> Link:
        return SrtLink(self._target)
