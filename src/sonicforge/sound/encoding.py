"""Encoders behind one face: `write(block)` and `close()`; PyAV for flac, mp3, opus and aac, libsndfile for the rest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples
from sonicforge.sound.covers import picture_block
from sonicforge.sound.decoding import VORBIS_ORDER
from sonicforge.sound.dither import Quantiser
from sonicforge.sound.tags import Tags, container_tags

BLOCK = 65_536
"""Frames an encoder gets at once; libsndfile crashes on a very long single Vorbis write."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a file ending is written: codec, container, default bit rate (0: lossless), and what it can carry.

    `rates` are sample rates (none named: all), `bitrates` the lowest and the highest in bits per second, `channels` the
    numbers of channels that players will get in the right order.
    """

    codec: str
    container: str
    bitrate: int
    rates: tuple[int, ...]
    options: Mapping[str, str]
    bitrates: tuple[int, int] = (0, 0)
    channels: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)


_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_AAC_CHANNELS = (1, 2, 3, 4, 5, 6)
_AAC_RATES = (*_MP3_RATES, 64000, 88200, 96000)

FORMATS = {
    "wav": Format("pcm", "WAV", 0, (), {}, channels=tuple(range(1, 65))),
    "flac": Format("flac", "flac", 0, (), {"compression_level": "3"}),
    "mp3": Format("libmp3lame", "mp3", 320_000, _MP3_RATES, {"compression_level": "5"}, (8_000, 320_000), (1, 2)),
    "ogg": Format("vorbis", "OGG", 224_000, (), {}, (64_000, 500_000)),
    "opus": Format("libopus", "ogg", 160_000, _OPUS_RATES, {"application": "audio"}, (6_000, 510_000), (1, 2, 3, 4, 6)),
    "m4a": Format("aac", "mp4", 256_000, _AAC_RATES, {"aac_coder": "fast"}, (16_000, 512_000), _AAC_CHANNELS),
}
"""Lossless files of any rate; a rate outside `rates` is converted to 48 kHz first."""

_CONTAINER_OPTIONS = {
    "mp3": {"id3v2_version": "3"},
    # The movie clock must count samples, or the edit list cannot state an exact length.
    "m4a": {"movflags": "+faststart", "brand": "M4A ", "movie_timescale": "{rate}"},
}
_MOST_RIFF = (1 << 32) - (1 << 20)
"""Bytes of sound that a RIFF, which counts them in 32 bits, holds beside its tags."""
_WAV_SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "32f": "FLOAT"}
_VORBIS_QUALITY = ((64_000, 80_000, 96_000, 128_000, 160_000, 192_000, 224_000, 256_000, 320_000, 500_000), 10)


class Encoder(Protocol):
    """Takes blocks (channels, n) and finishes a file."""

    def write(self, block: Samples) -> None: ...

    def close(self) -> None: ...


def encoder(
    path: Path,
    kind: str,
    sample_rate: int,
    channels: int,
    *,
    bits: str,
    bitrate: int,
    tags: Tags,
    cover: bytes | None,
    dither: str = "tpdf",
    length: int = 0,
) -> Encoder:
    """An encoder that writes to `path`; `length` is the number of samples to come, if it is known."""
    if kind == "wav":
        return _Wav(path, sample_rate, channels, bits, tags, dither=dither, length=length)
    if kind == "ogg":
        return _Vorbis(path, sample_rate, channels, bitrate, tags, cover)
    return _Muxed(path, kind, sample_rate, channels, bits, bitrate, tags, cover, dither=dither)


class _Wav:
    """PCM in RIFF, or in RF64 if it will not fit, tags as a LIST INFO chunk."""

    def __init__(
        self,
        path: Path,
        sample_rate: int,
        channels: int,
        bits: str,
        tags: Tags,
        *,
        dither: str,
        length: int,
    ) -> None:
        import soundfile

        floats = bits == "32f"
        self._quantiser = None if floats else Quantiser(channels, int(bits), sample_rate, dither=dither)
        self._frame = channels * (4 if floats else int(bits) // 8)
        long = length * self._frame > _MOST_RIFF
        self._room = 1 << 62 if long else _MOST_RIFF
        name = "RF64" if long else "WAV"
        self._file = soundfile.SoundFile(path, "w", sample_rate, channels, _WAV_SUBTYPES[bits], format=name)
        for tag, value in container_tags("wav", tags).items():
            setattr(self._file, tag, value)

    def write(self, block: Samples) -> None:
        self._room -= block.shape[1] * self._frame
        if self._room < 0:
            raise RuntimeError("a wav of unknown length cannot grow beyond 4 GiB; flac can")
        self._file.write(self._quantiser.process(block) if self._quantiser else np.ascontiguousarray(block.T))

    def close(self) -> None:
        self._file.close()


class _Vorbis:
    """Ogg Vorbis by libsndfile, then rewrapped with the full set of tags and the cover."""

    def __init__(
        self, path: Path, sample_rate: int, channels: int, bitrate: int, tags: Tags, cover: bytes | None
    ) -> None:
        import soundfile

        rates, steps = _VORBIS_QUALITY
        quality = float(np.interp(bitrate, rates, np.arange(1, steps + 1) / steps))
        self._path, self._bare = path, path.with_name(path.name + ".bare")
        self._comments = container_tags("ogg", tags)
        if cover:
            self._comments["METADATA_BLOCK_PICTURE"] = picture_block(cover)
        self._file = soundfile.SoundFile(
            self._bare, "w", sample_rate, channels, "VORBIS", format="OGG", compression_level=1 - quality
        )
        self._length = 0

    def write(self, block: Samples) -> None:
        order = VORBIS_ORDER.get(len(block))
        self._length += block.shape[1]
        self._file.write(np.ascontiguousarray((block[order, :] if order else block).T))

    def close(self) -> None:
        import av

        try:
            self._file.close()
            with av.open(str(self._bare)) as source, av.open(str(self._path), "w", format="ogg") as target:
                stream = target.add_stream_from_template(source.streams.audio[0])
                stream.metadata.update(self._comments)
                packets = (packet for packet in source.demux(audio=0) if packet.size)
                for packet in _timed(packets, self._length):
                    packet.stream = stream
                    target.mux(packet)
        finally:
            self._bare.unlink(missing_ok=True)


def _timed(packets: Iterator[Any], length: int) -> Iterator[Any]:
    """Vorbis packets whose times end at `length` samples; FFmpeg miscounts where a file has a single page."""
    early: int | None = None
    position = 0
    for packet, following in pairwise(chain(packets, (None,))):
        if early is None:
            # The first packet only primes the decoder: it lies before the first sample.
            early = -packet.duration - packet.pts
        position = position if packet.pts is None else packet.pts + early
        packet.pts = packet.dts = position
        if following is None:
            packet.duration = length - position
        position += packet.duration
        yield packet


class _Muxed:
    """Any codec and container of PyAV, with tags and an attached cover."""

    def __init__(
        self,
        path: Path,
        kind: str,
        sample_rate: int,
        channels: int,
        bits: str,
        bitrate: int,
        tags: Tags,
        cover: bytes | None,
        *,
        dither: str,
    ) -> None:
        import av

        plan = FORMATS[kind]
        options = {key: value.format(rate=sample_rate) for key, value in _CONTAINER_OPTIONS.get(kind, {}).items()}
        self._container: Any = av.open(str(path), "w", format=plan.container, options=options)
        self._stream: Any = self._container.add_stream(plan.codec, rate=sample_rate, options=dict(plan.options))
        self._layout = _LAYOUTS.get(channels, f"{channels} channels")
        self._stream.layout = self._layout
        self._kind = _sample_format(kind, bits)
        self._stream.format = self._kind
        self._quantiser = Quantiser(channels, int(bits), sample_rate, dither=dither) if kind == "flac" else None
        if plan.bitrate:
            self._stream.bit_rate = bitrate
        self._rate, self._position = sample_rate, 0
        self._add_tags(kind, tags, cover)

    def _add_tags(self, kind: str, tags: Tags, cover: bytes | None) -> None:
        comments = container_tags(kind, tags)
        if cover and kind == "opus":
            comments["METADATA_BLOCK_PICTURE"] = picture_block(cover)
        self._container.metadata.update(comments)
        self._cover = self._attach(cover) if cover and kind != "opus" else None

    def _attach(self, image: bytes) -> Any:
        import av
        from av.stream import Disposition

        with av.open(BytesIO(image)) as picture:
            stream = self._container.add_stream_from_template(picture.streams.video[0])
            stream.disposition = Disposition.attached_pic
            packet = next(picture.demux(video=0))
            packet.stream = stream
            return packet

    def write(self, block: Samples) -> None:
        import av

        frame = av.AudioFrame.from_ndarray(self._laid_out(block), format=self._kind, layout=self._layout)
        frame.sample_rate, frame.pts = self._rate, self._position
        self._position += block.shape[1]
        packets = self._stream.encode(frame)
        if self._cover is not None:
            self._container.mux(self._cover)
            self._cover = None
        self._container.mux(packets)

    def _laid_out(self, block: Samples) -> NDArray[Any]:
        if self._quantiser is None:
            planar = self._kind.endswith("p")
            return np.ascontiguousarray(block) if planar else np.ascontiguousarray(block.T).reshape(1, -1)
        whole = self._quantiser.process(block).reshape(1, -1)
        return whole if self._kind == "s32" else (whole >> 16).astype(np.int16)

    def close(self) -> None:
        try:
            if self._position:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()


_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


def _sample_format(kind: str, bits: str) -> str:
    if kind == "flac":
        return "s16" if bits == "16" else "s32"
    return "flt" if kind == "opus" else "fltp"
