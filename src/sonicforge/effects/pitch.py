"""Pitch shift at the same speed, and varispeed: pitch and speed together, like a record.

A pitch shift is a stretch, read faster or slower again by libsoxr.
"""

import numpy as np
import soxr

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.stretch import Stretcher, checked_ratio, stretch
from sonicforge.errors import OutOfRange
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples

OCTAVE = 12.0
QUALITY = "HQ"
CONVERTER_LAG = 2048
"""More output samples than libsoxr ever keeps to itself."""


def pitch_shift(audio: Audio, semitones: float) -> Audio:
    """`audio` that much higher (-12 .. 12 semitones, fractions too), as long as before.

    Stereo image and transients stay in place; at 0 the sound comes back untouched. Raises `OutOfRange`.
    """
    if not -OCTAVE <= semitones <= OCTAVE:
        raise OutOfRange("pitch shift", semitones, -OCTAVE, OCTAVE, "semitones")
    if semitones == 0.0 or audio.length == 0:
        return audio
    ratio = 2 ** (semitones / 12)
    longer = stretch(audio, ratio)
    samples = _read(longer.samples, ratio)
    missing = max(audio.length - samples.shape[1], 0)
    return Audio(np.ascontiguousarray(np.pad(samples, ((0, 0), (0, missing)))[:, : audio.length]), audio.sample_rate)


def varispeed(audio: Audio, ratio: float) -> Audio:
    """`audio` made `ratio` times as long, 0.5 .. 2, and lower by as much: no artefacts, another key.

    Raises `OutOfRange`.
    """
    checked_ratio(ratio)
    if ratio == 1.0 or audio.length == 0:
        return audio
    return Audio(_read(audio.samples, 1 / ratio), audio.sample_rate)


def _read(samples: Samples, speed: float) -> Samples:
    reader = Reader(speed, channels=samples.shape[0])
    return np.concatenate([reader.feed(samples), reader.finish()], axis=1)


class Reader:
    """Reads a stream `speed` times as fast, pitch and all; linear phase, aliases below -100 dB, in time."""

    def __init__(self, speed: float, *, channels: int) -> None:
        self._speed, self._channels = speed, channels
        self.reset()

    def reset(self) -> None:
        """Forget everything heard."""
        self._converter = soxr.ResampleStream(self._speed, 1.0, self._channels, dtype="float32", quality=QUALITY)

    def feed(self, block: Samples) -> Samples:
        """What is ready once `block` (channels, n) has been heard: (channels, any number)."""
        return np.asarray(self._converter.resample_chunk(np.ascontiguousarray(block.T)).T)

    def finish(self) -> Samples:
        """The rest; the reader is fresh afterwards."""
        empty = np.zeros((0, self._channels), np.float32)
        rest = np.asarray(self._converter.resample_chunk(empty, last=True).T)
        self.reset()
        return rest


class PitchShift:
    """Pitch shift for streams, -12 .. 12 semitones; `latency` is 0.2 to 0.4 s, at 0 semitones none."""

    def __init__(self, *, semitones: float = 0.0, channels: int = 2, sample_rate: int = SAMPLE_RATE) -> None:
        speed, self._channels = 2 ** (semitones / 12), channels
        self._stretcher = Stretcher(speed, channels=channels, sample_rate=sample_rate)
        self._reader = Reader(speed, channels=channels)
        self.latency = 0 if semitones == 0.0 else self._stretcher.behind + CONVERTER_LAG
        self.reset()

    def reset(self) -> None:
        self._stretcher.reset()
        self._reader.reset()
        self._ready = np.zeros((self._channels, self.latency), np.float32)

    def process(self, block: Samples) -> Samples:
        if self.latency == 0:
            return block.copy()
        ready = np.concatenate([self._ready, self._reader.feed(self._stretcher.feed(block))], axis=1)
        self._ready = ready[:, block.shape[1] :]
        return np.ascontiguousarray(ready[:, : block.shape[1]])


EFFECT = Effect(
    "pitch_shift",
    "higher or lower at the same speed",
    PitchShift,
    (Parameter("semitones", -OCTAVE, OCTAVE, 0.0, "semitones", "an octave down", "an octave up"),),
    "Průša and Holighaus, Phase vocoder done right, EUSIPCO 2017",
)
