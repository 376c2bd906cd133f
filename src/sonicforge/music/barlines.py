"""`Barlines`: where the bars and sections of a finished track lie in its sound file, in seconds.

They come from the score, not from listening, so they are exact. A bar line may lie before second 0 when mastering cut
silence from the start, and the last one may lie after or before the end of the sound (ring-out, fade).
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from sonicforge.errors import BadDataFile, BadInput
from sonicforge.music.score import Part, Score, Section
from sonicforge.music.time import Clock

BASS_CODES = frozenset("bu")
LEAD_CODES = frozenset("l")


@dataclass(frozen=True, slots=True)
class Span:
    """A section of the form; `energy` 0..1. `drums`, `bass` and `lead` say whether any of their notes begin in it."""

    name: str
    start_s: float
    end_s: float
    energy: float
    drums: bool
    bass: bool
    lead: bool


@dataclass(frozen=True, slots=True)
class Barlines:
    """`bars_s` are the seconds of all bar lines, the one that ends the last bar included; a beat is a quarter note."""

    beats_per_bar: int
    bars_s: tuple[float, ...]
    sections: tuple[Span, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.bars_s, self.bars_s[1:], strict=False))
        if self.beats_per_bar < 1 or len(self.bars_s) < 2 or not rising or not all(map(isfinite, self.bars_s)):
            raise BadInput(f"bar lines must be at least two rising seconds, met {self.bars_s[:4]}")

    @property
    def bars(self) -> int:
        return len(self.bars_s) - 1

    def bar_at(self, second: float) -> int:
        """Number of the bar, from 0, that sounds at a second; before the first bar 0, after the last bar the last."""
        return min(max(bisect_right(self.bars_s, second) - 1, 0), self.bars - 1)

    def bpm_at(self, second: float) -> float:
        """Mean tempo of the bar that sounds at a second, in quarter notes per minute."""
        bar = self.bar_at(second)
        return 60.0 * self.beats_per_bar / (self.bars_s[bar + 1] - self.bars_s[bar])

    def section_at(self, second: float) -> Span | None:
        """The section that sounds at a second; before the first one the first, after the last one the last."""
        first = self.sections[0] if self.sections else None
        return next((span for span in reversed(self.sections) if span.start_s <= second), first)

    def to_json(self) -> dict[str, Any]:
        """Plain values; seconds to the microsecond."""
        sections = [asdict(span) for span in self.sections]
        for span in sections:
            span.update({name: round(span[name], 6) for name in ("start_s", "end_s", "energy")})
        bars = [round(second, 6) for second in self.bars_s]
        return {"beats_per_bar": self.beats_per_bar, "bars_s": bars, "sections": sections}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Barlines":
        """`to_json` backwards; raises `BadDataFile` for anything else."""
        try:
            sections = tuple(Span(**span) for span in told["sections"])
            return cls(int(told["beats_per_bar"]), tuple(map(float, told["bars_s"])), sections)
        except (KeyError, TypeError, ValueError, BadInput) as error:
            raise BadDataFile("barlines", "document", str(error)) from error


def barlines_of(score: Score, *, shift_s: float = 0.0) -> Barlines:
    """Bar lines and sections of a score in the seconds of its sound; `shift_s` is what mastering cut from the start."""
    clock = Clock.of(score)
    ticks = range(0, score.bars * score.bar + 1, score.bar)
    bars = tuple(float(second) - shift_s for second in clock.seconds(list(ticks)))
    sections = tuple(
        Span(
            section.name,
            clock.second(section.start) - shift_s,
            clock.second(section.end) - shift_s,
            section.mean_energy,
            drums=_plays(section, tuple(part for part in score.parts if part.drums)),
            bass=_plays(section, score.of_code(BASS_CODES)),
            lead=_plays(section, score.of_code(LEAD_CODES)),
        )
        for section in score.sections
    )
    return Barlines(score.beats_per_bar, bars, sections)


def _plays(section: Section, parts: tuple[Part, ...]) -> bool:
    return any(section.start <= note.start < section.end for part in parts for note in part.notes)
