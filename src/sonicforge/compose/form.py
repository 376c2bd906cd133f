"""The form on the timeline: sections in ticks, and the bars inside them in which each part plays.

A form row says who plays; tokens say from which bar on. Where several layers would enter together they are staggered,
and in long stretches one layer at a time rests for four bars, so that something changes every four to eight bars.
"""

from collections.abc import Callable, Mapping

from sonicforge.chance import choices
from sonicforge.compose.directions import Directions, parse_directions
from sonicforge.genres.plan import Plan
from sonicforge.music.score import TICKS, Section

Entries = Mapping[tuple[int, str], tuple[tuple[int, int], ...]]

LAYERS = "hpcadv"
"""Parts that may come and go inside a section; kick, snare, bass and lead carry it."""
DROP_STEP = 0.25
"""A rise in energy from one section to the next at which everybody enters on the one."""
BUILDS = ("SNR", "GAP", "RIS", "HPF")
HEIGHT = 0.9
"""Sections within a tenth of the highest energy keep their hats, and nobody waits to enter."""
REST_BARS = 4


def sections_of(plan: Plan) -> tuple[Section, ...]:
    """The rows of the plan's form as sections, without the parts the plan leaves out or has no voice for."""
    bar = plan.form.beats_per_bar * TICKS
    sections, start = [], 0
    for row in plan.form.sections:
        parts = tuple(part for part in row.parts if part[0] not in plan.without and part[0] in plan.cast)
        length = row.bars * bar
        sections.append(Section(row.name, start, row.bars, length, row.energy, parts, row.pattern, row.loop or "A"))
        start += length
    return tuple(sections)


def transpositions_of(plan: Plan) -> tuple[int, ...]:
    """Semitones each section is lifted by; a lift with a probability is decided once for the piece."""
    happens = choices(plan.seed, "compose", "form", "transpose").random()
    rows = (parse_directions(row.automation) for row in plan.form.sections)
    return tuple(row.transpose if happens < row.transpose_p else 0 for row in rows)


def entries_of(plan: Plan, sections: tuple[Section, ...], seed: int) -> Entries:
    """For (section index, part code): the bars (first, end) in which the part plays; absent means all of them."""
    found: dict[tuple[int, str], tuple[tuple[int, int], ...]] = {}
    rested: set[str] = set()
    for index, section in enumerate(sections):
        asked = parse_directions(plan.form.sections[index].automation)
        codes = [part[0] for part in section.parts]
        begins = _begins(asked, section, codes)
        if not _drops_in(plan, sections, index):
            _stagger(begins, asked, codes, _before(sections, index), section.bars)
        spans = {code: _span(begins, asked, code, section.bars) for code in codes}
        draw = choices(seed, "compose", "form", "rests", index).random
        able = "pca" if _near_height(sections, section, 0.8) else "hpca"
        resting = _rests(section, spans, rested, draw, "pa" if _near_height(sections, section, HEIGHT) else able)
        for code in codes:
            pieces = _without(spans[code], resting.get(code, ()))
            if pieces != ((0, section.bars),):
                found[index, code] = pieces
        rested = set(resting)
    return found


def _drops_in(plan: Plan, sections: tuple[Section, ...], index: int) -> bool:
    """Whether everybody enters on the one: after a leap in energy or a build, and at the height of the piece."""
    if index == 0:
        return False
    section, before = sections[index], sections[index - 1]
    built = any(token.startswith(BUILDS) for token in plan.form.sections[index - 1].transition)
    return built or section.energy[0] - before.energy[1] >= DROP_STEP or _near_height(sections, section, HEIGHT)


def _near_height(sections: tuple[Section, ...], section: Section, share: float) -> bool:
    return section.mean_energy >= share * max(other.mean_energy for other in sections)


def _before(sections: tuple[Section, ...], index: int) -> set[str]:
    return {part[0] for part in sections[index - 1].parts} if index else set()


def _begins(asked: Directions, section: Section, codes: list[str]) -> dict[str, int]:
    last = max(0, section.bars - 4)
    return {code: min(bar, last) for code, bar in asked.begins.items() if code in codes}


def _stagger(begins: dict[str, int], asked: Directions, codes: list[str], before: set[str], bars: int) -> None:
    if bars < 12:
        return
    new = [code for code in codes if code in LAYERS and code not in before]
    free = [code for code in new if code not in asked.begins and code not in asked.ends]
    steps = [bar for bar in (8, 16, 4) if bar <= bars // 2 and bar not in begins.values()]
    begins.update(zip(free[1:], steps, strict=False))


def _span(begins: dict[str, int], asked: Directions, code: str, bars: int) -> tuple[int, int]:
    first = begins.get(code, 0)
    return first, max(first + 1, min(bars, asked.ends.get(code, bars)))


def _rests(
    section: Section, spans: Mapping[str, tuple[int, int]], rested: set[str], draw: Callable[[], float], able: str
) -> dict[str, tuple[int, ...]]:
    """For each sixteen bars one layer and the bar at which it falls silent for four."""
    resting: dict[str, tuple[int, ...]] = {}
    layers = [code for code in spans if code in LAYERS]
    if section.bars < 16 or len(layers) < 3:
        return resting
    for block in range(0, section.bars - 15, 16):
        free = [c for c in layers if c in able and c not in rested and c not in resting]
        free = [c for c in free if spans[c][0] <= block and spans[c][1] >= block + 16]
        if free:
            resting[free[int(draw() * len(free))]] = (block + (8 if draw() < 0.5 else 4),)
    return resting


def _without(span: tuple[int, int], rests: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    pieces, first = [], span[0]
    for rest in rests:
        if first < rest:
            pieces.append((first, rest))
        first = rest + REST_BARS
    if first < span[1]:
        pieces.append((first, span[1]))
    return tuple(pieces)
