"""Numbers in a person's words: how long, how fast, how strong, in which key."""

import random

from sonicforge.errors import UnknownName
from sonicforge.genres.concept import LENGTH_S
from sonicforge.genres.phrase import Phrase
from sonicforge.music.scale import MODES, Key

NUMERALS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "a": 1, "an": 1, "half": 0.5, "a couple of": 2, "a few": 3,
}  # fmt: skip
UNITS = {"second": 1.0, "sec": 1.0, "s": 1.0, "minute": 60.0, "min": 60.0, "m": 60.0, "hour": 3600.0, "h": 3600.0}
SHORT_S, LONG_S = 100.0, 360.0

_WORD = "|".join(sorted(NUMERALS, key=len, reverse=True))
_UNIT = r"(seconds?|secs?|minutes?|mins?|hours?)"
_TIME = (
    rf"(?<![\w.,:])(\d+(?:[.,]\d+)?|(?:{_WORD})(?=[\s-]))(?:[\s-]+(and a half))?[\s-]*(?:an?\s+)?{_UNIT}"
    r"(?:\s+(and a half))?(?!\w)"
)
_BRIEF_TIME = r"(?<![\w.,:])(?![789]0s)(\d+(?:[.,]\d+)?)()\s?(s|m|h)()(?!\w)"
"""`90 s`, `3m`; but `80s` is an era."""
_CLOCK = r"(?<![\d:])(\d{1,2}):([0-5]\d)(?![\d:])"
_BPM = (
    r"(?<![\w.])(\d{1,4}(?:[.,]\d+)?)\s*-?\s*(?:bpm|beats per minute|beats a minute)\b",
    r"\b(?:bpm|tempo)\s*(?:of|at|is|=|:)?\s*(?:about|around|ca\.?)?\s*(\d{1,4}(?:[.,]\d+)?)(?![\w%])",
    r"\b(?:at|around|about)\s+(\d{2,3})(?![\w%:.,]\d|\w|%)",
    r"(?<![\w.,:#/-])(\d{2,3})(?![\w%:/-]|[.,]\d)",
)
_BARE = (50.0, 220.0)
_SLOW = r"(?<!not )(?<!not too )(?<!n't )\b(?:very |really |quite )?(slow|slowly|slower|unhurried|half[\s-]time)\b"
_FAST = (
    r"(?<!not )(?<!not too )(?<!n't )\b(?:very |really |quite )?"
    r"(fast|faster|quick|rapid|speedy|racing|up[\s-]?tempo)\b"
)
_SPOKEN_MODES = {"major", "minor", "maj", "min", "dur", "moll", *(mode.replace("_", "[ _-]") for mode in MODES)}
_MODE_WORDS = "|".join(sorted(_SPOKEN_MODES, key=lambda word: (-len(word), word)))
_KEYS = (
    rf"(?<![\w'#])([A-Ga-g])(?:\s?(#|♯|♭|b(?=[\s-]))|[\s-]+(sharp|flat))?[\s-]*({_MODE_WORDS})(?![\w'])",
    r"(?<![\w'#])([A-G])(#|♯|♭|b)?()(m)(?![\w'#])",
    r"(?<=\bin )([a-gA-G])(#|♯|♭|b)?()(m)(?![\w'#])",
    r"(?<=\bin )([A-G])(#|♯|♭|b)()()(?![\w'])",
    r"(?<=\bin )([A-G])(?:(#|♯|♭|b)|\s(sharp|flat))?()(?=\s*(?:[,.;!]|$))",
    r"(?<=\bkey of )([A-Ga-g])(?:(#|♯|♭|b)|\s(sharp|flat))?()(?![\w'#])",
)
_ENERGY = (
    (r"(?<![\w.])(\d{1,3})\s*(?:%|percent)\s*energy", 0.01),
    (r"\benergy\s*(?:of|at|is|=|:)?\s*(\d{1,3})\s*(?:%|percent)", 0.01),
    (r"\benergy\s*(?:of|at|is|=|:)?\s*(0?[.,]\d+|[01](?:[.,]\d+)?)(?![\d%])", 1.0),
)
_ENERGY_WORDS = (
    (r"\b(?:full|maximum|max|highest|very high|extreme)[\s-](?:energy|power|force|intensity)\b", 1.0),
    (r"\bhigh[\s-](?:energy|intensity)\b|\bpeak[\s-]time energy\b", 0.85),
    (r"\b(?:medium|moderate|mid|mild)[\s-](?:energy|intensity)\b", 0.5),
    (r"\b(?:very low|minimal|lowest|barely any)[\s-](?:energy|intensity)\b", 0.05),
    (r"\b(?:low|little)[\s-](?:energy|intensity)\b", 0.2),
)


def length_s(phrase: Phrase) -> float | None:
    """Seconds asked for, not yet held inside the range; several times add up, as in "2 minutes 30 seconds"."""
    if clock := phrase.take(_CLOCK):
        return 60.0 * int(clock[1]) + int(clock[2])
    total = 0.0
    while found := phrase.take(_TIME) or phrase.take(_BRIEF_TIME):
        amount = number(found[1]) + (0.5 if found[2] or found[4] else 0.0)
        total += amount * UNITS[found[3] if len(found[3]) == 1 else found[3].rstrip("s")]
    if total:
        return total
    if phrase.take(r"\b(?:a |very |quite |really )?(?:short|brief)\b"):
        return SHORT_S
    if phrase.take(r"\b(?:a |very |quite |really )?(?:long|lengthy|extended)\b(?! ago)"):
        return LONG_S
    return None


def tempo_bpm(phrase: Phrase) -> tuple[float | None, str]:
    """Beats per minute asked for, and "slow", "fast" or "" where words say so."""
    bpm = None
    for index, pattern in enumerate(_BPM):
        found = phrase.take(pattern)
        if found and (index < 2 or _BARE[0] <= number(found[1]) <= _BARE[1]):
            bpm = number(found[1])
            break
    slow, fast = phrase.take(_SLOW), phrase.take(_FAST)
    return bpm, "" if bool(slow) == bool(fast) else "slow" if slow else "fast"


def key_of(phrase: Phrase, rng: random.Random) -> Key | None:
    """The key asked for; "in a minor key" draws a tonic."""
    if found := phrase.take(r"\ba (major|minor) (?:key|scale|mode|tonality)\b"):
        return Key(rng.choice((0, 2, 4, 5, 7, 9)), "ionian" if found[1] == "major" else "aeolian")
    for pattern in _KEYS:
        if found := phrase.take_cased(pattern):
            letter, sign, word, mode = found.groups()
            accidental = sign or {"sharp": "#", "flat": "b"}.get((word or "").lower(), "")
            try:
                return Key.parse(f"{letter}{accidental} {mode}")
            except UnknownName:
                continue
    return None


def energy_of(phrase: Phrase) -> float | None:
    """Energy 0..1 asked for in numbers or words."""
    for pattern, scale in _ENERGY:
        if found := phrase.take(pattern):
            return min(1.0, number(found[1]) * scale)
    for pattern, energy in _ENERGY_WORDS:
        if phrase.take(pattern):
            return energy
    return None


def number(text: str) -> float:
    """`3`, `2.5`, `2,5`, `three`, `a`."""
    return float(NUMERALS[text]) if text in NUMERALS else float(text.replace(",", "."))


def held(seconds: float) -> float:
    """Seconds drawn into the range a track may have."""
    return min(max(seconds, LENGTH_S[0]), LENGTH_S[1])
