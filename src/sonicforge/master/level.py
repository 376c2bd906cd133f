"""Level of the master: how much gain, soft clipping and limiting bring the sound to its loudness.

Everything is decided on a sketch of the sound (its loudness in 10 ms pieces and its peaks in steps of 32
samples), on which the limiter can be rehearsed in a few milliseconds at any gain.
"""

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.limiter import MARGIN
from sonicforge.effects.limiter_gain import GROUP, Ballistics, GainComputer, Steps, group_peaks, needed_reduction
from sonicforge.effects.soft_clip import clipped_peak
from sonicforge.genres.genre import Target
from sonicforge.sound.audio import Audio
from sonicforge.sound.k_weighting import piece_edges
from sonicforge.sound.loudness import Curve, gated, piece_power
from sonicforge.sound.true_peak import chosen

COARSE = 4
CLIPS_DB = (1.0, 2.0, 3.0, 4.0)
"""How far the highest transients may be shaved, tried in turn until the limiter has little enough to do."""

_GENTLE_DB = 1.5
_AIM_REDUCTION_DB = 3.0
_MOST_GAIN_DB = 60.0
_CLOSE_LU = 0.01


@dataclass(frozen=True, slots=True)
class Level:
    """Gain in dB, then soft clip (`clip_db` dBFS, inf for none), then the limiter's ceiling in dBTP."""

    gain_db: float
    clip_db: float
    ceiling_db: float


@dataclass(frozen=True)
class Sketch:
    """Weighted power of 10 ms pieces and true peaks of steps of 32 samples, both before any gain."""

    power: Curve
    peaks: Steps
    sample_rate: int

    @cached_property
    def loudness(self) -> float:
        return gated(self.power)

    @cached_property
    def transient(self) -> float:
        """Height of the transients: the peak that one step of 32 samples in a thousand exceeds."""
        return float(np.percentile(self.peaks, 99.9)) if len(self.peaks) else 0.0

    @cached_property
    def _pieces(self) -> NDArray[np.int64]:
        """First step of each 10 ms piece."""
        edges = piece_edges(0, len(self.power) - 1, self.sample_rate) // (GROUP * COARSE)
        return np.minimum(edges, max(len(self.peaks) - 1, 0))

    def rehearse(self, level: Level) -> tuple[float, Steps]:
        """Loudness in LUFS and reduction a step that `level` would give."""
        gain = 10 ** (level.gain_db / 20)
        peaks = self.peaks * np.float32(gain)
        if level.clip_db < inf:
            peaks = clipped_peak(peaks, level.clip_db)
        ceiling = 10 ** (level.ceiling_db / 20) * MARGIN
        computer = GainComputer(Ballistics(), self.sample_rate // COARSE)
        reduction = computer.whole(needed_reduction(peaks, ceiling))[:-1]
        through = (1 - reduction) ** 2
        kept = np.add.reduceat(through, self._pieces) / np.maximum(np.diff(self._pieces, append=len(through)), 1)
        return gated(self.power * kept * gain * gain), reduction


def sketch(audio: Audio) -> Sketch:
    """Listen once: one weighted pass and one search for peaks."""
    fine = group_peaks(audio.samples, chosen("display"), 0.0)
    padded = np.pad(fine, (0, -len(fine) % COARSE))
    return Sketch(piece_power(audio), padded.reshape(-1, COARSE).max(axis=1), audio.sample_rate)


def decide_level(heard: Sketch, target: Target) -> Level:
    """The gain that meets the target loudness behind clip and limiter, with the least clipping that lets the limiter
    stay gentle: 95 % of the time it should take less than 3.5 dB. Silence gets no gain."""
    if heard.loudness == -inf:
        return Level(0.0, inf, target.true_peak)
    level = _matched(heard, target, inf)
    over = 20 * np.log10(max(heard.transient, 1e-9)) + level.gain_db - target.true_peak
    if over <= _GENTLE_DB:
        return level
    for shaved in CLIPS_DB:
        clip = max(target.true_peak, target.true_peak + over - shaved)
        level = _matched(heard, target, clip)
        if p95_db(heard.rehearse(level)[1]) <= _AIM_REDUCTION_DB or clip == target.true_peak:
            break
    return level


def p95_db(reduction: Steps) -> float:
    """95th percentile of a reduction, in dB."""
    return float(-20 * np.log10(1 - np.percentile(reduction, 95))) if len(reduction) else 0.0


def _matched(heard: Sketch, target: Target, clip_db: float) -> Level:
    """Search the gain: each rehearsal says how much is missing."""
    gain = min(target.lufs - heard.loudness, _MOST_GAIN_DB)
    for _ in range(8):
        reached, _ = heard.rehearse(Level(gain, clip_db, target.true_peak))
        missing = target.lufs - reached
        if abs(missing) < _CLOSE_LU or gain + missing > _MOST_GAIN_DB:
            break
        gain += 1.3 * missing
    return Level(round(float(gain), 3), clip_db, target.true_peak)
