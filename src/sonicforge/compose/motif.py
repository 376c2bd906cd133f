"""Motifs: short tunes on a straight grid in diatonic lines, how a good one is told, and how it is found.

A `Tone` has no pitch yet but a `line`: scale steps counted like staff lines, seven to the octave, so that sequence,
inversion and harmony are additions. Line 35 is the tonic at or above middle C.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import exp

from sonicforge.music.scale import MODES, Key
from sonicforge.music.score import STEP, TICKS

Hook = tuple[tuple[int, int], ...]
"""(semitones from the note before, 16ths to the next onset or of the last note)."""

FARTHEST = 0.35
"""Least edit distance between two hooks that count as different."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A note of a motif: ticks from its start on the straight grid; `bend` is a chromatic alteration in semitones."""

    at: int
    length: int
    line: int
    bend: int = 0

    @property
    def end(self) -> int:
        return self.at + self.length


@dataclass(frozen=True, slots=True)
class Motif:
    """Tones in order inside `span` ticks; an empty motif is a rest."""

    tones: tuple[Tone, ...]
    span: int

    def at(self, start: int) -> tuple[Tone, ...]:
        """The tones as they stand when the motif begins at `start`."""
        return tuple(replace(tone, at=tone.at + start) for tone in self.tones)


def pitch_of(key: Key, line: int, bend: int = 0) -> int:
    """MIDI number of a line in a key."""
    octave, index = divmod(line, 7)
    return 12 * octave + key.tonic + MODES[key.mode][index] + bend


def line_of(key: Key, pitch: int) -> int:
    """The line nearest to a MIDI number."""
    octave, offset = divmod(pitch - key.tonic, 12)
    steps = (*MODES[key.mode], 12)
    return 7 * octave + min(range(8), key=lambda index: abs(steps[index] - offset))


