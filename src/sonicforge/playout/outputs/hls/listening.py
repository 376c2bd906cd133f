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
        self._count = -1
        self._broken = ""

    def chunk(self, rendition: str, init: bytes, chunk: bytes) -> None:
        """A chunk that has just been written; renditions come in their order."""
        self._count += rendition == self._renditions[0]
        turn, place = divmod(self._count, _EVERY)
        suspicious = self._ear.suspicious or bool(self._broken)
        if rendition == self._renditions[turn % len(self._renditions)] and (suspicious or not place):
            self._hear(init + chunk, 0.0 if suspicious else SEGMENT_S)

    def read(self) -> ProbeReading:
        heard = self._ear.read()
        return ProbeReading(heard.level_lufs, heard.silent_s, heard.frozen_s, heard.healthy and not self._broken)

    def _hear(self, sound: bytes, stands_for_s: float) -> None:
        try:
            self._ear.hear(decoded("mp4", sound), stands_for_s=stands_for_s)
            self._broken = ""
        except UnreadableAudio as error:
            self._broken = str(error)
