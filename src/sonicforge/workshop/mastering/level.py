"""Deciding and reaching the level: ride -> glue -> gain -> soft clip -> limiter -> measured trim, over a spool.

The gain is rehearsed on a sketch, tried, and measured. What is missing after the limiter is lifted into it again; what
is too much, by loudness or by any of the three detectors, is trimmed away. So loudness and ceiling are both certain.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import ceil, inf, isfinite

import numpy as np

from sonicforge.effects.chain import Chain
from sonicforge.effects.compressor import Compressor
from sonicforge.effects.limiter import Limiter
from sonicforge.effects.limiter_gain import GROUP, Steps
from sonicforge.effects.processor import Processor
from sonicforge.effects.soft_clip import SoftClip
from sonicforge.genres.genre import Target
from sonicforge.master.level import GLUE_RATIO, Sketch, corrected, decide_glue, decide_level, p95_db
from sonicforge.master.level import Level as Plan
from sonicforge.master.ride import STEP_S, Ride, decide_ride, ridden
from sonicforge.sound.audio import Samples
from sonicforge.sound.loudness import Curve, gated
from sonicforge.workshop.ahead import ahead
from sonicforge.workshop.flow import through
from sonicforge.workshop.mastering.decision import Level
from sonicforge.workshop.mastering.hearing import PeakEar, PowerEar, Together, decibel, sketch_of, thinned
from sonicforge.workshop.mastering.spool import Spool

Watch = Callable[[Iterator[Samples]], Iterator[Samples]]
"""Sees blocks pass and hands them on."""

CLOSE_LU = 0.05
MOST_GAIN_DB = 48.0
MOST_LIFT_DB = 3.0
"""More than this is not missing by mistake: the sound is too soft or too dense for its target."""
_AIM_OVER_LU = 0.04
_MOST_LIFTS = 3
_PILOT_BLOCKS, _PILOTS = 16, 2
_GENTLE_DB = 0.5
_SLOPE = 0.85
_OCTAVES = (0.0,) * 10
_SPARE_DB = 0.005
"""Kept free below the ceiling for the rounding and dither of 16 bits."""


@dataclass(frozen=True, slots=True)
class Limited:
    """What the limiter's pass was heard to give, before the trim. `reduction_db` has one value a `step_s`."""

    power: Curve = field(repr=False)
    true_peak_db: float
    sample_peak_db: float
    reduction_db: Curve = field(repr=False)
    step_s: float

    @property
    def lufs(self) -> float:
        return gated(self.power)

    def after(self, first: "Limited") -> "Limited":
        """With the reduction of an earlier pass added to its own."""
        return replace(self, reduction_db=self.reduction_db + first.reduction_db)


def spooled(blocks: Iterator[Samples], spool: Spool, sample_rate: int) -> Sketch:
    """Fill the spool and sketch what goes by."""
    ears: tuple[PowerEar, PeakEar] | None = None

    def heard() -> Iterator[Samples]:
        nonlocal ears
        with Together() as together:
            for block in blocks:
                ears = ears or (PowerEar(len(block), sample_rate), PeakEar(len(block)))
                together.do([ear.hear for ear in ears], block)
                yield block

    spool.fill(heard())
    assert ears is not None, "a recording has at least one block"
    ears[1].close()
    return sketch_of(*ears, sample_rate)


def levelled(
    spool: Spool, sketch: Sketch, level: Level, *, lra: tuple[float, float], watch: Watch = lambda blocks: blocks
) -> tuple[Level, Limited]:
    """The spool at its level but for the trim, and every number of the level. `watch` sees the limiter's pass.

    A level with a `gain_db` is obeyed as it is, but for a trim that the ceiling may ask for.
    """
    rate = sketch.sample_rate
    if level.gain_db is None:
        level = _decided(spool, sketch, level, lra)
    elif level.ride_db or level.glue_db is not None:
        spooled(_evened(spool, level, rate), spool, rate)
    found = _limited(spool, level, rate, level.gain_db or 0.0, level.clip_db, watch)
    for lift in level.lifts_db:
        found = _limited(spool, level, rate, lift, None).after(found)
    return level, found


