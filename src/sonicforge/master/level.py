"""Level of the master: how much gain, soft clipping and limiting bring the sound to its loudness.

Everything is decided on a sketch of the sound (its loudness in 10 ms pieces and its peaks in steps of 64
samples), on which the limiter can be rehearsed in a few milliseconds at any gain.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.compressor import Compressor
from sonicforge.effects.limiter import MARGIN
from sonicforge.effects.limiter_gain import DEFAULT, GROUP, GainComputer, Steps, group_peaks, needed_reduction
from sonicforge.effects.soft_clip import clipped_peak
from sonicforge.genres.genre import Target
from sonicforge.master.ride import STEP_S, Ride, ridden
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.k_weighting import PIECES_PER_SECOND, piece_edges
from sonicforge.sound.loudness import Curve, gated, loudness_range, piece_power
from sonicforge.sound.true_peak import chosen, sample_peak

COARSE = 8
"""Groups of 8 samples a step of the sketch."""

MOST_REDUCTION_DB = 3.5
CLIPS_DB = (1.0, 2.0, 3.0, 4.5, 6.0, 7.5, 9.0, 10.5)
"""How far the highest transients may be shaved; the least is taken that leaves the limiter little enough to do."""

GLUE_RATIO = 3.0
MOST_GLUE_DB = 12.0
MOST_SHAVED_DB = 6.0

_DENSE_PLR_DB = 12.0
_GENTLE_DB = 1.5
_AIM_REDUCTION_DB = 3.0
_MOST_GAIN_DB = 60.0
_CLOSE_LU = 0.02
_NEVER_LIMITED = 0.1


@dataclass(frozen=True, slots=True)
class Level:
    """Compressor threshold (`glue_db` dBFS, inf for none), gain in dB, soft clip (`clip_db` dBFS, inf for none),
    then the limiter's ceiling in dBTP."""

    gain_db: float
    clip_db: float
    ceiling_db: float
    glue_db: float = inf


