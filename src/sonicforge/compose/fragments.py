"""Ambient fragments: three or four notes, then silence of 7 to 14 seconds; a question now, its answer minutes later."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

from sonicforge.compose.lead import Block, pitches_of
from sonicforge.compose.motif import Motif, Tone
from sonicforge.compose.phrasing import Sung, loudness_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.vary import inverted, sequence
from sonicforge.music.score import STEP, TICKS

REST_S = (7.0, 14.0)
CELLS = 2
"""Different fragments of a track."""


def drifting(
    sketch: Sketch, blocks: Sequence[Block], hook: Motif, compass: tuple[int, int], rng: Random
) -> list[Sung]:
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
            said.append(_another(questions, said, rng, quiet=quiet))
            start = round(tick / (2 * TICKS)) * 2 * TICKS
            tones = [tone for tone in said[-1].tones if start + tone.at < end]
            top = (low + high) // 2 if quiet else high
            pitches = pitches_of(sketch, start, tones, low, top, loose=True)
            loudness = loudness_of(block.energy, block.presence) - 12
            line += [
                Sung(start + tone.at, tone.length, pitch, loudness + rng.uniform(-6, 6), free=True)
                for tone, pitch in zip(tones, pitches, strict=True)
            ]
            busy = 0.45 <= tick / sketch.length <= 0.7
            pause = rng.uniform(REST_S[0], REST_S[1] - 4 if busy else REST_S[1]) * (1.15 if quiet else 1.0)
            tick = start + said[-1].tones[-1].end + pause * second
    return line


def _another(questions: list[Motif], said: list[Motif], rng: Random, *, quiet: bool) -> Motif:
    """A question twice and then an answer, which is the question turned over; never one of the last three again."""
    main = [questions[0]] if rng.random() < 0.75 else questions[1:]
    options = [sequence(question if len(said) % 3 < 2 else inverted(question), step)
               for question in main for step in (0, -2, -3, 2)]  # fmt: skip
    if quiet:
        options = [Motif(sequence(option, -3).tones[:3], option.span) for option in options]
    fresh = [option for option in options if option not in said[-3:]]
    return rng.choice(fresh or options)


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
