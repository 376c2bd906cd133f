"""Renditions: the ladder of qualities, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sonicforge.errors import BadInput, UnknownName


@dataclass(frozen=True, slots=True)
class Rendition:
    """One quality. `bitrate` is in bit/s (0: lossless), `frame` the samples of an encoded frame, `codecs` the name
    players know the codec by. `average` and `peak` are bit/s to promise before anything was measured."""

    name: str
    encoder: str
    bitrate: int
    codecs: str
    frame: int
    average: int
    peak: int
    options: Mapping[str, str] = field(default_factory=dict)


def _aac(kbit: int) -> Rendition:
    # Fragment headers add about 4 kbit/s to every rendition; the encoder's rate wanders by a few per cent.
    average = kbit * 1030 + 4000
    options = {"aac_coder": "fast"}
    return Rendition(f"aac{kbit}", "aac", kbit * 1000, "mp4a.40.2", 1024, average, kbit * 1080 + 8000, options)


_LOSSLESS = Rendition("flac", "flac", 0, "fLaC", 4608, 1_600_000, 2_000_000, {"compression_level": "5"})

RENDITIONS = {
    rendition.name: rendition
    # FFmpeg's words: `twoloop` is decent at low rates, `fast` better at higher ones and much cheaper. On our music
    # `fast` came 1 to 2 dB closer already at 64 kbit/s, in the bands below 9.5 kHz, at half the cost.
    for rendition in (_aac(128), _aac(64), _aac(192), _aac(320), _LOSSLESS)
}
"""Name -> rendition; the first is where players begin."""


def chosen(names: Iterable[str]) -> tuple[Rendition, ...]:
    """Renditions by name (or one text with commas), in the order of the ladder.

    Raises `UnknownName`, or `BadInput` when there is no AAC among them.
    """
    wanted = set(names.replace(",", " ").split() if isinstance(names, str) else names)
    for name in sorted(wanted):
        if name not in RENDITIONS:
            raise UnknownName("rendition", name, RENDITIONS)
    found = tuple(rendition for rendition in RENDITIONS.values() if rendition.name in wanted)
    if not any(rendition.encoder == "aac" for rendition in found):
        raise BadInput(f"an HLS output needs at least one AAC rendition, met {sorted(wanted) or 'none'}")
    return found
