"""Is there hum, at what frequency and how loud? Tones at multiples of the mains that never change.

Stretches of twelve seconds are brought down to a low rate and each multiple of a candidate frequency down to 0 Hz, in
frames of half a second. A hum's frames lie on one point of the complex plane, close together wherever the notes leave
them alone; the frames of notes lie anywhere. The point is found by a Cauchy estimate (Huber, "Robust Statistics",
1981), and how close the nearest quarter of the frames lies to it tells hum from music.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import SAMPLE_RATE, Samples

MAINS_HZ = (50.0, 60.0)
_OFF = 0.012
"""How far from its nominal frequency a mains is looked for: tapes run fast or slow."""
_HARMONICS = 12
_STRETCH_S, _SHORTEST_S = 12.0, 6.0
_KEPT = 32
_RATE, _FRAME, _HOP = 2000, 1000, 500
_COARSE_HZ, _FINE_HZ, _DRIFT_HZ = 0.08, 0.0025, 0.05
_FRAMES = round((_STRETCH_S * _RATE - _FRAME) / _HOP) + 1
_TIMES = np.arange(_FRAMES) * _HOP / _RATE
_ROUNDS = 20
_SILENCE = 1e-9
_HEARD, _CLEAR = 0.35, 0.1
"""Distance of the nearest quarter of the frames over the level: hum stays below the first, held notes of music reach
0.8. One line alone must stay below the second.
"""
_LEAST_DB = -110.0

Frames = NDArray[np.complex64]
Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hum:
    """Mains hum: its frequency, the level of each harmonic in dBFS (mean square; -200 for none), their sum."""

    hz: float
    harmonics_db: tuple[float, ...]
    level_db: float


class HumFinder:
    """Listens to a whole recording, then tells. It keeps up to six minutes of it, spread evenly, at 2 kHz."""

    def __init__(self, *, channels: int = 2, sample_rate: int = SAMPLE_RATE) -> None:
        self._sample_rate, self._channels = sample_rate, channels
        self._size = round(_STRETCH_S * sample_rate)
        self._waiting: list[Samples] = []
        self._length = self._heard = 0
        self._every = 1
        self._stretches: list[Samples] = []

    def hear(self, block: Samples) -> None:
        """The next samples (channels, n) of the recording."""
        self._waiting.append(block)
        self._length += block.shape[1]
        if self._length < self._size:
            return
        sound = np.concatenate(self._waiting, axis=1)
        while sound.shape[1] >= self._size:
            self._keep(sound[:, : self._size])
            sound = sound[:, self._size :]
        self._waiting, self._length = [sound.copy()], sound.shape[1]

    def hum(self, near_hz: float | None = None) -> Hum | None:
        """The hum near 50 or 60 Hz, or near the one given; None if there is none, or under 6 s of sound."""
        stretches = list(self._stretches)
        if self._length >= _SHORTEST_S * self._sample_rate and len(stretches) < _KEPT:
            rest = np.concatenate(self._waiting, axis=1)
            stretches += [_slowed(rest, self._sample_rate)] if rest.any() else []
        if not stretches:
            return None
        frames = np.array([_framed(channel) for stretch in stretches for channel in stretch])
        found = [_hum_at(frames, self._channels, mains) for mains in (MAINS_HZ if near_hz is None else (near_hz,))]
        return max((hum for hum in found if hum is not None), key=lambda hum: hum.level_db, default=None)

    def _keep(self, stretch: Samples) -> None:
        self._heard += 1
        if self._heard % self._every or not stretch.any():
            return
        self._stretches.append(_slowed(stretch, self._sample_rate))
        if len(self._stretches) > _KEPT:
            self._stretches = self._stretches[::2]
            self._every *= 2


def _slowed(sound: Samples, sample_rate: int) -> Samples:
    """(channels, n) at 2 kHz."""
    import scipy.fft

    size = round(sound.shape[1] * _RATE / sample_rate)
    spectrum = scipy.fft.rfft(sound)[:, : size // 2 + 1]
    return np.asarray(scipy.fft.irfft(spectrum, size) * (size / sound.shape[1]), np.float32)


def _hum_at(frames: Samples, channels: int, mains: float) -> Hum | None:
    """The hum near `mains` in frames (stretches of channel after channel, _FRAMES, _FRAME)."""
    places, levels, spreads = _fit(frames, _agreed_frequency(frames, mains))
    levels, spreads = (x.reshape(-1, channels, _HARMONICS) for x in (levels, spreads))
    loudest = int(np.argmax(np.median(levels, axis=0).sum(axis=1)))
    level, spread = np.median(levels[:, loudest], axis=0), np.median(spreads[:, loudest], axis=0)
    heard = (spread < _HEARD) & (level > 10 ** (_LEAST_DB / 10))
    if np.count_nonzero(heard[:4]) < 2 and not (heard & (spread < _CLEAR))[:3].any():
        return None
    harmonics = [_db(power) if there else -200.0 for power, there in zip(level.tolist(), heard, strict=True)]
    return Hum(float(np.median(places)), tuple(harmonics), _db(float(level[heard].sum())))


def _agreed_frequency(frames: Samples, mains: float) -> float:
    """The frequency near `mains` whose harmonics keep their phases best over all stretches."""
    candidates = np.arange(mains * (1 - _OFF), mains * (1 + _OFF), _COARSE_HZ)
    offsets = np.arange(-_COARSE_HZ / 2, _COARSE_HZ / 2, _FINE_HZ)
    turns = _turns(offsets)
    scores = np.array([_togetherness(_lowered(frames, hz), turns).sum(axis=0) for hz in candidates.tolist()])
    coarse, fine = np.unravel_index(int(np.argmax(scores)), scores.shape)
    return float(candidates[coarse] + offsets[fine])


def _fit(frames: Samples, hz: float) -> tuple[Real, Real, Real]:
    """For every stretch its frequency near `hz`, and of each harmonic the mean square and the relative distance."""
    values = _lowered(frames, hz)
    offsets = np.arange(-_DRIFT_HZ, _DRIFT_HZ + _FINE_HZ / 2, _FINE_HZ)
    places, levels, spreads = [], [], []
    for scores, stretch, sounding in zip(
        _togetherness(values, _turns(offsets)), values, _sounding(frames), strict=True
    ):
        best = int(np.clip(np.argmax(scores), 1, len(scores) - 2))
        low, middle, high = scores[best - 1 : best + 2]
        bend = low - 2 * middle + high
        off = offsets[best] + (_FINE_HZ * 0.5 * float(np.clip((low - high) / bend, -1, 1)) if bend < 0 else 0.0)
        still = stretch * _turns(np.array([off]))[:, 0].T
        centre, spread = _centre(still[sounding])
        places.append(hz + off)
        levels.append(np.abs(centre) ** 2 / 2)
        spreads.append(spread)
    return np.array(places), np.array(levels), np.array(spreads)


def _framed(stretch: Samples) -> Samples:
    """Windowed frames (_FRAMES, _FRAME) of a stretch (n,), in which a tone of amplitude 1 reads 1."""
    padded = np.zeros(round(_STRETCH_S * _RATE), np.float32)
    padded[: len(stretch)] = stretch[: len(padded)]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / _FRAME)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    return np.asarray(frames * (window / window.sum() * 2), np.float32)


def _sounding(frames: Samples) -> NDArray[np.bool_]:
    """Which frames are not digital silence; a frame that is in part says nothing either."""
    return np.asarray((np.abs(frames) > _SILENCE).mean(axis=2) > 0.5)


def _lowered(frames: Samples, hz: float) -> Frames:
    """(stretches, _FRAMES, harmonics): amplitude and phase of each harmonic of `hz`."""
    turn = 2 * np.pi * hz * np.arange(1, _HARMONICS + 1)
    angle = np.outer(np.arange(_FRAME) / _RATE, turn)
    waves = np.concatenate([np.cos(angle), -np.sin(angle)], axis=1).astype(np.float32)
    parts = frames @ waves
    values = parts[..., :_HARMONICS] + 1j * parts[..., _HARMONICS:]
    return np.asarray(values * np.exp(-1j * np.outer(_TIMES, turn)), np.complex64)


def _turns(offsets: Real) -> Frames:
    """(harmonics, offsets, _FRAMES): what undoes an error of the frequency."""
    angle = 2 * np.pi * np.arange(1, _HARMONICS + 1)[:, None, None] * offsets[:, None] * _TIMES
    return np.asarray(np.exp(-1j * angle), np.complex64)


def _togetherness(values: Frames, turns: Frames) -> Real:
    """(stretches, offsets): sum over the harmonics, each 0 to 1. Loud frames count no more than usual ones."""
    size = np.abs(values)
    even = values / np.maximum(size, np.median(size, axis=1, keepdims=True) + 1e-12)
    score = np.zeros((len(values), turns.shape[1]))
    for k in range(_HARMONICS):
        score += np.abs(even[:, :, k] @ turns[k].T / values.shape[1]) ** 2
    return score


def _centre(values: Frames) -> tuple[NDArray[np.complex128], Real]:
    """Cauchy centre of every column of (n, harmonics), and the distance of its nearest quarter over its magnitude."""
    if len(values) < 8:
        return np.zeros(_HARMONICS, np.complex128), np.full(_HARMONICS, np.inf)
    wide = values.astype(np.complex128)
    centre = np.asarray(np.median(wide.real, axis=0) + 1j * np.median(wide.imag, axis=0))
    scale = np.zeros(_HARMONICS)
    for _ in range(_ROUNDS):
        distance = np.abs(wide - centre) ** 2
        scale = np.partition(distance, len(wide) // 4, axis=0)[len(wide) // 4] + 1e-24
        weights = scale / (scale + distance)
        centre = np.asarray((weights * wide).sum(axis=0) / weights.sum(axis=0))
    return centre, np.sqrt(scale) / (np.abs(centre) + 1e-12)


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-20)))
