"""Deciding the tone half: what one pass heard -> every step, each rehearsed on excerpts behind the one before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log10

import numpy as np

from sonicforge.effects.biquad import highpass
from sonicforge.effects.compressor import Compressor
from sonicforge.effects.crossover import Crossover
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.grid import Ear, Levels
from sonicforge.effects.multiband import BANDS, SPLITS_HZ, Band
from sonicforge.master.reference import BANDS_HZ, Curve, Profile, Wanted, blended, distance_db, k_levelled, match
from sonicforge.sound.audio import Samples
from sonicforge.workshop.mastering.chain import LOOK_AHEAD_MS, cut_away, de_essed, excited, rehearsed, toned
from sonicforge.workshop.mastering.decision import Cut, Decision, DeEss, Dynamics, Excite, Image, Level, Tone
from sonicforge.workshop.mastering.hearing import Heard
from sonicforge.workshop.mastering.preset import Preset

WORKING_PERCENT = 75.0
"""Each band's compressor begins to work at the level that the band exceeds a quarter of the time."""

_HOLD_HOPS = 9
_LOUD_DB = 25.0
_SIBILANT_HZ = 5000.0
_PIECE_S = 0.01
_AUDIBLE_DC = 1e-4
_DC_S = 0.5
_DENSE_PLR_DB = 7.0
_DULL_DB = 2.0
_NARROW_DB = 2.0
_NO_SIDE_DB = -35.0
_REFERENCE_LUFS = (-24.0, -7.0)


@dataclass(frozen=True, slots=True)
class Reference:
    """A recording to be matched: its name, balance and loudness."""

    name: str
    profile: Profile
    lufs: float


def decide(
    heard: Heard,
    preset: Preset,
    references: Sequence[Reference] = (),
    *,
    strength: float | None = None,
    target_lufs: float | None = None,
    dither: str | None = None,
) -> Decision:
    """What `heard` needs; the level stays open until the rest has been done (`Level.gain_db` None).

    `strength` 0..1 is how far tone and width are drawn to the references (1) or to the preset (its own strength).
    Without `target_lufs` references set the loudness, otherwise the preset.
    """
    wanted = blended([one.profile for one in references]) if references else preset.wanted
    share = (1.0 if references else preset.strength) if strength is None else strength
    rate = heard.sample_rate
    cut = _cut(heard, preset)
    tone = _tone(heard, wanted, share, bool(references))
    excerpts = rehearsed(heard.excerpts, [*cut_away(cut, rate), *toned(tone, rate)])
    deess = _deess(excerpts, preset, rate)
    excerpts = rehearsed(excerpts, de_essed(deess, rate))
    dynamics, excerpts = _dynamics(heard, excerpts, preset)
    excite = _excite(heard, wanted, tone, preset, share)
    excerpts = rehearsed(excerpts, excited(excite, rate))
    return Decision(
        preset=preset.name,
        references=tuple(one.name for one in references),
        strength=round(share, 3),
        cut=cut,
        tone=tone,
        deess=deess,
        dynamics=dynamics,
        excite=excite,
        image=_image(heard, wanted, tone, preset, share),
        level=_open_level(preset, references, target_lufs),
        dither=preset.dither if dither is None else dither,
    )


def _cut(heard: Heard, preset: Preset) -> Cut:
    # In a shorter recording a mean is no offset but part of a wave.
    found = heard.dc if heard.length >= _DC_S * heard.sample_rate else (0.0,) * len(heard.dc)
    offset = max(abs(one) for one in found)
    dc = tuple(round(one, 8) if abs(one) > _AUDIBLE_DC else 0.0 for one in found)
    reason = f"what lies below {preset.low_cut_hz:g} Hz costs level and is not heard"
    if any(dc):
        reason += f"; a constant offset of {offset:.4f} is taken away"
    if preset.high_cut_hz:
        reason += f"; {preset.title.lower()} holds nothing above {preset.high_cut_hz:g} Hz"
    return Cut(dc, preset.low_cut_hz, preset.high_cut_hz, reason)