def lifted(spool: Spool, level: Level, found: Limited, sample_rate: int) -> tuple[Level, Limited]:
    """Lift what the first pass left too soft into the limiter, as often as it helps."""
    for _ in range(_MOST_LIFTS - len(level.lifts_db)):
        missing = level.target_lufs - found.lufs
        if not CLOSE_LU < missing < MOST_LIFT_DB:
            break
        lift = round((missing + _AIM_OVER_LU) / _SLOPE, 3)
        before = found.lufs
        found = _limited(spool, level, sample_rate, lift, None).after(found)
        level = replace(level, lifts_db=(*level.lifts_db, lift))
        if found.lufs - before < 0.1 * lift:
            break
    return level, found


def pressed(spool: Spool, level: Level, found: Limited, room_db: float, sample_rate: int) -> tuple[Level, Limited]:
    """The limiter once more, `room_db` below where it was: for a coder that overshoots."""
    level = replace(level, codec_room_db=round(level.codec_room_db + room_db, 3))
    return level, _limited(spool, level, sample_rate, 0.0, None).after(found)


def trimmed(level: Level, found: Limited, *, by_loudness: bool = True) -> Level:
    """With the trim that the ceiling and, unless the gain is a person's own, the loudness ask for."""
    over_loud = found.lufs - level.target_lufs if by_loudness and isfinite(found.lufs) else 0.0
    over_peak = found.true_peak_db - (level.ceiling_db - level.codec_room_db - _SPARE_DB)
    trim = ceil(max(over_loud, over_peak, 0.0) * 1000) / 1000
    return replace(level, trim_db=min(-trim, 0.0))


def _decided(spool: Spool, sketch: Sketch, level: Level, lra: tuple[float, float]) -> Level:
    """Ride, glue, gain and clip; the spool is evened out already where there is a ride or glue."""
    rate = sketch.sample_rate
    loudness = sketch.loudness
    if loudness == -inf:
        reason = f"{level.reason}; too short or too soft to measure: the level is left alone"
        return replace(level, gain_db=0.0, reason=reason)
    reach = min(level.target_lufs, loudness + MOST_GAIN_DB)
    goal = Target(reach + _AIM_OVER_LU, level.ceiling_db, (3.0, 30.0), lra, _OCTAVES, _OCTAVES)
    ride = decide_ride(sketch.power, lra)
    if ride.ride_db:
        level = replace(level, ride_db=ride.ride_db)
        sketch = spooled(_evened(spool, level, rate), spool, rate)
    sketch = thinned(sketch)
    found = decide_level(sketch, goal)
    glue = decide_glue(sketch, found, goal)
    if isfinite(glue):
        level = replace(level, glue_db=glue)
        sketch = thinned(spooled(_evened(spool, replace(level, ride_db=()), rate), spool, rate))
        found = decide_level(sketch, goal)
    found = _piloted(spool, sketch, found, goal.lufs)
    level = replace(level, gain_db=found.gain_db, clip_db=found.clip_db if isfinite(found.clip_db) else None)
    return replace(level, reason=_reason(level, loudness, reach))


def _piloted(spool: Spool, sketch: Sketch, plan: Plan, wanted_lufs: float) -> Plan:
    """The plan with its gain corrected by what clipper and limiter really do to some blocks: a rehearsal guesses how
    much of the loudness they take, and guesses worse the harder they work."""
    if p95_db(sketch.rehearse(plan)[1]) < _GENTLE_DB and not isfinite(plan.clip_db):
        return plan
    rate = sketch.sample_rate
    pilot = np.concatenate(spool.some(_PILOT_BLOCKS), axis=1)
    before, peaks = PowerEar(len(pilot), rate), PeakEar(len(pilot))
    before.hear(pilot)
    peaks.hear(pilot)
    peaks.close()
    small = sketch_of(before, peaks, rate)
    for _ in range(_PILOTS):
        steps: list[Processor] = [_Gain(plan.gain_db)]
        if isfinite(plan.clip_db):
            steps.append(SoftClip(ceiling_db=plan.clip_db))
        after = PowerEar(len(pilot), rate)
        limiter = Limiter(plan.ceiling_db, channels=len(pilot), sample_rate=rate)
        for block in through([pilot], Chain([*steps, limiter])):
            after.hear(block)
        error = gated(after.power()) - small.rehearse(plan)[0]
        if not isfinite(error):
            break
        plan = corrected(sketch, plan, wanted_lufs, sketch.rehearse(plan)[0] + error)
    return plan


