"""The packager: blocks in, segments and playlists on disk; one step after another, without threads or clocks.

blocks -> pairs -> encoders -> chunks appended to the growing segment -> at a grid line: commit, then publish
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.outputs.hls.disk import Disk
from sonicforge.playout.outputs.hls.encoder import Encoder, frames_of
from sonicforge.playout.outputs.hls.grid import PAIR, TARGET_S, chunk_end, first_pair, segment_end
from sonicforge.playout.outputs.hls.playlists import MASTER, MEDIA, master_playlist, media_playlist
from sonicforge.playout.outputs.hls.ranges import closed, opened, range_of
from sonicforge.playout.outputs.hls.recovery import recovered
from sonicforge.playout.outputs.hls.renditions import Rendition
from sonicforge.playout.outputs.hls.sequence import Sequence
from sonicforge.sound.audio import Samples

OnChunk = Callable[[str, bytes, bytes], None]
"""Called for every chunk that was written: rendition, initialisation segment, chunk."""

_NUMBERS = (1 << 31) - 2
"""Fragments are numbered from 1 by a signed 32-bit number."""


class Packager:
    """Turns blocks into live HLS under `folder`.

    A block that does not continue the one before ends the run: what is there becomes a short segment, and the next one
    begins after a discontinuity. Raises `OSError` when the disk refuses; go on with a new packager then, which finds on
    disk what it needs.
    """

    def __init__(
        self, folder: Path, renditions: tuple[Rendition, ...], *, window_s: float, on_chunk: OnChunk | None = None
    ) -> None:
        self._disk, self._renditions, self._window_s = Disk(folder), renditions, window_s
        self._on_chunk = on_chunk
        self._sequence: Sequence | None = None
        self._encoders: list[Encoder] = []
        self._waiting: Samples = np.zeros((2, 0), np.float32)
        self._expected = self._start = self._encoded = self._cut = -1
        self._sizes: dict[str, int] = {}
        self._now = 0.0
        self._first_own = 0

    @property
    def sequence(self) -> Sequence | None:
        """As last saved; None before the first block."""
        return self._sequence

    @property
    def first_own(self) -> int:
        """Number of the first segment that this packager began itself."""
        return self._first_own

    def feed(self, block: Block, *, sounding: tuple[Mark, int] | None = None) -> None:
        """Take the next block; writes a chunk now and then.

        `sounding` is the last mark of a track, jingle or reserve and its position, also where its block never came: a
        run that begins in the middle of something tells what it is.
        """
        self._now = block.utc + BLOCK / RATE
        if block.gap or block.position != self._expected or not self._encoders:
            self._begin_run(block)
            if sounding is not None and sounding[1] < block.position:
                self._note(_later(*sounding, self._start), self._start)
        self._expected = block.position + BLOCK
        for mark in block.marks:
            self._note(mark, block.position + mark.offset)
        fresh = block.samples[:, max(0, self._start - block.position) :]
        self._waiting = np.concatenate([self._waiting, fresh], axis=1)
        while self._waiting.shape[1] >= PAIR:
            self._encode(self._waiting[:, :PAIR])
            self._waiting = self._waiting[:, PAIR:]
            self._write_chunks(block)

    def close(self) -> None:
        """End the run: all that was fed is on disk and listed, but for an odd block at the end."""
        if self._encoders:
            self._end_run()
            self._publish(always=True)

    def abandon(self) -> None:
        """Let go of the encoders; what is on disk stays as it is."""
        for encoder in self._encoders:
            encoder.close()
        self._encoders = []

    def _begin_run(self, block: Block) -> None:
        """From the first pair on, after whatever was before."""
        if self._encoders:
            self._end_run()
        elif self._sequence is None:
            names = tuple(rendition.name for rendition in self._renditions)
            self._sequence = recovered(self._disk, names, self._window_s, block.utc)
            self._first_own = self._sequence.next_number
        self._start = self._encoded = self._cut = first_pair(block.position)
        self._waiting = np.zeros((2, 0), np.float32)
        self._encoders = [Encoder(rendition, self._start) for rendition in self._renditions]
        self._save(self._opened(self._known, block, broken=True))
        self._publish()

    def _end_run(self) -> None:
        for encoder in self._encoders:
            encoder.finish()
        if self._encoded > self._cut:
            self._write_chunk(self._encoded)
        if self._sizes:
            sequence = self._committed()
            self._save(replace(sequence, ranges=closed(sequence.ranges, sequence.end)))
        self.abandon()

    def _note(self, mark: Mark, position: int) -> None:
        sequence = self._known
        assert sequence.open is not None
        position = max(position, self._start)
        new = range_of(mark, position, sequence.open.utc_at(position))
        self._save(replace(sequence, ranges=opened(sequence.ranges, new)))

    def _encode(self, pair: Samples) -> None:
        kinds = {rendition.encoder for rendition in self._renditions}
        frames = {kind: frames_of(kind, pair, self._encoded) for kind in kinds}
        for encoder in self._encoders:
            encoder.encode(frames[encoder.rendition.encoder])
        self._encoded += PAIR

    def _write_chunks(self, block: Block) -> None:
        while all(encoder.reaches(chunk_end(self._cut)) for encoder in self._encoders):
            line = segment_end(self._cut)
            self._write_chunk(chunk_end(self._cut))
            if self._cut == line:
                self._save(self._opened(self._committed(), block, broken=False))
                self._publish()

    def _write_chunk(self, end: int) -> None:
        number = self._known.next_number
        for encoder in self._encoders:
            name = encoder.rendition.name
            chunk = encoder.take(end, self._cut // PAIR % _NUMBERS + 1)
            self._sizes[name] = self._disk.append(name, number, chunk)
            if self._on_chunk is not None:
                self._on_chunk(name, encoder.init, chunk)
        self._cut = end

    def _opened(self, sequence: Sequence, block: Block, *, broken: bool) -> Sequence:
        """The sequence with the segment that begins at `_cut`."""
        names = {one.rendition.name: self._disk.keep_init(one.rendition.name, one.init) for one in self._encoders}
        utc = block.utc + (self._cut - block.position) / RATE
        return sequence.opening(self._cut, utc, names, broken=broken)

    def _committed(self) -> Sequence:
        """The sequence with the open segment in the list; its files have their names."""
        sequence = self._known
        for rendition in self._renditions:
            self._disk.complete(rendition.name, sequence.next_number)
        sizes, self._sizes = self._sizes, {}
        return sequence.committed(self._cut, sizes, self._window_s)

    def _publish(self, *, always: bool = False) -> None:
        """Write the playlists if there is something new and the last time is half a target duration ago (RFC 8216
        6.2.2); what does not go out now goes out with the next segment. Then delete what nobody may ask for any more.
        """
        sequence = self._known
        newest = sequence.listed[-1].number if sequence.listed else -1
        early = 0 <= self._now - sequence.published < TARGET_S / 2
        if newest == sequence.shown or (early and not always):
            return
        for rendition in self._renditions:
            self._disk.write_playlist(f"{rendition.name}/{MEDIA}", media_playlist(sequence, rendition.name))
        self._disk.write_playlist(MASTER, master_playlist(self._renditions, sequence))
        past = self._disk.delete(number for number, until in sequence.gone if until < self._now)
        self._save(replace(sequence.forgetting(past), published=self._now, shown=newest))

    def _save(self, sequence: Sequence) -> None:
        self._disk.save(sequence)
        self._sequence = sequence

    @property
    def _known(self) -> Sequence:
        assert self._sequence is not None
        return self._sequence


def _later(mark: Mark, position: int, now: int) -> Mark:
    """A mark as it would stand at a later position, while its item still sounds."""
    return replace(mark, at_s=mark.at_s + (now - position) / RATE)
