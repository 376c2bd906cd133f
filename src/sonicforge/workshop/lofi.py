"""Ageing a file: bring it to the medium's level -> chain of effects -> back to its loudness -> peaks held -> write.

Three walks: one to hear how loud the recording is, one through the chain into a spool, one over the spool with the gain
that gives the loudness back. Memory stays flat however long the recording is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

import numpy as np

from sonicforge.effects.chain_file import Step
from sonicforge.effects.limiter import Limiter
from sonicforge.effects.lofi import LofiPreset, build_chain
from sonicforge.errors import BadInput, OutOfRange
from sonicforge.sound.audio import Samples
from sonicforge.sound.loudness import gated
from sonicforge.workshop.flow import Report, followed, not_an_input, save, through
from sonicforge.workshop.mastering.hearing import PowerEar
from sonicforge.workshop.mastering.spool import Spool
from sonicforge.workshop.recording import Recording, open_recording

RECORD_LUFS = -16.0
"""How loud the music goes onto the medium: drive, hiss and crackle of a preset are made for this."""
MOST_DB = 30.0
CEILING_DB = -1.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asks for. What is None stays as the preset has it, or out.

    `tape`, `vinyl` and `dropouts` 0..1, `speed_ips` inches a second, `eq` a medium's name, `bits` and `rate` of the
    converter, `wow` and `flutter` weighted percent, `hiss` dBFS, `spin_down` seconds at the end, `model` of the tape.
    """

    preset: LofiPreset | None = None
    tape: float | None = None
    vinyl: float | None = None
    eq: str | None = None
    bits: float | None = None
    rate: float | None = None
    wow: float | None = None
    flutter: float | None = None
    hiss: float | None = None
    dropouts: float | None = None
    speed_ips: float | None = None
    spin_down: float | None = None
    model: str | None = None
    seed: int = 0
    format: str = ""
    bit_depth: str = "24"

    def checked(self) -> "Wishes":
        """Itself; raises `OutOfRange`, `UnknownName`, and `BadInput` if nothing is asked for."""
        if not self.steps() and not self.spin_down:
            raise BadInput("nothing to do: choose a preset or an effect")
        for name in ("tape", "vinyl"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise OutOfRange(name, value, 0, 1)
        if self.spin_down is not None and not 0 <= self.spin_down <= 30:
            raise OutOfRange("spin-down", self.spin_down, 0, 30, "s")
        for step in self.steps():
            step.checked()
        return self

    def steps(self) -> tuple[Step, ...]:
        """The chain: the preset with the wishes written into its effects, then whatever it did not have."""
        steps = list(self.preset.chain if self.preset is not None else ())
        if self.bits is not None or self.rate is not None:
            steps.append(Step("converter", _given(bits=self.bits, rate_hz=self.rate)))
        if self.tape is not None:
            steps = [step for step in steps if step.effect != "tape"]
            steps.append(Step("tape", {"amount": self.tape}))
        if self.vinyl is not None:
            steps = [step for step in steps if step.effect != "vinyl"]
            steps.append(Step("vinyl", record_of(self.vinyl)))
        if self.eq is not None:
            steps.append(Step("medium", {"curve": self.eq.strip().lower().replace("-", "_")}))
        moves = _given(wow_percent=self.wow, flutter_percent=self.flutter)
        steps = _written(steps, ("tape", "wow_flutter"), moves, {"wow_percent": 0.0, "flutter_percent": 0.0})
        steps = _written(steps, ("tape",), _given(hiss_db=self.hiss), None)
        if self.hiss is not None and not _has(steps, "tape"):
            steps.append(Step("hiss", {"level_db": self.hiss}))
        steps = _written(steps, ("tape",), _given(dropouts=self.dropouts), None)
        if self.dropouts is not None and not _has(steps, "tape"):
            steps.append(Step("dropouts", {"amount": self.dropouts}))
        if self.speed_ips is not None and not _has(steps, "tape"):
            steps.append(Step("playback_loss", {"speed_ips": self.speed_ips}))
        return tuple(_written(steps, ("tape",), _given(speed_ips=self.speed_ips, model=self.model), None))


def record_of(wear: float) -> dict[str, object]:
    """Settings of `vinyl` for a record between new (0) and ruined (1)."""
    return {
        "wear": wear,
        "crackle": 0.9 * wear,
        "pops": 0.7 * wear,
        "scratches": 0.6 * wear,
        "hiss_db": -72 + 22 * wear,
        "rumble_db": -66 + 16 * wear,
        "warp_percent": 0.3 * wear,
    }


def _given(**wishes: object) -> dict[str, object]:
    return {name: value for name, value in wishes.items() if value is not None}


def _has(steps: Sequence[Step], name: str) -> bool:
    return any(step.effect == name for step in steps)


def _written(
    steps: Sequence[Step], homes: tuple[str, ...], wishes: Mapping[str, object], alone: Mapping[str, object] | None
) -> list[Step]:
    """Put `wishes` into the last step that has a place for them; without one, `alone` makes a step of the last home."""
    if not wishes:
        return list(steps)
    for place in reversed(range(len(steps))):
        if steps[place].effect in homes:
            changed = replace(steps[place], settings={**steps[place].settings, **wishes})
            return [*steps[:place], changed, *steps[place + 1 :]]
    return [*steps, Step(homes[-1], {**alone, **wishes})] if alone is not None else list(steps)


def age_file(path: Path, out: Path, wishes: Wishes, report: Report = lambda _stage, _share: None) -> dict[str, object]:
    """Send one file through old machines into another; tags and cover stay. Returns what was done.

    Its loudness stays within 0.2 LU, or moves as the preset says, unless peaks at -1 dBTP are in the way. Raises the
    family of `errors`; nothing is left behind then.
    """
    wishes.checked()
    not_an_input(out, (path,))
    recording = open_recording(path, channels=2)
    rate, channels = recording.work_rate, recording.channels
    loudness, length = _listened(recording, report)
    lift = _bounded(RECORD_LUFS - loudness)
    steps = [*wishes.steps(), *_ending(wishes, length / rate)]
    after = PowerEar(channels, rate)
    with Spool(out.parent) as spool:
        lifted = _levelled(recording.blocks(), lift)
        chain = build_chain(steps, sample_rate=rate, channels=channels, seed=wishes.seed)
        aged = through(followed(lifted, report, "ageing", length, start=0.15, end=0.85), chain)
        spool.fill(_heard(aged, after))
        wanted = loudness + (wishes.preset.loudness_lu if wishes.preset is not None else 0.0)
        back = _bounded(wanted - gated(after.power())) if isfinite(loudness) else -lift
        finished = through(_levelled(spool.blocks(), back), Limiter(CEILING_DB, channels=channels, sample_rate=rate))
        seen = followed(finished, report, "writing", length, start=0.85)
        save(seen, out, recording, format=wishes.format, bits=wishes.bit_depth)
    return {
        "loudness_before": round(loudness, 2) if isfinite(loudness) else None,
        "gain_db": round(lift + back, 2),
        "chain": [{step.effect: dict(step.settings)} for step in steps],
        "seed": wishes.seed,
    }


def _listened(recording: Recording, report: Report) -> tuple[float, int]:
    """Integrated loudness in LUFS and samples."""
    ear = PowerEar(recording.channels, recording.work_rate)
    length = 0
    for block in followed(recording.blocks(), report, "listening", recording.work_length, end=0.15):
        ear.hear(block)
        length += block.shape[1]
    return gated(ear.power()), length


def _ending(wishes: Wishes, duration_s: float) -> list[Step]:
    if not wishes.spin_down:
        return []
    length = min(wishes.spin_down, duration_s)
    return [Step("spin_down", {"at_s": duration_s - length, "length_s": length})]


def _heard(blocks: Iterator[Samples], ear: PowerEar) -> Iterator[Samples]:
    for block in blocks:
        ear.hear(block)
        yield block


def _levelled(blocks: Iterable[Samples], gain_db: float) -> Iterator[Samples]:
    gain = np.float32(10 ** (gain_db / 20))
    for block in blocks:
        yield block * gain


def _bounded(gain_db: float) -> float:
    """No more than 30 dB either way; nothing for silence."""
    return min(max(gain_db, -MOST_DB), MOST_DB) if isfinite(gain_db) else 0.0