def _tone(heard: Heard, wanted: Wanted, share: float, by_reference: bool) -> Tone:
    goal = "the references" if by_reference else "the preset's balance"
    if heard.silent or share == 0:
        why = "silence has no tone" if heard.silent else "strength is 0: the tone is left alone"
        return Tone((0.0,) * len(BANDS_HZ), (0.0,) * len(BANDS_HZ), why)
    found = match(heard.profile, wanted, strength=share)
    away = distance_db(heard.profile, wanted)
    boost, dip = int(np.argmax(found.middle_db)), int(np.argmin(found.middle_db))
    reason = (
        f"{away:.1f} dB (rms) away from {goal}; at strength {share * 100:.0f} % most is added at "
        f"{_hz(BANDS_HZ[boost])} ({found.middle_db[boost]:+.1f} dB) and most taken at {_hz(BANDS_HZ[dip])} "
        f"({found.middle_db[dip]:+.1f} dB)"
    )
    side = np.subtract(found.side_db, found.middle_db)
    if heard.channels == 2 and np.abs(side).max() >= 0.5:
        where = int(np.argmax(np.abs(side)))
        reason += f"; the side moves by {side[where]:+.1f} dB against the middle at {_hz(BANDS_HZ[where])}"
    return Tone(found.middle_db, found.side_db, reason)


def _deess(excerpts: Sequence[Samples], preset: Preset, sample_rate: int) -> DeEss:
    threshold, most = preset.deesser_threshold_db, preset.deesser_most_db
    share = _sibilance_db(excerpts, sample_rate)
    on = most > 0 and share > threshold
    if most == 0:
        reason = "the preset leaves sibilants alone"
    elif on:
        reason = f"in loud moments up to {share:.1f} dB of the sound lies above 5 kHz, more than {threshold:g} dB"
    else:
        reason = f"not needed: loud moments keep {share:.1f} dB or less of the sound above 5 kHz"
    return DeEss(on, _SIBILANT_HZ, threshold, most, reason)


def _sibilance_db(excerpts: Sequence[Samples], sample_rate: int) -> float:
    """Share of the treble in the whole that loud 10 ms pieces exceed 5 % of the time."""
    size = max(round(_PIECE_S * sample_rate), 1)
    high: list[Levels] = []
    whole: list[Levels] = []
    filters = Equaliser([highpass(min(_SIBILANT_HZ, 0.4 * sample_rate), slope=24, sample_rate=sample_rate)])
    for excerpt in excerpts:
        count = excerpt.shape[1] // size
        filters.reset()
        for sound, into in ((filters.process(excerpt), high), (excerpt, whole)):
            pieces = sound[:, : count * size].reshape(len(sound), count, size)
            into.append(np.einsum("cps,cps->p", pieces, pieces, dtype=np.float64))
    heard = np.concatenate(whole) if whole else np.zeros(0)
    if not heard.any():
        return -inf
    loud = heard > heard.mean() * 10**-1.2
    return float(np.percentile(10 * np.log10(np.maximum(np.concatenate(high)[loud], 1e-20) / heard[loud]), 95))


def _dynamics(heard: Heard, excerpts: list[Samples], preset: Preset) -> tuple[Dynamics, list[Samples]]:
    """Bands whose thresholds follow what each of them holds, and the excerpts behind them."""
    splits = tuple(min(hz, 0.44 * heard.sample_rate * (0.9 + 0.03 * k)) for k, hz in enumerate(SPLITS_HZ))
    off = None
    if preset.compression == 0 or preset.compression_most_db == 0:
        off = "the preset does not compress"
    elif heard.silent:
        off = "silence needs no compression"
    elif heard.loudness.plr < _DENSE_PLR_DB:
        off = f"not needed: peaks are only {heard.loudness.plr:.1f} dB above the loudness, it is dense already"
    if off is not None:
        return Dynamics(False, splits, BANDS, off), excerpts
    bands, sums, taken = [], [np.zeros_like(excerpt) for excerpt in excerpts], []
    split = [_split(excerpt, splits, heard.sample_rate) for excerpt in excerpts]
    for number, plan in enumerate(BANDS):
        parts = [parts_of_one[number] for parts_of_one in split]
        band, worst = _fitted(plan, parts, sums, preset, heard.sample_rate)
        bands.append(band)
        taken.append(worst)
    reason = (
        "each of four bands gives way above the level it exceeds a quarter of the time, "
        f"with ratios {', '.join(f'{band.ratio:.2g}' for band in bands)}; 95 % of the time it gives "
        f"{', '.join(f'{worst:.1f}' for worst in taken)} dB or less, and its mean level is kept"
    )
    return Dynamics(True, splits, tuple(bands), reason), sums


