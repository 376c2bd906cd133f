"""Mastering: low cut -> tone -> width -> gain -> soft clip -> true-peak limiter -> clean ends."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import inf, isfinite
from typing import Any

import numpy as np

from sonicforge.effects.limiter import GainReduction, limit_in_place
from sonicforge.effects.soft_clip import soft_clip
from sonicforge.genres.genre import Target
from sonicforge.master.ends import Ends, decide_ends, fade_ends
from sonicforge.master.level import Level, decide_level, sketch
from sonicforge.master.tone import Tone, apply_tone, decide_tone
from sonicforge.sound.audio import Audio
from sonicforge.sound.loudness import Curve, Loudness, gated, piece_power, summary
from sonicforge.sound.spectrum import Spans
from sonicforge.sound.stages import Master, Mixdown
from sonicforge.sound.true_peak import sample_peak_db, true_peak_db

CLOSE_LU = 0.1
_ROUNDS = 3
_CURVE_RATE = 20.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that is done to a mixdown, as named numbers; `carry_out` obeys it."""

    tone: Tone
    level: Level
    ends: Ends

    def to_mapping(self) -> dict[str, Any]:
        """Plain numbers for storing; `clip_db` is left out where nothing is clipped."""
        level = {name: value for name, value in asdict(self.level).items() if isfinite(value)}
        return {**asdict(self.tone), **level, **asdict(self.ends)}

    @classmethod
    def from_mapping(cls, stored: Mapping[str, Any]) -> "Decision":
        """The decision that `to_mapping` stored; other entries are ignored."""
        known = {"clip_db": inf, **stored}
        tone, level, ends = (
            {name: known[name] for name in part.__slots__} for part in (Tone, Level, Ends)
        )
        tone = {name: tuple(value) if isinstance(value, list) else value for name, value in tone.items()}
        return cls(Tone(**tone), Level(**level), Ends(**ends))


def decide(mixdown: Mixdown, target: Target, *, peak_spans_s: Spans = ()) -> Decision:
    """What the mixdown needs to sound and measure like `target`. `peak_spans_s` are its fullest sections (s)."""
    tone = decide_tone(mixdown.audio, target, peak_spans_s)
    return _decide_rest(Audio(apply_tone(mixdown.audio, tone), mixdown.audio.sample_rate), tone, target)


def carry_out(mixdown: Mixdown, decision: Decision) -> Master:
    """The master that `decision` makes of the mixdown, measured."""
    toned = Audio(apply_tone(mixdown.audio, decision.tone), mixdown.audio.sample_rate)
    audio, reduction = _levelled(toned, decision)
    return _finished(audio, reduction, decision, piece_power(audio))


def master(mixdown: Mixdown, target: Target, *, peak_spans_s: Spans = ()) -> Master:
    """The finished sound: balance, loudness and true peak as `target` asks, ends trimmed.

    The ceiling holds on every detector of `sound.true_peak`. Loudness is met within 0.1 LU: the rehearsed gain is
    checked on the real result and corrected. Silence comes back as silence. `decision` holds what was done and
    `gain_reduction_db`, the limiter's largest reduction in each twentieth of a second; `measures` what was measured.
    """
    tone = decide_tone(mixdown.audio, target, peak_spans_s)
    toned = Audio(apply_tone(mixdown.audio, tone), mixdown.audio.sample_rate)
    decision = _decide_rest(toned, tone, target)
    for _ in range(_ROUNDS):
        audio, reduction = _levelled(toned, decision)
        power = piece_power(audio)
        missing = target.lufs - gated(power)
        if abs(missing) <= CLOSE_LU or not isfinite(missing):
            break
        decision = _corrected(decision, missing)
    return _finished(audio, reduction, decision, power)


def _decide_rest(toned: Audio, tone: Tone, target: Target) -> Decision:
    heard = sketch(toned)
    level = decide_level(heard, target)
    return Decision(tone, level, decide_ends(heard, level.gain_db, toned.length))


def _levelled(toned: Audio, decision: Decision) -> tuple[Audio, GainReduction]:
    """Gain, fades, clip and limiter on a trimmed copy."""
    ends, level = decision.ends, decision.level
    samples = np.multiply(toned.samples[:, ends.start : ends.end], np.float32(10 ** (level.gain_db / 20)), order="C")
    fade_ends(samples, ends)
    if isfinite(level.clip_db):
        soft_clip(samples, ceiling_db=level.clip_db)
    reduction = limit_in_place(samples, level.ceiling_db, toned.sample_rate)
    return Audio(samples, toned.sample_rate), reduction


def _corrected(decision: Decision, missing_lu: float) -> Decision:
    level = decision.level
    return replace(decision, level=replace(level, gain_db=round(level.gain_db + missing_lu, 3)))


def _finished(audio: Audio, reduction: GainReduction, decision: Decision, power: Curve) -> Master:
    measured = summary(power, audio.duration_s, true_peak_db(audio), sample_peak_db(audio))
    curve = reduction.resampled(_CURVE_RATE)
    told = {"gain_reduction_rate": _CURVE_RATE, "gain_reduction_db": curve}
    return Master(audio, decision.to_mapping() | told, _measures(measured, reduction))


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
