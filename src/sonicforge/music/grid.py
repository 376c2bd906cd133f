"""Rhythm in short strings: drum grids, bass lines, comping rhythms.

    drum row    "9..b|...6|F.R.|T..."   one character a step; digits are velocities, letters are optional hits
    bass line   "0.R.6.100 14.a~!.2.74" step . note . length . velocity
    rhythm      "0.6.86 7.8.72"         step . length . velocity

Lines and rhythms repeat every 16 steps, or after "32:", "64:", "12:" (a 3/4 bar) or "24:" (two bars of 8th triplets).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from sonicforge.music.score import STEP, TICKS

TRIPLET = TICKS // 3
"""Ticks per 8th triplet."""
FLAM_MS = 24.0

_PREFIX = re.compile(r"(12|16|24|32|64):")
_BASS = re.compile(r"(\d+)\.([R356789L4adnx])([~!]*)\.(\d+)\.(\d+)")
_RHYTHM = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Hit:
    """One drum hit, `tick` from the start of the row.

    `optional` hits are played with probability 1/2, decided once per four bars. `grace` hits precede the main stroke of
    a flam by `shift_ms`. `step` is the grid step the hit was written on.
    """

    tick: int
    velocity: int
    step: int
    optional: bool = False
    grace: bool = False
    shift_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """A drum row of `length` ticks, `step` ticks per character."""

    hits: tuple[Hit, ...]
    length: int
    step: int


@dataclass(frozen=True, slots=True)
class BassToken:
    """`note` is R 3 5 6 7 8 9 L 4 a d n or x, relative to the sounding chord; `start` and `length` in ticks."""

    start: int
    note: str
    length: int
    velocity: int
    glide: bool
    accent: bool


@dataclass(frozen=True, slots=True)
class RhythmToken:
    """An attack of a chord; `start` and `length` in ticks."""

    start: int
    length: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Line:
    """A bass line that repeats after `length` ticks; `triplets` when it is written in 8th triplets."""

    tokens: tuple[BassToken, ...]
    length: int
    triplets: bool


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A comping rhythm that repeats after `length` ticks."""

    tokens: tuple[RhythmToken, ...]
    length: int
    triplets: bool


@lru_cache(maxsize=2048)
def parse_row(text: str, resolution: str = "16") -> Row:
    """A drum row; `resolution` is "16" (16ths) or "8t" (8th triplets).

    F is a flam (24 ms before the main stroke), R two 32nds, T three 16th triplets inside an 8th that also fill the next
    step. Raises ValueError for other characters, odd lengths, or a T without room.
    """
    if resolution not in ("16", "8t"):
        raise ValueError(f"resolution {resolution!r} is neither 16 nor 8t")
    step = TRIPLET if resolution == "8t" else STEP
    cells = text.replace("|", "").replace(" ", "")
    if len(cells) not in (12, 16, 24, 32, 48, 64):
        raise ValueError(f"row {text!r} has {len(cells)} steps, wanted 12, 16, 24, 32, 48 or 64")
    hits: list[Hit] = []
    for index, cell in enumerate(cells):
        hits += _cell(cell, index, step, text, len(cells), cells[index + 1 : index + 2])
    return Row(tuple(hits), len(cells) * step, step)


@lru_cache(maxsize=1024)
def parse_line(text: str) -> Line:
    """A bass line. Raises ValueError with the token that does not parse or lies outside the loop."""
    body, length, step = _unprefixed(text)
    tokens = []
    for word in body.split():
        found = _BASS.fullmatch(word)
        if found is None:
            raise ValueError(f"{word!r} is not step.note.length.velocity")
        start, note, marks, span, velocity = found.groups()
        _check(word, int(start) * step, length, int(velocity))
        tokens.append(BassToken(int(start) * step, note, int(span) * step, int(velocity), "~" in marks, "!" in marks))
    return Line(tuple(tokens), length, step == TRIPLET)


@lru_cache(maxsize=1024)
def parse_rhythm(text: str) -> Rhythm:
    """A comping rhythm. Raises ValueError with the token that does not parse or lies outside the loop."""
    body, length, step = _unprefixed(text)
    tokens = []
    for word in body.split():
        found = _RHYTHM.fullmatch(word)
        if found is None:
            raise ValueError(f"{word!r} is not step.length.velocity")
        start, span, velocity = (int(value) for value in found.groups())
        _check(word, start * step, length, velocity)
        tokens.append(RhythmToken(start * step, span * step, velocity))
    tokens.sort(key=lambda token: token.start)
    return Rhythm(tuple(tokens), length, step == TRIPLET)


def parse_mask(text: str) -> tuple[int, ...]:
    """Velocities of an accent mask or gate, one a step, 0 for rests."""
    velocities = [0] * (parse_row(text).length // STEP)
    for hit in parse_row(text).hits:
        velocities[hit.step] = hit.velocity
    return tuple(velocities)


def _cell(cell: str, index: int, step: int, text: str, count: int, following: str) -> list[Hit]:
    tick = index * step
    if cell == ".":
        return []
    if cell in "123456789":
        return [Hit(tick, 14 * int(cell), index)]
    if cell in "abcdefghi":
        return [Hit(tick, 14 * (ord(cell) - ord("a") + 1), index, optional=True)]
    if cell == "F":
        return [Hit(tick, 44, index, grace=True, shift_ms=-FLAM_MS), Hit(tick, 98, index)]
    if cell == "R":
        return [Hit(tick, 84, index), Hit(tick + step // 2, 64, index)]
    if cell == "T":
        if index + 1 >= count or following != ".":
            raise ValueError(f"row {text!r}: T at step {index} needs the next step free")
        return [Hit(tick + i * 2 * step // 3, v, index) for i, v in enumerate((80, 60, 70))]
    raise ValueError(f"row {text!r} has an unknown character {cell!r}")


def _unprefixed(text: str) -> tuple[str, int, int]:
    found = _PREFIX.match(text)
    if found is None:
        return text, 16 * STEP, STEP
    count = int(found[1])
    step = TRIPLET if count == 24 else STEP
    return text[found.end() :], count * step, step


def _check(word: str, start: int, length: int, velocity: int) -> None:
    if start >= length:
        raise ValueError(f"{word!r} starts after the loop ends")
    if not 1 <= velocity <= 127:
        raise ValueError(f"{word!r} has velocity {velocity}, wanted 1..127")
