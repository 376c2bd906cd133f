"""`HlsOutput`: the packager in a thread of its own, with a queue, a probe and the patience to begin again."""

import time
from collections.abc import Iterable
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path
from typing import ClassVar

from sonicforge.errors import CannotWrite, OutOfRange
from sonicforge.playout.outputs.consumer import Consumer
from sonicforge.playout.outputs.hls.grid import SEGMENT_S, TARGET_S
from sonicforge.playout.outputs.hls.listening import Listening
from sonicforge.playout.outputs.hls.packager import Packager
from sonicforge.playout.outputs.hls.renditions import RENDITIONS, chosen
from sonicforge.playout.outputs.hls.sequence import Segment
from sonicforge.playout.outputs.output import OutputState, State

_LATE_S = 1.5 * TARGET_S
"""RFC 8216 6.2.2: after one and a half target durations without a new segment players are entitled to worry."""


class HlsOutput(Consumer):
    """Live HLS in `folder`: `master.m3u8` and a folder for each rendition.

    `renditions` are names of `RENDITIONS`, `window_s` the seconds a listener can go back, 60..7200. When the disk is
    full or refuses, the output is `failed`, in words; it tries again and goes on behind a discontinuity, numbers kept.
    """

    kind = "hls"
    resting: ClassVar[State] = "failed"

    def __init__(
        self, name: str, folder: Path, *, renditions: Iterable[str] = tuple(RENDITIONS), window_s: float = 600.0
    ) -> None:
        if not 60 <= window_s <= 7200:
            raise OutOfRange("window of an HLS output", window_s, 60, 7200, "s")
        super().__init__(name, queue_s=15.0, most_wait_s=4.0)
        self._folder, self._renditions, self._window_s = folder, chosen(renditions), window_s
        self._listening = Listening(tuple(rendition.name for rendition in self._renditions))
        self._segment: int | None = None
        self._segment_at = time.monotonic()

    @property
    def state(self) -> OutputState:
        told = super().state
        late_s = time.monotonic() - self._segment_at - SEGMENT_S
        if told.state != "on" or late_s <= _LATE_S - SEGMENT_S:
            return told
        # Whatever the thread is stuck in, players get nothing new: never show that as on air.
        since, frozen_s = time.time() - late_s, round(max(late_s, told.frozen_s), 1)
        words = f"no new segment for {late_s + SEGMENT_S:.0f} s"
        return replace(told, state="waiting", detail=words, since=since, frozen_s=frozen_s, bitrate=0)

    def _session(self) -> None:
        packager = Packager(self._folder, self._renditions, window_s=self._window_s, on_chunk=self._listening.chunk)
        try:
            for block in self._blocks():
                if block is not None:
                    packager.feed(block, sounding=self._newest)
                    self._look(packager)
            packager.close()
        except OSError as error:
            reason = "the disk is full" if error.errno == ENOSPC else (error.strerror or str(error)).lower()
            raise CannotWrite(f"cannot write {self._folder}: {reason}") from error
        finally:
            packager.abandon()

    def _look(self, packager: Packager) -> None:
        """Notice a new segment."""
        sequence = packager.sequence
        if sequence is None or not sequence.listed or sequence.listed[-1].number == self._segment:
            return
        newest = sequence.listed[-1]
        if newest.number >= packager.first_own:
            self._tell(newest)
        self._segment, self._segment_at = newest.number, time.monotonic()

    def _tell(self, newest: Segment) -> None:
        size = sum(newest.sizes.values())
        heard = self._listening.read()
        wrong = "silence" if heard.silent_s >= heard.frozen_s else "the same sound over and over"
        trouble = "" if heard.healthy else f"{wrong} for {max(heard.silent_s, heard.frozen_s):.0f} s"
        self._standing.took(size)
        self._standing.set(bitrate=round(size * 8 / newest.seconds))
        self._heard(heard)
        self._standing.become("failed" if trouble else "on", trouble)
