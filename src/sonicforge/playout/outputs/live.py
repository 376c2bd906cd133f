"""Direct HTTP streams: MP3 always, Opus, AAC and FLAC while somebody listens; one encoder each for all listeners."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sonicforge.errors import UnknownName
from sonicforge.playout.block import Block
from sonicforge.playout.outputs.consumer import BLOCK_S, Consumer
from sonicforge.playout.outputs.encoder import Encoder, checked_coding, encoder
from sonicforge.playout.outputs.listeners import BURST_S, Channel
from sonicforge.playout.outputs.live_server import LiveServer
from sonicforge.playout.outputs.output import OutputState
from sonicforge.playout.outputs.titles import announced
from sonicforge.playout.probe import Probe, ProbeReading

ALWAYS = "mp3"
ENDINGS = ("mp3", "opus", "aac", "flac")
_LINGER_S = 30.0
_GATHER = 3
"""Blocks that go out together: fewer writes to thousands of listeners for 0.3 s of delay."""


class LiveOutput(Consumer):
    """Streams on the unix socket `live.sock` in `folder`, for the web server to pass on as `/live/<station>.<ending>`.

    `bitrates` are in bit/s by ending. The station's name is that of the folder, `title` what players show for it.
    """

    kind = "http"

    def __init__(self, name: str, folder: Path, *, title: str = "", bitrates: Mapping[str, int] | None = None) -> None:
        super().__init__(name)
        asked = dict(bitrates or {})
        for ending in asked:
            if ending not in ENDINGS:
                raise UnknownName("stream ending", ending, ENDINGS)
        self._rates = {ending: checked_coding(ending, asked.get(ending, 0))[1] for ending in ENDINGS}
        self._folder, self._title = folder, title or folder.name
        self._announced = ""
        self._past: deque[Block] = deque(maxlen=round(BURST_S / BLOCK_S))
        self._channels = self._new_channels()

    @property
    def state(self) -> OutputState:
        channels = self._channels.values()
        return replace(
            super().state,
            listeners=sum(len(channel.listeners) for channel in channels),
            bytes_taken=sum(channel.written for channel in channels),
        )

    def _new_channels(self) -> dict[str, Channel]:
        return {ending: Channel(checked_coding(ending, 0)[0].mime, rate) for ending, rate in self._rates.items()}

    def _session(self) -> None:
        self._channels = self._new_channels()
        server = LiveServer(self._folder / "live.sock", self._folder.name, self._title, self._channels)
        server.start()
        try:
            self._stream(server)
        finally:
            server.close()

    def _stream(self, server: LiveServer) -> None:
        self._standing.become("on")
        feeds: dict[str, _Feed] = {}
        for block in self._blocks():
            if block is None:
                continue
            for mark in block.marks:
                if mark.kind != "bridge":
                    self._announced = announced(mark.item)
            self._choose(server, feeds)
            for feed in feeds.values():
                feed.add(block, self._announced)
            self._past.append(block)
            self._standing.set(bitrate=sum(self._rates[ending] for ending in feeds))
            self._heard(feeds[ALWAYS].reading)
            self._standing.moved()

    def _choose(self, server: LiveServer, feeds: dict[str, "_Feed"]) -> None:
        """Start the encoders that somebody waits for, stop those that nobody has listened to for a while."""
        for ending, channel in self._channels.items():
            quiet_s = time.monotonic() - channel.left_at
            wanted = ending == ALWAYS or bool(channel.listeners) or quiet_s < _LINGER_S
            if wanted and ending not in feeds:
                coder = encoder(ending, bitrate=self._rates[ending], comments={"album": self._title})
                feeds[ending] = _Feed(server, ending, coder)
                for block in self._past:
                    feeds[ending].add(block, self._announced)
            elif not wanted and ending in feeds:
                feeds.pop(ending).end()


class _Feed:
    """Blocks through one encoder to the server, a few at a time."""

    def __init__(self, server: LiveServer, ending: str, coder: Encoder) -> None:
        self._server, self._ending, self._coder = server, ending, coder
        self._data = b""
        self._blocks = 0
        self._probe = Probe(checked_coding(ending, 0)[0].container, header=coder.head)
        server.begin(ending, coder.head)

    @property
    def reading(self) -> ProbeReading:
        return self._probe.read()

    def add(self, block: Block, title: str) -> None:
        self._data += self._coder.encode(block.samples)
        self._blocks += 1
        if self._blocks >= _GATHER and self._data:
            self._probe.feed(self._data)
            self._server.publish(self._ending, self._data, title, self._blocks * BLOCK_S)
            self._data, self._blocks = b"", 0

    def end(self) -> None:
        self._coder.finish()
        self._server.begin(self._ending, b"")
