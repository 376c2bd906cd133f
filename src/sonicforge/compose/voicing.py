"""Voices for a chord loop: enumerate the legal voicings of every chord, then the cheapest closed walk through them.

The walk is a dynamic programme over the whole loop including the step back to its first chord, so a loop that
repeats keeps moving as little at the seam as inside (min-plus matrix products, one per chord).
"""

from functools import lru_cache
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray

from sonicforge.genres.genre import Voicing
from sonicforge.music.chord import RomanChord

Pitches = tuple[int, ...]
Cost = NDArray[np.float64]

LOW_INTERVAL_LIMIT = {1: 52, 2: 51, 3: 48, 4: 47, 5: 45, 6: 45, 7: 36, 8: 41, 9: 41, 10: 41, 11: 41, 12: 24}
"""Lowest MIDI note of the lower tone of an interval that does not sound muddy."""
SUB_LIFT = 5
"""Added to the low-interval limits while a sub bass plays."""
MOST = 44
"""Voicings kept per chord."""

_GAPS = {
    "close": (1, 7, 0, 14), "drop2": (1, 9, 10, 20), "rootless": (1, 8, 6, 17), "quartal": (3, 7, 8, 22),
    "open": (2, 12, 12, 30), "spread": (1, 14, 12, 36), "power": (3, 12, 6, 24), "octave": (12, 12, 0, 36),
}  # fmt: skip
"""Style -> narrowest and widest gap between neighbours, narrowest and widest span."""
_WIDE_BOTTOM = {"open": 5, "spread": 5}


def voice_loop(
    chords: tuple[RomanChord, ...],
    tonic: int,
    voicing: Voicing,
    *,
    exempt: bool = False,
    sub: bool = False,
    lift: float = 0.5,
) -> tuple[Pitches, ...]:
    """MIDI pitches, ascending, for every chord of a loop that returns to its first chord.

    `lift` 0..1 says where in its range the top voice would like to lie. `exempt` allows parallel fifths and octaves;
    `sub` raises the low-interval limits. Costs follow classical voice-leading practice: least motion, kept common
    tones, contrary outer voices. Deterministic and cached.
    """
    return _voice_loop(chords, tonic, voicing, exempt, sub, lift)


@lru_cache(maxsize=256)
def _voice_loop(
    chords: tuple[RomanChord, ...], tonic: int, voicing: Voicing, exempt: bool, sub: bool, lift: float
) -> tuple[Pitches, ...]:
    options = [candidates(chord, tonic, voicing) for chord in chords]
    static = [shape_cost(pitches, voicing, sub=sub, lift=lift) for pitches in options]
    if len(chords) == 1:
        return (_pitches(options[0], int(np.argmin(static[0]))),)
    kept = [np.argsort(cost, kind="stable")[:MOST] for cost in static]
    options = [pitches[index] for pitches, index in zip(options, kept, strict=True)]
    static = [cost[index] for cost, index in zip(static, kept, strict=True)]
    places = [*range(1, len(chords)), 0]
    steps = [move_cost(options[i - 1], options[i], exempt=exempt) + static[i] for i in places]
    path = closed_walk(steps)
    return tuple(_pitches(pitches, index) for pitches, index in zip(options, path, strict=True))


def closed_walk(steps: list[Cost]) -> list[int]:
    """The cheapest closed walk: `steps[i]` costs state a of place i -> state b of place i + 1, the last one returns.

    Returns one state per place. Exact: min-plus products carry the cost from every start state.
    """
    cost = steps[0]
    back: list[NDArray[np.intp]] = []
    for step in steps[1:]:
        through = cost[:, :, None] + step[None, :, :]
        back.append(through.argmin(axis=1))
        cost = through.min(axis=1)
    start = int(np.argmin(np.diagonal(cost)))
    path = [start]
    for choice in reversed(back):
        path.append(int(choice[start, path[-1]]))
    return [start, *reversed(path[1:])]


