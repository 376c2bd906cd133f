"""How one section hands over to the next: mutes, gaps, fills, rolls, risers, crashes.

The transition tokens of a form row are placed on the timeline before anything is played, because drums and bass
leave room for them; what sounds by itself becomes a `Cue`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from sonicforge.compose.form import DROP_STEP
from sonicforge.compose.sketch import Sketch
from sonicforge.music.score import STEP, TICKS, Note, Section

_TOKEN = re.compile(r"([A-Z]{3,4})(?:\(\s*(\d+(?:\.\d+)?)\s*\))?")
_IN_BARS = frozenset({"RIS", "DWN", "SNR", "HPF", "LPF"})
_DEFAULT = {
    "RIS": 4, "DWN": 2, "RCR": 4, "SNR": 1, "FIL": 2, "DRP": 2, "GAP": 1, "HPF": 4, "LPF": 4, "STP": 1, "ECH": 1,
}  # fmt: skip
_AFTER = frozenset({"DWN", "IMP", "CRS", "SUB"})
"""Transitions that happen on the one of the next section instead of before it."""
BURST = 0.2
"""Rise of mean energy that makes the end of a build a drop."""
EDIT_BARS = 16
"""A machine-like groove holds its breath once in so many bars, at the twelfth of them."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Move:
    """One transition effect: its kind and where it happens, in ticks; `seam` is the tick of the section boundary."""

    kind: str
    start: int
    end: int
    seam: int


@dataclass(frozen=True, slots=True)
class Windows:
    """Where players must be silent or do something special; all spans are (start, end) in ticks.

    `drops`: kick and bass out. `gaps`: everything out. `fills`: a drum fill. `rolls`: a roll.
    """

    drops: tuple[Span, ...]
    gaps: tuple[Span, ...]
    fills: tuple[Span, ...]
    rolls: tuple[Span, ...]

    def silent(self, code: str, tick: int) -> bool:
        """Whether a part code may not start anything at a tick."""
        if any(start <= tick < end for start, end in self.gaps):
            return True
        return code in "kbu" and any(start <= tick < end for start, end in self.drops)


def parse_moves(tokens: tuple[str, ...], *, seam: int, bar: int) -> tuple[Move, ...]:
    """The transition tokens of one row, placed around the `seam` where its section ends.

    Rolls and risers end where a gap begins, so that the silence before the one is real. The last bar of a roll has
    neither kick nor bass. Raises ValueError for an unknown token.
    """
    found: list[tuple[str, float]] = []
    for token in tokens:
        match = _TOKEN.fullmatch(token.strip())
        if match is None or (match[1] != "NONE" and match[1] not in _DEFAULT and match[1] not in _AFTER):
            raise ValueError(f"{token!r} is not a transition")
        if match[1] != "NONE":
            found.append((match[1], float(match[2] or _DEFAULT.get(match[1], 0))))
    gap = int(max((amount for kind, amount in found if kind == "GAP"), default=0) * TICKS)
    moves = []
    for kind, amount in found:
        length = int(amount * (bar if kind in _IN_BARS else TICKS))
        if kind in _AFTER:
            moves.append(Move(kind, seam, seam + length, seam))
        else:
            end = seam - gap if kind in ("SNR", "RIS", "FIL", "RCR") else seam
            moves.append(Move(kind, max(0, min(end, seam - length)), end, seam))
    rolls = [move for move in moves if move.kind == "SNR"]
    if rolls and not any(move.kind == "DRP" for move in moves):
        moves.append(Move("DRP", max(rolls[0].start, seam - bar), seam, seam))
    return tuple(moves)


def moves_of(sketch: Sketch) -> tuple[Move, ...]:
    """Every transition of the piece in order of time."""
    moves: list[Move] = []
    for section, row in zip(sketch.sections, sketch.plan.form.sections, strict=True):
        moves += parse_moves(row.transition, seam=section.end, bar=sketch.bar)
        moves += _breaths(sketch, section)
    return tuple(sorted(moves, key=lambda move: (move.start, move.kind)))


def bursts_of(sketch: Sketch, moves: Iterable[Move]) -> frozenset[int]:
    """Ticks at which the groove bursts in: a leap of energy, or the end of a build into something much fuller."""
    built = {move.seam for move in moves if move.kind in ("RIS", "SNR", "GAP")}
    found = set()
    for before, after in pairwise(sketch.sections):
        leap = after.energy[0] - before.energy[1] >= DROP_STEP
        build = after.start in built and after.mean_energy - before.mean_energy >= BURST
        if (leap or build) and sketch.presence("k", after):
            found.add(after.start)
    return frozenset(found)


def machine_like(sketch: Sketch) -> bool:
    """Whether the groove is cut by machines: modulated bass and drums that no hand plays."""
    return sketch.genre.club and bool(sketch.genre.bass.lfo_beats) and not sketch.genre.drums.humanised


def _breaths(sketch: Sketch, section: Section) -> list[Move]:
    """An eighth of silence before a backbeat, where the groove is cut by machines."""
    backbeat = sketch.genre.identity.get("backbeat", ())
    if not machine_like(sketch) or not backbeat or not all(sketch.presence(code, section) for code in "ksb"):
        return []
    hits = [section.start + bar * sketch.bar + backbeat[0] * STEP for bar in range(11, section.bars, EDIT_BARS)]
    return [Move("GAP", hit - 2 * STEP, hit, hit) for hit in hits]


def windows_of(moves: tuple[Move, ...]) -> Windows:
    """The spans that players must respect."""

    def spans(kind: str) -> tuple[Span, ...]:
        return tuple((move.start, move.end) for move in moves if move.kind == kind)

    return Windows(spans("DRP"), spans("GAP"), spans("FIL"), spans("SNR"))


def muted(notes: Iterable[Note], windows: Windows, code: str) -> tuple[Note, ...]:
    """Notes in order without those that start in a mute; what would ring into one is cut at its edge."""
    spans = (*windows.gaps, *(windows.drops if code in "kbu" else ()))
    kept = []
    for note in sorted(notes, key=lambda note: (note.start, note.pitch)):
        if any(start <= note.start < end for start, end in spans):
            continue
        stop = min((start for start, _ in spans if note.start < start < note.end), default=note.end)
        kept.append(note if stop == note.end else replace(note, length=stop - note.start))
    return tuple(kept)
