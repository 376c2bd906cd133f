"""`Tape`: the endless programme. Body of an item, seam, body of the next, sample by sample, and never nothing.

Bodies stream from disk, seams come from memory. Where an item ends before its seam was ready, or its file breaks, a
quick fade into whatever can be had takes the place of the seam; where nothing can be had, the soft bed sounds until
something can.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from sonicforge.playout.ahead import Ahead
from sonicforge.playout.bed import BED, Bed
from sonicforge.playout.block import BLOCK, RATE, Kind, Mark
from sonicforge.playout.deck import Deck
from sonicforge.playout.item import Item
from sonicforge.playout.seam import QUICK_S, Seam, quick_seam, to_next_beat
from sonicforge.playout.state import Sounding
from sonicforge.sound.audio import Samples

_QUICK: Final = round(QUICK_S * RATE)
_FADE_IN: Final = round(0.25 * RATE)
_BED_LOOKS_EVERY: Final = 2 * RATE
_NOTHING: Final = np.zeros((2, 0), np.float32)

SILENT_S: Final = 2.5
"""An item that says nothing for so long has ended, whatever its file says; music rests for less."""

_SILENT: Final = 3e-4


@dataclass(frozen=True, slots=True)
class Pull:
    """BLOCK samples, what begins in them, and what sounds at the first of them."""

    samples: Samples
    marks: tuple[Mark, ...]
    sounding: Sounding


class _Source(Protocol):
    """Something that sounds. `read` gives no samples when it has ended."""

    kind: Kind
    item: Item

    @property
    def at_s(self) -> float: ...

    def read(self, most: int) -> Samples: ...


class _Body:
    """An item from its file, up to a sample of the file if `leave` is set."""

    def __init__(self, deck: Deck, kind: Kind, *, fade_in: bool = False) -> None:
        self.deck, self.kind, self.item = deck, kind, deck.item
        self.leave: int | None = None
        self._faded = 0 if fade_in else _FADE_IN

    @property
    def at_s(self) -> float:
        return self.deck.place / RATE

    def read(self, most: int) -> Samples:
        wanted = most if self.leave is None else min(most, self.leave - self.deck.place)
        part = self.deck.read(wanted) if wanted > 0 else _NOTHING
        if self._faded < _FADE_IN and part.shape[1]:
            ramp = np.arange(self._faded, self._faded + part.shape[1], dtype=np.float32) / _FADE_IN
            part = part * np.minimum(ramp, 1)
            self._faded += part.shape[1]
        return part


class _Bridge:
    """A seam's samples."""

    kind: Kind = "bridge"

    def __init__(self, seam: Seam) -> None:
        self.seam, self.item, self.place = seam, seam.into, 0

    @property
    def at_s(self) -> float:
        """Of the new item's file, as if it had played alone all the time."""
        return max(0.0, (self.seam.deck.place - (self.seam.samples.shape[1] - self.place)) / RATE)

    def read(self, most: int) -> Samples:
        part = self.seam.samples[:, self.place : self.place + most]
        self.place += part.shape[1]
        return part


class _Rest:
    """The soft bed."""

    kind: Kind = "reserve"
    item = BED

    def __init__(self) -> None:
        self.bed = Bed()

    @property
    def at_s(self) -> float:
        return self.bed.place / RATE

    def read(self, most: int) -> Samples:
        return self.bed.read(most)


