"""Who is this file: its fingerprint, read in blocks and only as far as it is needed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sonicforge.analysis.fingerprint.classifiers import Codes
from sonicforge.analysis.fingerprint.fingerprint import LENGTH_S, SHORTEST_S, Fingerprinter, heard_share
from sonicforge.errors import UnreadableAudio
from sonicforge.sound.decoding import opened
from sonicforge.workshop.flow import Report
from sonicforge.workshop.recording import in_blocks

_SIXTEEN_BIT: Final = ("pcm_16", "pcm_s8", "pcm_u8", "ulaw", "alaw", "ima_adpcm", "ms_adpcm", "gsm610", "pcm_s16le")
"""How decoders name what fits into 16 bits a sample."""

_LEAST_HEARD: Final = 0.02


@dataclass(frozen=True, slots=True)
class Identity:
    """`codes` of the file's first seconds; `duration_s` is the whole file's as far as it says or was read.

    `silent`: hardly anything but silence was heard, so that the codes stand for no recording.
    """

    path: Path
    duration_s: float
    codes: Codes
    silent: bool


def identify(path: Path, *, length_s: float = LENGTH_S, report: Report | None = None) -> Identity:
    """The fingerprint of the first `length_s` seconds (0 is all) of a sound file, as `fpcalc` makes it.

    Raises `UnreadableAudio`, also for less than 2.8 s of sound.
    """
    with opened(path) as source:
        sixteen_bit = source.codec.rpartition(" ")[2] in _SIXTEEN_BIT
        listener = Fingerprinter(source.sample_rate, source.channels, sixteen_bit=sixteen_bit, length_s=length_s)
        wanted = min(source.length, length_s * source.sample_rate or source.length)
        heard = 0
        for block in in_blocks(source.blocks()):
            listener.process(block)
            heard += block.shape[1]
            if report is not None and wanted:
                report("listening", min(1.0, heard / wanted))
            if listener.enough:
                break
        duration_s = max(heard, source.length) / source.sample_rate
    codes = listener.finish()
    if not len(codes):
        least = f"a fingerprint needs {SHORTEST_S:.1f} s"
        raise UnreadableAudio(f"{path} is too short: {heard / source.sample_rate:.1f} s were heard, {least}")
    return Identity(path, duration_s, codes, heard_share(codes) < _LEAST_HEARD)
