"""`Score`: everything a track is before it sounds.

Musical time is an integer number of ticks, 960 to the quarter note, so that 16ths (240), 8th triplets
(320) and 32nds (120) are exact. `music.time` turns ticks into seconds in one place. Swing is already in
the ticks; human micro-timing is not, it stays apart as `shift_ms`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

TICKS = 960
"""Ticks per quarter note."""
STEP = TICKS // 4
"""Ticks per 16th note."""


AUDIBLE_CUES = frozenset({"RIS", "DWN", "IMP", "CRS", "RCR", "SUB", "NSE", "REV"})


@dataclass(frozen=True, slots=True)
class Note:
    """One note or drum hit.

    `pitch` is a MIDI number; for drums 60 is the voice as designed and other values tune it by semitones.
    `lfo_beats` is the period of a tempo-synced per-note modulation (wobble bass), 0 for none.
    """

    start: int
    length: int
    pitch: int
    velocity: int
    shift_ms: float = 0.0
    slide: bool = False
    accent: bool = False
    ghost: bool = False
    open: bool = False
    lfo_beats: float = 0.0

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Part:
    """One voice playing through the track: a patch of the genre, or one drum voice of its kit.

    `code` is the part code of the form (k s h p b u c d a l v x), `stem` the mix channel it belongs to.
    """

    name: str
    code: str
    stem: str
    voice: str
    drums: bool
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the form. `parts` are part codes, with "-" (reduced) or "+" (full) behind."""

    name: str
    start: int
    bars: int
    length: int
    energy: tuple[float, float]
    parts: tuple[str, ...]
    pattern: str = ""
    loop: str = "A"

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def mean_energy(self) -> float:
        return sum(self.energy) / 2


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord that sounds from `start` for `length`; `tones` are pitch classes, root first; `voicing` MIDI numbers."""

    start: int
    length: int
    symbol: str
    tones: tuple[int, ...]
    bass: int
    voicing: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Curve:
    """Automation of one parameter of one part code, stem or "mix".

    `points` are (tick, value), joined linearly for dB and fractions and exponentially for hertz; the value holds
    before the first and after the last. Parameters: lowpass_hz, highpass_hz, level_db, reverb_db, delay_db, width,
    cutoff_oct (octaves added to the patch's own filter), gate (0 silent, 1 open).
    """

    target: str
    parameter: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """A transition effect.

    Rendered on the fx stem: RIS riser, DWN downlifter, IMP impact, CRS crash, RCR reverse crash, SUB sub drop,
    NSE noise swell, REV reversed chord. Done by the mix: STP tape stop. Only remembered: GAP (planned silence),
    DRP (kick and bass out), FIL (fill), SNR (roll), ECH (delay throw), HPF, LPF.
    """

    kind: str
    start: int
    length: int
    level_db: float = 0.0
    pitch: int = 60


@dataclass(frozen=True, slots=True)
class Score:
    """A whole piece. `key` as in "F minor" or "D dorian"; `tempo` is ((tick, bpm), ...), linear in between."""

    genre: str
    title: str
    seed: int
    key: str
    beats_per_bar: int
    tempo: tuple[tuple[int, float], ...]
    length: int
    sections: tuple[Section, ...]
    chords: tuple[ChordSpan, ...]
    parts: tuple[Part, ...]
    curves: tuple[Curve, ...] = ()
    cues: tuple[Cue, ...] = ()
    hook: tuple[tuple[int, int], ...] = ()
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def bar(self) -> int:
        """Ticks per bar."""
        return self.beats_per_bar * TICKS

    @property
    def bars(self) -> int:
        return self.length // self.bar

    def stems(self) -> tuple[str, ...]:
        """Stem names in the order of the parts; audible transition effects live on "fx"."""
        names = [part.stem for part in self.parts]
        if any(cue.kind in AUDIBLE_CUES for cue in self.cues):
            names.append("fx")
        return tuple(dict.fromkeys(names))

    def of_stem(self, stem: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.stem == stem)

    def of_code(self, codes: Iterable[str]) -> tuple[Part, ...]:
        wanted = set(codes)
        return tuple(part for part in self.parts if part.code in wanted)

    def section_at(self, tick: int) -> Section:
        for section in reversed(self.sections):
            if section.start <= tick:
                return section
        return self.sections[0]

    def chord_at(self, tick: int) -> ChordSpan:
        for chord in reversed(self.chords):
            if chord.start <= tick:
                return chord
        return self.chords[0]
