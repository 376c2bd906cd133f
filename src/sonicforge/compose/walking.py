"""A walking bass: a quarter-note line that outlines the changes and leads into each of them by a step."""

import random

from sonicforge.chance import choices
from sonicforge.compose.sketch import Sketch
from sonicforge.music.chord import chord_scale
from sonicforge.music.grid import TRIPLET
from sonicforge.music.score import TICKS, ChordSpan, Note, Section
from sonicforge.music.swing import swung

ROOT_ON_ONE = 0.78
CHROMATIC, DOMINANT = 0.55, 0.75
"""Approach notes: chromatic below the first number, the target's fifth below the second, a scale step above."""
SKIP = 0.08
"""Chance of a triplet ghost before a beat."""
HOLD = 0.92
"""Share of a beat a note sounds."""
CENTRE = 40


def walk(sketch: Sketch, section: Section, index: int, span: tuple[int, int]) -> list[Note]:
    """One note a beat inside `span`: chord tones on changes, an approach before each, a line with direction between.

    No leap is wider than an octave, and no pitch sounds more than twice in a row.
    """
    rng = choices(sketch.seed_for("bass"), "compose", "bass", "walk", index)
    pitch = _near(sketch.chord_at(section.start).bass, CENTRE, span)
    notes: list[Note] = []
    history: list[int] = []
    way = rng.choice((1, -1))
    run = 0
    final = sketch.length - sketch.bar
    for tick in range(section.start, section.end, TICKS):
        chord, after = sketch.chord_at(tick), sketch.chord_at(min(tick + TICKS, sketch.length - 1))
        run += 1
        if run > rng.randint(2, 5) or not span[0] + 3 <= pitch <= span[1] - 5:
            way = -1 if pitch > CENTRE else 1
            run = 0
        if tick >= final:
            if tick == final:
                notes.append(Note(tick, sketch.bar, _near(chord.bass, CENTRE - 4, span), 88))
            continue
        if tick == chord.start or tick % sketch.bar == section.start % sketch.bar:
            pitch = _on_the_one(chord, pitch, history, span, rng)
        elif after.start == tick + TICKS and after.bass != chord.bass:
            pitch = _approaching(chord, after, pitch, span, sketch, rng)
        else:
            pitch = _onward(chord, pitch, way, history, span, sketch, tick)
        loud = (100, 92, 97, 92)[(tick // TICKS) % 4]
        notes.append(Note(tick, round(TICKS * HOLD), pitch, loud))
        if rng.random() < SKIP:
            swing = sketch.swing
            late = swung(2 * TRIPLET, unit=swing.unit, percent=swing.percent, triplets=True)
            notes.append(Note(tick + late, TRIPLET // 2, pitch, 42, ghost=True))
            notes[-2] = Note(tick, late - 40, pitch, loud)
        history = [*history[-3:], pitch]
    return notes


def _on_the_one(chord: ChordSpan, before: int, history: list[int], span: tuple[int, int], rng: random.Random) -> int:
    root = chord.bass
    tones = [root]
    if rng.random() > ROOT_ON_ONE and root in {pitch % 12 for pitch in history[-4:]}:
        tones = [tone for tone in chord.tones[1:3] if tone != root] or tones
    options = [_near(tone, before, span) for tone in tones]
    fresh = [pitch for pitch in options if history[-2:] != [pitch, pitch]]
    chosen = rng.choice(fresh or options)
    if history and chosen == history[-1] and chosen + 12 <= span[1] and rng.random() < 0.5:
        return chosen + 12 if chosen < CENTRE else max(span[0], chosen - 12)
    return chosen


def _approaching(
    chord: ChordSpan, after: ChordSpan, before: int, span: tuple[int, int], sketch: Sketch, rng: random.Random
) -> int:
    """A tone that leads into the next root; of two the one that does not rub against the chord it leaves."""
    target = _near(after.bass, before, span)
    draw = rng.random()
    if draw < CHROMATIC:
        options = [target - 1, target + 1]
    elif draw < DOMINANT:
        options = [target + 7, target - 5]
    else:
        scale = set(chord_scale(after.tones, sketch.key_at(after.start)))
        options = [p for p in (target - 2, target + 2, target - 1, target + 1) if p % 12 in scale]
    able = [p for p in options if span[0] <= p <= span[1] and p != before and abs(p - before) <= 12]
    smooth = [p for p in able if p % 12 in chord.tones or not {(p + 1) % 12, (p - 1) % 12} & set(chord.tones)]
    return rng.choice(smooth or able) if able else target + (1 if target < span[1] else -1)


def _onward(
    chord: ChordSpan, before: int, way: int, history: list[int], span: tuple[int, int], sketch: Sketch, tick: int
) -> int:
    """The next tone of the line: a chord tone a third away, else a scale step."""
    scale = set(chord_scale(chord.tones, sketch.key_at(tick)))
    strong = (tick // TICKS) % 2 == 0
    tones = set(chord.tones)
    inside = tones if strong else tones | {pc for pc in scale if (pc - 1) % 12 not in tones}
    for direction in (way, -way):
        for distance in (3, 4, 2, 1, 5) if strong else (2, 1, 3):
            pitch = before + direction * distance
            if pitch % 12 in inside and span[0] <= pitch <= span[1] and pitch not in history[-2:]:
                return pitch
    return _near(chord.tones[0], before + 5 * way, span)


def _near(pitch_class: int, around: int, span: tuple[int, int]) -> int:
    """The pitch of a class nearest to `around` inside the span."""
    options = range(span[0] + (pitch_class - span[0]) % 12, span[1] + 1, 12)
    return min(options, key=lambda pitch: abs(pitch - around))
