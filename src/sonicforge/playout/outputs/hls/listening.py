"""The probe of the HLS output: listens to one chunk of each segment, to every rendition in turn."""

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.outputs.hls.grid import SEGMENT_S
from sonicforge.playout.probe import Ear, ProbeReading, decoded

_EVERY = 6
"""Chunks in a segment."""


class Listening:
    """Decodes the chunks that were written to disk: one of six, and all of a segment while something seems wrong."""

    def __init__(self, renditions: tuple[str, ...]) -> None:
        self._renditions = renditions
        self._ear = Ear()
        self._chunks = dict.fromkeys(renditions, 0)
        self._turn = 0
        self._broken = ""

    def chunk(self, rendition: str, init: bytes, chunk: bytes) -> None:
        """A chunk that has just been written."""
        self._chunks[rendition] += 1
        if rendition != self._renditions[self._turn % len(self._renditions)]:
            return
        if self._chunks[rendition] % _EVERY == 0:
            self._turn += 1
            self._hear(init + chunk, SEGMENT_S if not self._ear.suspicious else 0.0)
        elif self._ear.suspicious:
            self._hear(init + chunk, 0.0)

    def read(self) -> ProbeReading:
        heard = self._ear.read()
        return ProbeReading(heard.level_lufs, heard.silent_s, heard.frozen_s, heard.healthy and not self._broken)

    def _hear(self, sound: bytes, stands_for_s: float) -> None:
        try:
            self._ear.hear(decoded("mp4", sound), stands_for_s=stands_for_s)
            self._broken = ""
        except UnreadableAudio as error:
            self._broken = str(error)