@lru_cache(maxsize=2048)
def candidates(chord: RomanChord, tonic: int, voicing: Voicing) -> NDArray[np.int64]:
    """All legal voicings of one chord, shape (count, voices), each row ascending.

    Legal is: inside the range, gaps and span of the style, above the low-interval limits. When nothing is legal the
    limits are dropped one after another, so that there is always at least one row.
    """
    for style, guarded in ((voicing.style, True), (voicing.style, False), ("spread", False), ("any", False)):
        rows = _rows(chord, tonic, voicing, style)
        if style in _WIDE_BOTTOM and len(rows):
            rows = rows[rows[:, 1] - rows[:, 0] >= _WIDE_BOTTOM[style]] if rows.shape[1] > 1 else rows
        if guarded and len(rows):
            rows = rows[_muddy(rows, 0) == 0]
        if len(rows):
            return rows
    return np.array([[(tonic + chord.root) % 12 + 12 * (voicing.low // 12 + 1)] * voicing.voices], np.int64)


def tone_sets(chord: RomanChord, voices: int, style: str) -> tuple[Pitches, ...]:
    """Which intervals above the root are played, as sorted tuples of `voices` tones with repeats.

    The third and seventh stay; the fifth goes first, then (rootless: before it) the root. Triads double root and fifth.
    """
    third = [chord.third] if chord.third is not None else []
    seventh = [chord.seventh] if chord.seventh is not None else []
    fifth = [chord.fifth] if chord.fifth is not None else []
    colours = list(chord.colours)
    if style == "octave":
        return ((0,) * voices,)
    if style == "power":
        return _power(chord, voices)
    if style == "rootless" and chord.extended:
        orders = [third + seventh + colours + fifth + [0], third + seventh + fifth + colours + [0]]
    else:
        orders = [
            [0, *third, *seventh, *colours, *fifth], [0, *third, *seventh, *fifth, *colours],
            [*third, *seventh, *colours, *fifth, 0],
        ]  # fmt: skip
    sets = set()
    for order in orders:
        chosen = order[:voices]
        for doubled in _doublings(order, voices - len(chosen)):
            sets.add(tuple(sorted([*chosen, *doubled])))
    return tuple(sorted(sets))


def shape_cost(pitches: NDArray[np.int64], voicing: Voicing, *, sub: bool, lift: float) -> Cost:
    """Cost of each voicing on its own: range of the top voice, spacing, rubs, mud; shape (count,)."""
    low, top = pitches[:, 0], pitches[:, -1]
    gaps = np.diff(pitches, axis=1)
    aim = voicing.top[0] + lift * (voicing.top[1] - voicing.top[0])
    cost = 6.0 * ((top < voicing.top[0]) | (top > voicing.top[1])) + 0.12 * np.abs(top - aim)
    cost += 1.0 * (gaps[:, 1:] > 12).sum(axis=1) + 3.0 * ((gaps == 1) & (pitches[:, :-1] < 60)).sum(axis=1)
    cost += 0.5 * ((gaps <= 2) & (pitches[:, :-1] < 62)).sum(axis=1)
    span = top - low
    widest = 22 if pitches.shape[1] <= 5 else 36
    cost += 1.0 * ((span < 8) | (span > widest))
    for a, b in combinations(range(pitches.shape[1]), 2):
        cost += 4.0 * (pitches[:, b] - pitches[:, a] == 13)
    if sub:
        cost += 1.0 * _muddy(pitches, SUB_LIFT)
    return np.asarray(cost, np.float64)


def move_cost(before: NDArray[np.int64], after: NDArray[np.int64], *, exempt: bool) -> Cost:
    """Cost of moving from each voicing to each other, shape (before, after)."""
    moved = after[None, :, :] - before[:, None, :]
    cost = np.abs(moved).mean(axis=2)
    top = np.abs(moved[:, :, -1])
    cost += 3.0 * (top > 4) + 0.1 * (top == 0)
    cost += 1.5 * ((moved > 0).all(axis=2) | (moved < 0).all(axis=2))
    cost += 0.6 * _lost_common_tones(before, after)
    if not exempt:
        cost += 4.0 * _parallel(before, after, moved, 0, -1)
        for upper in range(1, before.shape[1]):
            cost += 1.0 * _parallel(before, after, moved, upper - 1, upper)
    return np.asarray(cost, np.float64)


def mean_motion(path: tuple[Pitches, ...]) -> float:
    """Semitones per voice and change, over the closed loop."""
    pairs = zip(path, path[1:] + path[:1], strict=True)
    moves = [abs(a - b) for before, after in pairs for a, b in zip(before, after, strict=True)]
    return sum(moves) / max(1, len(moves))


def _rows(chord: RomanChord, tonic: int, voicing: Voicing, style: str) -> NDArray[np.int64]:
    least, most, narrow, wide = _GAPS.get(style, (1, 24, 0, 48))
    low, high = voicing.low, max(voicing.high, voicing.low + 12)
    root = (tonic + chord.root) % 12
    found: set[Pitches] = set()
    for tones in tone_sets(chord, voicing.voices, style):
        places = [range(low + (root + tone - low) % 12, high + 1, 12) for tone in tones]
        for pitches in product(*places):
            row = sorted(pitches)
            if not narrow <= row[-1] - row[0] <= wide:
                continue
            if all(least <= b - a <= most for a, b in pairwise(row)):
                found.add(tuple(row))
    return np.array(sorted(found), np.int64).reshape(-1, voicing.voices)


def _power(chord: RomanChord, voices: int) -> tuple[Pitches, ...]:
    third = chord.third if chord.third is not None and "5" not in chord.symbol else None
    tones = [0, chord.fifth or 7, 0] if third is None else [0, third, chord.fifth or 7]
    while len(tones) < voices:
        tones.append(tones[len(tones) - 3])
    return (tuple(sorted(tones[:voices])),)


def _doublings(order: list[int], missing: int) -> list[Pitches]:
    if missing <= 0:
        return [()]
    stable = [tone for tone in order if tone in (0, 7)] + [tone for tone in order if tone in (3, 4)]
    wanted = (stable * 3)[:missing]
    options = {tuple(wanted)}
    if missing == 1:
        options |= {(tone,) for tone in stable[:2]}
    return sorted(options)


def _muddy(rows: NDArray[np.int64], lift: int) -> NDArray[np.int64]:
    """How many neighbouring pairs of each voicing lie below the low-interval limit."""
    limits = np.array([0, *(LOW_INTERVAL_LIMIT[i] + lift for i in range(1, 13))])
    gaps = np.diff(rows, axis=1)
    return np.asarray((rows[:, :-1] < limits[np.minimum(gaps, 12)]).sum(axis=1), np.int64)


def _lost_common_tones(before: NDArray[np.int64], after: NDArray[np.int64]) -> NDArray[np.int64]:
    shared = set((before[0] % 12).tolist()) & set((after[0] % 12).tolist())
    could_stay = np.isin(before % 12, sorted(shared))
    stays = (before[:, None, :, None] == after[None, :, None, :]).any(axis=3)
    return np.asarray((could_stay[:, None, :] & ~stays).sum(axis=2), np.int64)


def _parallel(
    before: NDArray[np.int64], after: NDArray[np.int64], moved: NDArray[np.int64], lower: int, upper: int
) -> NDArray[np.bool_]:
    first = (before[:, upper] - before[:, lower]) % 12
    second = (after[:, upper] - after[:, lower]) % 12
    perfect = ((first == 0) | (first == 7))[:, None] & (first[:, None] == second[None, :])
    return np.asarray(perfect & (moved[:, :, lower] == moved[:, :, upper]) & (moved[:, :, lower] != 0), np.bool_)


def _pitches(rows: NDArray[np.int64], index: int) -> Pitches:
    return tuple(int(pitch) for pitch in rows[index])
