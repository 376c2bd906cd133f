"""`Deck`: plays an item's file from a second on, decoded ahead of what is asked for, so that a bad one shows early."""

from collections import deque
from collections.abc import Generator
from typing import Final

import numpy as np

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import RATE
from sonicforge.playout.item import Item
from sonicforge.sound.audio import Samples
from sonicforge.sound.channels import channel_change
from sonicforge.sound.decoding import opened

HORIZON: Final = 2 * RATE
"""Samples decoded ahead at least, so that an end or a break is known in time for a fade."""

_NOTHING: Final = np.zeros((2, 0), np.float32)


class Deck:
    """An item's sound in stereo at RATE and at station level, from second `at_s` of its file.

    Opening decodes the first stretches and raises `UnreadableAudio` for what cannot be played from there. A file that
    breaks later ends where it broke; `fault` then says why, `HORIZON` of sound before the end.
    `place` is the sample of the file, counted at RATE, that is read next.
    """

    def __init__(self, item: Item, at_s: float = 0.0) -> None:
        self.item = item
        self.place = round(at_s * RATE)
        self.fault = ""
        self._gain = np.float32(10 ** (item.gain_db / 20))
        self._stream = _stretches(item, at_s)
        self._now, self._used = _NOTHING, 0
        self._ready: deque[Samples] = deque()
        self._ahead, self._ended = 0, False
        self._step()
        if self.fault or not self._now.shape[1]:
            raise UnreadableAudio(self.fault or f"{item.path} has no sound at {at_s:.1f} s")

    @property
    def remaining(self) -> int | None:
        """Samples to the end once it is in sight, `HORIZON` ahead or more; None while it is not."""
        return self._now.shape[1] - self._used + self._ahead if self._ended else None

    def read(self, most: int) -> Samples:
        """Up to `most` samples; none at the end."""
        part = self._now[:, self._used : self._used + most]
        self._used += part.shape[1]
        self.place += part.shape[1]
        if self._used == self._now.shape[1]:
            self._step()
        return part

    def take(self, count: int) -> Samples:
        """`count` samples, fewer only at the end."""
        parts, got = [_NOTHING], 0
        while got < count and (part := self.read(count - got)).shape[1]:
            parts.append(part)
            got += part.shape[1]
        return np.concatenate(parts, axis=1)

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()
        self._ready.clear()
        self._now, self._used, self._ahead, self._ended = _NOTHING, 0, 0, True

    def _step(self) -> None:
        """The next decoded stretch is read from now on, and enough is decoded behind it."""
        while not self._ended and (self._ahead < HORIZON or not self._ready):
            stretch = self._decoded()
            self._ended = stretch is None
            if stretch is not None:
                self._ready.append(stretch)
                self._ahead += stretch.shape[1]
        self._now, self._used = self._ready.popleft() if self._ready else _NOTHING, 0
        self._ahead -= self._now.shape[1]

    def _decoded(self) -> Samples | None:
        try:
            stretch = next(self._stream, None)
        except Exception as error:  # noqa: BLE001 - decoders raise what they like, and a file is never worth a silence
            self.fault = str(error) or type(error).__name__
            return None
        return None if stretch is None else stretch * self._gain


def _stretches(item: Item, at_s: float) -> Generator[Samples]:
    # The resampler and libsndfile load here, when the first file is opened.
    from sonicforge.sound.resample import resampled

    with opened(item.path) as source:
        change = channel_change(source.channels, 2)
        sound = map(change, source.blocks(round(at_s * source.sample_rate)))
        for stretch in resampled(sound, source.sample_rate, RATE):
            if stretch.shape[1]:
                yield stretch
