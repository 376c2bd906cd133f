"""Mastering a file: listen -> decide the tone -> colour -> decide the level -> limit, measure, trim -> write.

Three passes over the recording: one to listen, one through the tone half of the chain into a spool, one through the
limiter over the spool. Memory stays flat however long the recording is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from secrets import token_hex

import numpy as np

from sonicforge.errors import UnreadableAudio
from sonicforge.master.reference import Profile, ProfileListener, Wanted, blended
from sonicforge.sound.audio import Samples
from sonicforge.sound.encoding import FORMATS
from sonicforge.sound.loudness import Curve, Loudness, gated, summary
from sonicforge.sound.resample import resampled
from sonicforge.sound.writer import checked_format
from sonicforge.workshop.flow import Report, followed, not_an_input, rate_in, save
from sonicforge.workshop.mastering.chain import coloured
from sonicforge.workshop.mastering.compare import alternated
from sonicforge.workshop.mastering.decide import Reference, decide
from sonicforge.workshop.mastering.decision import Decision, Level
from sonicforge.workshop.mastering.hearing import Heard, PeakEar, PowerEar, Together, decibel, listen
from sonicforge.workshop.mastering.level import Limited, levelled, lifted, pressed, spooled, trimmed
from sonicforge.workshop.mastering.preset import Preset
from sonicforge.workshop.mastering.spool import Spool
from sonicforge.workshop.recording import Recording, in_blocks, open_recording

_CODER_ROUNDS = 8
_PRESSES = 2
_CODER_SPARE_DB = 0.05


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asks of a master. What is None is decided: `strength` and `target_lufs` by references or preset,
    `dither` by the preset, the sample rate by the file. A `decision` is obeyed instead of deciding anew."""

    preset: Preset
    references: Sequence[Reference] = ()
    strength: float | None = None
    target_lufs: float | None = None
    decision: Decision | None = None
    format: str = ""
    bits: str = "24"
    bitrate: int | None = None
    sample_rate: int | None = None
    dither: str | None = None
    compare: Path | None = None


@dataclass(frozen=True, slots=True)
class Mastered:
    """A finished master: what was done and what was measured before and after."""

    decision: Decision
    before: Heard
    loudness: Loudness
    profile: Profile
    wanted: Wanted | None
    power: Curve = field(repr=False)
    reduction_db: Curve = field(repr=False)
    reduction_step_s: float = 0.0


def hear_reference(path: Path) -> Reference:
    """The balance and loudness of a recording that others are to be matched to; raises `UnreadableAudio`."""
    recording = open_recording(path, channels=2)
    tone = ProfileListener(recording.channels, recording.work_rate)
    power = PowerEar(recording.channels, recording.work_rate)
    with Together() as together:
        for block in recording.blocks():
            together.do([tone.hear, power.hear], block)
    profile = tone.profile()
    if profile.silent:
        raise UnreadableAudio(f"{path} is silent: there is nothing to match")
    return Reference(path.name, profile, gated(power.power()))


def master_file(path: Path, out: Path, wishes: Wishes, report: Report = lambda _stage, _share: None) -> Mastered:
    """Master one file into another, tags and cover kept.

    The result meets the loudness within 0.1 LU wherever limiting can, and no detector of `sound.true_peak` finds a peak
    above the ceiling, in lossy files too. Silence stays silence. Raises the family of `errors`; nothing is left behind
    then.
    """
    recording = open_recording(path, channels=2)
    name = checked_format(out, wishes.format, wishes.bits)
    not_an_input(out, (recording.path,))
    rate = rate_in(name, recording.sample_rate, wishes.sample_rate)
    before = listen(
        followed(recording.blocks(), report, "listening", recording.work_length, end=0.25), recording.work_rate
    )
    decision = _decided(before, wishes)
    with Spool(out.parent) as spool:
        stream = coloured(recording.blocks(), decision, recording.work_rate, recording.channels)
        seen = followed(stream, report, "colouring", recording.work_length, start=0.25, end=0.7)
        sketch = spooled(in_blocks(resampled(seen, recording.work_rate, rate)), spool, rate)
        if rate == recording.sample_rate != recording.work_rate:
            spool.cut(recording.length)
        level, found = levelled(
            spool,
            sketch,
            decision.level,
            lra=wishes.preset.lra,
            watch=lambda blocks: followed(blocks, report, "limiting", spool.length, start=0.7, end=0.9),
        )
        if decision.level.gain_db is None:
            level, found = lifted(spool, level, found, rate)
            level = trimmed(level, found)
        else:
            level = replace(level, trim_db=min(level.trim_db, trimmed(level, found, by_loudness=False).trim_db))
        final = _Writing(recording, rate, spool, replace(wishes, format=name), report)
        return final.finish(out, before, replace(decision, level=level), found)


