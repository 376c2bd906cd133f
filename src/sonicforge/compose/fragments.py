"""Ambient fragments: two to four notes, then silence of 6 to 14 seconds; a question now, its answer minutes later."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from sonicforge.compose.lead import Block, pitches_of
from sonicforge.compose.motif import Motif, Tone
from sonicforge.compose.phrasing import Sung, loudness_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.vary import inverted, sequence
from sonicforge.music.score import STEP, TICKS

REST_S = (6.0, 14.0)


def drifting(sketch: Sketch, blocks: Sequence[Block], hook: Motif, rng: Random) -> list[Sung]:
    """Fragments of the hook with long silences; no two alike within a minute.

    The middle of the track is the busiest; reduced stretches keep the lowest notes and wait longer.
    """
    line: list[Sung] = []
    second = sketch.plan.bpm * TICKS / 60
    low, high = sketch.genre.melody.range
    recent: list[tuple[int, ...]] = []
    tick = 0.0
    for block in blocks:
        end = block.start + block.bars * sketch.bar
        tick = max(tick, block.start + rng.uniform(0.5, 3.0) * TICKS)
        while tick < end - 2 * TICKS:
            quiet = block.presence == "reduced" or tick > 0.8 * sketch.length
            said = _another(hook, recent, rng, asking=len(recent) % 2 == 0, quiet=quiet)
            start = round(tick / (2 * STEP)) * 2 * STEP
            tones = [tone for tone in said if start + tone.at < end]
            pitches = pitches_of(sketch, start, tones, low, (low + high) // 2 if quiet else high)
            loudness = loudness_of(block.energy, block.presence) - 12
            line += [
                Sung(start + tone.at, tone.length, pitch, loudness + rng.uniform(-6, 6), free=True)
                for tone, pitch in zip(tones, pitches, strict=True)
            ]
            busy = 0.45 <= tick / sketch.length <= 0.7
            pause = rng.uniform(REST_S[0], REST_S[1] - 4 if busy else REST_S[1]) * (1.15 if quiet else 1.0)
            tick = start + (said[-1].end if said else 0) + pause * second
    return line


def _another(hook: Motif, recent: list[tuple[int, ...]], rng: Random, *, asking: bool, quiet: bool) -> tuple[Tone, ...]:
    """A fragment whose shape was not among the last eight; rising as a question, falling as an answer."""
    for _ in range(12):
        tones = _cell(hook, rng, asking=asking, quiet=quiet)
        shape = tuple(value for tone in tones for value in (tone.at // STEP, tone.line))
        if shape not in recent[-8:]:
            break
    recent.append(shape)
    return tones


def _cell(hook: Motif, rng: Random, *, asking: bool, quiet: bool) -> tuple[Tone, ...]:
    count = 2 if quiet else rng.choice((2, 3, 3, 4))
    first = rng.randint(0, max(0, len(hook.tones) - 2))
    motif = Motif(hook.tones[first : first + count], hook.span)
    if (motif.tones[-1].line > motif.tones[0].line) != asking:
        motif = inverted(motif)
    motif = sequence(motif, rng.choice((-2, 0, 0, 1, 3)) - (3 if quiet else 0))
    gap = rng.choice((3, 4, 6, 8)) * STEP
    at = 0
    tones: list[Tone] = []
    for index, tone in enumerate(motif.tones):
        last = index == len(motif.tones) - 1
        length = rng.choice((8, 12, 16)) * STEP if last else rng.choice((1, 1, 2)) * gap
        tones.append(replace(tone, at=at, length=length))
        at += rng.choice((1, 1, 2)) * gap
    return tuple(replace(t, length=min(t.length, n.at - t.at)) for t, n in zip(tones, tones[1:], strict=False)) + (tones[-1],)
