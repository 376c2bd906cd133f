"""Loudness as in ITU-R BS.1770-5 and EBU R 128 (Tech 3341, 3342): how loud sound is to a listener."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Audio
from sonicforge.sound.k_weighting import PIECES_PER_SECOND, piece_edges, weigh
from sonicforge.sound.true_peak import sample_peak_db, true_peak_db

Curve = NDArray[np.float64]

FLOOR_LUFS = -120.0
"""Curves show silence as this finite value so that they can be averaged and drawn."""

_ABSOLUTE_GATE = -70.0
_MOMENTARY, _SHORT_TERM = 40, 300
_STEP = 10
_SURROUND = 1.41
_WEIGHTS = {4: (1, 1, _SURROUND, _SURROUND), 5: (1, 1, 1, _SURROUND, _SURROUND), 6: (1, 1, 1, 0, _SURROUND, _SURROUND)}


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a loudness meter shows of a whole signal: LUFS, LU, dBTP and dBFS; -inf is silence.

    `too_short` (under 400 ms): `integrated` is then the plain ungated level, which no standard defines.
    `range_lu` settles only after a minute of sound.
    """

    integrated: float
    max_momentary: float
    max_short_term: float
    range_lu: float
    true_peak: float
    sample_peak: float
    duration_s: float
    too_short: bool

    def to_json(self) -> dict[str, float | bool | None]:
        """Every figure, rounded to 0.01; null where silence has no number."""
        figures = {name: getattr(self, name) for name in self.__slots__}
        rounded = {name: round(value, 2) if isfinite(value) else None for name, value in figures.items()}
        return rounded | {"plr": round(self.plr, 2), "too_short": self.too_short}

    @property
    def plr(self) -> float:
        """Peak to loudness ratio in dB: true peak above integrated loudness; 0 for silence."""
        return self.true_peak - self.integrated if self.integrated > -inf else 0.0


def measure(audio: Audio) -> Loudness:
    """Everything a meter shows, from one weighted pass and one search for the true peak.

    Surround is weighted for 5.0 and 5.1 in WAV order (the LFE does not count); other layouts count equally.
    Samples that are not finite count as silence.
    """
    with ThreadPoolExecutor(1) as other:
        power = other.submit(piece_power, audio)
        peaks = true_peak_db(audio), sample_peak_db(audio)
        return summary(power.result(), audio.duration_s, *peaks)


def summary(power: Curve, duration_s: float, true_peak: float, sample_peak: float) -> Loudness:
    """The meter's figures from weighted 10 ms powers (as from `piece_power`) and peaks found elsewhere."""
    too_short = duration_s < 0.4
    return Loudness(
        integrated=_lufs(float(power.mean()) if len(power) else 0.0) if too_short else gated(power),
        max_momentary=_loudest(power, _MOMENTARY, 1),
        max_short_term=_loudest(power, _SHORT_TERM, _STEP),
        range_lu=loudness_range(power),
        true_peak=true_peak,
        sample_peak=sample_peak,
        duration_s=duration_s,
        too_short=too_short,
    )


def integrated(audio: Audio) -> float:
    """Integrated loudness in LUFS with both gates of BS.1770; ungated under 400 ms; -inf for silence."""
    power = piece_power(audio)
    if audio.duration_s < 0.4:
        return _lufs(float(power.mean()) if len(power) else 0.0)
    return gated(power)


def momentary_curve(audio: Audio, hop_s: float = 0.1) -> Curve:
    """Loudness of the 400 ms before each multiple of `hop_s` (10 ms grid), LUFS; sound begins in silence."""
    return _curve(piece_power(audio), _MOMENTARY, hop_s)


def short_term_curve(audio: Audio, hop_s: float = 0.1) -> Curve:
    """Loudness of the 3 s before each multiple of `hop_s` (10 ms grid), LUFS; sound begins in silence.

    Entry i belongs to the time (i + 1) * hop_s; silence reads `FLOOR_LUFS`.
    """
    return _curve(piece_power(audio), _SHORT_TERM, hop_s)


