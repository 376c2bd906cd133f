"""A spool: sound between two passes, in memory while it is short, in an unnamed file on disk when it is long."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Self

import numpy as np

from sonicforge.errors import CannotWrite
from sonicforge.sound.audio import Samples
from sonicforge.workshop.recording import BLOCK, in_blocks

MEMORY_BYTES = 96 << 20
"""Four minutes of stereo at 48 kHz; the rest of what is longer lies in a file in the folder of the result."""


class Spool:
    """Blocks of `BLOCK` samples that can be walked again and written over. Close it, or use it in a `with`."""

    def __init__(self, folder: Path, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder, self._room = folder, memory_bytes
        self._held: list[Samples] = []
        self._file: IO[bytes] | None = None
        self._turn = Lock()
        self._sizes: list[int] = []
        self.channels = 0

    @property
    def length(self) -> int:
        """Samples per channel."""
        return sum(self._sizes)

    def blocks(self) -> Iterator[Samples]:
        """Everything from the start; a block may be changed by the taker without harm to the spool."""
        for index in range(len(self._sizes)):
            yield self._block(index)

    def some(self, most: int) -> list[Samples]:
        """At most that many blocks, spread evenly."""
        picked = {round(k) for k in np.linspace(0, len(self._sizes) - 1, most)} if self._sizes else set()
        return [self._block(index) for index in sorted(picked)]

    def fill(self, blocks: Iterable[Samples]) -> None:
        """Put the stream in place of what is there, block by block: `blocks` may be made from `self.blocks()`, as long
        as no block comes before its like has been taken."""
        count = 0
        for count, block in enumerate(in_blocks(blocks), start=1):
            self._store(count - 1, block)
        del self._sizes[count:], self._held[count:]

    def cut(self, length: int) -> None:
        """Leave out what comes after `length` samples, or repeat the last sample up to there."""
        if self._sizes and 0 < length != self.length:
            missing = length - self.length
            last = len(self._sizes) - 1
            kept = self._block(last)
            longer = np.repeat(kept[:, -1:], missing, axis=1) if missing > 0 else kept[:, :0]
            self._store(last, np.concatenate([kept[:, : kept.shape[1] + min(missing, 0)], longer], axis=1))

    def close(self) -> None:
        """Give memory and disk back."""
        self._held.clear()
        self._sizes.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _block(self, index: int) -> Samples:
        if index < len(self._held):
            return self._held[index].copy()
        assert self._file is not None
        size = self.channels * self._sizes[index] * 4
        with self._turn, self._refusals():
            self._file.seek(self._place(index))
            found = np.frombuffer(self._file.read(size), np.float32)
        return found.reshape(self.channels, -1).copy()

    def _store(self, index: int, block: Samples) -> None:
        self.channels = block.shape[0]
        new = index >= len(self._sizes)
        if new:
            self._sizes.append(block.shape[1])
        self._sizes[index] = block.shape[1]
        if index < len(self._held):
            self._held[index] = block
        elif new and self._file is None and (len(self._held) + 1) * block.nbytes <= self._room:
            self._held.append(block)
        else:
            self._spill(index, np.ascontiguousarray(block))

    def _spill(self, index: int, block: Samples) -> None:
        with self._turn, self._refusals():
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  `close` closes it
            self._file.seek(self._place(index))
            self._file.write(block.data)

    def _place(self, index: int) -> int:
        return (index - len(self._held)) * self.channels * BLOCK * 4

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise CannotWrite(f"cannot keep the sound between two passes in {self._folder}: {reason}") from error
