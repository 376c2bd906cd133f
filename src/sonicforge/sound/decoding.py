"""Decoders behind one face: libsndfile for what it knows, PyAV for everything else."""

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sonicforge.errors import UnreadableAudio
from sonicforge.sound.audio import Samples
from sonicforge.sound.covers import usable_cover

BLOCK = 65_536
_WORTH_THREADS = 1 << 20
_MOST_THREADS = 4
_UNKNOWN_LENGTH = 1 << 40
VORBIS_ORDER = {
    3: [0, 2, 1],
    5: [0, 2, 1, 3, 4],
    6: [0, 2, 1, 4, 5, 3],
    7: [0, 2, 1, 5, 6, 4, 3],
    8: [0, 2, 1, 6, 7, 4, 5, 3],
}
"""WAVE surround in the order of Ogg (Vorbis I, 4.3.9; RFC 7845, 5.1.1.2), which libsndfile does not sort."""
_WAVES = ("WAV", "WAVEX", "RF64")


class Source(Protocol):
    """An open sound file. `blocks` may be walked once, from a sample on."""

    codec: str
    sample_rate: int
    channels: int
    length: int

    def blocks(self, start: int = 0) -> Iterator[Samples]: ...

    def whole(self) -> Samples:
        """Everything at once, faster where the format can be read in parts side by side."""
        ...

    def close(self) -> None: ...


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file as a `Source`; every failure inside becomes `UnreadableAudio` with one line of reason."""
    source = _open(path)
    try:
        yield source
    except (OSError, RuntimeError, ValueError) as error:
        raise UnreadableAudio(f"{path} cannot be decoded: {_one_line(error)}") from error
    finally:
        source.close()


def _open(path: Path) -> Source:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UnreadableAudio(f"{path} is a device or a pipe, not a sound file")
        with path.open("rb") as file:
            head = file.read(12)
    except FileNotFoundError:
        raise UnreadableAudio(f"{path} does not exist") from None
    except IsADirectoryError:
        raise UnreadableAudio(f"{path} is a folder, not a sound file") from None
    except OSError as error:
        raise UnreadableAudio(f"{path} cannot be opened: {_one_line(error)}") from None
    if not head:
        raise UnreadableAudio(f"{path} is empty")
    try:
        return _Sndfile(path)
    except RuntimeError:
        return _av(path)


class _Sndfile:
    """WAV, FLAC, Ogg, MP3, AIFF and their kin through libsndfile."""

    def __init__(self, path: Path) -> None:
        import soundfile

        self._path = path
        self._file = soundfile.SoundFile(_name(path))
        order = VORBIS_ORDER.get(self._file.channels) if self._file.format == "OGG" else None
        self._order = np.argsort(order) if order else slice(None)
        self.codec = f"{self._file.format} {self._file.subtype}".lower()
        self.sample_rate, self.channels = self._file.samplerate, self._file.channels
        # Some muxers end an Ogg file with a length that has wrapped around.
        unknown = 1 << 32 if self._file.format == "OGG" else _UNKNOWN_LENGTH
        self.length = self._file.frames if self._file.frames < unknown else 0
        if self._file.format in _WAVES:
            _check_whole_wav(path)

    def blocks(self, start: int = 0) -> Iterator[Samples]:
        total = self._skip(start)
        while True:
            block = self._file.read(BLOCK, dtype="float32", always_2d=True)
            if not len(block):
                break
            total += len(block)
            yield np.ascontiguousarray(block.T[self._order])
        if total == 0:
            raise UnreadableAudio(f"{self._path} holds no samples")
        if total < self.length:
            raise UnreadableAudio(f"{self._path} is cut off after {total / self.sample_rate:.1f} s")

    def _skip(self, start: int) -> int:
        if not start:
            return 0
        if start >= self.length:
            raise UnreadableAudio(f"{self._path} ends before {start / self.sample_rate:.1f} s")
        return int(self._file.seek(start))

    def whole(self) -> Samples:
        exact = self._file.format in ("FLAC", *_WAVES) and self._file.seekable()
        if not exact or self.length < _WORTH_THREADS:
            return _joined(self.blocks(), self.channels, self.length)
        samples = np.empty((self.channels, self.length), np.float32)
        parts = min(_MOST_THREADS, os.cpu_count() or 1)
        edges = [self.length * part // parts for part in range(parts + 1)]
        with ThreadPoolExecutor(parts) as threads:
            list(threads.map(lambda span: self._fill(samples, *span), itertools.pairwise(edges)))
        return samples

    def _fill(self, samples: Samples, start: int, stop: int) -> None:
        """Decode one stretch with a handle of its own."""
        import soundfile

        with soundfile.SoundFile(_name(self._path)) as file:
            file.seek(start)
            while start < stop:
                block = file.read(min(BLOCK, stop - start), dtype="float32", always_2d=True)
                if not len(block):
                    raise UnreadableAudio(f"{self._path} is cut off after {start / self.sample_rate:.1f} s")
                samples[:, start : start + len(block)] = block.T
                start += len(block)

    def close(self) -> None:
        self._file.close()


def _check_whole_wav(path: Path) -> None:
    """libsndfile plays what is left of a cut WAV without a word; the RIFF header tells how long it should be."""
    with path.open("rb") as file:
        head = file.read(28)
    promised = int.from_bytes(head[20:28] if head[:4] == b"RF64" else head[4:8], "little")
    streamed = head[:4] not in (b"RIFF", b"RF64") or promised == 0 or (promised >= 0x7FFFFFFF and head[:4] == b"RIFF")
    if not streamed and path.stat().st_size + 1 < promised + 8:
        raise UnreadableAudio(f"{path} is cut off: it should be {promised + 8} bytes and has {path.stat().st_size}")


def _av(path: Path) -> "_Av":
    import av

    try:
        return _Av(path)
    except (av.error.FFmpegError, ValueError, IndexError):
        raise UnreadableAudio(f"{path} is not a sound file that can be read") from None


class _Av:
    """M4A, Opus in Matroska, video with sound and everything else FFmpeg knows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open_files = ExitStack()
        self._container = self._open_files.enter_context(_container(path))
        if not self._container.streams.audio:
            self._open_files.close()
            raise ValueError("no sound")
        self._stream = self._container.streams.audio[0]
        context = self._stream.codec_context
        self.codec, self.sample_rate, self.channels = context.name, context.sample_rate, context.channels
        if not (self.sample_rate and self.channels):
            self._open_files.close()
            raise ValueError("no sound")
        span = self._stream.duration
        self.length = round(span * self._stream.time_base * self.sample_rate) if span else 0

    def blocks(self, start: int = 0) -> Iterator[Samples]:
        total = 0
        for frame in self._container.decode(self._stream):
            block = _as_float(frame.to_ndarray(), self.channels)
            # The edit list of an MP4 states where the coder's padding begins.
            kept = block[:, : self.length - total] if self.length else block
            total += kept.shape[1]
            wanted = kept[:, max(0, kept.shape[1] - total + start) :]
            if wanted.shape[1]:
                yield wanted
        if total == 0:
            raise UnreadableAudio(f"{self._path} holds no samples")
        if total < self.length - self.sample_rate // 2:
            raise UnreadableAudio(f"{self._path} is cut off after {total / self.sample_rate:.1f} s")

    def whole(self) -> Samples:
        return _joined(self.blocks(), self.channels, self.length)

    def close(self) -> None:
        self._open_files.close()


