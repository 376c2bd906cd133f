"""Mastering: low cut -> tone -> width -> (ride) -> (glue) -> gain -> soft clip -> true-peak limiter -> clean ends."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import inf, isfinite
from typing import Any

import numpy as np

from sonicforge.effects.limiter import GainReduction, hold_ceiling, reduce_peaks, reduction_facts
from sonicforge.effects.limiter_gain import Steps
from sonicforge.effects.soft_clip import soft_clip
from sonicforge.genres.genre import Target
from sonicforge.master.ends import Ends, decide_ends, fade_ends
from sonicforge.master.level import Level, Sketch, apply_glue, corrected, decide_glue, decide_level, sketch
from sonicforge.master.ride import Ride, apply_ride, decide_ride
from sonicforge.master.tone import Tone, apply_tone, decide_tone
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.loudness import Loudness, gated, measure, piece_power
from sonicforge.sound.spectrum import Spans
from sonicforge.sound.stages import Master, Mixdown

CLOSE_LU = 0.25
_CORRECTIONS = 2
_CURVE_RATE = 20.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that is done to a mixdown, as named numbers; `carry_out` obeys it."""

    tone: Tone
    level: Level
    ends: Ends
    ride: Ride

    def to_mapping(self) -> dict[str, Any]:
        """Plain numbers for storing; `clip_db` and `glue_db` are left out where they do nothing."""
        level = {name: value for name, value in asdict(self.level).items() if isfinite(value)}
        return {**asdict(self.tone), **level, **asdict(self.ends), **asdict(self.ride)}

    @classmethod
    def from_mapping(cls, stored: Mapping[str, Any]) -> "Decision":
        """The decision that `to_mapping` stored; other entries are ignored."""
        known = {"clip_db": inf, "glue_db": inf, "ride_db": (), **stored}
        known = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
        tone, level, ends, ride = ({name: known[name] for name in part.__slots__} for part in (Tone, Level, Ends, Ride))
        return cls(Tone(**tone), Level(**level), Ends(**ends), Ride(**ride))


def decide(mixdown: Mixdown, target: Target, *, peak_spans_s: Spans = ()) -> Decision:
    """What the mixdown needs to sound and measure like `target`. `peak_spans_s` are its fullest sections (s)."""
    tone = decide_tone(mixdown.audio, target, peak_spans_s)
    return _decide_rest(Audio(apply_tone(mixdown.audio, tone), mixdown.audio.sample_rate), tone, target)[0]


def carry_out(mixdown: Mixdown, decision: Decision) -> Master:
    """The master that `decision` makes of the mixdown, measured."""
    toned = Audio(apply_tone(mixdown.audio, decision.tone), mixdown.audio.sample_rate)
    apply_ride(toned.samples, decision.ride, toned.sample_rate)
    apply_glue(toned.samples, decision.level.glue_db, toned.sample_rate)
    return _finished(*_levelled(toned, decision), decision, toned.sample_rate)


def master(mixdown: Mixdown, target: Target, *, peak_spans_s: Spans = (), in_place: bool = False) -> Master:
    """The finished sound: balance, loudness and true peak as `target` asks, ends trimmed.

    The ceiling holds on every detector of `sound.true_peak`. Loudness is met within 0.3 LU: the rehearsed gain is
    checked on the real result and corrected. Silence comes back as silence. `decision` holds what was done and
    `gain_reduction_db`, the limiter's largest reduction in each twentieth of a second; `measures` what was measured.
    `in_place` uses up the mixdown's samples, which saves a track's worth of memory.
    """
    tone = decide_tone(mixdown.audio, target, peak_spans_s)
    toned = Audio(apply_tone(mixdown.audio, tone, in_place=in_place), mixdown.audio.sample_rate)
    decision, heard = _decide_rest(toned, tone, target)
    samples, reduction = _levelled(toned, decision)
    for _ in range(_CORRECTIONS):
        reached = gated(piece_power(Audio(samples, toned.sample_rate)))
        if abs(target.lufs - reached) <= CLOSE_LU or not isfinite(reached):
            break
        decision = replace(decision, level=corrected(heard, decision.level, target.lufs, reached))
        samples, reduction = _levelled(toned, decision, samples)
    return _finished(samples, reduction, decision, toned.sample_rate)


def _decide_rest(toned: Audio, tone: Tone, target: Target) -> tuple[Decision, Sketch]:
    """Ride, level and ends; rides `toned` in place, and where the limiter would work too hard, glues it and decides
    again."""
    heard = sketch(toned)
    ride = decide_ride(heard.power, target.lra)
    apply_ride(toned.samples, ride, toned.sample_rate)
    heard = heard.ridden_by(ride)
    level = decide_level(heard, target)
    glue = decide_glue(heard, level, target)
    if isfinite(glue):
        apply_glue(toned.samples, glue, toned.sample_rate)
        heard = sketch(toned)
        level = replace(decide_level(heard, target), glue_db=glue)
    return Decision(tone, level, decide_ends(heard, level.gain_db, toned.length), ride), heard


def _levelled(toned: Audio, decision: Decision, out: Samples | None = None) -> tuple[Samples, Steps]:
    """Gain, fades, clip and the limiter's smooth pass on a trimmed copy (in `out`, if given); also the limiter's
    reduction."""
    ends, level = decision.ends, decision.level
    gain = np.float32(10 ** (level.gain_db / 20))
    samples = np.multiply(toned.samples[:, ends.start : ends.end], gain, out=out, order="C")
    fade_ends(samples, ends)
    if isfinite(level.clip_db):
        soft_clip(samples, ceiling_db=level.clip_db)
    return samples, reduce_peaks(samples, level.ceiling_db, toned.sample_rate)


def _finished(samples: Samples, reduction: Steps, decision: Decision, sample_rate: int) -> Master:
    """Make the ceiling certain, measure, and tell."""
    trim_db = hold_ceiling(samples, decision.level.ceiling_db, sample_rate)
    facts = reduction_facts(reduction, sample_rate, trim_db)
    audio = Audio(samples, sample_rate)
    told = {"gain_reduction_rate": _CURVE_RATE, "gain_reduction_db": facts.resampled(_CURVE_RATE)}
    return Master(audio, decision.to_mapping() | told, _measures(measure(audio), facts))


def _measures(measured: Loudness, reduction: GainReduction) -> dict[str, float]:
    return {
        "integrated": measured.integrated,
        "true_peak": measured.true_peak,
        "sample_peak": measured.sample_peak,
        "plr": measured.plr,
        "lra": measured.range_lu,
        "max_momentary": measured.max_momentary,
        "max_short_term": measured.max_short_term,
        "gain_reduction_p50": reduction.p50_db,
        "gain_reduction_p95": reduction.p95_db,
        "gain_reduction_max": reduction.max_db,
        "duration_s": measured.duration_s,
    }
