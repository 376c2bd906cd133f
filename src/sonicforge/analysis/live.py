"""Live analyser: spectrum, levels, correlation, onsets and tempo of a stream while it plays, at a cost per block.

What it holds does not grow, and one block costs the same at any hour. Blocks may have any length; a picture is drawn
from `snapshot` as often as one likes.
"""

from collections import deque
from dataclasses import dataclass
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.frames import Frames, magnitudes
from sonicforge.analysis.mel import mel_bands
from sonicforge.analysis.onsets import GROUPS, peaked
from sonicforge.analysis.periodicity import LAGS, autocorrelations
from sonicforge.analysis.tempo import tempo_of
from sonicforge.sound.audio import Samples
from sonicforge.sound.spectrum import THIRDS_HZ

Floats = NDArray[np.float64]

HISTORY_S = 24.0
"""Seconds from which the tempo is read."""

_FALL_S = 0.3
_METER_S = 0.4
_TEMPO_EVERY_S = 2.0
_ONSET_MEANS = 2.5
_ONSET_APART_S = 0.08
_FLOOR_DB = -100.0
_FRAMES_HZ = 100.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the stream at `time_s`.

    `bands_db` are thirds of an octave from 25 Hz to 20 kHz (30 values, sine full scale 0 dB, falling as meters do),
    `peak_db` and `rms_db` of the last 300 ms per channel, `correlation` of the first two channels over 400 ms (1 for
    mono), `onset` whether something began since the last snapshot, `bpm` 0 until six seconds were heard.
    """

    time_s: float
    bands_db: Floats
    peak_db: tuple[float, ...]
    rms_db: tuple[float, ...]
    correlation: float
    onset: bool
    bpm: float
    confidence: float


class LiveAnalyser:
    """`process` blocks (channels, n) as they pass, read `snapshot` when something is to be shown."""

    def __init__(self, sample_rate: int, channels: int = 2) -> None:
        self.sample_rate, self.channels = sample_rate, channels
        self._size = 1 << max(6, round(np.log2(0.0427 * sample_rate)))
        self._hop = max(1, round(sample_rate / _FRAMES_HZ))
        self._thirds = _third_matrix(sample_rate, self._size)
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._frames = Frames(self._size, self._hop)
        self._heard = 0
        self._bands = np.zeros(len(THIRDS_HZ))
        self._before: deque[Samples] = deque(maxlen=2)
        self._flux = np.zeros((len(GROUPS) + 1, round(HISTORY_S * _FRAMES_HZ)))
        self._filled = self._since_tempo = 0
        self._calm = 0
        self._onset = False
        self._bpm = self._confidence = 0.0
        self._peak, self._power = np.zeros(self.channels), np.zeros(self.channels)
        self._cross = np.zeros(3)
        self._level = 1e-6

    def process(self, block: Samples) -> None:
        """Hear the next samples; what is no number counts as silence."""
        if not block.shape[1]:
            return
        sound = block if np.isfinite(block).all() else np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        self._heard += block.shape[1]
        self._meter(sound)
        for frame in self._frames.push(sound.mean(axis=0, dtype=np.float32)):
            self._hear(magnitudes(frame[None])[0])

    @property
    def snapshot(self) -> Snapshot:
        """What there is to show now; asking forgets the onset."""
        onset, self._onset = self._onset, False
        scale = float(np.sqrt(self._cross[1] * self._cross[2]))
        return Snapshot(
            time_s=self._heard / self.sample_rate,
            bands_db=np.maximum(10 * np.log10(np.maximum(self._bands, 1e-12)), _FLOOR_DB),
            peak_db=tuple(_db(float(peak)) for peak in self._peak),
            rms_db=tuple(_db(float(np.sqrt(power))) for power in self._power),
            correlation=float(np.clip(self._cross[0] / scale, -1, 1)) if scale > 1e-12 else 1.0,
            onset=onset,
            bpm=self._bpm,
            confidence=self._confidence,
        )

    def _meter(self, sound: Samples) -> None:
        """Levels fall by 1/e in 300 ms; sums of products by 1/e in 400 ms."""
        seconds = sound.shape[1] / self.sample_rate
        fall, slow = np.exp(-seconds / _FALL_S), np.exp(-seconds / _METER_S)
        wide = sound.astype(np.float64)
        self._peak = np.maximum(np.abs(wide).max(axis=1), self._peak * fall)
        self._power = self._power * fall + np.mean(wide**2, axis=1) * (1 - fall)
        left, right = wide[0], wide[min(1, len(wide) - 1)]
        new = np.array([left @ right, left @ left, right @ right]) / sound.shape[1]
        self._cross = self._cross * slow + new * (1 - slow)

    def _hear(self, spectrum: Samples) -> None:
        fall = np.exp(-self._hop / self.sample_rate / _FALL_S)
        self._bands = np.maximum(self._thirds @ np.square(spectrum, dtype=np.float64), self._bands * fall)
        bands = mel_bands(spectrum[None], self.sample_rate)[0]
        self._level = max(float(bands.mean()), self._level * 0.9995, 1e-6)
        levels = np.log1p(bands * (2.5 / self._level))
        grown = np.maximum(levels - self._before[0], 0) if len(self._before) == 2 else np.zeros_like(levels)
        self._before.append(levels)
        row = np.array([grown[first:last].mean() for first, last in GROUPS] + [grown.mean()])
        self._flux[:, :-1] = self._flux[:, 1:]
        self._flux[:, -1] = row
        self._filled = min(self._filled + 1, self._flux.shape[1])
        self._watch(row[-1])
        self._since_tempo += 1
        if self._since_tempo >= _TEMPO_EVERY_S * _FRAMES_HZ and self._filled >= LAGS // 2:
            self._since_tempo = 0
            self._guess()

    def _watch(self, growth: float) -> None:
        """An onset stands out of the last second, and keeps others away for a moment."""
        self._calm += 1
        usual = float(self._flux[-1, -100:].mean())
        if growth > _ONSET_MEANS * usual and growth > 0.02 and self._calm > _ONSET_APART_S * _FRAMES_HZ:
            self._onset, self._calm = True, 0

    def _guess(self) -> None:
        """The tempo of the last 24 s, by the same model as for whole recordings."""
        curves = np.array([peaked(curve) for curve in self._flux[:, -self._filled :]])
        found = tempo_of(autocorrelations(curves)[:1])
        self._bpm, self._confidence = found.bpm, found.confidence


def _third_matrix(sample_rate: int, size: int) -> Floats:
    """Sums squared magnitudes of bins into thirds of an octave, (30, bins); a sine reads its own height.

    A band narrower than a bin takes its share of the bin it lies in.
    """
    spacing = sample_rate / size
    low = (np.arange(size // 2 + 1) - 0.5) * spacing
    half = 2 ** (1 / 6)
    shares = [
        np.clip((np.minimum(low + spacing, hz * half) - np.maximum(low, hz / half)) / spacing, 0, 1) for hz in THIRDS_HZ
    ]
    # A Hann window spreads a sine over three bins with 1.5 times its power.
    return np.array(shares) / 1.5


def _db(value: float) -> float:
    return 20 * log10(value) if value > 0 else -inf
