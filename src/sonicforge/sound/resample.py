"""Sample-rate conversion (libsoxr, the SoX resampler)."""

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import soxr

from sonicforge.sound.audio import Audio, Samples

Quality = Literal["QQ", "LQ", "MQ", "HQ", "VHQ"]


def resample(audio: Audio, sample_rate: int, *, quality: Quality = "HQ") -> Audio:
    """`audio` at another rate, linear phase, length rounded to the nearest sample.

    `HQ` keeps aliases below -100 dB and is right for 16-bit delivery, `VHQ` below -140 dB. Same rate in, same
    object out; silence stays silence.
    """
    if sample_rate == audio.sample_rate:
        return audio
    frames = np.ascontiguousarray(audio.samples.T)
    converted = soxr.resample(frames, audio.sample_rate, sample_rate, quality=quality)
    return Audio(np.ascontiguousarray(converted.T, np.float32), sample_rate)


def resampled(
    blocks: Iterable[Samples], source_rate: int, target_rate: int, *, quality: Quality = "VHQ"
) -> Iterator[Samples]:
    """A stream at another rate: in time with the source, and rate times as long, halves rounded up.

    Blocks (channels, n) of any length come in and others go out; how the stream was cut does not matter. What is
    shorter than one sample of the target becomes one sample. Same rate in, same blocks out.
    """
    if source_rate == target_rate:
        yield from blocks
        return
    converter: soxr.ResampleStream | None = None
    given, last = 0, np.zeros((0, 1), np.float32)
    for block in blocks:
        if converter is None:
            converter = soxr.ResampleStream(source_rate, target_rate, block.shape[0], dtype="float32", quality=quality)
        if not block.shape[1]:
            continue
        last = block[:, -1:]
        frames = converter.resample_chunk(np.ascontiguousarray(block.T))
        given += len(frames)
        if len(frames):
            yield np.ascontiguousarray(frames.T)
    if converter is None or not last.size:
        return
    rest = converter.resample_chunk(np.zeros((0, len(last)), np.float32), last=True)
    if len(rest):
        yield np.ascontiguousarray(rest.T)
    elif not given:
        yield last.copy()