def _decided(before: Heard, wishes: Wishes) -> Decision:
    if wishes.decision is not None:
        level = wishes.decision.level
        if wishes.target_lufs is not None:
            level = replace(level, target_lufs=wishes.target_lufs, gain_db=None)
        if level.gain_db is None:
            level = Level(level.target_lufs, level.ceiling_db, reason=f"{level.target_lufs:g} LUFS as asked")
        return replace(wishes.decision, level=level)
    return decide(
        before,
        wishes.preset,
        wishes.references,
        strength=wishes.strength,
        target_lufs=wishes.target_lufs,
        dither=wishes.dither,
    )


@dataclass(frozen=True, slots=True)
class _Writing:
    """The last step: trim, write, look at what a lossy coder made of it."""

    recording: Recording
    rate: int
    spool: Spool
    wishes: Wishes
    report: Report

    def finish(self, out: Path, before: Heard, decision: Decision, found: Limited) -> Mastered:
        lossy = FORMATS[self.wishes.format].bitrate > 0
        if lossy:
            decision, found, profile = self._held(out, decision, found)
        else:
            profile = self._written(out, decision)
        gain = 10 ** (decision.level.trim_db / 20)
        power = found.power * gain**2
        if self.wishes.compare is not None:
            self._compared(self.wishes.compare, before, gated(power), decision)
        return Mastered(
            decision=decision,
            before=before,
            loudness=summary(
                power,
                self.spool.length / self.rate,
                found.true_peak_db + decision.level.trim_db,
                found.sample_peak_db + decision.level.trim_db,
            ),
            profile=profile,
            wanted=self._wanted(),
            power=power,
            reduction_db=found.reduction_db,
            reduction_step_s=found.step_s,
        )

    def _wanted(self) -> Wanted | None:
        if self.wishes.references:
            return blended([one.profile for one in self.wishes.references])
        return self.wishes.preset.wanted

    def _trimmed(self, decision: Decision) -> Iterator[Samples]:
        gain = np.float32(10 ** (decision.level.trim_db / 20))
        return (block * gain for block in self.spool.blocks())

    def _written(self, out: Path, decision: Decision) -> Profile:
        """Write, and hear the tone of what is written."""
        ear = ProfileListener(self.spool.channels, self.rate)

        def heard() -> Iterator[Samples]:
            for block in followed(
                self._trimmed(decision), self.report, "writing", self.spool.length, start=0.9, end=1.0
            ):
                ear.hear(block)
                yield block

        self._save(heard(), out, decision)
        return ear.profile()

    def _save(self, blocks: Iterator[Samples], out: Path, decision: Decision) -> None:
        save(
            blocks,
            out,
            replace(self.recording, work_rate=self.rate, sample_rate=self.rate, length=self.spool.length),
            format=self.wishes.format,
            bits=self.wishes.bits,
            bitrate=self.wishes.bitrate,
            dither=decision.dither,
        )

    def _held(self, out: Path, decision: Decision, found: Limited) -> tuple[Decision, Limited, Profile]:
        """Lossy coders overshoot: decode what was written and press the peaks until the file keeps the ceiling."""
        trial = out.with_name(f".{out.stem}.{token_hex(4)}.part{out.suffix}")
        try:
            profile = self._written(trial, decision)
            for attempt in range(_CODER_ROUNDS):
                over = _true_peak_db(trial) - decision.level.ceiling_db
                if over <= 0:
                    break
                level, room = decision.level, over + _CODER_SPARE_DB
                if attempt < _PRESSES:
                    level, found = pressed(self.spool, level, found, room, self.rate)
                    if self.wishes.decision is None:
                        level, found = lifted(self.spool, level, found, self.rate)
                        level = trimmed(level, found)
                else:
                    level = replace(level, trim_db=round(level.trim_db - room, 3))
                decision = replace(decision, level=level)
                profile = self._written(trial, decision)
            trial.replace(out)
        finally:
            trial.unlink(missing_ok=True)
        return decision, found, profile

    def _compared(self, path: Path, before: Heard, lufs: float, decision: Decision) -> None:
        """Before and after by turns, equally loud and neither above the ceiling."""
        own = before.loudness
        alike = min(lufs, own.integrated + decision.level.ceiling_db - own.true_peak)
        gains = (alike - own.integrated, alike - lufs) if isfinite(alike) else (0.0, 0.0)
        source = in_blocks(resampled(self.recording.blocks(), self.recording.work_rate, self.rate))
        mixed = alternated(source, self._trimmed(decision), gains_db=gains, sample_rate=self.rate)
        self._save(mixed, path, decision)


def _true_peak_db(path: Path) -> float:
    """The highest peak that any of the three detectors finds in a file."""
    recording = open_recording(path)
    ear = PeakEar(recording.channels, "certified", only_highest=True)
    for block in replace(recording, work_rate=recording.sample_rate).blocks():
        ear.hear(block)
    ear.close()
    return decibel(ear.highest)