class Tape:
    """Owned by one thread. `begin` is what sounds first, None for whatever can be had at once."""

    def __init__(self, ahead: Ahead, begin: tuple[Deck, Kind] | None = None) -> None:
        self._ahead = ahead
        self._unread = _NOTHING
        self._source: _Source = _Rest()
        self._marks: list[Mark] = []
        self._bed_looked_at = 0
        self._silent = 0
        if begin is not None:
            self._play(_Body(*begin, fade_in=begin[0].place > 0), 0)
        else:
            self._play(self._whatever(), 0)

    def read(self) -> Pull:
        """The next BLOCK samples."""
        heard_s = self._source.at_s - self._unread.shape[1] / RATE
        sounding = Sounding(self._source.kind, self._source.item, max(0.0, heard_s))
        samples = np.empty((2, BLOCK), np.float32)
        filled = 0
        while filled < BLOCK:
            self._look_ahead(filled)
            part = self._part(BLOCK - filled)
            self._listen(part)
            samples[:, filled : filled + part.shape[1]] = part
            filled += part.shape[1]
            if not part.shape[1]:
                self._advance(filled)
        marks, self._marks = tuple(self._marks), []
        return Pull(samples, marks, sounding)

    def skip(self, unread: Samples, why: str) -> bool:
        """Leave what sounds by a quick fade that begins with `unread`, samples that were read but will not be played.

        A seam in its first half is only hurried; past it, the item it leads to is left. False, and `unread` plays on,
        when there is nothing to go to.
        """
        self._unread = np.concatenate([unread, self._unread], axis=1)
        source = self._source
        if isinstance(source, _Bridge) and source.place < source.seam.samples.shape[1] / 2:
            self._leave_quickly(source, source.seam.deck, source.seam.kind, why, 0)
            return True
        taken = self._ahead.take()
        if taken is not None:
            self._leave_quickly(source, taken[0], taken[1].kind, why, 0)
        return taken is not None

    def fail(self) -> None:
        """Something that sounds cannot go on: play anything else."""
        self._unread, self._marks = _NOTHING, []
        self._play(self._whatever(), 0)

    def _part(self, most: int) -> Samples:
        if self._unread.shape[1]:
            part, self._unread = self._unread[:, :most], self._unread[:, most:]
            return part
        return self._source.read(most)

    def _look_ahead(self, offset: int) -> None:
        source = self._source
        if isinstance(source, _Body):
            self._look_ahead_in_body(source, offset)
        elif isinstance(source, _Rest) and source.bed.place - self._bed_looked_at > _BED_LOOKS_EVERY:
            self._bed_looked_at = source.bed.place
            taken = self._ahead.take()
            if taken is not None:
                self._leave_quickly(source, taken[0], taken[1].kind, "there is music again", offset)

    def _look_ahead_in_body(self, body: _Body, offset: int) -> None:
        place = body.deck.place
        self._ahead.place_s = place / RATE
        seam = self._ahead.seam
        body.leave = seam.leaves_out_at if seam is not None and seam.leaves_out_at >= place else None
        remaining = body.deck.remaining
        if self._silent > SILENT_S * RATE:
            self._leave_silence(body, offset)
            return
        if remaining is None or remaining > _QUICK:
            return
        if body.deck.fault:
            self._ahead.broke(body.item, body.deck.fault)
            body.deck.fault = ""
        if body.leave is None or place + remaining < body.leave:
            taken = self._ahead.take()
            if taken is not None:
                self._leave_quickly(body, taken[0], taken[1].kind, "the end came before a bridge was ready", offset)

    def _listen(self, part: Samples) -> None:
        heard = part.shape[1] and float(np.abs(part).max()) >= _SILENT
        self._silent = 0 if heard else self._silent + part.shape[1]

    def _leave_silence(self, body: _Body, offset: int) -> None:
        self._silent = 0
        taken = self._ahead.take()
        if taken is not None:
            self._ahead.fell_silent(body.item)
            self._leave_quickly(body, taken[0], taken[1].kind, "it fell silent", offset)

    def _advance(self, offset: int) -> None:
        """What sounded has ended; what comes instead begins `offset` samples into the block."""
        source = self._source
        if isinstance(source, _Bridge):
            self._play(_Body(source.seam.deck, source.seam.kind), offset, follow=False)
            return
        if isinstance(source, _Body):
            seam = self._ahead.enter(source.deck.place)
            if seam is not None:
                source.deck.close()
                self._cross(seam, offset)
                return
            if source.leave is not None and source.deck.remaining != 0:
                source.leave = None
                return
        self._play(self._whatever(), offset)

    def _whatever(self) -> _Source:
        taken = self._ahead.take()
        return _Rest() if taken is None else _Body(taken[0], taken[1].kind, fade_in=taken[0].place > 0)

    def _leave_quickly(self, source: _Source, deck: Deck, kind: Kind, why: str, offset: int) -> None:
        tail, place = self._tail(source)
        seam = quick_seam(_left(source, deck), place, tail, deck, kind, why=why)
        if isinstance(source, _Body):
            source.deck.close()
        self._cross(seam, offset)
        self._ahead.follow(deck.item, deck.place / RATE)

    def _tail(self, source: _Source) -> tuple[Samples, int]:
        """What is still to come, to be faded out, from a beat on; and the sample of the file where it begins."""
        if isinstance(source, _Body):
            source.leave = None
        place = round(source.at_s * RATE) - self._unread.shape[1]
        length = _QUICK + round(to_next_beat(source.item, place / RATE) * RATE)
        parts, got = [self._unread[:, :length]], min(length, self._unread.shape[1])
        while got < length and (part := source.read(length - got)).shape[1]:
            parts.append(part)
            got += part.shape[1]
        self._unread = _NOTHING
        return np.concatenate(parts, axis=1), place

    def _cross(self, seam: Seam, offset: int) -> None:
        self._source = _Bridge(seam)
        first_s = _Bridge(seam).at_s
        self._marks.append(Mark(offset, "bridge", seam.into, first_s, seam.out, _told(seam)))

    def _play(self, source: _Source, offset: int, *, follow: bool = True) -> None:
        self._source = source
        self._bed_looked_at = 0
        self._marks.append(Mark(offset, source.kind, source.item, source.at_s))
        if follow:
            self._ahead.follow(source.item if isinstance(source, _Body) else None, source.at_s)


def _left(source: _Source, deck: Deck) -> Item:
    """What is left for `deck`: in a bridge that is only hurried, the item that was going already."""
    hurried = isinstance(source, _Bridge) and source.seam.deck is deck
    return source.seam.out if isinstance(source, _Bridge) and hurried else source.item


def _told(seam: Seam) -> Mapping[str, Any]:
    return {**seam.transition, "bridge_s": round(seam.samples.shape[1] / RATE, 3)}
