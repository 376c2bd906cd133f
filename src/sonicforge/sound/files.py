"""Sound files: reading anything, writing WAV, FLAC, MP3, Ogg Vorbis, Opus and AAC."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sonicforge.sound.audio import Audio
from sonicforge.sound.decoding import opened, read_tags
from sonicforge.sound.encoding import BLOCK, FORMATS
from sonicforge.sound.resample import resample
from sonicforge.sound.tags import Tags, plain_tags
from sonicforge.sound.writer import Writer, checked_format

_STRETCH = 8 * BLOCK


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a sound file says about itself. `length` is in samples and may be off by a frame for lossy files."""

    path: Path
    codec: str
    sample_rate: int
    channels: int
    length: int
    tags: Tags

    @property
    def duration_s(self) -> float:
        return self.length / self.sample_rate


def info(path: Path | str) -> FileInfo:
    """Codec, rate, channels, length and tags without decoding the sound. Raises `UnreadableAudio`."""
    with opened(Path(path)) as source:
        tags = plain_tags(read_tags(Path(path)))
        return FileInfo(Path(path), source.codec, source.sample_rate, source.channels, source.length, tags)


def read(path: Path | str) -> Audio:
    """The whole file at its own rate, float32, without the silence that lossy coders add at the ends.

    Raises `UnreadableAudio` in one line: missing, a folder, empty, not sound, cut off.
    """
    with opened(Path(path)) as source:
        return Audio(source.whole(), source.sample_rate)


def blocks(path: Path | str) -> Iterator[Audio]:
    """The file in blocks of about a second, for flat memory. Raises `UnreadableAudio`."""
    with opened(Path(path)) as source:
        for block in source.blocks():
            yield Audio(block, source.sample_rate)


def write(
    path: Path | str,
    audio: Audio,
    *,
    format: str = "",  # noqa: A002 - the word musicians use
    bits: str = "24",
    bitrate: int | None = None,
    tags: Tags | None = None,
    cover: bytes | None = None,
    on_block: Callable[[], None] | None = None,
) -> None:
    """Write `audio` as wav, flac, mp3, ogg, opus or m4a; without `format` the ending of `path` decides.

    `bits` is "16", "24" or "32f" (wav) and "16" or "24" (flac), dithered; `bitrate` in bits per second for the
    lossy formats. `tags` may name title, artist, album, genre, date, comment, bpm and key; a wav keeps no bpm, key or
    cover, an m4a no key. A sample rate that the format cannot carry becomes 48 kHz. The file appears whole or not
    at all; raises `CannotWrite`, `UnknownName`. `on_block` is called now and then; what it raises ends the writing.
    """
    name = checked_format(Path(path), format, bits)
    rates = FORMATS[name].rates
    sound = resample(audio, 48_000) if rates and audio.sample_rate not in rates else audio
    with Writer(
        path,
        sound.sample_rate,
        sound.channels,
        format=name,
        bits=bits,
        bitrate=bitrate,
        tags=tags,
        cover=cover,
    ) as writer:
        for first in range(0, sound.length, _STRETCH):
            if on_block is not None:
                on_block()
            writer.write(sound.samples[:, first : first + _STRETCH])
