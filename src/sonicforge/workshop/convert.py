"""Conversion: the same sound in another format, rate, depth or number of channels."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sonicforge.errors import Conflict, OutOfRange, UnknownName
from sonicforge.sound.dither import DITHERS
from sonicforge.sound.encoding import FORMATS
from sonicforge.sound.writer import checked_format
from sonicforge.workshop.flow import RATES, Report, followed, open_recording, rate_in, save

BITS = ("16", "24", "32f")

_HOLDS = {"8": BITS, "16": BITS, "24": ("24", "32f"), "32f": ("32f",)}
"""Depth of the source -> depths that hold all of it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a conversion should give; whatever is None stays as in the source, as far as the format can carry it.

    `channels` 1 or 2, `bits` "16", "24" or "32f", `bitrate` in bits per second for lossy formats. `tags` come on top
    of the source's.
    """

    format: str = ""
    sample_rate: int | None = None
    channels: int | None = None
    bits: str | None = None
    bitrate: int | None = None
    dither: str = "tpdf"
    tags: Mapping[str, str] = field(default_factory=dict)

    def checked(self) -> "Wish":
        """This wish, if it can be; raises `OutOfRange`, `UnknownName`."""
        if self.sample_rate is not None and not RATES[0] <= self.sample_rate <= RATES[1]:
            raise OutOfRange("sample rate", self.sample_rate, *RATES, "Hz")
        if self.channels not in (None, 1, 2):
            raise OutOfRange("number of channels", self.channels, 1, 2)
        if self.bits not in (None, *BITS):
            raise UnknownName("bit depth", self.bits, BITS)
        if self.dither not in DITHERS:
            raise UnknownName("dither", self.dither, DITHERS)
        return self


def convert(source: Path, out: Path, wish: Wish, report: Report) -> Mapping[str, object]:
    """Convert one file and say what it became.

    What needs no change comes through bit for bit: same rate and channels in a lossless format with no fewer bits.
    Raises what `open_recording` and `save` raise, and `Conflict` for a bit rate on a lossless format.
    """
    recording = open_recording(source)
    recording = replace(recording, work_rate=recording.sample_rate)
    name = checked_format(out, wish.format, "16")
    _check_bitrate(name, wish.bitrate)
    rate = rate_in(name, recording.sample_rate, wish.sample_rate)
    bits = wish.bits or _bits(name, recording.depth)
    wished = replace(recording, channels=wish.channels or recording.channels)
    same = (rate, wished.channels) == (recording.sample_rate, recording.channels)
    exact = same and not FORMATS[name].bitrate and bits in _HOLDS.get(recording.depth, ())
    save(
        followed(wished.blocks(), report, "converting", recording.length),
        out,
        wished,
        format=name,
        bits=bits,
        bitrate=wish.bitrate,
        sample_rate=wish.sample_rate,
        tags=wish.tags,
        dither="none" if exact else wish.dither,
    )
    depth = {} if FORMATS[name].bitrate else {"bits": bits}
    return {"format": name, "sample_rate": rate, "channels": wished.channels, **depth, "exact": exact}


def _check_bitrate(name: str, bitrate: int | None) -> None:
    if bitrate is None:
        return
    low, high = FORMATS[name].bitrates
    if not high:
        raise Conflict(f"{name} is lossless and has no bit rate to choose")
    if not low <= bitrate <= high:
        raise OutOfRange(f"bit rate of {name}", bitrate, low, high, "bit/s")


def _bits(name: str, depth: str) -> str:
    """The bits of the source where the format has them."""
    if depth in ("8", "16"):
        return "16"
    return "32f" if depth in ("32", "32f", "64f") and name == "wav" else "24"
