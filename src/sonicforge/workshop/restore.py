"""Restoration of a file: listen through it once, choose the steps, go through it again and mend."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sonicforge.effects.catalogue import build
from sonicforge.effects.chain import Chain
from sonicforge.effects.processor import Processor
from sonicforge.effects.restoration.declick import Declick
from sonicforge.effects.restoration.declip import Declip
from sonicforge.effects.restoration.dehum import Dehum
from sonicforge.effects.restoration.denoise import Denoise
from sonicforge.effects.restoration.repair import Box, SpectralRepair
from sonicforge.errors import BadInput, OutOfRange, UnknownName
from sonicforge.workshop.defects import Defects, find_defects
from sonicforge.workshop.flow import Recording, Report, followed, open_recording, save, through

STEPS = ("declip", "declick", "dehum", "repair", "denoise", "gate", "agc")
"""In the order in which they are taken: peaks first, because everything else looks at waveforms; loudness last."""

DEHUM = ("50", "60", "auto")
CEILING_DB = -1.0
_HEADROOM_DB = {"light": 3.0, "heavy": 6.0}
_HEAVY = 1e-3
_LISTENING = 0.3
_POSITIONS = 1000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to mend. `steps` are names of `STEPS`; with `auto` those that the recording calls for are added.

    `amount` of noise reduction and `sensitivity` to clicks run 0 to 1; `mains` is "50", "60" or "auto".
    """

    steps: frozenset[str] = frozenset()
    auto: bool = False
    amount: float = 0.6
    sensitivity: float = 0.5
    mains: str = "auto"
    boxes: tuple[Box, ...] = ()
    format: str = ""

    def checked(self) -> "Wishes":
        """These wishes, if they can be; raises `BadInput`, `OutOfRange`, `UnknownName`."""
        if not self.steps and not self.auto and not self.boxes:
            raise BadInput(
                "nothing to do: choose from --declick --declip --denoise --dehum --gate --agc --repair, or --auto"
            )
        for step in self.steps:
            if step not in STEPS:
                raise UnknownName("step", step, STEPS)
        for name, value in (("amount", self.amount), ("sensitivity", self.sensitivity)):
            if not 0 <= value <= 1:
                raise OutOfRange(name, value, 0, 1)
        if self.mains not in DEHUM:
            raise UnknownName("mains frequency", self.mains, DEHUM)
        return replace(self, boxes=tuple(box.checked() for box in self.boxes))


def box_from(words: str) -> Box:
    """A box as people write it: "12.3-12.6@4000-6000" (seconds @ hertz), or "12.3-12.31" for all frequencies.

    Raises `BadInput` and `OutOfRange`.
    """
    times, at, band = words.partition("@")
    try:
        start, end = (float(part) for part in times.split("-"))
        low, high = (float(part) for part in band.split("-")) if at else (0.0, 96_000.0)
    except ValueError:
        raise BadInput(f"repair is {words!r}, but must be as in 12.3-12.6@4000-6000 or 12.3-12.31") from None
    return Box(start, end, low, high).checked()


def restore_file(source: Path, out: Path, wishes: Wishes, report: Report) -> Mapping[str, object]:
    """Mend one file and say what was found and what was done.

    Memory does not grow with the length of the file. Raises what `open_recording` and `save` raise, and `OutOfRange`
    for a box behind the end.
    """
    wishes = wishes.checked()
    recording = open_recording(source)
    near = None if wishes.mains == "auto" else float(wishes.mains)
    defects = find_defects(
        followed(recording.blocks(), report, "listening", recording.work_length, end=_LISTENING),
        channels=recording.channels,
        sample_rate=recording.work_rate,
        near_hz=near,
        clicks=wishes.auto,
    )
    _check_boxes(wishes.boxes, defects.length / recording.work_rate)
    steps = chosen_steps(wishes, defects)
    processors = _processors(steps, wishes, defects, recording)
    mended = through(recording.blocks(), Chain(list(processors.values())))
    save(
        followed(mended, report, "mending", recording.work_length, start=_LISTENING),
        out,
        recording,
        format=wishes.format,
    )
    done = {name: _told(name, processors, defects, recording.work_rate) for name in steps}
    return {"found": defects.to_json(), "steps": list(steps), "done": done, "turned_down_db": _headroom(steps, defects)}


def chosen_steps(wishes: Wishes, defects: Defects) -> tuple[str, ...]:
    """The steps to take, in order. Dehum without hum is left out."""
    wanted = set(wishes.steps) | ({"repair"} if wishes.boxes else set())
    if wishes.auto:
        wanted |= set(defects.worth_mending())
    if defects.hum is None:
        wanted.discard("dehum")
    return tuple(step for step in STEPS if step in wanted)


def _processors(
    steps: Sequence[str], wishes: Wishes, defects: Defects, recording: Recording
) -> Mapping[str, Processor]:
    channels, rate = recording.channels, recording.work_rate
    gate = {"open_db": float(np.clip(defects.noise_db + 12, -80, -25))}
    mains = defects.hum.hz if defects.hum else 50.0
    make: Mapping[str, Callable[[], Processor]] = {
        "declip": lambda: Declip(headroom_db=_headroom(steps, defects), channels=channels, sample_rate=rate),
        "declick": lambda: Declick(sensitivity=wishes.sensitivity, channels=channels, sample_rate=rate),
        "dehum": lambda: Dehum(mains_hz=mains, channels=channels, sample_rate=rate),
        "repair": lambda: SpectralRepair(wishes.boxes, channels=channels, sample_rate=rate),
        "denoise": lambda: Denoise(amount=wishes.amount, noise=defects.noise, channels=channels, sample_rate=rate),
        "gate": lambda: build("gate", gate, sample_rate=rate, channels=channels),
        "agc": lambda: build("leveller", sample_rate=rate, channels=channels),
    }
    made: dict[str, Processor] = {step: make[step]() for step in steps}
    if {"declip", "agc"} & set(steps):
        # Peaks that grew back, or that the leveller lifted, must not be cut off again by the file.
        made["limiter"] = build("limiter", {"ceiling_db": CEILING_DB}, sample_rate=rate, channels=channels)
    return made


def _headroom(steps: Sequence[str], defects: Defects) -> float:
    if "declip" not in steps or not defects.clipped_share:
        return 0.0
    return _HEADROOM_DB["heavy" if defects.clipped_share > _HEAVY else "light"]


def _check_boxes(boxes: Sequence[Box], duration_s: float) -> None:
    for box in boxes:
        if box.start_s >= duration_s:
            raise OutOfRange("start of the box", box.start_s, 0, round(duration_s, 3), "s")


def _told(step: str, processors: Mapping[str, Processor], defects: Defects, rate: int) -> Mapping[str, object]:
    processor = processors[step]
    if isinstance(processor, Declip):
        return {"samples": int(processor.counts.sum())}
    if isinstance(processor, Declick):
        places = [found[found[:, 0] < defects.length] for found in processor.found]
        shown = [[round(float(place) / rate, 4) for place in found[:_POSITIONS, 0]] for found in places]
        return {"clicks": [int(count) for count in processor.counts], "positions_s": shown}
    if isinstance(processor, Dehum) and processor.pieces:
        power = processor.removed.max(axis=0) / processor.pieces
        return {"removed_db": [round(10 * float(np.log10(max(level, 1e-20))), 1) for level in power]}
    return {}
