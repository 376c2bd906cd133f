"""Ambient fragments: three or four notes, then silence of 7 to 14 seconds; a question now, its answer minutes later."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

from sonicforge.compose.blocks import Block
from sonicforge.compose.lead import pitches_of
from sonicforge.compose.motif import Motif, Tone, line_of
from sonicforge.compose.phrasing import Sung, loudness_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.vary import inverted, sequence
from sonicforge.music.scale import Key
from sonicforge.music.score import STEP, TICKS

REST_S = (7.0, 14.0)
CELLS = 2
"""Different fragments of a track."""


def drifting(sketch: Sketch, blocks: Sequence[Block], hook: Motif, compass: tuple[int, int], rng: Random) -> list[Sung]:
    """Fragments of the hook with long silences; what was said does not come back within three turns.

    The middle of the track is the busiest; reduced stretches keep the lowest notes and wait longer.
    """
    line: list[Sung] = []
    second = sketch.plan.bpm * TICKS / 60
    low, high = compass
    questions = [_cell(hook, rng) for _ in range(CELLS)]
    said: list[Motif] = []
    tick = 0.0
    for block in blocks:
        end = block.start + block.bars * sketch.bar
        tick = max(tick, block.start + rng.uniform(0.5, 3.0) * TICKS)
        while tick < end - 2 * TICKS:
            quiet = block.presence == "reduced" or tick > 0.8 * sketch.length
            top = (low + high) // 2 if quiet else high
            start = round(tick / (2 * TICKS)) * 2 * TICKS
            key = sketch.key_at(start)
            options = _another(questions, said, range(line_of(key, low), line_of(key, top) + 1), rng)
            fits = [pitches_of(sketch, start, option.tones, low, top, loose=True) for option in options]
            chosen = max(range(len(options)), key=lambda i: _intact(options[i], fits[i], key))
            said.append(options[chosen])
            tones = [tone for tone in said[-1].tones if start + tone.at < end]
            pitches = fits[chosen][: len(tones)]
            loudness = loudness_of(block.energy, block.presence) - 12
            line += [
                Sung(start + tone.at, tone.length, pitch, loudness + rng.uniform(-6, 6), free=True)
                for tone, pitch in zip(tones, pitches, strict=True)
            ]
            busy = 0.45 <= tick / sketch.length <= 0.7
            pause = rng.uniform(REST_S[0], REST_S[1] - 4 if busy else REST_S[1]) * (1.15 if quiet else 1.0)
            tick = start + said[-1].tones[-1].end + pause * second
    return line


def _another(questions: list[Motif], said: list[Motif], lines: range, rng: Random) -> list[Motif]:
    """Question, another one, the first elsewhere, its answer (the question turned over); none of the last three.

    Returns the places inside `lines` where it could be said, in any order.
    """
    turn = len(said) % 4
    question = questions[0] if turn != 1 else questions[-1]
    shape = inverted(question) if turn == 3 else question
    lowest, highest = (bound(tone.line for tone in shape.tones) for bound in (min, max))
    places = range(lines[0] - lowest, max(lines[0] - lowest, lines[-1] - highest) + 1)
    options = [sequence(shape, step) for step in sorted(places, key=abs)[:6]]
    fresh = [option for option in options if option not in said[-3:]] or options
    return rng.sample(fresh, len(fresh))


def _intact(motif: Motif, pitches: Sequence[int], key: Key) -> int:
    """How many moves of a motif survive the harmony."""
    lines = [line_of(key, pitch) for pitch in pitches]
    written = (b.line - a.line for a, b in pairwise(motif.tones))
    return sum(move == b - a for move, (a, b) in zip(written, pairwise(lines), strict=True))


def _cell(hook: Motif, rng: Random) -> Motif:
    """Three or four notes of the hook that move calmly, rising, in time of their own; the last one rings longest."""
    count = min(len(hook.tones), rng.choice((3, 4, 4)))
    slices = [hook.tones[first : first + count] for first in range(len(hook.tones) - count + 1)]
    calm = min(slices, key=lambda tones: sum(abs(b.line - a.line) > 1 for a, b in pairwise(tones)))
    motif = Motif(calm, hook.span)
    if motif.tones[-1].line < motif.tones[0].line:
        motif = inverted(motif)
    motif = _calmed(motif)
    gap = rng.choice((4, 4, 6, 8)) * STEP
    tones: list[Tone] = []
    at = 0
    for index, tone in enumerate(motif.tones):
        last = index == count - 1
        wait = rng.choice((6, 8, 12)) * STEP if last else rng.choice((1, 1, 2)) * gap
        tones.append(replace(tone, at=at, length=wait))
        at += wait
    return Motif(tuple(tones), at)


def _calmed(motif: Motif) -> Motif:
    """Only the widest move stays a leap, the others become steps."""
    moves = [b.line - a.line for a, b in pairwise(motif.tones)]
    widest = max(range(len(moves)), key=lambda index: abs(moves[index]))
    lines = [motif.tones[0].line]
    for index, move in enumerate(moves):
        lines.append(lines[-1] + (move if index == widest else max(-1, min(1, move))))
    return Motif(tuple(replace(tone, line=line) for tone, line in zip(motif.tones, lines, strict=True)), motif.span)
