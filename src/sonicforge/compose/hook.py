"""The hook: many rhythms and contours are drawn, judged by musical criteria, and the best one is kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import exp
from random import Random

from sonicforge.compose.manner import Manner, Weights
from sonicforge.compose.motif import (
    Hook,
    Motif,
    Tone,
    Wish,
    distinct,
    hook_of,
    interval_class,
    is_strong,
    judged,
    nearness,
    pitch_of,
    quality,
)
from sonicforge.genres.genre import Melody
from sonicforge.music.scale import Key
from sonicforge.music.score import STEP, TICKS

Beat = tuple[int, int]
"""(onset, duration) in 16ths."""
Rhythm = tuple[Beat, ...]

_RHYTHMS = 44
_KEPT = 7
_LINES_EACH = 12
_TASTE = 0.07
"""How far taste may overrule the criteria, so that the same best tune is not found twice."""
_WIDTH = 2.6
"""Lines around the wished height that are welcome."""
_WAYS = (1.0, 2.0, 2.0, 3.0, 4.0)
"""How many moves share the weight of an interval class."""

CONTOURS: dict[str, Callable[[float], float]] = {
    "arch": lambda x: 1 - abs(2 * x - 1.1) * 1.6,
    "rise": lambda x: 2 * x - 1,
    "fall": lambda x: 1 - 2 * x,
    "valley": lambda x: abs(2 * x - 1) * 1.8 - 1,
    "wave": lambda x: (1 - abs(4 * x - 1) * 1.2) if x < 0.5 else (abs(4 * x - 3) * 1.2 - 1),
    "late_leap": lambda x: -0.6 if x < 0.55 else 1.0 - (x - 0.55),
    "plateau": lambda x: 0.6 if x < 0.6 else -0.8,
    "answer": lambda x: 0.8 - 2.2 * x if x < 0.5 else -0.9 + 1.6 * (x - 0.5),
}
"""Wished height -1..1 along a motif 0..1."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where tunes live: key, lines low..high, the line they circle, degree weights, bar in ticks."""

    key: Key
    low: int
    high: int
    centre: int
    strong: tuple[float, ...]
    weak: tuple[float, ...]
    intervals: tuple[float, ...]
    ends: tuple[int, ...]
    bar: int
    pitches: Mapping[int, int] = field(default_factory=dict)
    """Line -> MIDI number, a little beyond the range."""

    def __post_init__(self) -> None:
        table = {line: pitch_of(self.key, line) for line in range(self.low - 8, self.high + 9)}
        object.__setattr__(self, "pitches", table)

    def weight(self, line: int, *, strong: bool) -> float:
        return (self.strong if strong else self.weak)[line % 7]


ChordsAt = Callable[[int], frozenset[int]]
"""Pitch classes that sound at a tick after the motif's start."""


def find_hook(
    frame: Frame,
    manner: Manner,
    melody: Melody,
    chords: Sequence[ChordsAt],
    rng: Random,
    *,
    avoid: Iterable[Hook] = (),
    finalists: int = 3,
) -> list[Motif]:
    """The best few of about a hundred drawn motifs, best first, each with another rhythm.

    `chords` are the harmonies the hook will meet, the first statement's first. `avoid` are hooks that it may not
    resemble; when all candidates resemble one of them, the best is taken all the same.
    """
    wish = wish_of(frame, manner)
    # Every track leans towards note values and intervals of its own, so that the tunes of a genre stay apart.
    manner = replace(manner, values=_leaned(manner.values, rng), starts=_leaned(manner.starts, rng))
    frame = replace(frame, intervals=tuple(share * rng.lognormvariate(0, 0.35) for share in frame.intervals))
    rhythms = _good_rhythms(manner, melody, frame.bar, rng)
    ranked: list[tuple[float, int, Motif]] = []
    allowed = _few_lines(frame, manner, rng) if manner.pitches[1] <= 4 else None
    for worth, span, rhythm in rhythms:
        heard = [[sounding(onset * STEP) for onset, _ in rhythm] for sounding in chords[:2]]
        if heard[0] == heard[-1]:
            heard = heard[:1]
        for _ in range(_LINES_EACH):
            motif = draw_line(rhythm, span * STEP, frame, heard[0], rng, allowed=allowed)
            score = sum(quality(judged(motif, frame.key, frame.bar, wish, under)) for under in heard) / len(heard)
            ranked.append((score + 0.35 * worth + rng.uniform(0, _TASTE), len(ranked), motif))
    ranked.sort(key=lambda entry: (-entry[0], entry[1]))
    taken = tuple(avoid)
    fresh = [motif for _, _, motif in ranked if distinct(hook_of(motif, frame.key), taken)] if taken else []
    chosen: dict[tuple[int, ...], Motif] = {}
    for motif in fresh or [motif for _, _, motif in ranked]:
        chosen.setdefault(tuple(tone.at for tone in motif.tones), motif)
        if len(chosen) == finalists:
            break
    return list(chosen.values())


