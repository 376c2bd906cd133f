"""Sample-rate conversion (libsoxr, the SoX resampler)."""

from typing import Literal

import numpy as np
import soxr

from sonicforge.sound.audio import Audio

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
