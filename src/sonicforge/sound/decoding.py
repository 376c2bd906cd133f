"""Decoders behind one face: libsndfile for what it knows, PyAV for everything else."""

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sonicforge.errors import UnreadableAudio
from sonicforge.sound.audio import Samples

BLOCK = 65_536
_WORTH_THREADS = 1 << 20
_MOST_THREADS = 4
_UNKNOWN_LENGTH = 1 << 40


class Source(Protocol):
    """An open sound file. `blocks` may be walked once."""

    codec: str
    sample_rate: int
    channels: int
    length: int

    def blocks(self) -> Iterator[Samples]: ...

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
        self._file = soundfile.SoundFile(path)
        self.codec = f"{self._file.format} {self._file.subtype}".lower()
        self.sample_rate, self.channels = self._file.samplerate, self._file.channels
        self.length = self._file.frames if self._file.frames < _UNKNOWN_LENGTH else 0
        if self._file.format == "WAV":
            _check_whole_wav(path)

    def blocks(self) -> Iterator[Samples]:
        total = 0
        while True:
            block = self._file.read(BLOCK, dtype="float32", always_2d=True)
            if not len(block):
                break
            total += len(block)
            yield np.ascontiguousarray(block.T)
        if total == 0:
            raise UnreadableAudio(f"{self._path} holds no samples")
        if total < self.length:
            raise UnreadableAudio(f"{self._path} is cut off after {total / self.sample_rate:.1f} s")

    def whole(self) -> Samples:
        exact = self._file.format in ("FLAC", "WAV") and self._file.seekable()
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

        with soundfile.SoundFile(self._path) as file:
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
        head = file.read(8)
    promised = int.from_bytes(head[4:8], "little")
    streamed = promised in (0, 0xFFFFFFFF) or promised >= 0x7FFFFFFF
    if head[:4] == b"RIFF" and not streamed and path.stat().st_size + 1 < promised + 8:
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
        import av

        self._path = path
        self._container: Any = av.open(str(path), metadata_errors="replace")
        if not self._container.streams.audio:
            self._container.close()
            raise ValueError("no sound")
        self._stream = self._container.streams.audio[0]
        context = self._stream.codec_context
        self.codec, self.sample_rate, self.channels = context.name, context.sample_rate, context.channels
        if not (self.sample_rate and self.channels):
            self._container.close()
            raise ValueError("no sound")
        span = self._stream.duration
        self.length = round(span * self._stream.time_base * self.sample_rate) if span else 0

    def blocks(self) -> Iterator[Samples]:
        total = 0
        for frame in self._container.decode(self._stream):
            block = _as_float(frame.to_ndarray(), self.channels)
            # The edit list of an MP4 states where the coder's padding begins.
            kept = block[:, : self.length - total] if self.length else block
            total += kept.shape[1]
            if kept.shape[1]:
                yield kept
        if total == 0:
            raise UnreadableAudio(f"{self._path} holds no samples")
        if total < self.length - self.sample_rate // 2:
            raise UnreadableAudio(f"{self._path} is cut off after {total / self.sample_rate:.1f} s")

    def whole(self) -> Samples:
        return _joined(self.blocks(), self.channels, self.length)

    def close(self) -> None:
        self._container.close()


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
        with av.open(str(path), metadata_errors="replace") as container:
            streams = [dict(stream.metadata) for stream in container.streams.audio]
            return {**container.metadata, **(streams[0] if streams else {})}
    except (av.error.FFmpegError, ValueError):
        return {}


def _one_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
