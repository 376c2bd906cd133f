"""Encoders for streams: samples in, whole frames or pages out, and the head that every new listener needs first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sonicforge.errors import BadInput, OutOfRange, UnknownName
from sonicforge.playout.block import RATE
from sonicforge.playout.outputs.lame import Lame, system_lame
from sonicforge.sound.audio import Samples

if TYPE_CHECKING:
    from sonicforge.sound.dither import Quantiser


@dataclass(frozen=True, slots=True)
class Coding:
    """How a stream is coded: PyAV's names, the content type, the usual bit rate and its bounds (0: lossless)."""

    codec: str
    container: str
    mime: str
    bitrate: int
    bitrates: tuple[int, int]
    sample_format: str
    options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)


_PAGES = {"page_duration": "200000"}
_FLAC = {"compression_level": "3"}  # the first level whose frames are one block long

CODINGS = {
    "mp3": Coding("libmp3lame", "mp3", "audio/mpeg", 192_000, (32_000, 320_000), "fltp", {"compression_level": "7"},
                  {"write_xing": "0", "id3v2_version": "0"}),
    "aac": Coding("aac", "adts", "audio/aac", 192_000, (32_000, 320_000), "fltp", {"aac_coder": "fast"}),
    "opus": Coding("libopus", "ogg", "audio/ogg", 128_000, (24_000, 320_000), "flt", {}, _PAGES),
    "flac": Coding("flac", "flac", "audio/flac", 0, (0, 0), "s16", _FLAC),
    "oggflac": Coding("flac", "ogg", "audio/ogg", 0, (0, 0), "s16", _FLAC, _PAGES),
}  # fmt: skip
"""Names of codings. "flac" is the bare stream that browsers and files want, "oggflac" the one for Icecast."""


MP3_RATES = tuple(1000 * rate for rate in (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320))
"""What an MPEG-1 frame can say of itself, in bit/s."""


class Encoder(Protocol):
    """`encode` gives only whole frames or pages, so that a listener may join between any two of its answers."""

    @property
    def head(self) -> bytes: ...

    def encode(self, samples: Samples) -> bytes: ...

    def finish(self) -> bytes: ...


def checked_coding(name: str, bitrate: int) -> tuple[Coding, int]:
    """The coding and the bit rate to use (its own for 0); raises `BadInput`."""
    if name not in CODINGS:
        raise UnknownName("coding", name, CODINGS)
    if not isinstance(bitrate, int) or isinstance(bitrate, bool):
        raise BadInput(f"bit rate of {name} is {bitrate!r:.40}, but must be a whole number of bit/s")
    low, high = CODINGS[name].bitrates
    if high and bitrate and not low <= bitrate <= high:
        raise OutOfRange(f"bit rate of {name}", bitrate, low, high, "bit/s")
    if name == "mp3" and bitrate and bitrate not in MP3_RATES:
        raise UnknownName("bit rate of mp3", bitrate, map(str, MP3_RATES))
    return CODINGS[name], bitrate if bitrate and high else CODINGS[name].bitrate


def encoder(name: str, *, bitrate: int = 0, comments: Mapping[str, str] | None = None) -> Encoder:
    """An encoder for stereo at the station's rate; `comments` go into the head where there is one."""
    coding, rate = checked_coding(name, bitrate)
    library = system_lame() if name == "mp3" else None
    return Lame(library, rate) if library is not None else Muxed(coding, rate, comments or {})


class Pipe:
    """A file that hands over what a muxer wrote since the last look."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def drain(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


class Muxed:
    """Any codec and container of PyAV, page by page."""

    def __init__(self, coding: Coding, bitrate: int, comments: Mapping[str, str]) -> None:
        import av

        self._pipe = Pipe()
        options = {"flush_packets": "1", **coding.container_options}
        self._container: Any = av.open(self._pipe, "w", format=coding.container, options=options)
        self._container.metadata.update(comments)
        self._stream: Any = self._container.add_stream(coding.codec, rate=RATE, options=dict(coding.options))
        self._stream.layout = "stereo"
        self._stream.format = self._format = coding.sample_format
        if bitrate:
            self._stream.bit_rate = bitrate
        self._quantiser = _quantiser() if coding.codec == "flac" else None
        self._position = 0
        self._container.start_encoding()
        self.head = self._pipe.drain()

    def encode(self, samples: Samples) -> bytes:
        """Frames or pages that are complete by now; often nothing for a pager."""
        import av

        frame = av.AudioFrame.from_ndarray(self._laid_out(samples), format=self._format, layout="stereo")
        frame.sample_rate, frame.pts = RATE, self._position
        self._position += samples.shape[1]
        self._container.mux(self._stream.encode(frame))
        return self._pipe.drain()

    def finish(self) -> bytes:
        """What was still inside, with the container's end; the encoder is gone afterwards."""
        if self._position:
            self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._pipe.drain()

    def _laid_out(self, samples: Samples) -> np.ndarray[Any, Any]:
        if self._quantiser is not None:
            return (self._quantiser.process(samples).reshape(1, -1) >> 16).astype(np.int16)
        return (
            np.ascontiguousarray(samples) if self._format == "fltp" else np.ascontiguousarray(samples.T).reshape(1, -1)
        )


def _quantiser() -> "Quantiser":
    """Loaded when somebody wants lossless sound: its compiled kernels are large."""
    from sonicforge.sound.dither import Quantiser

    return Quantiser(2, 16, RATE)