def _split(excerpt: Samples, splits: tuple[float, ...], sample_rate: int) -> list[Samples]:
    return Crossover(splits, sample_rate=sample_rate).split(excerpt)


def _fitted(
    plan: Band, parts: Sequence[Samples], sums: Sequence[Samples], preset: Preset, sample_rate: int
) -> tuple[Band, float]:
    """The band with its threshold and make-up gain, its sound added to `sums`, and the 95th percentile of its work."""
    ratio = round(1 + (plan.ratio - 1) * preset.compression, 3)
    threshold = _working_level_db(parts)
    before = after = 0.0
    works: list[float] = []
    processed = []
    for part in parts:
        one = _compressor(plan, threshold, ratio, preset.compression_most_db, sample_rate)
        out = np.empty_like(part)
        for first in range(0, part.shape[1], 512):
            out[:, first : first + 512] = one.process(part[:, first : first + 512])
            works.append(one.reduction_db)
        late = one.latency
        before += float(np.einsum("cs,cs->", part, part, dtype=np.float64))
        after += float(np.einsum("cs,cs->", out, out, dtype=np.float64))
        processed.append(np.pad(out[:, late:], ((0, 0), (0, min(late, out.shape[1])))))
    gain = min(max(10 * log10(before / after), 0.0), 3.0) if after > 0 else 0.0
    for total, out in zip(sums, processed, strict=True):
        total += out[:, : total.shape[1]] * np.float32(10 ** (gain / 20))
    made = Band(
        threshold_db=round(threshold, 2),
        ratio=ratio,
        attack_ms=plan.attack_ms,
        release_ms=plan.release_ms,
        knee_db=plan.knee_db,
        most_db=preset.compression_most_db,
        gain_db=round(gain, 2),
    )
    return made, float(np.percentile(works, 95)) if works else 0.0


def _compressor(plan: Band, threshold_db: float, ratio: float, most_db: float, sample_rate: int) -> Compressor:
    return Compressor(
        threshold_db=threshold_db,
        ratio=ratio,
        attack_ms=plan.attack_ms,
        release_ms=plan.release_ms,
        knee_db=plan.knee_db,
        most_db=most_db,
        look_ahead_ms=LOOK_AHEAD_MS,
        sample_rate=sample_rate,
    )


def _working_level_db(parts: Sequence[Samples]) -> float:
    """The peak level that a band exceeds a quarter of the time it sounds at all."""
    levels = np.concatenate([_held(Ear().process(part)) for part in parts]) if parts else np.zeros(0)
    decibels = 20 * np.log10(np.maximum(levels, 1e-6))
    if not len(decibels):
        return 0.0
    loud = decibels[decibels > np.percentile(decibels, 99) - _LOUD_DB]
    return float(np.percentile(loud, WORKING_PERCENT))


def _held(levels: Levels) -> Levels:
    """Highest of the last few pieces, as the compressor's detector holds it."""
    if len(levels) < _HOLD_HOPS:
        return levels
    return np.lib.stride_tricks.sliding_window_view(levels, _HOLD_HOPS).max(axis=1)


