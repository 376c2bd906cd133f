"""Which drum pattern sounds in which bar, and what its rows say there: the groove before anybody plays it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sonicforge.chance import choices
from sonicforge.compose.directions import Directions
from sonicforge.compose.sketch import Sketch
from sonicforge.genres.genre import DrumPattern, Genre
from sonicforge.music.grid import Hit, parse_row
from sonicforge.music.score import Section
from sonicforge.music.swing import swung

DRUM_CODES = "kshpx"
PHRASE = 4
"""Bars of a small phrase: optional hits are decided once for each."""
SWAP = 16
"""Bars after which a long section takes the alternate pattern."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of groove: which pattern, where inside the section and inside the pattern's own run."""

    start: int
    section: Section
    index: int
    pattern: str
    run: int


@dataclass(frozen=True, slots=True)
class Stroke:
    """A hit of a compiled bar; `tick` from the bar line, swing included."""

    tick: int
    row: str
    velocity: int
    step: int
    optional: bool
    grace: bool
    flam_ms: float


def row_codes(genre: Genre) -> dict[str, str]:
    """Drum row -> part code, by the cast that plays the row's voice."""
    codes = {}
    for row, voice in genre.drums.pieces.items():
        owner = [
            code
            for code in DRUM_CODES
            if any(layer.voice == voice for layers in genre.cast.get(code, ()) for layer in layers)
        ]
        codes[row] = owner[0] if owner else "p"
    return codes


def bars_of(sketch: Sketch) -> tuple[Bar, ...]:
    """Every bar of the piece with its pattern."""
    bars: list[Bar] = []
    for section in sketch.sections:
        asked = sketch.directions(section)
        schedule = _schedule(sketch, section, asked)
        for index, start in enumerate(sketch.bars_of(section)):
            first, name = max(change for change in schedule if change[0] <= index)
            bars.append(Bar(start, section, index, name, index - first))
    return tuple(bars)


def compile_bar(
    pattern: DrumPattern, run: int, bar: int, *, unit: int, percent: float, without: frozenset[str] = frozenset()
) -> tuple[Stroke, ...]:
    """The strokes of bar number `run` of a pattern, swung, in order of time.

    Rows shorter or longer than a bar run on over the bar line. Patterns of 16ths stay straight in genres that swing
    8ths; the inner strokes of ruffs and triplets are even, not swung.
    """
    strokes = []
    for row, text in pattern.rows.items():
        if row in without:
            continue
        parsed = parse_row(text, pattern.resolution)
        triplets = pattern.resolution == "8t"
        swing = percent if triplets == (unit == 8) else 200 / 3 if triplets else 50.0
        for hit, tick in _inside(parsed.hits, parsed.length, run * bar, bar):
            ornament = tick % parsed.step
            moved = tick if ornament else swung(tick, unit=unit, percent=swing, triplets=triplets)
            step = tick // parsed.step
            strokes.append(Stroke(moved, row, hit.velocity, step, hit.optional, hit.grace, hit.shift_ms))
    return tuple(sorted(strokes, key=lambda stroke: stroke.tick))


def missing_rows(
    genre: Genre, pattern: DrumPattern, codes: Mapping[str, str], wanted: tuple[str, ...]
) -> dict[str, str]:
    """Rows borrowed from the genre's other patterns for part codes that this one leaves silent."""
    borrowed: dict[str, str] = {}
    have = {codes.get(row, "p") for row in pattern.rows}
    for code in wanted:
        if code in have or code not in "shp":
            continue
        for other in genre.drums.patterns.values():
            rows = [row for row in other.rows if codes.get(row, "p") == code]
            if rows and other.resolution == pattern.resolution and other.energy[1] > 0:
                borrowed |= {row: other.rows[row] for row in rows}
                break
    return borrowed


def backbeat_rows(pattern: DrumPattern, codes: Mapping[str, str]) -> frozenset[str]:
    """Percussion rows that stand in for the snare because the pattern has none."""
    if any(codes.get(row) == "s" for row in pattern.rows):
        return frozenset()
    found = set()
    for row, text in pattern.rows.items():
        steps = {hit.step % 16 for hit in parse_row(text, pattern.resolution).hits}
        if codes.get(row) == "p" and ({4, 12} <= steps or steps == {8}):
            found.add(row)
    return frozenset(found)


def _inside(hits: tuple[Hit, ...], length: int, start: int, bar: int) -> list[tuple[Hit, int]]:
    found = []
    first = start - start % length
    for base in range(first, start + bar, length):
        for hit in hits:
            tick = base + hit.tick - start
            if 0 <= tick < bar:
                found.append((hit, tick))
    return found


def _schedule(sketch: Sketch, section: Section, asked: Directions) -> list[tuple[int, str]]:
    """(first bar, pattern name) changes inside a section; asked ones win."""
    patterns = sketch.genre.drums.patterns
    if not patterns:
        return [(0, "")]
    main, other = _choose(sketch, section)
    halved = [name for name in patterns if "half" in name]
    if asked.halftime and halved:
        return [(0, halved[0])]
    schedule = [(0, section.pattern if section.pattern in patterns else main)]
    if asked.patterns:
        return schedule + [(bar, name) for bar, name in asked.patterns if name in patterns and bar < section.bars]
    if section.pattern not in patterns and section.bars >= SWAP:
        swap = SWAP if section.bars > SWAP else SWAP // 2
        for turn, bar in enumerate(range(swap, section.bars, swap)):
            schedule.append((bar, other if turn % 2 == 0 else main))
    return schedule


def _choose(sketch: Sketch, section: Section) -> tuple[str, str]:
    """Main and alternate pattern for a section's energy; sections of like energy get the same pair."""
    energy = section.mean_energy
    patterns = sketch.genre.drums.patterns
    order = sorted(patterns)
    choices(sketch.seed_for("drums"), "compose", "drums", "patterns").shuffle(order)

    def distance(name: str) -> float:
        low, high = patterns[name].energy
        if high <= 0 and low <= 0 and energy > 0.06:
            return 9.0
        return max(low - energy, energy - high, 0.0)

    ranked = sorted(order, key=distance)
    fitting = [name for name in ranked if distance(name) == 0.0]
    main = ranked[0]
    return main, fitting[1] if len(fitting) > 1 else main
