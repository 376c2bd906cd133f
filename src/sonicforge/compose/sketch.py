"""`Sketch`: what is already settled when the melodies are written: form, harmony, groove."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from sonicforge.compose.directions import Directions, parse_directions
from sonicforge.genres.genre import FormSection, Genre, Swing
from sonicforge.genres.plan import Plan
from sonicforge.music.scale import Key
from sonicforge.music.score import TICKS, ChordSpan, Part, Section

PRESENCE = {"-": "reduced", "": "on", "+": "full"}


@dataclass(frozen=True, slots=True)
class Sketch:
    """A piece without its melodies.

    `bar` is in ticks, `length` is the whole piece in ticks. `chords` cover the piece without gaps; their `tones` are
    pitch classes and `bass` the pitch class of the bass note. `parts` are drums, bass and comping. `entries` holds, for
    a section index and part code, the bars (first, end) inside the section where a part plays when that is not all.
    `transpositions` are the semitones each section is lifted by (its chords already are).
    `rerolls` holds a sub-seed for each part that was rolled anew; ask `seed_for`, not `seed`.
    """

    plan: Plan
    key: Key
    beats_per_bar: int
    bar: int
    length: int
    sections: tuple[Section, ...]
    chords: tuple[ChordSpan, ...]
    swing: Swing
    seed: int
    parts: tuple[Part, ...] = ()
    entries: Mapping[tuple[int, str], tuple[tuple[int, int], ...]] = field(default_factory=dict)
    transpositions: tuple[int, ...] = ()
    rerolls: Mapping[str, int] = field(default_factory=dict)

    @property
    def genre(self) -> Genre:
        return self.plan.genre

    def seed_for(self, part: str) -> int:
        """The seed of a part name such as "melody", "drums", "bass", "chords", "harmony"."""
        return self.rerolls.get(part, self.seed)

    def section_index(self, tick: int) -> int:
        return max(0, bisect_right(self.sections, tick, key=_start) - 1)

    def section_at(self, tick: int) -> Section:
        return self.sections[self.section_index(tick)]

    def chord_at(self, tick: int) -> ChordSpan:
        return self.chords[max(0, bisect_right(self.chords, tick, key=_start) - 1)]

    def chords_between(self, start: int, end: int) -> tuple[ChordSpan, ...]:
        """The chords that sound anywhere in [start, end)."""
        first = max(0, bisect_right(self.chords, start, key=_start) - 1)
        last = bisect_right(self.chords, end - 1, key=_start)
        return self.chords[first:last]

    def form_row(self, section: Section) -> FormSection:
        """The row of the form a section was made from, with its automation and transition tokens."""
        return self.plan.form.sections[self.section_index(section.start)]

    def directions(self, section: Section) -> Directions:
        """The automation tokens of a section as typed values: solo, thirds, fragments, voices, movements ..."""
        return parse_directions(self.form_row(section).automation)

    def key_at(self, tick: int) -> Key:
        """The key of the section at a tick: the key of the piece, lifted where the section is."""
        index = self.section_index(tick)
        return self.key.transposed(self.transpositions[index]) if self.transpositions else self.key

    def bars_of(self, section: Section) -> range:
        """Start ticks of the bars of a section."""
        return range(section.start, section.end, self.bar)

    def presence(self, code: str, section: Section) -> str:
        """Empty when a part is not in a section, else "reduced", "on" or "full"."""
        for part in section.parts:
            if part[0] == code:
                return PRESENCE[part[1:2]]
        return ""

    def active(self, code: str, tick: int) -> str:
        """As `presence`, but empty in bars where the part has not entered yet or has been taken away."""
        index = self.section_index(tick)
        section = self.sections[index]
        spans = self.entries.get((index, code))
        if spans is not None:
            bar = (tick - section.start) // self.bar
            if not any(first <= bar < end for first, end in spans):
                return ""
        return self.presence(code, section)

    def beat_of(self, tick: int) -> float:
        """Position inside the bar in quarter notes."""
        return ((tick - self.section_at(tick).start) % self.bar) / TICKS


def _start(span: Section | ChordSpan) -> int:
    return span.start
