"""A recording: a sound file that can be walked through as often as a job needs, in bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonicforge.errors import UnreadableAudio
from sonicforge.sound.audio import Samples
from sonicforge.sound.channels import channel_change
from sonicforge.sound.decoding import opened, read_cover, read_tags
from sonicforge.sound.resample import resampled
from sonicforge.sound.tags import Tags, carried_tags
from sonicforge.workshop.ahead import ahead

BLOCK = 65_536
"""Samples of a block."""

LOUDEST = 1e6
"""Float files may hold anything; louder samples than this are cut to it, and what is not a number becomes 0."""

_DEPTHS = {
    "pcm_u8": "8", "pcm_s8": "8", "pcm_16": "16", "pcm_24": "24", "pcm_32": "32", "float": "32f", "double": "64f",
}  # fmt: skip
_WORK_RATES = (32_000, 96_000)
_RATES = (1_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a job needs to know about a sound file. `channels` and `work_rate` are those of `blocks`.

    `sample_rate` is the file's, `length` its samples: 0 if the file does not say, and off by a frame in some lossy
    files. `cover` is PNG or JPEG. `depth` tells what a sample is in the file: "8", "16", "24" or "32" bits, "32f",
    "64f", or "" where that is not known or makes no sense (lossy files).
    """

    path: Path
    sample_rate: int
    work_rate: int
    channels: int
    length: int
    tags: Tags
    cover: bytes | None
    depth: str = ""

    @property
    def work_length(self) -> int:
        """Samples of all blocks together, 0 if unknown."""
        return (2 * self.length * self.work_rate + self.sample_rate) // (2 * self.sample_rate)

    def blocks(self) -> Iterator[Samples]:
        """The whole file from its start, float32 (channels, `BLOCK`) at `work_rate`; only the last block is shorter.

        A thread decodes ahead of the taker. Raises `UnreadableAudio` where the file turns out to be damaged.
        """
        return ahead(self._decoded())

    def _decoded(self) -> Iterator[Samples]:
        with opened(self.path) as source:
            change = channel_change(source.channels, self.channels)
            sound = (change(_bounded(block)) for block in source.blocks())
            yield from in_blocks(resampled(sound, source.sample_rate, self.work_rate))


def open_recording(path: Path | str, *, channels: int | None = None, work_rate: int | None = None) -> Recording:
    """The file's facts, tags and cover; its sound is read by `Recording.blocks`.

    With `channels` 2, surround (3 to 8 channels) is folded down to stereo and mono stays mono; with 1 everything
    becomes mono; without, all channels stay. Work is done at `work_rate`; without one at the file's own rate from 32 to
    96 kHz, at 48 kHz below and at 96 kHz above. Raises `UnreadableAudio`, and `OutOfRange` for more channels than can
    be folded.
    """
    path = Path(path)
    with opened(path) as source:
        rate, found, length = source.sample_rate, source.channels, source.length
        depth = _DEPTHS.get(source.codec.rpartition(" ")[2], "")
    if not _RATES[0] <= rate <= _RATES[1]:
        raise UnreadableAudio(f"{path} has an impossible sample rate of {rate} Hz")
    wanted = found if channels is None else min(channels, found)
    channel_change(found, wanted)
    tags, cover = carried_tags(read_tags(path)), read_cover(path)
    return Recording(path, rate, work_rate or _work_rate(rate), wanted, length, tags, cover, depth)


def _work_rate(rate: int) -> int:
    low, high = _WORK_RATES
    return 48_000 if rate < low else min(rate, high)


def in_blocks(blocks: Iterable[Samples], size: int = BLOCK) -> Iterator[Samples]:
    """The same stream in contiguous blocks of `size` samples; only the last one is shorter."""
    held: list[Samples] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.shape[1]
        if count < size:
            continue
        joined = block if len(held) == 1 else np.concatenate(held, axis=1)
        whole = count // size * size
        for first in range(0, whole, size):
            yield np.ascontiguousarray(joined[:, first : first + size])
        count -= whole
        held = [joined[:, whole:].copy()] if count else []
    if count:
        yield np.ascontiguousarray(np.concatenate(held, axis=1))


def _bounded(block: Samples) -> Samples:
    if block.size and not np.abs(block).max() <= LOUDEST:
        return np.clip(np.nan_to_num(block, nan=0.0), -LOUDEST, LOUDEST, dtype=np.float32)
    return block
