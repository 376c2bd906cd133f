"""Any chain of effects on a file: read -> chain -> write."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log10
from pathlib import Path

import numpy as np

from sonicforge.effects.chain_file import Step, build_chain
from sonicforge.errors import BadInput, OutOfRange
from sonicforge.sound.audio import Samples
from sonicforge.workshop.flow import BLOCK, Report, followed, not_an_input, open_recording, save, through

LONGEST_TAIL_S = 60.0


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to a file: the steps of a chain, the seed of their chance, `tail_s` seconds added for what rings on.

    `bits` as in `workshop.flow.save`.
    """

    steps: Sequence[Step]
    seed: int = 0
    tail_s: float = 0.0
    format: str = ""
    bits: str = "24"

    def checked(self) -> "Treatment":
        """Itself; raises `BadInput`, `OutOfRange`, `UnknownName`."""
        if not self.steps:
            raise BadInput("nothing to do: name an effect or a chain")
        if not 0.0 <= self.tail_s <= LONGEST_TAIL_S:
            raise OutOfRange("tail", self.tail_s, 0, LONGEST_TAIL_S, "s")
        for step in self.steps:
            step.checked()
        return self


@dataclass(slots=True)
class _Peak:
    """The highest sample that passes."""

    height: float = 0.0
    seen: int = field(default=0)

    def over(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        for block in blocks:
            self.height = max(self.height, float(np.abs(block).max(initial=0.0)))
            self.seen += block.shape[1]
            yield block


def process_file(source: Path, out: Path, treatment: Treatment, report: Report) -> Mapping[str, object]:
    """Send one file through the chain; in time, as long as before plus the tail, tags and cover kept.

    Says how high the samples rise: above 0 dB they are cut off in everything but a float file. Raises what
    `open_recording` and `save` raise.
    """
    treatment.checked()
    not_an_input(out, (source,))
    recording = open_recording(source)
    rate = recording.work_rate
    chain = build_chain(treatment.steps, sample_rate=rate, channels=recording.channels, seed=treatment.seed)
    tail = round(treatment.tail_s * rate)
    heard = followed(recording.blocks(), report, "processing", recording.work_length)
    peak = _Peak()
    sound = peak.over(through(_with_tail(heard, tail, recording.channels), chain))
    longer = recording.length and recording.length + round(treatment.tail_s * recording.sample_rate)
    save(sound, out, replace(recording, length=longer), format=treatment.format, bits=treatment.bits)
    return {
        "effects": [step.effect for step in treatment.steps],
        "duration_s": round(peak.seen / rate, 3),
        "peak_db": round(20 * log10(peak.height), 2) if peak.height else None,
        "clipped": peak.height > 1.0 and treatment.bits != "32f",
    }


def _with_tail(blocks: Iterable[Samples], tail: int, channels: int) -> Iterator[Samples]:
    yield from blocks
    for first in range(0, tail, BLOCK):
        yield np.zeros((channels, min(BLOCK, tail - first)), np.float32)