def wish_of(frame: Frame, manner: Manner) -> Wish:
    """What a genre's hooks should be."""
    leap = 1 if manner.kind == "loop" else 3
    return Wish(manner.span, manner.pitches, frame.intervals, (*frame.ends, 2, 5), leap)


def draw_line(
    rhythm: Rhythm,
    span: int,
    frame: Frame,
    chords: Sequence[frozenset[int]],
    rng: Random,
    *,
    allowed: frozenset[int] | None = None,
    centre: int | None = None,
) -> Motif:
    """One line for a rhythm under `chords` (pitch classes, one set a note): a weighted walk along a wished contour.

    Weights are the genre's degree weights, 2.2 for chord tones, 0.25 for tones a semitone above a chord tone on strong
    beats, the genre's interval shares, and a call back after a leap.
    """
    contour = rng.choice(tuple(CONTOURS.values()))
    middle = frame.centre if centre is None else centre
    height = rng.uniform(1.4, 3.2)
    total = max(1, rhythm[-1][0] - rhythm[0][0])
    tones: list[Tone] = []
    lines: list[int] = []
    for (onset, duration), chord in zip(rhythm, chords, strict=True):
        at = onset * STEP
        wished = middle + height * contour((onset - rhythm[0][0]) / total)
        line = _next_line(lines, wished, at, frame, chord, rng, allowed)
        lines.append(line)
        tones.append(Tone(at, duration * STEP, line))
    return Motif(tuple(tones), span)


def draw_rhythm(manner: Manner, steps: int, bar_steps: int, rng: Random) -> Rhythm:
    """Onsets and durations in 16ths inside `steps`: note values are laid end to end, now and then with a rest.

    Half of the rhythms of two bars and more say their first bar twice, with another end.
    """
    most = rng.randint(*manner.notes)
    onset = _pick(manner.starts, rng)
    limit = steps - manner.breath
    beats: list[Beat] = []
    while onset < limit and len(beats) < most:
        value = min(_pick(manner.values, rng), steps - onset)
        beats.append((onset, value))
        onset += value
        if rng.random() < 0.14:
            onset += rng.choice((1, 2, 2, 4))
    if steps >= 2 * bar_steps and manner.breath < bar_steps and rng.random() < 0.5:
        beats = _second_bar_answers(beats, bar_steps, limit, most, rng)
    return tuple(beats)


