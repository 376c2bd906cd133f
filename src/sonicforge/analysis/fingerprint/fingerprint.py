"""Acoustic fingerprint: sound -> 11,025 Hz mono -> chroma -> classifiers -> 32-bit codes, about eight a second.

The codes are those of Chromaprint's algorithm 2 (`fpcalc`), so fingerprints can be exchanged with AcoustID and any
program that reads them.
"""

from math import inf

import numpy as np

from sonicforge.analysis.fingerprint.chroma import FRAME, HOP, Chroma
from sonicforge.analysis.fingerprint.classifiers import SILENT, SPAN, Codes, codes
from sonicforge.analysis.fingerprint.mono import FINGERPRINT_RATE, Folder
from sonicforge.errors import OutOfRange
from sonicforge.sound.audio import Audio, Samples

CODE_S = HOP / FINGERPRINT_RATE
"""Seconds from one code to the next."""

SHORTEST_S = (FRAME + (SPAN + 3) * HOP) / FINGERPRINT_RATE
"""Shorter sound has no code."""

LENGTH_S = 120.0
"""What is usually fingerprinted of a recording: its first two minutes."""

_SLOWEST, _FASTEST = 1_001, 768_000


class Fingerprinter:
    """Fingerprint of sound that arrives in blocks (channels, n) of any size, in constant memory (0.8 kB a second).

    `sixteen_bit` tells that the sound comes from a file with at most 16 bits a sample, whose codes `fpcalc` computes
    in integers. `length_s` is how much to listen to; 0 is all.
    """

    def __init__(
        self, sample_rate: int, channels: int, *, sixteen_bit: bool = False, length_s: float = LENGTH_S
    ) -> None:
        if not _SLOWEST <= sample_rate <= _FASTEST:
            raise OutOfRange("sample rate", sample_rate, _SLOWEST, _FASTEST, "Hz")
        if length_s < 0:
            raise OutOfRange("length", length_s, 0, inf, "s")
        self._mono = Folder(sample_rate, channels, sixteen_bit=sixteen_bit)
        self._chroma = Chroma()
        self._missing = int(length_s * FINGERPRINT_RATE) if length_s else -1

    @property
    def enough(self) -> bool:
        """Whether `length_s` has been heard; more sound changes nothing."""
        return self._missing == 0

    def process(self, block: Samples) -> None:
        """Hear the next samples."""
        if not self.enough:
            self._hear(self._mono.process(block))

    def finish(self) -> Codes:
        """The codes of everything heard; none if it was shorter than `SHORTEST_S`."""
        if not self.enough:
            self._hear(self._mono.finish())
        return codes(self._chroma.finish())

    def _hear(self, mono: Samples) -> None:
        if self._missing >= 0:
            mono = mono[: self._missing]
            self._missing -= len(mono)
        self._chroma.process(mono)


def fingerprint(audio: Audio, *, sixteen_bit: bool = False, length_s: float = LENGTH_S) -> Codes:
    """The codes (uint32) of the first `length_s` seconds of `audio`; empty if shorter than 2.7 s.

    Silence reads as `SILENT` in every code. `sixteen_bit` as in `Fingerprinter`.
    """
    listener = Fingerprinter(audio.sample_rate, audio.channels, sixteen_bit=sixteen_bit, length_s=length_s)
    for first in range(0, audio.length, audio.sample_rate):
        if listener.enough:
            break
        listener.process(audio.samples[:, first : first + audio.sample_rate])
    return listener.finish()


def heard_share(found: Codes) -> float:
    """Share of the codes that are not those of digital silence, 0 to 1."""
    return float(np.mean(found != SILENT)) if len(found) else 0.0
