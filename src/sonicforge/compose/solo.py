"""Improvised lines: phrases that aim at guide tones of the coming chord, with scale runs, arpeggios and enclosures.

A phrase is planned from its targets: on each strong beat stands a chord tone near the last one, thirds and sevenths
where the chord changes, and the 8ths between lead into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from sonicforge.compose.blocks import Block
from sonicforge.compose.fit import Sounding
from sonicforge.compose.lead import pitches_of
from sonicforge.compose.manner import Manner
from sonicforge.compose.motif import Motif, line_of
from sonicforge.compose.phrasing import Sung, loudness_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.vary import head
from sonicforge.music.score import STEP, TICKS

EIGHTH = TICKS // 2
HALF = 2 * TICKS
_MOST_NEW = 8


@dataclass(frozen=True, slots=True)
class _Player:
    """Who improvises: pitch range, chance of an enclosure, of a rest inside, of a triplet; whole phrases in beats."""

    low: int
    high: int
    enclosure: float
    triplet: float
    chromatic: bool


def improvised(
    sketch: Sketch,
    manner: Manner,
    blocks: Sequence[Block],
    hook: Motif,
    compass: tuple[int, int],
    rng: Random,
    *,
    trading: frozenset[int],
) -> list[Sung]:
    """Solo lines over all blocks; in sections of `trading` four bars are played and four left to the drums.

    Each chorus begins by quoting the hook. Register and density rise with every block of the solo.
    """
    low, high = compass
    jazz = manner.kind == "head"
    player = _Player(low, high, 0.28 if jazz else 0.0, 0.12 if jazz else 0.0, jazz)
    line: list[Sung] = []
    for index, block in enumerate(blocks):
        heat = (index + 1) / len(blocks)
        end = block.start + block.bars * sketch.bar
        if block.section in trading:
            end = min(end, block.start + 4 * sketch.bar)
        start = block.start
        if index % 4 == 0 and hook.tones:
            line += _quote(sketch, block, hook, compass)
            start = line[-1].end + TICKS
            start -= start % EIGHTH
        line += _phrases(sketch, block, start, end, player, heat, rng, line[-1].pitch if line else (low + high) // 2)
    return _with_breaths(line, sketch.bar)


def _with_breaths(line: Sequence[Sung], bar: int) -> list[Sung]:
    """The line without every eighth bar in a row whose rhythm is new: nobody follows eight new ideas."""
    bars: dict[int, list[Sung]] = {}
    for note in line:
        bars.setdefault(note.start // bar, []).append(note)
    recent: list[tuple[int, ...]] = []
    kept: list[Sung] = []
    for index, notes in sorted(bars.items()):
        if index - 1 not in bars:
            recent = []
        rhythm = tuple(note.start % bar for note in notes)
        if len(set(recent[-_MOST_NEW + 1 :]) | {rhythm}) >= _MOST_NEW:
            recent = []
            continue
        recent.append(rhythm)
        kept += notes
    return kept


def _phrases(
    sketch: Sketch, block: Block, start: int, end: int, player: _Player, heat: float, rng: Random, pitch: int
) -> list[Sung]:
    line: list[Sung] = []
    figures = _figures(heat, player, rng)
    tick = start
    while tick < end - 2 * TICKS:
        # Solo phrases begin off the beat more often than not.
        tick += rng.choice((0, EIGHTH, EIGHTH, EIGHTH, TICKS + EIGHTH, TICKS))
        beats = rng.choice((6, 7, 8, 10, 12)) + round(4 * heat * rng.random())
        stop = min(end - EIGHTH, tick + beats * TICKS)
        phrase = _phrase(sketch, tick, stop, player, heat, figures, rng, pitch)
        if phrase:
            loudness = loudness_of(block.energy + 0.25 * heat, block.presence)
            line += [Sung(at, length, found, loudness) for at, length, found in phrase]
            pitch = phrase[-1][2]
        rest = rng.choice((1, 2, 2, 3, 4)) * (1.25 - 0.5 * heat)
        tick = stop + max(TICKS, round(rest * 2) * EIGHTH)
        tick -= tick % EIGHTH
    return line


def _phrase(
    sketch: Sketch,
    start: int,
    stop: int,
    player: _Player,
    heat: float,
    figures: Sequence[tuple[int, ...]],
    rng: Random,
    pitch: int,
) -> list[tuple[int, int, int]]:
    """(start, length, pitch) of one phrase: targets on strong beats, the way to each filled with 8ths."""
    aim = player.low + (player.high - player.low) * (0.35 + 0.3 * heat)
    found: list[tuple[int, int, int]] = []
    at = start
    target = _target(sketch, at, pitch, aim, player, rng)
    rising = pitch < aim
    while at < stop:
        following = min(stop, at - at % HALF + HALF)
        goal = _target(sketch, following, target, aim + rng.uniform(-5, 5), player, rng)
        onsets = _onsets(at, following, figures, rng)
        pitches = _way(sketch, onsets, target, goal, player, rng, rising=rising)
        found += [(onset, length, p) for (onset, length), p in zip(onsets, pitches, strict=True)]
        rising = goal > target
        at, target = following, goal
    if not found:
        return []
    last = rng.choice((EIGHTH, TICKS, TICKS))
    return [*found, (at, last, target)] if at + last <= stop + TICKS else found


def _figures(heat: float, player: _Player, rng: Random) -> list[tuple[int, ...]]:
    """The two rhythms that half bars of one block are made of, in note lengths: ideas come back, also in a solo."""
    options = [(EIGHTH,) * 4, (EIGHTH, EIGHTH, TICKS), (TICKS, EIGHTH, EIGHTH), (EIGHTH, TICKS, EIGHTH)]
    weights = [3.0 + 4 * heat, 2.0, 2.0, 1.0]
    if player.triplet:
        options.append((TICKS // 3,) * 3 + (EIGHTH, EIGHTH))
        weights.append(0.5 + 1.5 * heat)
    first = rng.choices(options, weights)[0]
    return [first, first, rng.choices(options, weights)[0]]


def _onsets(start: int, stop: int, figures: Sequence[tuple[int, ...]], rng: Random) -> list[tuple[int, int]]:
    """(onset, length) of the notes before the next target: a figure of the block, or the end of one, up to `stop`."""
    lengths = rng.choice(figures)
    onsets: list[tuple[int, int]] = []
    tick = stop - sum(lengths)
    for length in lengths:
        if tick >= start:
            onsets.append((tick, length))
        tick += length
    if not onsets or onsets[0][0] > start:
        onsets.insert(0, (start, (onsets[0][0] if onsets else stop) - start))
    return onsets


def _target(sketch: Sketch, tick: int, near: int, aim: float, player: _Player, rng: Random) -> int:
    """A chord tone to stand on: guide tones (3rd, 7th) first, close to the last note, drawn towards the register."""
    chord = sketch.chord_at(min(tick, sketch.length - 1))
    guides = set(chord.tones[1:4:2]) | set(chord.tones[1:2])
    options = [p for p in range(max(player.low, near - 8), min(player.high, near + 8) + 1) if p % 12 in chord.tones]
    if not options:
        return min(max(near, player.low), player.high)
    cost = {}
    for pitch in options:
        guide = 2.2 * (pitch % 12 in guides)
        cost[pitch] = (
            abs(pitch - near) * 0.8 + abs(pitch - aim) * 0.25 - guide + 1.6 * (pitch == near) + rng.random() * 2.5
        )
    return min(options, key=cost.__getitem__)


def _way(
    sketch: Sketch,
    onsets: Sequence[tuple[int, int]],
    start: int,
    goal: int,
    player: _Player,
    rng: Random,
    *,
    rising: bool,
) -> list[int]:
    """Pitches for the onsets from `start` on, ready to fall into `goal`."""
    count = len(onsets)
    if count == 1:
        return [start]
    key = sketch.key_at(onsets[0][0])
    chord = Sounding.of(sketch.chord_at(onsets[0][0]), key)
    last = Sounding.of(sketch.chord_at(onsets[-1][0]), key)
    goal_line = line_of(key, goal)
    if count >= 3 and rng.random() < player.enclosure:
        ending = [last.pitch(key, goal_line + 1), goal - 1]
    elif player.chromatic and rng.random() < 0.2:
        ending = [goal + rng.choice((-1, 1))]
    else:
        ending = []
    free = count - 1 - len(ending)
    first = line_of(key, start)
    towards = line_of(key, ending[0]) if ending else goal_line
    middle = _run(first, towards, free, rng, rising=rising)
    pitches = [start, *(chord.pitch(key, line) for line in middle), *ending]
    return [min(max(pitch, player.low), player.high) for pitch in pitches]


def _run(first: int, goal: int, count: int, rng: Random, *, rising: bool) -> list[int]:
    """`count` lines between two lines: a scale when it fits, else up the chord and down the scale, or a turn."""
    if count <= 0:
        return []
    distance = goal - first
    sign = 1 if distance > 0 or (distance == 0 and rising) else -1
    if abs(distance) >= count + 1:
        return [first + round(distance * (index + 1) / (count + 1)) for index in range(count)]
    if abs(distance) == count:
        return [first + sign * (index + 1) for index in range(count - 1)] + [goal + sign] * (count > 0)
    if rng.random() < 0.5:
        up = [first + 2 * (index + 1) for index in range((count + 1) // 2)]
        return (up + [up[-1] - 1 - index for index in range(count - len(up))])[:count]
    beyond = [first + sign * (index + 1) for index in range(count)]
    turn = max(1, (count + abs(distance)) // 2)
    return [line if index < turn else beyond[turn - 1] - sign * (index - turn + 1) for index, line in enumerate(beyond)]


def _quote(sketch: Sketch, block: Block, hook: Motif, compass: tuple[int, int]) -> list[Sung]:
    said = head(hook, 4).tones
    pitches = pitches_of(sketch, block.start, said, *compass)
    loudness = loudness_of(block.energy, block.presence)
    return [Sung(block.start + t.at, max(STEP, t.length), p, loudness) for t, p in zip(said, pitches, strict=True)]
