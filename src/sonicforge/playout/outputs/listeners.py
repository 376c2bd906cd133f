"""`Channel`: one coded stream and everybody who listens to it; lives on the server's event loop."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable

from sonicforge.playout.outputs.icy import Interleaver

BURST_S = 4.0
_MOST_BEHIND_S = 12.0
_LEAST_BUFFER = 128 << 10


class Listener:
    """A connection that takes bytes; it is cut when it falls too far behind, and nobody else notices."""

    def __init__(self, transport: asyncio.WriteTransport, interleaver: Interleaver | None) -> None:
        self._transport, self._interleaver = transport, interleaver
        self.started = False

    def behind(self) -> int:
        """Bytes that wait for this listener."""
        return self._transport.get_write_buffer_size()

    def give(self, data: bytes, title: str) -> None:
        """Write; what the connection cannot take yet waits in its buffer."""
        if self._interleaver is None:
            self._transport.write(data)
        else:
            self._transport.writelines(self._interleaver.weave(data, title))

    def cut(self) -> None:
        """Drop the connection with all that waits."""
        self._transport.abort()


class Channel:
    """The last seconds of a stream and its listeners. A newcomer gets head, burst, and then what all get."""

    def __init__(self, mime: str, bitrate: int) -> None:
        self.mime, self.bitrate = mime, bitrate
        self.listeners: set[Listener] = set()
        self.left_at = -1e9
        self.cut = self.written = 0
        self._head = b""
        self._recent: deque[tuple[bytes, str, float]] = deque()
        self._recent_s = 0.0
        self._rate = bitrate / 8

    @property
    def most_behind(self) -> int:
        """Bytes a listener may wait for: some seconds of this stream, measured for streams without a fixed rate."""
        return max(_LEAST_BUFFER, round(self._rate * _MOST_BEHIND_S))

    def begin(self, head: bytes) -> None:
        """The stream starts afresh: what was before is of no use to newcomers."""
        self._head = head
        self._recent.clear()
        self._recent_s = 0.0

    def join(self, listener: Listener) -> None:
        """A newcomer; starts at once when the stream runs, else with its first bytes."""
        self.listeners.add(listener)
        if self._recent:
            self._welcome(listener)

    def leave(self, listener: Listener) -> None:
        """Gone; twice is once."""
        self.listeners.discard(listener)
        self.left_at = time.monotonic()

    def publish(self, data: bytes, title: str, length_s: float) -> None:
        """The next bytes, `length_s` seconds of sound, for all."""
        if length_s > 0:
            self._rate += (len(data) / length_s - self._rate) * min(1.0, length_s / 10)
        for listener in tuple(self.listeners):
            if listener.started:
                self._give(listener, [(data, title)])
        self._recent.append((data, title, length_s))
        self._recent_s += length_s
        while self._recent_s - self._recent[0][2] >= BURST_S:
            self._recent_s -= self._recent.popleft()[2]
        for listener in tuple(self.listeners):
            if not listener.started:
                self._welcome(listener)

    def _welcome(self, listener: Listener) -> None:
        listener.started = True
        burst = [(data, title) for data, title, _ in self._recent]
        self._give(listener, [(self._head, burst[0][1]), *burst] if self._head else burst)

    def _give(self, listener: Listener, parts: Iterable[tuple[bytes, str]]) -> None:
        if listener.behind() > self.most_behind:
            self.cut += 1
            self.leave(listener)
            listener.cut()
            return
        for data, title in parts:
            listener.give(data, title)
            self.written += len(data)