def is_strong(at: int, bar: int) -> bool:
    """Whether a tick inside a bar is a strong position: the first beat and, in even metres, the middle of the bar."""
    inside = at % bar
    return inside == 0 or (bar % (2 * TICKS) == 0 and inside == bar // 2)


def hook_of(motif: Motif, key: Key) -> Hook:
    """The motif as intervals and durations, for recognising and comparing it."""
    return hook_from([pitch_of(key, tone.line, tone.bend) for tone in motif.tones], motif.tones)


def hook_from(pitches: Sequence[int], tones: Sequence[Tone]) -> Hook:
    """Intervals and durations of tones that sound at these pitches."""
    starts = [tone.at for tone in tones]
    gaps = [after - before for before, after in pairwise(starts)] + [tones[-1].length] if starts else []
    intervals = [0, *(after - before for before, after in pairwise(pitches))][: len(pitches)]
    return tuple((interval, max(1, round(gap / STEP))) for interval, gap in zip(intervals, gaps, strict=True))


def hook_distance(a: Hook, b: Hook) -> float:
    """Edit distance 0..1 of two hooks, each (interval, duration) one symbol, relative to the longer one."""
    if not a or not b:
        return 0.0 if a == b else 1.0
    before = [float(column) for column in range(len(b) + 1)]
    for row, note in enumerate(a, start=1):
        current = [float(row)]
        for column, other in enumerate(b, start=1):
            current.append(min(before[column] + 1, current[-1] + 1, before[column - 1] + (note != other)))
        before = current
    return before[-1] / max(len(a), len(b))


def symbols(hook: Hook) -> int:
    """How much there is to remember: (interval, duration) pairs after run-length coding, two a run."""
    return sum(1 for _ in groupby(hook)) + len({duration for _, duration in hook})


Criterion = Callable[["Candidate"], float]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a hook should be: semitones between its lowest and highest note, different pitches, most symbols."""

    span: tuple[int, int] = (4, 9)
    pitches: tuple[int, int] = (3, 5)
    intervals: tuple[float, ...] = (0.18, 0.47, 0.20, 0.11, 0.04)
    ends: tuple[int, ...] = (1, 3, 5)
    leap: int = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A motif under judgement with all that the criteria ask about it."""

    motif: Motif
    key: Key
    bar: int
    wish: Wish
    pitches: tuple[int, ...]
    moves: tuple[int, ...]
    strong: tuple[bool, ...]
    chord_tones: tuple[bool, ...]
    rubs: tuple[bool, ...]


def _has_leap(found: Candidate) -> float:
    return float(any(abs(move) >= found.wish.leap for move in found.moves))


def _within_span(found: Candidate) -> float:
    low, high = found.wish.span
    span = max(found.pitches) - min(found.pitches)
    return 1.0 if low <= span <= high else max(0.0, 1 - 0.3 * max(low - span, span - high))


def _few_pitches(found: Candidate) -> float:
    low, high = found.wish.pitches
    count = len(set(found.pitches))
    return 1.0 if low <= count <= high else max(0.0, 1 - 0.5 * max(low - count, count - high))


def _grounded(found: Candidate) -> float:
    """Strong notes on chord tones: everything from 60 % on is well, less is not."""
    weighed = [tone for tone, strong in zip(found.chord_tones, found.strong, strict=True) if strong]
    if not any(is_strong(tone.at, found.bar) for tone in found.motif.tones):
        return 0.25
    return min(1.0, sum(weighed) / len(weighed) / 0.75)


def _no_rubs(found: Candidate) -> float:
    """Notes of an 8th and more a semitone above a chord tone: the harmony would bend them away."""
    return max(0.0, 1 - 0.6 * sum(found.rubs))


def _one_peak(found: Candidate) -> float:
    top = max(found.pitches)
    place = found.pitches.index(top) / max(1, len(found.pitches) - 1)
    return (1.0 if found.pitches.count(top) == 1 else 0.5) * (1.0 if 0.2 <= place <= 0.9 else 0.7)


def _clear_contour(found: Candidate) -> float:
    """Few turns: a line that zigzags at every note has no shape."""
    signs = [move > 0 for move in found.moves if move]
    turns = sum(a != b for a, b in pairwise(signs))
    return 1.0 if turns <= 2 else max(0.0, 1 - 0.3 * (turns - 2))


def _leaps_resolve(found: Candidate) -> float:
    leaps = [(a, b) for a, b in pairwise(found.moves) if abs(a) >= 5]
    if not leaps:
        return 1.0
    return sum(a * b <= 0 and abs(b) < abs(a) for a, b in leaps) / len(leaps)


def _singable(found: Candidate) -> float:
    excess = symbols(hook_of(found.motif, found.key)) - 12
    return 1.0 if excess <= 0 else max(0.0, 1 - 0.4 * excess)


def _interval_mix(found: Candidate) -> float:
    shares = [0.0] * 5
    for move in found.moves:
        shares[interval_class(move)] += 1 / max(1, len(found.moves))
    return 1 - sum(abs(a - b) for a, b in zip(shares, found.wish.intervals, strict=True)) / 2


def _mostly_steps(found: Candidate) -> float:
    """Steps and repeats make a line that a voice can follow, also back into its beginning; two in three are enough."""
    motif = found.motif
    moves = list(found.moves)
    if motif.span - motif.tones[-1].at < 2 * TICKS:
        moves.append(found.pitches[0] - found.pitches[-1])
    return min(1.0, sum(abs(move) <= 2 for move in moves) / max(1, len(moves)) / 0.66)


def _good_end(found: Candidate) -> float:
    degree = found.motif.tones[-1].line % 7 + 1
    return 1.0 if degree in found.wish.ends else 0.4


def _no_hammering(found: Candidate) -> float:
    """No pitch is struck over and over: runs of at most half of the notes."""
    longest = max(sum(1 for _ in run) for _, run in groupby(found.pitches))
    return 1.0 if longest <= max(2, len(found.pitches) // 2) else 0.3


CRITERIA: tuple[tuple[Criterion, float], ...] = (
    (_has_leap, 1.6), (_within_span, 1.6), (_few_pitches, 1.2), (_grounded, 2.0), (_no_rubs, 2.4), (_one_peak, 0.9),
    (_clear_contour, 0.9), (_leaps_resolve, 1.2), (_singable, 1.4), (_interval_mix, 1.0), (_mostly_steps, 4.0),
    (_good_end, 0.7), (_no_hammering, 0.8),
)  # fmt: skip
"""What makes a hook memorable, with weights; each criterion returns 0..1."""


def quality(found: Candidate) -> float:
    """Weighted mean of all criteria, 0..1."""
    return sum(weight * criterion(found) for criterion, weight in CRITERIA) / sum(weight for _, weight in CRITERIA)


def judged(motif: Motif, key: Key, bar: int, wish: Wish, chords: Sequence[frozenset[int]]) -> Candidate:
    """A candidate from a motif; `chords` are the pitch classes that sound under each tone."""
    pitches = tuple(pitch_of(key, tone.line, tone.bend) for tone in motif.tones)
    strong = tuple(is_strong(tone.at, bar) or tone.length >= 6 * STEP for tone in motif.tones)
    inside = tuple(pitch % 12 in chord for pitch, chord in zip(pitches, chords, strict=True))
    rubs = tuple(
        tone.length >= 2 * STEP and not ok and (pitch - 1) % 12 in chord
        for pitch, tone, ok, chord in zip(pitches, motif.tones, inside, chords, strict=True)
    )
    moves = tuple(after - before for before, after in pairwise(pitches))
    return Candidate(motif, key, bar, wish, pitches, moves, strong, inside, rubs)


def interval_class(semitones: int) -> int:
    """0 repeat, 1 step, 2 third, 3 fourth or fifth, 4 larger."""
    size = abs(semitones)
    return 0 if size == 0 else 1 if size <= 2 else 2 if size <= 4 else 3 if size <= 7 else 4


def nearness(distance: float, width: float) -> float:
    """Bell of height 1: how welcome a value `distance` away from the wished one is."""
    return exp(-((distance / width) ** 2))


def distinct(hook: Hook, others: Iterable[Hook]) -> bool:
    """Whether a hook differs enough from all others."""
    return all(hook_distance(hook, other) >= FARTHEST for other in others)
