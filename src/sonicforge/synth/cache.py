"""Rendered notes kept for the next time they are played, within a bounded amount of memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from sonicforge.sound.audio import Samples

MOST_BYTES = 60_000_000


class NoteCache:
    """Least recently used notes go first once the limit is reached."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._notes: OrderedDict[Hashable, Samples] = OrderedDict()
        self._bytes = 0
        self._most = most_bytes

    def __len__(self) -> int:
        return len(self._notes)

    @property
    def used_bytes(self) -> int:
        return self._bytes

    def get(self, key: Hashable, length: int, make: Callable[[], Samples]) -> Samples:
        """The note of at least `length` samples under `key`, made when it is missing or too short."""
        note = self._notes.get(key)
        if note is not None and note.shape[1] >= length:
            self._notes.move_to_end(key)
            return note
        self._drop(key)
        note = make()
        self._notes[key] = note
        self._bytes += note.nbytes
        while self._bytes > self._most and len(self._notes) > 1:
            self._drop(next(iter(self._notes)))
        return note

    def _drop(self, key: Hashable) -> None:
        note = self._notes.pop(key, None)
        if note is not None:
            self._bytes -= note.nbytes
