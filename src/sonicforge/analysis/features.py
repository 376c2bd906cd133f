"""What every analysis starts from: mel bands a hundred times a second, pitches and spectral shape ten times a second.

One pass over a stream of any rate: channel mean -> 24 kHz -> short frames (43 ms) for rhythm and timbre, long frames
(341 ms) for pitch. An hour of sound leaves 42 MB behind.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from sonicforge.analysis.frames import Frames, Row, magnitudes
from sonicforge.analysis.mel import LOG_FLOOR, mel_bands
from sonicforge.analysis.pitches import salience
from sonicforge.sound.audio import Audio, Samples

RATE = 24_000
"""Sample rate in Hz at which features are heard."""
BANDS = 40
FAST, FAST_HOP = 1024, 240
SLOW, SLOW_HOP = 8192, 2400
FAST_HZ, SLOW_HZ = RATE / FAST_HOP, RATE / SLOW_HOP
"""Frames a second."""
SHAPE = ("centroid_hz", "spread_hz", "rolloff_hz", "flatness", "level")
"""Columns of `Features.shape`."""

_BATCH = 128
_ROLLOFF = 0.85
_MOST = 1e6


@dataclass(frozen=True, slots=True)
class Features:
    """Measured features; frame i is centred on i / `FAST_HZ` or i / `SLOW_HZ` seconds.

    `mel` (fast frames, 40) natural logarithm of the mean magnitude in mel bands from 30 Hz to 11 kHz, where a
    full-scale sine reads about 0; half precision. `pitches` (slow frames, 216) salience as in `pitches.salience`.
    `shape` (slow frames, 5): centroid, spread and 85 % roll-off in Hz (0 in silence), flatness 0 tone .. 1 noise, and
    the mean magnitude.
    """

    mel: NDArray[np.float16]
    pitches: Samples
    shape: Samples
    duration_s: float


class FeatureStream:
    """Hears blocks (channels, n) at any rate; `finish` gives the features of all of them."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._converter: soxr.ResampleStream | None = None
        if sample_rate != RATE:
            self._converter = soxr.ResampleStream(sample_rate, RATE, 1, dtype="float32", quality="MQ")
        self._fast, self._slow = Frames(FAST, FAST_HOP), Frames(SLOW, SLOW_HOP)
        self._mel: list[NDArray[np.float16]] = []
        self._pitches: list[Samples] = []
        self._shape: list[Samples] = []
        self._heard = 0

    def process(self, block: Samples) -> None:
        """Hear the next samples. What is not a number counts as silence."""
        if not block.shape[1]:
            return
        self._heard += block.shape[1]
        row = block.mean(axis=0, dtype=np.float32) if len(block) > 1 else block[0]
        if not np.abs(row).max() <= _MOST:
            row = np.clip(np.nan_to_num(row, nan=0.0), -_MOST, _MOST)
        self._listen(row if self._converter is None else self._converter.resample_chunk(row))

    def finish(self) -> Features:
        """The features of everything heard; no frames at all if nothing was."""
        if self._converter is not None and self._heard:
            self._listen(self._converter.resample_chunk(np.zeros(0, np.float32), last=True))
        self._hear_fast(self._fast.finish())
        self._hear_slow(self._slow.finish())
        return Features(
            mel=_joined(self._mel, BANDS, np.float16),
            pitches=_joined(self._pitches, 216, np.float32),
            shape=_joined(self._shape, len(SHAPE), np.float32),
            duration_s=self._heard / self.sample_rate,
        )

    def _listen(self, row: Row) -> None:
        self._hear_fast(self._fast.push(row))
        self._hear_slow(self._slow.push(row))

    def _hear_fast(self, frames: Samples) -> None:
        for first in range(0, len(frames), _BATCH):
            bands = mel_bands(magnitudes(frames[first : first + _BATCH]), RATE, BANDS)
            self._mel.append(np.log(bands + np.float32(LOG_FLOOR)).astype(np.float16))

    def _hear_slow(self, frames: Samples) -> None:
        for first in range(0, len(frames), _BATCH // 4):
            spectra = magnitudes(frames[first : first + _BATCH // 4])
            self._pitches.append(salience(spectra, RATE))
            self._shape.append(spectral_shape(spectra, RATE))


def features(audio: Audio) -> Features:
    """Features of a whole sound."""
    stream = FeatureStream(audio.sample_rate)
    for first in range(0, audio.length, 1 << 18):
        stream.process(audio.samples[:, first : first + (1 << 18)])
    return stream.finish()


def spectral_shape(magnitude: Samples, sample_rate: int) -> Samples:
    """`SHAPE` of magnitude spectra (frames, bins), (frames, 5); silence is all zeros."""
    hz = (np.arange(magnitude.shape[1]) * (sample_rate / 2 / (magnitude.shape[1] - 1))).astype(np.float32)
    total = magnitude.sum(axis=1)
    safe = np.maximum(total, 1e-9)
    centroid = magnitude @ hz / safe
    spread = np.sqrt(np.maximum(magnitude @ (hz * hz) / safe - centroid**2, 0))
    reached = np.cumsum(magnitude, axis=1) >= _ROLLOFF * total[:, None]
    rolloff = hz[np.argmax(reached, axis=1)]
    power = np.square(magnitude[:, 1:]) + np.float32(1e-14)
    flatness = np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1)
    shape = np.stack([centroid, spread, rolloff, flatness, total / magnitude.shape[1]], axis=1)
    shape[total < 1e-6 * magnitude.shape[1]] = 0
    return np.asarray(shape, np.float32)


def _joined(parts: list[Any], width: int, kind: type[np.floating]) -> NDArray[Any]:
    """All parts as one; the list is emptied, for hours of parts take room."""
    whole = np.concatenate(parts) if parts else np.zeros((0, width), kind)
    parts.clear()
    return whole
