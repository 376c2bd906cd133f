"""`Inbox`: a bounded queue of blocks between the tower's clock and an output's thread."""

from collections import deque
from threading import Condition

from sonicforge.playout.block import Block


class Inbox:
    """Keeps the newest `most` blocks; `put` never waits, and what no longer fits is dropped from the old end."""

    def __init__(self, most: int) -> None:
        self._blocks: deque[Block] = deque(maxlen=most)
        self._news = Condition()
        self.dropped = 0

    def put(self, block: Block) -> None:
        """Leave a block; returns at once."""
        with self._news:
            self.dropped += len(self._blocks) == self._blocks.maxlen
            self._blocks.append(block)
            self._news.notify()

    def take(self, timeout_s: float) -> Block | None:
        """The oldest block, or None when none came for `timeout_s` seconds."""
        with self._news:
            if not self._blocks:
                self._news.wait(timeout_s)
            return self._blocks.popleft() if self._blocks else None

    def clear(self) -> None:
        """Forget what waits: after a break only fresh sound is wanted."""
        with self._news:
            self._blocks.clear()

    def __len__(self) -> int:
        return len(self._blocks)
