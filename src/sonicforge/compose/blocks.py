"""Blocks: the form as a melody sees it, in stretches of eight bars that each have something to say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sonicforge.compose.manner import Manner
from sonicforge.compose.sketch import Sketch
from sonicforge.music.score import Section

BLOCK_BARS = 8
CHORUS_BARS = 12
"""Bars of a blues chorus."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of up to eight or twelve bars of one section in which a part may play.

    `nth` counts the `of` blocks of a section.
    """

    start: int
    bars: int
    section: int
    nth: int
    of: int
    presence: str
    energy: float
    role: str = "theme"
    voice: str = ""


def blocks_of(sketch: Sketch, code: str) -> list[Block]:
    """All stretches where a part code is active, cut into eight bars (a blues: twelve) counted from its entry."""
    found: list[Block] = []
    for index, section in enumerate(sketch.sections):
        size = CHORUS_BARS if _in_twelves(sketch, section) else BLOCK_BARS
        cuts = [(start + offset, min(size, bars - offset))
                for start, bars in _runs(sketch, code, section) for offset in range(0, bars, size)]  # fmt: skip
        voice = sketch.directions(section).voices.get(code, "")
        for nth, (start, bars) in enumerate(cuts):
            tick = section.start + start * sketch.bar
            energy = energy_at(section, tick + bars * sketch.bar // 2)
            presence = sketch.presence(code, section)
            found.append(Block(tick, bars, index, nth, len(cuts), presence, energy, voice=voice))
    return found


def with_roles(blocks: Sequence[Block], sketch: Sketch, manner: Manner, code: str) -> list[Block]:
    """Blocks with what each one says.

    Roles: hint, theme, again, tail, varied, ornate, slow, lifted, climax, inverted, fragment, echo, solo, rest.
    """
    crown = _climax(blocks, sketch)
    named: list[Block] = []
    stated = 0
    for index, block in enumerate(blocks):
        section = sketch.sections[block.section]
        directions = sketch.directions(section)
        if directions.treated("solo", code):
            role = "solo"
        elif block.presence == "reduced" or directions.treated("fragments", code):
            role = "hint" if not stated else "echo" if index == len(blocks) - 1 else "fragment"
        elif index == crown and stated:
            role = "climax"
        else:
            role = _statement(stated, block, manner)
            stated += 1
        if directions.treated("invert", code) and role not in ("solo", "hint"):
            role = "inverted"
        named.append(replace(block, role=role))
    return _resting(named, sketch, manner)


def energy_at(section: Section, tick: int) -> float:
    """Planned energy of a section at a tick."""
    first, last = section.energy
    return first + (last - first) * (tick - section.start) / max(1, section.length)


def _runs(sketch: Sketch, code: str, section: Section) -> list[tuple[int, int]]:
    """(first bar, bars) of each run of bars in which a part is active."""
    runs: list[list[int]] = []
    for bar, tick in enumerate(sketch.bars_of(section)):
        if not sketch.active(code, tick):
            continue
        if runs and runs[-1][0] + runs[-1][1] == bar:
            runs[-1][1] += 1
        else:
            runs.append([bar, 1])
    return [(first, count) for first, count in runs]


def _in_twelves(sketch: Sketch, section: Section) -> bool:
    """Whether the chords of a section come back after twelve bars and not after eight."""
    if section.bars % CHORUS_BARS or section.bars < 2 * CHORUS_BARS:
        return section.bars == CHORUS_BARS and section.bars % BLOCK_BARS != 0 and any(
            other.name != section.name and _in_twelves(sketch, other) for other in sketch.sections
            if other.bars >= 2 * CHORUS_BARS)  # fmt: skip
    symbols = [sketch.chord_at(tick).symbol for tick in sketch.bars_of(section)]
    twelve = sum(a == b for a, b in zip(symbols, symbols[CHORUS_BARS:], strict=False)) / (len(symbols) - CHORUS_BARS)
    eight = sum(a == b for a, b in zip(symbols, symbols[BLOCK_BARS:], strict=False)) / (len(symbols) - BLOCK_BARS)
    return twelve > max(0.6, eight)


def _climax(blocks: Sequence[Block], sketch: Sketch) -> int:
    """The block of most energy in 60-85 % of the track, late ones first; -1 without any."""
    half = BLOCK_BARS * sketch.bar // 2
    places = [(block.start + half) / sketch.length for block in blocks]
    inside = [i for i, block in enumerate(blocks) if 0.55 <= places[i] <= 0.88 and block.presence != "reduced"]
    return max(inside, key=lambda i: (blocks[i].energy, blocks[i].presence == "full", i), default=-1)


def _statement(stated: int, block: Block, manner: Manner) -> str:
    """Each return changes one thing: nothing, the ending, a variation, the register, the ornament, the pace."""
    if manner.kind == "loop":
        return ("theme", "again", "again", "tail", "again", "again", "varied", "again")[stated % 8]
    if stated == 0:
        return "theme"
    if stated == 1:
        return "again"
    if block.energy < 0.4 and stated % 3 == 0 and manner.kind in ("song", "theme", "hook"):
        return "slow"
    return ("tail", "ornate", "lifted", "again", "varied")[(stated - 2) % 5]


def _resting(blocks: list[Block], sketch: Sketch, manner: Manner) -> list[Block]:
    """Blocks silenced until the lead plays no more than its share of the track; the middle of long sections first.

    Heads, sentences and themes are whole forms and stay as they are.
    """
    if manner.kind in ("head", "sentence", "theme"):
        return blocks
    share = min(manner.presence / (1 - sketch.genre.melody.rests), manner.presence + 0.15)
    allowed = share * sketch.length / sketch.bar
    playing = sum(block.bars for block in blocks)
    order = sorted(
        (i for i, b in enumerate(blocks) if b.role not in ("climax", "solo") and b.of > 1 and b.nth > 0),
        key=lambda i: (blocks[i].nth % 2 == 0, blocks[i].of < 3, blocks[i].energy, i),
    )
    for index in order:
        if playing <= allowed:
            break
        playing -= blocks[index].bars
        blocks[index] = replace(blocks[index], role="rest")
    return blocks