@dataclass(frozen=True)
class Sketch:
    """Weighted power of 10 ms pieces and true peaks of steps of 64 samples, both before any gain."""

    power: Curve
    peaks: Steps
    sample_rate: int

    @cached_property
    def loudness(self) -> float:
        return gated(self.power)

    @cached_property
    def transient(self) -> float:
        """Height of the transients: the peak that one step of 64 samples in a thousand exceeds."""
        return float(np.percentile(self.peaks, 99.9)) if len(self.peaks) else 0.0

    @cached_property
    def _pieces(self) -> NDArray[np.int64]:
        """First step of each 10 ms piece."""
        edges = piece_edges(0, len(self.power) - 1, self.sample_rate) // (GROUP * COARSE)
        return np.minimum(edges, max(len(self.peaks) - 1, 0))

    def rehearse(self, level: Level) -> tuple[float, Steps]:
        """Loudness in LUFS and reduction a step that `level` would give."""
        gain = 10 ** (level.gain_db / 20)
        loud = self.peaks * np.float32(gain)
        peaks = clipped_peak(loud, level.clip_db) if level.clip_db < inf else loud
        ceiling = 10 ** (level.ceiling_db / 20) * MARGIN
        computer = GainComputer(DEFAULT, self.sample_rate // COARSE)
        reduction = computer.whole(needed_reduction(peaks, ceiling))[:-1]
        through = (1 - reduction) ** 2
        if level.clip_db < inf:
            # The clipper takes only the tops of the waves: about half, in dB, of what it takes from the peak.
            through *= peaks / np.maximum(loud, np.float32(1e-9))
        kept = np.add.reduceat(through, self._pieces) / np.maximum(np.diff(self._pieces, append=len(through)), 1)
        return gated(self.power * kept * gain * gain), reduction

    def ridden_by(self, decision: Ride) -> "Sketch":
        """The sketch after a ride of the level."""
        if not decision.ride_db:
            return self
        per_step = self.sample_rate * STEP_S
        peaks = ridden(decision, (np.arange(len(self.peaks)) + 0.5) * (GROUP * COARSE / per_step))
        power = ridden(decision, (np.arange(len(self.power)) + 0.5) / (PIECES_PER_SECOND * STEP_S))
        return Sketch(self.power * power**2, (self.peaks * peaks).astype(np.float32), self.sample_rate)


def sketch(audio: Audio) -> Sketch:
    """Listen once: one weighted pass and one search for peaks."""
    fine = group_peaks(audio.samples, chosen("display"), _NEVER_LIMITED * sample_peak(audio))
    padded = np.pad(fine, (0, -len(fine) % COARSE))
    return Sketch(piece_power(audio), padded.reshape(-1, COARSE).max(axis=1), audio.sample_rate)


def decide_level(heard: Sketch, target: Target) -> Level:
    """The gain that meets the target loudness behind clip and limiter, with the least clipping that lets the limiter
    stay gentle: 95 % of the time it should take less than 3.5 dB. Silence gets no gain."""
    if heard.loudness == -inf:
        return Level(0.0, inf, target.true_peak)
    level, _ = _matched(heard, Level(target.lufs - heard.loudness, inf, target.true_peak), target.lufs)
    over = _over_db(heard, level)
    if over <= _GENTLE_DB:
        return level
    clips = _clips(over, level.ceiling_db)
    first, last = 0, len(clips) - 1
    while first <= last:
        middle = (first + last) // 2
        tried, reduction = _matched(heard, replace(level, clip_db=clips[middle]), target.lufs)
        if p95_db(reduction) <= _AIM_REDUCTION_DB or middle == len(clips) - 1:
            level, last = tried, middle - 1
        else:
            first = middle + 1
    return level


def _clips(over_db: float, ceiling_db: float) -> list[float]:
    """Clip ceilings to choose from, gentlest first.

    What passes the clipper is at most what the limiter may take: clipping harder would only add distortion.
    """
    clips = [round(ceiling_db + max(_AIM_REDUCTION_DB, over_db - shaved), 2) for shaved in CLIPS_DB]
    return sorted(set(clips), reverse=True)


def corrected(heard: Sketch, level: Level, wanted_lufs: float, reached_lufs: float) -> Level:
    """`level` with its gain moved, after the real result was found to differ from the rehearsed one."""
    error = reached_lufs - heard.rehearse(level)[0]
    return _matched(heard, level, wanted_lufs - error)[0]


def decide_glue(heard: Sketch, level: Level, target: Target) -> float:
    """Threshold (dBFS, before the gain) of a compressor for material that would need to lose more than 6 dB of its
    transients to the clipper or more than 3.5 dB to the limiter, or that is meant dense and varies too much in
    loudness; inf for all other."""
    shaved = _over_db(heard, level) + level.ceiling_db - level.clip_db
    reduction, spread = p95_db(heard.rehearse(level)[1]), loudness_range(heard.power)
    too_much = max(0.0, shaved - MOST_SHAVED_DB) + max(0.0, reduction - MOST_REDUCTION_DB)
    if target.plr[1] <= _DENSE_PLR_DB:
        too_much += max(0.0, spread - target.lra[1]) / 2
    if too_much == 0:
        return inf
    # The gain that follows brings back about half of what the glue takes from the peaks.
    wanted = min(2 * too_much + 1, MOST_GLUE_DB)
    return round(20 * log10(heard.transient) - wanted / (1 - 1 / GLUE_RATIO), 2)


def apply_glue(samples: Samples, threshold_db: float, sample_rate: int) -> None:
    """Compress contiguous samples in place, channels linked; nothing happens at inf."""
    if threshold_db < inf:
        glue = Compressor(
            threshold_db=threshold_db,
            ratio=GLUE_RATIO,
            attack_ms=3.0,
            release_ms=0.0,
            knee_db=6.0,
            sample_rate=sample_rate,
        )
        glue.run(samples, 0, samples.shape[1])


def p95_db(reduction: Steps) -> float:
    """95th percentile of a reduction, in dB."""
    return -20 * log10(1 - float(np.percentile(reduction, 95))) if len(reduction) else 0.0


def _over_db(heard: Sketch, level: Level) -> float:
    """How far the transients rise above the ceiling when only the gain is applied."""
    return 20 * log10(max(heard.transient, 1e-9)) + level.gain_db - level.ceiling_db


def _matched(heard: Sketch, level: Level, wanted_lufs: float) -> tuple[Level, Steps]:
    """`level` with the gain that reaches the loudness in rehearsal, and its reduction.

    Each rehearsal says how much is missing; the harder the limiter works, the less a decibel of gain brings, so
    the next step follows the slope seen so far (secant).
    """
    gain, slope, before = min(level.gain_db, _MOST_GAIN_DB), 1.0, (0.0, inf)
    for _ in range(8):
        reached, reduction = heard.rehearse(replace(level, gain_db=gain))
        missing = wanted_lufs - reached
        if abs(missing) < _CLOSE_LU or (gain >= _MOST_GAIN_DB and missing > 0):
            break
        if before[1] < inf and gain != before[0]:
            slope = min(max((before[1] - missing) / (gain - before[0]), 0.15), 1.0)
        before = gain, missing
        gain = min(gain + missing / slope, _MOST_GAIN_DB)
    return replace(level, gain_db=round(gain, 3)), reduction
