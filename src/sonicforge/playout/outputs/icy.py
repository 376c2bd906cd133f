"""ICY metadata: titles between the bytes of a stream, for players that ask for them."""

from sonicforge.playout.outputs.titles import icy_block

METAINT = 16_000
"""Bytes of sound between two places for metadata: every 0.7 s at 192 kbit/s."""

_NOTHING_NEW = b"\0"


class Interleaver:
    """One listener's stream: after each `METAINT` bytes the title if it changed, else a zero."""

    def __init__(self) -> None:
        self._left = METAINT
        self._told = ""

    def weave(self, data: bytes, title: str) -> list[bytes | memoryview]:
        """`data` with metadata in the right places, as parts to be written one after another."""
        parts: list[bytes | memoryview] = []
        view = memoryview(data)
        while len(view) >= self._left:
            parts += [view[: self._left], self._metadata(title)]
            view = view[self._left :]
            self._left = METAINT
        self._left -= len(view)
        return [*parts, view] if view else parts

    def _metadata(self, title: str) -> bytes:
        if title == self._told:
            return _NOTHING_NEW
        self._told = title
        return icy_block(title)
