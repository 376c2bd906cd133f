"""`Reading`: a score laid out for judging, as arrays of notes. Made once, read by every score check."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sonicforge.errors import SonicForgeError
from sonicforge.genres.genre import Genre
from sonicforge.music.scale import Key
from sonicforge.music.score import TICKS, ChordSpan, Cue, Part, Score, Section
from sonicforge.music.time import Clock

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DRUM_CODES = "kshp"
SUSTAINED_CODES = "cd"


@dataclass(frozen=True, slots=True)
class Voice:
    """The notes of one part in time order. `shift` is human timing in ms; the other times are ticks."""

    part: Part
    start: Ints
    end: Ints
    pitch: Ints
    velocity: Ints
    shift: Floats
    ghost: NDArray[np.bool_]
    open: NDArray[np.bool_]

    @property
    def code(self) -> str:
        return self.part.code

    @property
    def count(self) -> int:
        return len(self.start)

    def where(self, chosen: NDArray[np.bool_]) -> "Voice":
        """The same voice with only the chosen notes."""
        return Voice(
            self.part,
            self.start[chosen],
            self.end[chosen],
            self.pitch[chosen],
            self.velocity[chosen],
            self.shift[chosen],
            self.ghost[chosen],
            self.open[chosen],
        )

    def between(self, start: int, end: int) -> "Voice":
        """The notes that begin in [start, end)."""
        first, last = np.searchsorted(self.start, (start, end))
        span = slice(int(first), int(last))
        return Voice(
            self.part,
            self.start[span],
            self.end[span],
            self.pitch[span],
            self.velocity[span],
            self.shift[span],
            self.ghost[span],
            self.open[span],
        )


class Reading:
    """A score with its genre, its voices as arrays and the questions every check asks."""

    def __init__(self, score: Score, genre: Genre) -> None:
        self.score = score
        self.genre = genre

    @cached_property
    def voices(self) -> tuple[Voice, ...]:
        """Every part that has notes."""
        return tuple(_voice(part) for part in self.score.parts if part.notes)

    @cached_property
    def clock(self) -> Clock:
        return Clock.of(self.score)

    @cached_property
    def key(self) -> Key | None:
        """The key of the score, None when it is written in a way this version does not know."""
        try:
            return Key.parse(self.score.key)
        except SonicForgeError:
            return None

    @property
    def bar(self) -> int:
        return self.score.bar

    @property
    def bars(self) -> int:
        """Bars begun, so that a last partial bar counts."""
        return -(-self.score.length // self.bar)

    @property
    def minutes(self) -> float:
        return max(self.clock.duration_s, 1e-9) / 60

    @cached_property
    def ms_per_tick(self) -> float:
        """At the mean tempo."""
        return 1000 * self.clock.duration_s / max(self.score.length, 1)

    def of_code(self, codes: Iterable[str]) -> tuple[Voice, ...]:
        """Voices with one of these part codes."""
        wanted = set(codes)
        return tuple(voice for voice in self.voices if voice.code in wanted)

    @cached_property
    def chord_ticks(self) -> list[int]:
        return [chord.start for chord in self.score.chords]

    @cached_property
    def chord_starts(self) -> Ints:
        return np.array(self.chord_ticks, np.int64)

    def chord_at(self, tick: int) -> ChordSpan | None:
        """The chord that sounds at a tick; None when the score names no chords."""
        if not self.score.chords:
            return None
        return self.score.chords[max(0, int(np.searchsorted(self.chord_starts, tick, side="right")) - 1)]

    def chord_numbers(self, ticks: Ints) -> Ints:
        """Index of the chord that sounds at each tick."""
        return np.maximum(np.searchsorted(self.chord_starts, ticks, side="right") - 1, 0)

    @cached_property
    def peak(self) -> Section:
        """The first section of the highest planned energy."""
        return max(self.score.sections, key=lambda section: section.mean_energy)

    @property
    def loud_sections(self) -> tuple[Section, ...]:
        """Sections whose planned energy is within 0.1 of the peak's."""
        return tuple(s for s in self.score.sections if s.mean_energy >= self.peak.mean_energy - 0.1)

    def cues(self, *kinds: str) -> Iterator[Cue]:
        return (cue for cue in self.score.cues if cue.kind in kinds)


def _voice(part: Part) -> Voice:
    notes = sorted(part.notes, key=lambda note: note.start)
    numbers = np.array([(n.start, n.start + n.length, n.pitch, n.velocity, n.ghost, n.open) for n in notes], np.int64)
    start, end, pitch, velocity, ghost, opened = np.ascontiguousarray(numbers.T)
    shift = np.array([note.shift_ms for note in notes], np.float64)
    return Voice(part, start, end, pitch, velocity, shift, ghost.astype(bool), opened.astype(bool))


def sixteenth(ticks: Ints | int) -> Ints:
    """Ticks rounded to the nearest 16th: swung notes fall on the step they were written on."""
    return np.asarray((np.asarray(ticks) + TICKS // 8) // (TICKS // 4), np.int64)