def rhythm_quality(rhythm: Rhythm, steps: int, bar_steps: int, *, density: float) -> float:
    """0..1: syncopation or long-short contrast, few note values, a repeated cell, room for a long last note."""
    gaps = [b[0] - a[0] for a, b in pairwise(rhythm)]
    values = gaps or [rhythm[0][1]]
    beat = TICKS // STEP
    syncopated = any(onset % beat and onset % beat + value > beat for onset, value in rhythm)
    contrast = max(values) / max(1, min(values))
    kinds = len(set(values))
    repeated = any(a == b for a, b in pairwise(pairwise(values))) or any(a == b for a, b in pairwise(values))
    last = rhythm[-1][1] >= sum(values) / len(values)
    wanted = max(1.0, density * steps / bar_steps)
    closes = steps - rhythm[-1][0] >= 1.5 * sum(values) / len(values) + beat // 2
    return (
        0.24 * (syncopated or contrast >= 2)
        + 0.12 * (syncopated and contrast >= 1.5)
        + 0.12 * (1.0 if kinds in (2, 3) else 0.4 if kinds == 1 else 0.6)
        + 0.12 * repeated
        + 0.12 * last
        + 0.05 * (contrast <= 8)
        + 0.13 * closes
        + 0.10 * any(onset % (bar_steps // 2 if bar_steps % 8 == 0 else bar_steps) == 0 for onset, _ in rhythm)
        + 0.12 * nearness(len(rhythm) - wanted, 0.5 * wanted)
    )


def _good_rhythms(manner: Manner, melody: Melody, bar: int, rng: Random) -> list[tuple[float, int, Rhythm]]:
    bar_steps = bar // STEP
    low, high = melody.notes_per_bar
    density = low + 0.45 * (high - low)
    found: dict[Rhythm, tuple[float, int, Rhythm]] = {}
    for _ in range(_RHYTHMS):
        steps = rng.choice(manner.loops) if manner.loops else manner.bars * bar_steps
        rhythm = draw_rhythm(manner, steps, bar_steps, rng)
        if len(rhythm) >= manner.notes[0]:
            worth = rhythm_quality(rhythm, steps, bar_steps, density=density)
            found[rhythm] = (worth + rng.uniform(0, 0.12), steps, rhythm)
    if not found:
        plain = tuple((index * 4, 4) for index in range(3))
        return [(0.5, bar_steps, plain)]
    return sorted(found.values(), key=lambda entry: -entry[0])[:_KEPT]


def _second_bar_answers(beats: list[Beat], bar_steps: int, limit: int, most: int, rng: Random) -> list[Beat]:
    first = [(onset, value) for onset, value in beats if onset < bar_steps][: max(2, most - 2)]
    if not first:
        return beats
    again = [(onset + bar_steps, value) for onset, value in first if onset + bar_steps < limit]
    if len(first) + len(again) > most:
        again = again[: max(1, most - len(first))]
    onset, _ = again[-1] if again else (bar_steps, 0)
    if again:
        again[-1] = (onset, rng.choice((4, 6, 8)))
    return first + again


def _few_lines(frame: Frame, manner: Manner, rng: Random) -> frozenset[int]:
    """Two to four lines for a riff: one degree that rules, others by weight, perhaps its octave."""
    count = rng.randint(*manner.pitches)
    lines = list(range(max(frame.low, frame.centre - 5), min(frame.high, frame.centre + 6) + 1))
    home = max(lines, key=lambda line: frame.weight(line, strong=True) * nearness(line - frame.centre, 6))
    chosen = [home]
    while len(chosen) < count:
        free = [line for line in lines if line not in chosen]
        weights = [frame.weight(line, strong=False) * (nearness(line - home, 4.5) + 0.25 * ((line - home) % 7 == 0))
                   for line in free]  # fmt: skip
        chosen.append(rng.choices(free, weights)[0])
    return frozenset(chosen)


def _next_line(
    lines: list[int],
    wished: float,
    at: int,
    frame: Frame,
    chord: frozenset[int],
    rng: Random,
    allowed: frozenset[int] | None,
) -> int:
    strong = is_strong(at, frame.bar)
    if allowed is not None:
        options = sorted(allowed)
    else:
        here = lines[-1] if lines else round(wished)
        options = list(range(max(frame.low, here - 6), min(frame.high, here + 6) + 1)) or [frame.centre]
    weights = _line_weights(options, lines, wished, frame, chord, strong=strong)
    if not any(weights):
        return min(options, key=lambda line: abs(line - wished))
    return rng.choices(options, weights)[0]


def _line_weights(
    options: Sequence[int], lines: list[int], wished: float, frame: Frame, chord: frozenset[int], *, strong: bool
) -> list[float]:
    pitches, degrees, shares = frame.pitches, frame.strong if strong else frame.weak, frame.intervals
    here = pitches[lines[-1]] if lines else 0
    before = here - pitches[lines[-2]] if len(lines) > 1 else 0
    weights = []
    for line in options:
        pitch = pitches[line]
        weight = degrees[line % 7] * exp(-(((line - wished) / _WIDTH) ** 2))
        if pitch % 12 in chord:
            weight *= 2.2
        elif strong and (pitch - 1) % 12 in chord:
            weight *= 0.25
        if lines:
            move = pitch - here
            kind = interval_class(move)
            weight *= shares[kind] / _WAYS[kind]
            if abs(before) >= 5 and (move * before > 0 or abs(move) >= abs(before)):
                weight *= 0.3
            if abs(before + move) > 12:
                weight = 0.0
        weights.append(weight)
    return weights


def _leaned(weights: Weights, rng: Random) -> Weights:
    return {value: weight * rng.lognormvariate(0, 0.9) for value, weight in weights.items()}


def _pick(weights: Weights, rng: Random) -> int:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]
