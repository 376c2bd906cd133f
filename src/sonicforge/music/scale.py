"""Modes and keys: seven degrees above a tonic."""

import re
from dataclasses import dataclass

from sonicforge.errors import OutOfRange, UnknownName
from sonicforge.music.pitch import class_name, parse_pitch_class

MODES: dict[str, tuple[int, ...]] = {
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic_minor": (0, 2, 3, 5, 7, 9, 11),
    "phrygian_dominant": (0, 1, 4, 5, 7, 8, 10),
    "chromatic": (0, 1, 3, 5, 6, 8, 11),
}
"""Semitones of the seven degrees above the tonic; `chromatic` serves dark riffs (1 b2 b3 4 b5 b6 7)."""

_SPOKEN = {
    "": "ionian", "major": "ionian", "maj": "ionian", "dur": "ionian",
    "m": "aeolian", "minor": "aeolian", "min": "aeolian", "moll": "aeolian", "natural minor": "aeolian",
    "harmonic": "harmonic_minor", "melodic": "melodic_minor",
}  # fmt: skip
_MODE_KEY = re.compile(r"([a-g])[\s-]*(#|♯|b|♭|sharp|flat|is|es|s)?[\s_-]*(.*)", re.IGNORECASE)
_GERMAN = {"is": "#", "es": "b", "s": "b"}
_FLAT_MAJORS = frozenset({5, 10, 3, 8, 1})
_SIGNATURE_SHIFT = {
    "ionian": 0, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5, "aeolian": 3, "locrian": 1,
    "harmonic_minor": 3, "melodic_minor": 3, "phrygian_dominant": 8, "chromatic": 3,
}  # fmt: skip


def parse_mode(text: str) -> str:
    """Name of a mode in `MODES` from words: `minor`, `maj`, `Dorian`, `harmonic minor`."""
    word = " ".join(text.lower().replace("_", " ").replace("-", " ").split())
    name = _SPOKEN.get(word, word.replace(" ", "_"))
    if name not in MODES:
        raise UnknownName("mode", text.strip(), (*MODES, "major", "minor"))
    return name


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic (pitch class 0..11) and the name of a mode in `MODES`."""

    tonic: int
    mode: str

    def __post_init__(self) -> None:
        if not 0 <= self.tonic <= 11:
            raise OutOfRange("tonic", self.tonic, 0, 11)
        if self.mode not in MODES:
            raise UnknownName("mode", self.mode, MODES)

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Key from `F minor`, `Fm`, `F# dorian`, `Bb`, `b flat major`, `d-moll`; raises `UnknownName`."""
        plain = text.strip()
        found = _MODE_KEY.fullmatch(plain)
        if found is None:
            raise UnknownName("key", text, ("C major", "C minor", "Cm", "F# dorian", "Bb"))
        letter, accidental, words = found.groups()
        if accidental and accidental.lower() in _GERMAN:
            if words.lower() not in {"dur", "moll"}:
                raise UnknownName("key", text, ("C major", "C minor", "Cm", "F# dorian", "Bb"))
            accidental = _GERMAN[accidental.lower()]
        mode = "ionian" if words == "M" else parse_mode(words)
        return cls(parse_pitch_class(letter + (accidental or "")), mode)

    @property
    def name(self) -> str:
        """Written form: `F minor`, `Bb major`, `F# dorian`."""
        spoken = {"ionian": "major", "aeolian": "minor"}.get(self.mode, self.mode.replace("_", " "))
        return f"{self.tonic_name} {spoken}"

    @property
    def tonic_name(self) -> str:
        return class_name(self.tonic, flats=self.flats)

    @property
    def flats(self) -> bool:
        """Whether the key signature is written with flats."""
        return (self.tonic + _SIGNATURE_SHIFT[self.mode]) % 12 in _FLAT_MAJORS

    @property
    def minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        return MODES[self.mode][2] == 3

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes, tonic first."""
        return tuple((self.tonic + step) % 12 for step in MODES[self.mode])

    def degree(self, pitch: int) -> int | None:
        """Scale degree 1..7 of a MIDI number or pitch class; None outside the scale."""
        pitch_class = pitch % 12
        return self.scale.index(pitch_class) + 1 if pitch_class in self.scale else None

    def pitch_of(self, degree: int, octave: int = 4) -> int:
        """MIDI number of a degree counted from the tonic of that octave (degree 1 of C in octave 4 is 60).

        Degrees go on in both directions: 8 is the tonic above, 0 the seventh below.
        """
        octaves, index = divmod(degree - 1, 7)
        return 12 * (octave + 1 + octaves) + self.tonic + MODES[self.mode][index]

    def nearest(self, pitch: int) -> int:
        """The scale tone closest to a MIDI number, the lower of two equally close ones."""
        return next(pitch + d for d in (0, -1, 1, -2, 2) if (pitch + d) % 12 in self.scale)

    def move(self, pitch: int, steps: int) -> int:
        """A MIDI number moved by diatonic steps; a tone outside the scale is first drawn to the nearest inside."""
        start = self.nearest(pitch)
        octave, offset = divmod(start - self.tonic, 12)
        index = MODES[self.mode].index(offset)
        octaves, step = divmod(index + steps, 7)
        return self.tonic + 12 * (octave + octaves) + MODES[self.mode][step]

    def transposed(self, semitones: int) -> "Key":
        return Key((self.tonic + semitones) % 12, self.mode)
