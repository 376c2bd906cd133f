"""RTMP messages as chunks, there and back (Adobe, RTMP 1.0, section 5.3)."""

import struct
from dataclasses import dataclass, field

CHUNK = 60_000
"""Bytes of a message between two heads, once the server has been told."""

SET_CHUNK = 1
_LATE = 0xFFFFFF
_MOST_MESSAGE = 1 << 20
_HEADS = (11, 7, 3, 0)
"""Bytes of the message head by chunk type."""


def chunks(chunk_stream: int, kind: int, stream: int, body: bytes, at_ms: int = 0) -> bytes:
    """A message: a full head (type 0), then as many heads of one byte (type 3) as its length asks for."""
    late = struct.pack(">I", at_ms & 0xFFFFFFFF) if at_ms >= _LATE else b""
    when, size = min(at_ms, _LATE).to_bytes(3, "big"), len(body).to_bytes(3, "big")
    head = bytes([chunk_stream]) + when + size + bytes([kind]) + struct.pack("<I", stream) + late
    again = bytes([0xC0 | chunk_stream]) + late
    return head + again.join(body[start : start + CHUNK] for start in range(0, max(1, len(body)), CHUNK))


@dataclass(slots=True)
class _Message:
    """What is known of the message on its way in on one chunk stream."""

    size: int = 0
    kind: int = 0
    late: bool = False
    body: bytearray = field(default_factory=bytearray)


class Inbound:
    """Chunks from the far end, put together again. `heard` counts all bytes, `window` how many want an answer."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._streams: dict[int, _Message] = {}
        self._chunk = 128
        self._acknowledged = 0
        self.heard = 0
        self.window = 2_500_000

    def add(self, data: bytes) -> None:
        """More bytes."""
        self._buffer += data
        self.heard += len(data)

    def owes_acknowledgement(self) -> bool:
        """Whether half a window came since the last one; asking counts as acknowledging."""
        if self.heard - self._acknowledged < self.window // 2:
            return False
        self._acknowledged = self.heard
        return True

    def messages(self) -> list[tuple[int, bytes]]:
        """Kind and body of each message that is complete by now; a new chunk size is obeyed on the way.

        Raises `ConnectionError` for a message that is longer than any server's.
        """
        whole: list[tuple[int, bytes]] = []
        while (used := self._take_chunk(whole)) > 0:
            del self._buffer[:used]
        return whole

    def _take_chunk(self, whole: list[tuple[int, bytes]]) -> int:
        """Read the chunk at the start of the buffer; gives its length, 0 if it is not complete yet."""
        buffer = self._buffer
        if len(buffer) < 3:
            return 0
        stream, at = _stream_number(buffer)
        form = buffer[0] >> 6
        if len(buffer) < at + _HEADS[form]:
            return 0
        told = self._streams.setdefault(stream, _Message())
        late = bytes(buffer[at : at + 3]) == b"\xff\xff\xff" if form < 3 else told.late
        size = int.from_bytes(buffer[at + 3 : at + 6], "big") if form < 2 else told.size
        kind = buffer[at + 6] if form < 2 else told.kind
        if size > _MOST_MESSAGE:
            raise ConnectionError(f"the RTMP server sends a message of {size} bytes")
        start = at + _HEADS[form] + 4 * late
        end = start + min(self._chunk, size - len(told.body))
        if len(buffer) < end:
            return 0
        told.size, told.kind, told.late = size, kind, late
        told.body += buffer[start:end]
        if len(told.body) >= size:
            self._complete(told, whole)
        return end

    def _complete(self, told: _Message, whole: list[tuple[int, bytes]]) -> None:
        body = bytes(told.body)
        told.body.clear()
        if told.kind == SET_CHUNK and len(body) >= 4:
            self._chunk = max(1, int.from_bytes(body[:4], "big") & 0x7FFFFFFF)
        else:
            whole.append((told.kind, body))


def _stream_number(buffer: bytearray) -> tuple[int, int]:
    """Number of the chunk stream, and where the message head begins."""
    number = buffer[0] & 0x3F
    if number == 0:
        return 64 + buffer[1], 2
    return (64 + buffer[1] + 256 * buffer[2], 3) if number == 1 else (number, 1)