def k_weighted_energy(audio: Audio, hop_s: float = 0.01) -> Curve:
    """Mean K-weighted power, channels weighted and summed, in pieces of `hop_s` (a multiple of 10 ms).

    -0.691 + 10 log10 of a mean of entries is the loudness of that stretch.
    """
    power = piece_power(audio)
    size = max(1, round(hop_s * PIECES_PER_SECOND))
    return power[: len(power) // size * size].reshape(-1, size).mean(axis=1)


def power_to_lufs(power: NDArray[np.float64] | float) -> Curve:
    """Loudness of mean weighted power, floored at `FLOOR_LUFS`."""
    floor = 10 ** ((FLOOR_LUFS + 0.691) / 10)
    return -0.691 + 10 * np.log10(np.maximum(power, floor))


def channel_weights(channels: int) -> tuple[float, ...]:
    """BS.1770 weights for channels in WAV order: 4.0, 5.0 and 5.1 known, everything else 1."""
    return _WEIGHTS.get(channels, (1.0,) * channels)


def piece_power(audio: Audio) -> Curve:
    """Weighted mean power of each whole 10 ms, all channels; a signal under 10 ms is one piece."""
    pieces = audio.length * PIECES_PER_SECOND // audio.sample_rate
    if pieces == 0 and audio.length > 0:
        edges = np.array([0, audio.length], np.int64)
    else:
        edges = piece_edges(0, pieces, audio.sample_rate)
    energy = weigh(audio.samples, audio.sample_rate, np.zeros((audio.channels, 4)), edges)
    return weighted_power(energy, edges)


def weighted_power(energy: Curve, edges: NDArray[np.int64]) -> Curve:
    """Channel energies (channels, pieces) as one weighted mean power a piece."""
    return np.asarray(channel_weights(len(energy)), np.float64) @ energy / np.diff(edges)


def gated(power: Curve) -> float:
    """Integrated loudness of 10 ms powers: 400 ms blocks every 100 ms, absolute then relative gate."""
    blocks = _windows(power, _MOMENTARY)[::_STEP]
    loud = blocks[blocks > _power(_ABSOLUTE_GATE)]
    if not len(loud):
        return -inf
    return _lufs(float(loud[loud > loud.mean() / 10].mean()))


def loudness_range(power: Curve) -> float:
    """LRA in LU (Tech 3342): spread from the 10th to the 95th percentile of gated 3 s loudness; 0 if too short."""
    windows = _windows(power, _SHORT_TERM)[::_STEP]
    loud = windows[windows > _power(_ABSOLUTE_GATE)]
    if not len(loud):
        return 0.0
    kept = np.sort(loud[loud >= loud.mean() / 100])
    low, high = (kept[round((len(kept) - 1) * share)] for share in (0.10, 0.95))
    return 10 * log10(high / low)


def _windows(power: Curve, size: int) -> Curve:
    """Mean power of every whole window of `size` pieces."""
    if len(power) < size:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(power)])
    return np.maximum(total[size:] - total[:-size], 0.0) / size


def _loudest(power: Curve, size: int, step: int) -> float:
    """Loudness of the loudest window as a live meter shows it, silence before and after counted in."""
    padded = np.concatenate([power, np.zeros(max(0, size - len(power)))])
    return _lufs(float(_windows(padded, size)[::step].max()))


def _curve(power: Curve, size: int, hop_s: float) -> Curve:
    hop = max(1, round(hop_s * PIECES_PER_SECOND))
    windows = _windows(np.concatenate([np.zeros(size - 1), power]), size)
    return power_to_lufs(windows[hop - 1 :: hop])


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _lufs(power: float) -> float:
    return -0.691 + 10 * log10(power) if power > 1e-20 else -inf