def _reason(level: Level, loudness: float, reach: float) -> str:
    words = [level.reason, f"the sound came at {loudness:.1f} LUFS"]
    if reach < level.target_lufs:
        words.append(f"it is so soft that no more than {MOST_GAIN_DB:g} dB are added")
    if level.ride_db:
        words.append("its passages are drawn together")
    if level.glue_db is not None:
        words.append("a compressor takes what would be too much for clipper and limiter")
    if level.clip_db is not None:
        words.append(f"the tops of transients are shaved at {level.clip_db:.1f} dBFS so that the limiter stays gentle")
    return "; ".join(words)


class _Rider:
    """The slow fader of a level."""

    latency = 0

    def __init__(self, ride: Ride, sample_rate: int) -> None:
        self._ride, self._per_step = ride, sample_rate * STEP_S
        self.reset()

    def reset(self) -> None:
        self._at = 0

    def process(self, block: Samples) -> Samples:
        at = np.arange(self._at, self._at + block.shape[1])
        self._at += block.shape[1]
        return block * ridden(self._ride, at / self._per_step).astype(np.float32)


def _evened(spool: Spool, level: Level, sample_rate: int) -> Iterator[Samples]:
    """Ride and glue."""
    steps: list[Processor] = []
    if level.ride_db:
        steps.append(_Rider(Ride(level.ride_db), sample_rate))
    if level.glue_db is not None:
        steps.append(
            Compressor(
                threshold_db=level.glue_db,
                ratio=GLUE_RATIO,
                attack_ms=3.0,
                release_ms=0.0,
                knee_db=6.0,
                sample_rate=sample_rate,
            )
        )
    return through(spool.blocks(), Chain(steps))


class _Gain:
    latency = 0

    def __init__(self, gain_db: float) -> None:
        self._gain = np.float32(10 ** (gain_db / 20))

    def reset(self) -> None:
        """Nothing is remembered."""

    def process(self, block: Samples) -> Samples:
        return block * self._gain


class _Watched:
    """The limiter, and the largest reduction in each `STEPS` of its control steps (5 ms at 48 kHz)."""

    STEPS = 32

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self.latency = limiter.latency
        self.reset()

    def reset(self) -> None:
        self._limiter.reset()
        self._rest = np.zeros(0, np.float32)
        self._seen: list[Steps] = []

    def process(self, block: Samples) -> Samples:
        out = self._limiter.process(block)
        steps = np.concatenate([self._rest, self._limiter.decided])
        whole = len(steps) // self.STEPS * self.STEPS
        self._seen.append(steps[:whole].reshape(-1, self.STEPS).max(axis=1))
        self._rest = steps[whole:]
        return out

    def reduction_db(self) -> Curve:
        """Largest reductions so far, >= 0."""
        kept = 1 - np.concatenate([*self._seen, np.zeros(1)])
        return np.asarray(np.abs(20 * np.log10(kept)), np.float64)


def _limited(
    spool: Spool,
    level: Level,
    sample_rate: int,
    gain_db: float,
    clip_db: float | None,
    watch: Watch = lambda blocks: blocks,
) -> Limited:
    """One pass over the spool, in place, with everything measured that can be."""
    steps: list[Processor] = [_Gain(gain_db)]
    if clip_db is not None:
        steps.append(SoftClip(ceiling_db=clip_db))
    limiter = _Watched(
        Limiter(level.ceiling_db - level.codec_room_db, channels=spool.channels, sample_rate=sample_rate)
    )
    power, peaks = PowerEar(spool.channels, sample_rate), PeakEar(spool.channels, "certified", only_highest=True)

    def measured() -> Iterator[Samples]:
        with Together() as together:
            for block in ahead(through(through(spool.blocks(), Chain(steps)), limiter)):
                together.do([power.hear, peaks.hear], block)
                yield block

    spool.fill(watch(measured()))
    peaks.close()
    return Limited(
        power=power.power(),
        true_peak_db=decibel(peaks.highest),
        sample_peak_db=decibel(peaks.sample_peak),
        reduction_db=limiter.reduction_db(),
        step_s=limiter.STEPS * GROUP / sample_rate,
    )