def _joined(blocks: Iterator[Samples], channels: int, length: int) -> Samples:
    """Blocks in one array; `length` is what the file says, which may be wrong."""
    samples = np.empty((channels, max(length, BLOCK)), np.float32)
    filled = 0
    for block in blocks:
        end = filled + block.shape[1]
        if end > samples.shape[1]:
            samples = np.concatenate([samples, np.empty((channels, end), np.float32)], axis=1)
        samples[:, filled:end] = block
        filled = end
    return samples if filled == samples.shape[1] else samples[:, :filled].copy()


def _as_float(block: np.ndarray[Any, Any], channels: int) -> Samples:
    """Frames as PyAV gives them (planar or interleaved, integer or float) as float32 (channels, n)."""
    planar = block if len(block) == channels else block.reshape(-1, channels).T
    if planar.dtype == np.uint8:
        return np.ascontiguousarray((planar.astype(np.float32) - 128) / 128)
    if planar.dtype.kind == "i":
        return np.ascontiguousarray(planar / np.float32(-float(np.iinfo(planar.dtype).min)), np.float32)
    return np.ascontiguousarray(planar, np.float32)


def read_tags(path: Path) -> dict[str, str]:
    """The file's tags under the container's own names, empty where FFmpeg does not know the file."""
    import av

    try:
        with _container(path) as container:
            streams = [dict(stream.metadata) for stream in container.streams.audio]
            return {**container.metadata, **(streams[0] if streams else {})}
    except (av.error.FFmpegError, ValueError):
        return {}


def read_cover(path: Path) -> bytes | None:
    """The attached picture as PNG or JPEG, or None."""
    import av
    from av.stream import Disposition

    try:
        with _container(path) as container:
            for stream in container.streams.video:
                if stream.disposition & Disposition.attached_pic:
                    return usable_cover(bytes(next(container.demux(stream))))
    except (av.error.FFmpegError, ValueError, StopIteration):
        return None
    return None


def _name(path: Path) -> str | bytes:
    """The path as libsndfile's binding takes it: names in no known encoding as their bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


@contextmanager
def _container(path: Path) -> Iterator[Any]:
    """The file in PyAV, which only knows names in UTF-8: under another one the file is opened here."""
    import av

    name = _name(path)
    with ExitStack() as open_files:
        source = name if isinstance(name, str) else open_files.enter_context(path.open("rb"))
        yield open_files.enter_context(av.open(source, metadata_errors="replace"))


def _one_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
