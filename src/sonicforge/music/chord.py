"""Roman chords: degrees on the major scale of the tonic, qualities, slash basses, durations.

    progression = chord {" " chord}
    chord       = {"b" | "#"} numeral [quality] ["/" {"b" | "#"} degree] [":" bars]

UPPER case has a major third, lower case a minor one. A bare 7, 9, 11 or 13 is a dominant on UPPER and a minor seventh
chord on lower case. Numerals count on the major scale also in minor keys: A minor is i bIII iv v bVI bVII.
"""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from sonicforge.music.pitch import class_name
from sonicforge.music.scale import Key

_DEGREES = (0, 2, 4, 5, 7, 9, 11)
_NUMERALS = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}
_CHORD = re.compile(
    r"(?P<accidental>[b#]*)(?P<numeral>VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)"
    r"(?P<quality>[^/:\s]*)(?:/(?P<bass>[b#]*[1-7]))?(?::(?P<bars>\d*\.?\d+))?"
)

MAJOR, MINOR = (0, 4, 7), (0, 3, 7)

_EITHER_CASE = {
    "sus2": (0, 2, 7), "sus4": (0, 5, 7), "7sus4": (0, 5, 7, 10), "9sus4": (0, 5, 7, 10, 14),
    "13sus4": (0, 5, 7, 10, 14, 21), "5": (0, 7), "ø7": (0, 3, 6, 10), "ø": (0, 3, 6, 10), "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9), "aug": (0, 4, 8), "mmaj7": (0, 3, 7, 11), "mmaj9": (0, 3, 7, 11, 14),
}  # fmt: skip
_UPPER = {
    "": MAJOR, "6": (0, 4, 7, 9), "69": (0, 4, 7, 9, 14), "add9": (0, 4, 7, 14), "add11": (0, 4, 7, 17),
    "7": (0, 4, 7, 10), "9": (0, 4, 7, 10, 14), "11": (0, 5, 7, 10, 14), "13": (0, 4, 7, 10, 14, 21),
    "maj7": (0, 4, 7, 11), "maj9": (0, 4, 7, 11, 14), "maj13": (0, 4, 7, 11, 14, 21), "maj7#11": (0, 4, 7, 11, 18),
    "maj9#11": (0, 4, 7, 11, 14, 18), "7b9": (0, 4, 7, 10, 13), "7#9": (0, 4, 7, 10, 15), "7#5": (0, 4, 8, 10),
    "7b5": (0, 4, 6, 10), "7#11": (0, 4, 7, 10, 18), "9#11": (0, 4, 7, 10, 14, 18), "13#11": (0, 4, 7, 10, 18, 21),
    "13b9": (0, 4, 7, 10, 13, 21), "7b13": (0, 4, 7, 10, 20), "69#11": (0, 4, 7, 9, 14, 18), "7alt": (0, 4, 10),
}  # fmt: skip
_LOWER = {
    "": MINOR, "6": (0, 3, 7, 9), "69": (0, 3, 7, 9, 14), "add9": (0, 3, 7, 14), "add11": (0, 3, 7, 17),
    "7": (0, 3, 7, 10), "9": (0, 3, 7, 10, 14), "11": (0, 3, 7, 10, 14, 17), "13": (0, 3, 7, 10, 14, 21),
    "maj7": (0, 3, 7, 11), "maj9": (0, 3, 7, 11, 14), "7b5": (0, 3, 6, 10), "7b9": (0, 3, 7, 10, 13),
}  # fmt: skip
QUALITIES: dict[bool, dict[str, tuple[int, ...]]] = {True: _UPPER | _EITHER_CASE, False: _LOWER | _EITHER_CASE}
"""Semitones above the root by (upper case, suffix); 12 and more are ninths, elevenths and thirteenths."""

_ALTERATIONS = (13, 20, 15, 18)


