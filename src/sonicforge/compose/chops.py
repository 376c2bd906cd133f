"""Vocal-like chops: a few syllables in two registers that answer the lead or carry the tune themselves."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from sonicforge.compose.blocks import Block
from sonicforge.compose.lead import pitches_of
from sonicforge.compose.motif import Motif
from sonicforge.compose.phrasing import Sung, loudness_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.vary import Setting, tail
from sonicforge.music.score import STEP, TICKS

LOW_REGISTER = (60, 71)
HIGH_REGISTER = (70, 82)


def syllables_of(hook: Motif, setting: Setting, bar: int, rng: Random) -> Motif:
    """A two-bar chop of three to five syllables from the hook's first notes, bent into a falling sigh."""
    count = min(len(hook.tones), rng.choice((3, 4, 4, 5)))
    tones = [tone for tone in hook.tones[:count] if tone.at < 2 * bar]
    top = tones[0].line + rng.choice((1, 2))
    fall = [(tone.line + top - index) // 2 if index else top for index, tone in enumerate(tones)]
    chop = Motif(tuple(replace(tone, line=line) for tone, line in zip(tones, fall, strict=True)), 2 * bar)
    return tail(chop, setting.closed, setting, rng)


def answering(sketch: Sketch, blocks: Sequence[Block], chop: Motif, lead: Sequence[Sung], rng: Random) -> list[Sung]:
    """Chops in every second two-bar unit: in the units a lead leaves free, else with gaps of their own."""
    line: list[Sung] = []
    unit = 2 * sketch.bar
    sung = {note.start // unit for note in lead}
    other = tail(chop, (3, 5, 7), Setting(20, 60, sketch.bar, (1, 3, 5), (2, 5, 7)), rng)
    for block in blocks:
        units = range(block.start, block.start + block.bars * sketch.bar, unit)
        free = [start for start in units if start // unit not in sung]
        for nth, start in enumerate(free[::2] if len(free) == len(units) else free):
            said = other if nth % 2 else chop
            high = block.nth % 2 == 1
            line += _sung(sketch, block, said, start, high=high)
    return line


def carried(sketch: Sketch, line: Sequence[Sung], blocks: Sequence[Block], rng: Random) -> list[Sung]:
    """A theme line as chops: notes cut or drowned; in doubled blocks and the last one two registers trade."""
    last = max((block.start for block in blocks), default=0)
    by_start = sorted(blocks, key=lambda block: block.start)
    chopped: list[Sung] = []
    for note in line:
        block = next(b for b in reversed(by_start) if b.start <= note.start)
        doubled = sketch.directions(sketch.sections[block.section]).treated("double", "v") or block.start == last
        high = doubled and (note.start - block.start) // (2 * sketch.bar) % 2 == 1
        pitch = _folded(note.pitch, *(HIGH_REGISTER if high else (LOW_REGISTER[0], HIGH_REGISTER[1] - 4)))
        length = min(note.length, rng.choice((2, 3, 3, 4, 6)) * STEP)
        chopped.append(replace(note, pitch=pitch, length=max(STEP, length), double=0))
    return chopped


def _sung(sketch: Sketch, block: Block, chop: Motif, start: int, *, high: bool) -> list[Sung]:
    register = HIGH_REGISTER if high else LOW_REGISTER
    pitches = pitches_of(sketch, start, chop.tones, 50, 95)
    shift = _shift(pitches, *register)
    end = block.start + block.bars * sketch.bar
    loudness = loudness_of(block.energy, block.presence) - 4
    return [
        Sung(start + tone.at, max(STEP, min(tone.length, TICKS) - STEP // 2), pitch + shift, loudness)
        for tone, pitch in zip(chop.tones, pitches, strict=True)
        if start + tone.at < end
    ]


def _shift(pitches: Sequence[int], low: int, high: int) -> int:
    middle = sum(pitches) / len(pitches)
    return 12 * round(((low + high) / 2 - middle) / 12)


def _folded(pitch: int, low: int, high: int) -> int:
    while pitch > high:
        pitch -= 12
    while pitch < low:
        pitch += 12
    return pitch
