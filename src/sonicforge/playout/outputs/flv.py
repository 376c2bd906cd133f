"""FLV tags as a muxer writes them and RTMP carries them (Adobe, FLV file format 10.1, annex E)."""

from collections.abc import Iterator
from dataclasses import dataclass

AUDIO, VIDEO, SCRIPT = 8, 9, 18

_FILE_HEAD = 13
_TAG_HEAD, _TAG_TAIL = 11, 4


@dataclass(frozen=True, slots=True)
class Tag:
    """A message of a kind at a time in milliseconds."""

    kind: int
    at_ms: int
    data: bytes

    @property
    def setup(self) -> bool:
        """Whether a decoder needs this before anything else: metadata, AVC or AAC configuration."""
        if self.kind == SCRIPT:
            return True
        return len(self.data) > 1 and self.data[1] == 0

    @property
    def entry(self) -> bool:
        """Whether playing can begin here: a picture that needs no other."""
        return self.kind == VIDEO and not self.setup and self.data[0] >> 4 == 1


def tags(data: bytes) -> Iterator[Tag]:
    """The tags in what a muxer wrote; the file's head is passed over."""
    at = _FILE_HEAD if data.startswith(b"FLV") else 0
    while at + _TAG_HEAD <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        at_ms = int.from_bytes(data[at + 4 : at + 7], "big") | data[at + 7] << 24
        yield Tag(data[at] & 0x1F, at_ms, data[at + _TAG_HEAD : at + _TAG_HEAD + size])
        at += _TAG_HEAD + size + _TAG_TAIL