@dataclass(frozen=True, slots=True)
class RomanChord:
    """A chord without a key: `root` in semitones above the tonic, `intervals` above the root, root first.

    `bass` is in semitones above the tonic; equal to `root` unless the chord has a slash.
    """

    symbol: str
    root: int
    intervals: tuple[int, ...]
    bass: int

    @property
    def third(self) -> int | None:
        """The third, or the suspended tone in its place; None in a bare fifth."""
        return next((i for i in self.intervals if i in (3, 4)), next((i for i in self.intervals if i in (2, 5)), None))

    @property
    def fifth(self) -> int | None:
        return next((i for i in self.intervals if i in (6, 7, 8)), None)

    @property
    def seventh(self) -> int | None:
        """The seventh or sixth, if there is one."""
        return next((i for i in self.intervals if i in (9, 10, 11)), None)

    @property
    def colours(self) -> tuple[int, ...]:
        """Ninths, elevenths and thirteenths."""
        return tuple(i for i in self.intervals if i > 12)

    @property
    def extended(self) -> bool:
        """Whether the chord is more than a triad, a suspension or a fifth."""
        return len(self.intervals) > 3

    @property
    def dominant(self) -> bool:
        return self.third == 4 and 10 in self.intervals

    def tones(self, key: Key) -> tuple[int, ...]:
        """Pitch classes in a key, root first, then upwards in thirds."""
        return tuple((key.tonic + self.root + i) % 12 for i in self.intervals)

    def root_pc(self, key: Key) -> int:
        return (key.tonic + self.root) % 12

    def bass_pc(self, key: Key) -> int:
        """Pitch class of the bass note."""
        return (key.tonic + self.bass) % 12

    def name(self, key: Key) -> str:
        """The chord as on a lead sheet: `Fm9`, `Dbmaj7/F`."""
        quality = _CHORD.fullmatch(self.symbol)
        suffix = "" if quality is None else quality["quality"]
        minor = "m" if self.third == 3 and not suffix.startswith(("ø", "dim", "mmaj")) else ""
        slash = "" if self.bass == self.root else "/" + class_name(self.bass_pc(key), flats=key.flats)
        return class_name(self.root_pc(key), flats=key.flats) + minor + suffix + slash


def parse_chord(text: str) -> tuple[RomanChord, Fraction]:
    """One chord and its length in bars. Raises ValueError with the text that does not parse."""
    found = _CHORD.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a Roman chord")
    numeral, quality = found["numeral"], found["quality"]
    table = QUALITIES[numeral.isupper()]
    if quality not in table:
        raise ValueError(f"{text!r} has no known quality: {quality!r}")
    root = (_shift(found["accidental"]) + _DEGREES[_NUMERALS[numeral.upper()] - 1]) % 12
    bass = _degree(found["bass"]) if found["bass"] else root
    bars = Fraction(found["bars"] or 1)
    if bars <= 0:
        raise ValueError(f"{text!r} has no length")
    return RomanChord(text.split(":")[0], root, table[quality], bass), bars


@lru_cache(maxsize=512)
def parse_progression(text: str) -> tuple[tuple[RomanChord, Fraction], ...]:
    """Chords with their lengths in bars; the loop is taken to return to its first chord.

    An altered dominant (`7alt`) receives the two alterations that lead best into the chord after it. Raises
    ValueError for an empty progression or a chord that does not parse.
    """
    chords = [parse_chord(word) for word in text.split()]
    if not chords:
        raise ValueError("a progression needs at least one chord")
    after = [chord for chord, _ in chords[1:] + chords[:1]]
    return tuple((_altered(chord, following), bars) for (chord, bars), following in zip(chords, after, strict=True))


def chord_scale(tones: tuple[int, ...], key: Key) -> tuple[int, ...]:
    """Seven pitch classes to improvise on over a chord: the key's scale, bent where a chord tone lies outside it.

    Chord tones replace the scale tone a semitone away; the tones keep the order of the scale degrees.
    """
    scale = list(key.scale)
    for tone in tones:
        if tone in scale:
            continue
        near = (tone - 1, tone + 1) if _raised(tone, tones) else (tone + 1, tone - 1)
        for neighbour in (pitch_class % 12 for pitch_class in near):
            if neighbour in scale and neighbour not in tones:
                scale[scale.index(neighbour)] = tone
                break
    return tuple(scale)


def _raised(tone: int, tones: tuple[int, ...]) -> bool:
    """Whether a chord tone outside the key is a raised degree (major third, #4, #5, major seventh) or a lowered one."""
    interval = (tone - tones[0]) % 12
    fifth = (tones[0] + 7) % 12 in tones
    return interval in (4, 11) or (interval == 6 and fifth) or (interval == 8 and not fifth)


def _shift(accidentals: str) -> int:
    return accidentals.count("#") - accidentals.count("b")


def _degree(text: str) -> int:
    return (_shift(text[:-1]) + _DEGREES[int(text[-1]) - 1]) % 12


def _altered(chord: RomanChord, following: RomanChord) -> RomanChord:
    if not chord.symbol.split("/")[0].endswith("alt"):
        return chord
    targets = {(following.root + i) % 12 for i in following.intervals}

    def distance(alteration: int) -> int:
        tone = (chord.root + alteration) % 12
        return min(min((tone - t) % 12, (t - tone) % 12) for t in targets)

    chosen = sorted(sorted(_ALTERATIONS, key=distance)[:2])
    return replace(chord, intervals=(*chord.intervals, *chosen))
