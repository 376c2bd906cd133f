"""What a form row asks for beyond its parts: the automation tokens as typed values.

"l from 17"  "h until 12"  "k+s+h from 9"      bars (from 1) in which parts enter or leave
"pattern poly3 from 17"  "bass offbeat"        patterns by name
"voice l=flute"  "transpose +2 p .35"          another alternative of the cast, a key lift (with a probability)
"c.lowpass 600>2600"  "c+d.reverb 3"           a parameter that moves or stands, see `Movement`
"solo l" "thirds l" "double l" "invert l" "fragments l"   how a melody is treated
"gate d"                                       held chords chopped into 16ths
"rubato 3" "ritard 18" "fade in 20" "fade out 25" "halftime" "rolls s"
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

PARAMETERS = ("lowpass", "highpass", "cutoff", "level", "reverb", "delay", "width")
TREATMENTS = ("solo", "thirds", "double", "invert", "fragments", "rolls", "gate")

_NUMBER = r"[+-]?\d*\.?\d+"
_ENTRY = re.compile(r"([a-z+]+) (from|until) (\d+)")
_PATTERN = re.compile(r"pattern (\w+)(?: from (\d+))?")
_MOVEMENT = re.compile(rf"([a-z+]+)\.({'|'.join(PARAMETERS)}) ({_NUMBER})(?:>({_NUMBER}))?")
_TRANSPOSE = re.compile(rf"transpose ({_NUMBER})(?: p ({_NUMBER}))?")
_VOICE = re.compile(r"voice ([a-z])=(\w+)")
_TREATMENT = re.compile(rf"({'|'.join(TREATMENTS)}) ([a-z+]+)")
_AMOUNT = re.compile(rf"(rubato|ritard|fade in|fade out) ({_NUMBER})")
_BASS = re.compile(r"bass (\w+)")


@dataclass(frozen=True, slots=True)
class Movement:
    """A parameter of one part code that goes from `start` to `end` over the section; Hz, dB or a width factor.

    `cutoff` is the cutoff of the part's own patch in Hz, `lowpass` and `highpass` are filters behind the part.
    """

    code: str
    parameter: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Directions:
    """The wishes of one form row. Bars count from 0 here; `until` is the first bar without the part.

    `treatments` maps solo, thirds, double, invert, fragments, rolls and gate to the part codes they are for.
    `transpose` in semitones happens with probability `transpose_p`. `rubato` and `ritard` in percent, fades in seconds.
    """

    begins: Mapping[str, int] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)
    patterns: tuple[tuple[int, str], ...] = ()
    bass: str = ""
    voices: Mapping[str, str] = field(default_factory=dict)
    treatments: Mapping[str, frozenset[str]] = field(default_factory=dict)
    movements: tuple[Movement, ...] = ()
    transpose: int = 0
    transpose_p: float = 1.0
    halftime: bool = False
    rubato: float = 0.0
    ritard: float = 0.0
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0

    def treated(self, treatment: str, code: str) -> bool:
        """Whether a part code is to be treated so: `treated("thirds", "l")`."""
        return code in self.treatments.get(treatment, frozenset())


@lru_cache(maxsize=1024)
def parse_directions(tokens: tuple[str, ...]) -> Directions:
    """The automation tokens of one form row. Raises ValueError with the token that is none."""
    values: dict[str, object] = {}
    begins: dict[str, int] = {}
    ends: dict[str, int] = {}
    patterns: list[tuple[int, str]] = []
    voices: dict[str, str] = {}
    treatments: dict[str, frozenset[str]] = {}
    movements: list[Movement] = []
    for token in tokens:
        text = " ".join(token.split())
        if found := _PATTERN.fullmatch(text):
            patterns.append((int(found[2] or 1) - 1, found[1]))
        elif found := _ENTRY.fullmatch(text):
            for code in found[1].split("+"):
                if found[2] == "from":
                    begins[code] = int(found[3]) - 1
                else:
                    ends[code] = int(found[3])
        elif found := _MOVEMENT.fullmatch(text):
            start = float(found[3])
            end = float(found[4]) if found[4] else start
            movements += [Movement(code, found[2], start, end) for code in found[1].split("+")]
        elif found := _TRANSPOSE.fullmatch(text):
            values |= {"transpose": int(found[1]), "transpose_p": float(found[2] or 1)}
        elif found := _VOICE.fullmatch(text):
            voices[found[1]] = found[2]
        elif found := _TREATMENT.fullmatch(text):
            treatments[found[1]] = treatments.get(found[1], frozenset()) | frozenset(found[2].split("+"))
        elif found := _AMOUNT.fullmatch(text):
            name = {"fade in": "fade_in_s", "fade out": "fade_out_s"}.get(found[1], found[1])
            values[name] = float(found[2])
        elif found := _BASS.fullmatch(text):
            values["bass"] = found[1]
        elif text == "halftime":
            values["halftime"] = True
        elif text not in ("none", ""):
            raise ValueError(f"{token!r} is not an automation token")
    return Directions(
        begins=begins, ends=ends, patterns=tuple(sorted(patterns)), voices=voices, treatments=treatments,
        movements=tuple(movements), **values,  # type: ignore[arg-type]
    )  # fmt: skip
