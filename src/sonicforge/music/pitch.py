"""Pitch names: MIDI numbers (C4 = 60, A4 = 69 = 440 Hz) and pitch classes to words and back."""

import re

from sonicforge.errors import UnknownName

SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
NATURALS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}

_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1, "natural": 0}
_CLASS = re.compile(r"([a-g])[\s-]*(#|♯|b|♭|sharp|flat|natural)?", re.IGNORECASE)


def parse_pitch_class(text: str) -> int:
    """Pitch class 0..11 (C = 0) of a note name: `C`, `f#`, `Bb`, `E♭`, `f sharp`.

    Raises `UnknownName` for anything else.
    """
    found = _CLASS.fullmatch(text.strip())
    if found is None:
        raise UnknownName("note", text, (*SHARPS, *FLATS))
    letter, accidental = found.groups()
    return (NATURALS[letter.lower()] + _ACCIDENTALS[(accidental or "").lower()]) % 12


def class_name(pitch_class: int, *, flats: bool = False) -> str:
    """Name of a pitch class; any integer is folded into one octave."""
    return (FLATS if flats else SHARPS)[pitch_class % 12]


def note_name(pitch: int, *, flats: bool = False) -> str:
    """Name with octave of a MIDI number: 60 is `C4`, 61 `C#4` (or `Db4` with flats)."""
    return f"{class_name(pitch, flats=flats)}{pitch // 12 - 1}"


def hertz(pitch: float) -> float:
    """Frequency of a MIDI number in equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))
