"""Tempo and pitch of a file: read -> stretch -> read faster or slower -> write."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sonicforge.effects.pitch import OCTAVE, Reader
from sonicforge.effects.stretch import FASTEST, SLOWEST, Stretcher
from sonicforge.errors import BadInput, Conflict, OutOfRange
from sonicforge.sound.audio import Samples
from sonicforge.workshop.flow import Report, followed, not_an_input, open_recording, save

GROUPS = 8
"""Groups of frames at once: a file is in no hurry."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of tempo and pitch. `speed` 0.5 .. 2, 1.04 for 4 % faster; `semitones` -12 .. 12.

    With `varispeed` pitch goes with the speed, as on a turntable. `bits` as in `workshop.flow.save`.
    """

    speed: float = 1.0
    semitones: float = 0.0
    varispeed: bool = False
    format: str = ""
    bits: str = "24"

    def checked(self) -> "Change":
        """Itself; raises `OutOfRange`, `Conflict`, and `BadInput` if nothing is asked for."""
        if not FASTEST <= self.speed <= SLOWEST:
            raise OutOfRange("tempo", round(100 * self.speed, 3), 100 * FASTEST, 100 * SLOWEST, "%")
        if not -OCTAVE <= self.semitones <= OCTAVE:
            raise OutOfRange("pitch shift", self.semitones, -OCTAVE, OCTAVE, "semitones")
        if self.varispeed and self.semitones:
            raise Conflict("with varispeed the pitch goes with the tempo; leave the semitones out")
        if self.speed == 1.0 and self.semitones == 0.0:
            raise BadInput("nothing to do: say a tempo or semitones")
        if not self.varispeed and not FASTEST <= self.stretch <= SLOWEST:
            raise OutOfRange("stretch that tempo and semitones need together", self.stretch, FASTEST, SLOWEST)
        return self

    @property
    def pitch(self) -> float:
        """Frequency out over frequency in."""
        return self.speed if self.varispeed else float(2 ** (self.semitones / 12))

    @property
    def stretch(self) -> float:
        """How much longer the sound becomes before it is read at its new pitch."""
        return 1.0 if self.varispeed else self.pitch / self.speed


def stretch_file(source: Path, out: Path, change: Change, report: Report) -> Mapping[str, object]:
    """Change tempo or pitch of one file, in flat memory; tags and cover stay. Raises what `save` raises."""
    change.checked()
    not_an_input(out, (source,))
    recording = open_recording(source)
    blocks = followed(recording.blocks(), report, "stretching", recording.work_length)
    if change.stretch != 1.0:
        stretcher = Stretcher(
            change.stretch, channels=recording.channels, sample_rate=recording.work_rate, groups=GROUPS
        )
        blocks = _stretched(blocks, stretcher)
    if change.pitch != 1.0:
        blocks = _read(blocks, Reader(change.pitch, channels=recording.channels))
    length = round(recording.length / change.speed)
    save(blocks, out, replace(recording, length=length), format=change.format, bits=change.bits)
    return {
        "tempo_percent": round(100 * change.speed, 3),
        "semitones": None if change.varispeed else change.semitones,
        "duration_s": round(length / recording.sample_rate, 3),
    }


def _stretched(blocks: Iterable[Samples], stretcher: Stretcher) -> Iterator[Samples]:
    for block in blocks:
        yield from _some(stretcher.feed(block))
    yield from _some(stretcher.finish())


def _read(blocks: Iterable[Samples], reader: Reader) -> Iterator[Samples]:
    for block in blocks:
        yield from _some(reader.feed(block))
    yield from _some(reader.finish())


def _some(block: Samples) -> Iterator[Samples]:
    if block.shape[1]:
        yield np.ascontiguousarray(block)