def _excite(heard: Heard, wanted: Wanted, tone: Tone, preset: Preset, share: float) -> Excite:
    """New treble where the curve may not lift, or finds nothing to lift."""
    hz = np.array(BANDS_HZ)
    top = (hz >= 6000) & (hz <= min(14_000, 0.42 * heard.sample_rate))
    still = _missing(heard.profile, wanted, tone)
    lacking = float(still[top].mean()) if top.any() and not heard.silent else 0.0
    mix = round(min(max(-28 + 2 * lacking, -28.0), -14.0) + 20 * log10(max(preset.exciter, 0.05)) / 2, 1)
    plan = Excite(False, 4000.0, 9.0, max(mix, -40.0), "")
    if preset.exciter == 0:
        return _because(plan, "the preset makes no treble of its own")
    if share == 0 or lacking < _DULL_DB:
        return _because(plan, f"not needed: the treble lacks {max(lacking, 0):.1f} dB behind the equaliser")
    reason = f"the treble still lacks {lacking:.1f} dB that the equaliser cannot find: harmonics at {plan.mix_db:g} dB"
    return Excite(True, plan.hz, plan.drive_db, plan.mix_db, reason)


def _because(plan: Excite, reason: str) -> Excite:
    return Excite(plan.on, plan.hz, plan.drive_db, plan.mix_db, reason)


def _missing(profile: Profile, wanted: Wanted, tone: Tone) -> Curve:
    """What the balance still lacks behind the curve, at equal loudness."""
    return k_levelled(np.array(wanted.middle_db)) - k_levelled(np.array(profile.middle_db) + tone.middle_db)


def _image(heard: Heard, wanted: Wanted, tone: Tone, preset: Preset, share: float) -> Image:
    width, spread = preset.width, 0.0
    if heard.channels != 2:
        return Image(False, width, preset.mono_below_hz, preset.air_db, 0.0, "mono has no width")
    side = _side_db(heard.profile)
    reason = f"bass below {preset.mono_below_hz:g} Hz in the middle"
    if wanted.side_mid_db is not None and _NO_SIDE_DB < side < inf and share > 0:
        behind = np.array(heard.profile.side_db) + tone.side_db - np.array(heard.profile.middle_db) - tone.middle_db
        hz = np.array(BANDS_HZ)
        between = (hz >= 300) & (hz <= 8000)
        lacking = float(np.median((np.array(wanted.side_mid_db) - behind)[between]))
        if lacking > _NARROW_DB:
            width *= min(10 ** (share * 0.6 * (lacking - _NARROW_DB / 2) / 20), 1.5)
            reason += f"; {lacking:.1f} dB narrower than wanted"
    if side <= _NO_SIDE_DB and width > 1:
        spread = min((width - 1) * 0.6, 0.5)
        reason += "; there is no side to widen, so short echoes make one"
    width = round(min(width, max(1.6, preset.width)), 3)
    reason += f"; width {width:g}, held back where mono would lose more than 1.5 LU"
    return Image(True, width, preset.mono_below_hz, preset.air_db, round(spread, 3), reason)


def _side_db(profile: Profile) -> float:
    """Power of the side over that of the middle."""
    middle, side = (sum(10 ** (level / 10) for level in part) for part in (profile.middle_db, profile.side_db))
    return 10 * log10(side / middle) if middle > 0 and side > 0 else -inf


def _open_level(preset: Preset, references: Sequence[Reference], target_lufs: float | None) -> Level:
    if target_lufs is not None:
        return Level(target_lufs, preset.ceiling_db, reason=f"{target_lufs:g} LUFS as asked")
    heard = [one.lufs for one in references if one.lufs > -inf]
    if heard:
        lufs = round(min(max(float(np.mean(heard)), _REFERENCE_LUFS[0]), _REFERENCE_LUFS[1]), 2)
        return Level(lufs, preset.ceiling_db, reason=f"{lufs:g} LUFS, as loud as the references")
    return Level(preset.lufs, preset.ceiling_db, reason=f"{preset.lufs:g} LUFS for {preset.title.lower()}")


def _hz(hz: float) -> str:
    return f"{hz / 1000:.1f} kHz" if hz >= 1000 else f"{hz:.0f} Hz"
