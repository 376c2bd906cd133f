"""Fills, rolls and the small edits of every fourth bar."""

from dataclasses import replace

from sonicforge.chance import choices
from sonicforge.compose.groove import PHRASE, Bar, Stroke
from sonicforge.compose.kit import GHOST, Kit, Strike, strike
from sonicforge.compose.transitions import machine_like
from sonicforge.genres.genre import DrumPattern
from sonicforge.music.grid import parse_row
from sonicforge.music.score import STEP, TICKS

EIGHT = 8
"""Bars after which a groove pauses for a short fill."""
ROLL_RISE = 5
"""Semitones a roll climbs."""
ROLL_SOFT, ROLL_GAIN = 34, 48
"""Velocity at which a roll begins, and what it gains; its density does the rest, so that the drop is louder."""
STUTTER_FROM = 0.8
STUTTER_FALL = (0, 26, 16, 30)
"""How much softer each of four stuttered 16ths is."""


def fill_window(kit: Kit, bar: Bar) -> tuple[int, int] | None:
    """Where in a bar a fill sounds: asked for at the end of a section, or short at the end of every eighth bar."""
    sketch = kit.sketch
    end = bar.start + sketch.bar
    for start, stop in kit.windows.fills:
        if bar.start < stop <= end:
            return max(start, bar.start), stop
    if any(start < end and bar.start < stop for start, stop in (*kit.windows.rolls, *kit.windows.gaps)):
        return None
    inside = bar.index + 1 < bar.section.bars
    plays = sketch.active("k", bar.start) == "on" or sketch.active("s", bar.start) == "on"
    if inside and plays and (bar.index + 1) % EIGHT == 0 and bar.section.mean_energy >= 0.3:
        return end - TICKS * (1 if (bar.index + 1) % (2 * EIGHT) else 2), end
    return None


def filled(kit: Kit, bar: Bar, strikes: list[Strike], window: tuple[int, int]) -> list[Strike]:
    """The bar with a fill in its window: rows of the fill replace the groove's, other rows play on."""
    fills = kit.sketch.genre.drums.fills
    name = _choose(kit, bar, window)
    if not name:
        return strikes
    fill = fills[name]
    start, end = window
    kept = [hit for hit in strikes if hit.tick < start or hit.row not in fill.rows]
    kicks = bool(kit.sketch.presence("k", bar.section))
    added = []
    for stroke in kit.strokes("fill " + name, fill, 0):
        tick = bar.start + stroke.tick
        code = kit.codes.get(stroke.row, "s")
        if start <= tick < end and (code != "k" or kicks) and not kit.windows.silent(code, tick):
            added.append(strike(kit, stroke, tick, code, 0.92 + 0.08 * bar.section.mean_energy))
    return kept + added


def edited(kit: Kit, bar: Bar, strokes: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    """The last bar of a phrase with one thing changed; the same change each time, so that it is heard as meant."""
    if bar.index % PHRASE != PHRASE - 1 or not strokes:
        return strokes
    turn = bar.index // PHRASE % 2
    rng = choices(kit.sketch.seed_for("drums"), "compose", "drums", "edit", bar.pattern, turn)
    moves = [_move_percussion, _drop_kick, _double_hat] if turn else [_double_hat, _move_percussion]
    rng.shuffle(moves)
    if not turn and machine_like(kit.sketch) and bar.section.mean_energy >= STUTTER_FROM:
        moves.insert(0, _stutter)
    for move in moves:
        changed = move(kit, strokes, rng.random())
        if changed is not None:
            return changed
    return strokes


def roll(kit: Kit, start: int, end: int) -> list[Strike]:
    """A snare roll that gets denser, louder and higher: quarters or eighths first, 32nds in the last beat."""
    row = "s" if "s" in kit.voices else next((row for row, code in kit.codes.items() if code == "s"), "")
    if not row:
        return []
    long = end - start >= 4 * kit.sketch.bar
    strikes, tick = [], start
    while tick < end:
        progress = (tick - start) / (end - start)
        grid = _roll_grid(progress, end - tick, long=long)
        accent = 6 if (tick - start) % TICKS == 0 else 0
        loud = ROLL_SOFT + ROLL_GAIN * progress**1.5 + accent
        pitch = 60 + round(ROLL_RISE * progress)
        step = (tick % kit.sketch.bar) // STEP
        if not kit.windows.silent("s", tick):
            strikes.append(Strike(tick, row, kit.voices[row], "s", loud, step, pitch=pitch))
        tick += grid
    return strikes


def _roll_grid(progress: float, left: int, *, long: bool) -> int:
    if left <= TICKS:
        return STEP // 2
    if not long:
        return 2 * STEP if progress < 0.5 else STEP
    return 4 * STEP if progress < 0.4 else 2 * STEP if progress < 0.7 else STEP


def _choose(kit: Kit, bar: Bar, window: tuple[int, int]) -> str:
    """A fill by place: the same one at the same kind of seam, busier before a climb."""
    genre = kit.sketch.genre
    resolution = genre.drums.patterns[bar.pattern].resolution
    names = [name for name, fill in sorted(genre.drums.fills.items()) if fill.resolution == resolution]
    if not names:
        return ""
    length = window[1] - window[0]
    names.sort(key=lambda name: _onsets(genre.drums.fills[name], kit.sketch.bar - length))
    at_seam = bar.index + 1 == bar.section.bars
    if not at_seam:
        return names[(bar.index // EIGHT) % min(2, len(names))]
    rng = choices(kit.sketch.seed_for("drums"), "compose", "drums", "fill", bar.section.name)
    return names[-1] if rng.random() < 0.6 else rng.choice(names)


def _onsets(fill: DrumPattern, after: int) -> int:
    return sum(hit.tick >= after for text in fill.rows.values() for hit in parse_row(text, fill.resolution).hits)


def _move_percussion(kit: Kit, strokes: tuple[Stroke, ...], draw: float) -> tuple[Stroke, ...] | None:
    places = [
        i for i, s in enumerate(strokes)
        if kit.codes.get(s.row) == "p" and s.step and not (s.row == "sh" or s.grace) and s.velocity > GHOST
    ]  # fmt: skip
    if not places:
        return None
    index = places[int(draw * len(places))]
    old = strokes[index]
    step = old.step - 1 if draw < 0.5 else old.step + 1
    if any(s.row == old.row and s.step == step for s in strokes) or step % 4 == 0:
        return None
    tick = next((s.tick for s in strokes if s.step == step), old.tick + (step - old.step) * STEP)
    if not 0 <= tick < kit.sketch.bar:
        return None
    moved = replace(old, tick=tick, step=step)
    return tuple(sorted((*strokes[:index], moved, *strokes[index + 1 :]), key=lambda s: s.tick))


def _stutter(kit: Kit, strokes: tuple[Stroke, ...], draw: float) -> tuple[Stroke, ...] | None:
    """The last beat of the bar caught in a loop of one 16th: its snare, else its kick, four times."""
    first = kit.sketch.bar // STEP - 4
    caught = next((s for row in "sk" for s in strokes if s.row == row and s.step == first), None)
    if caught is None:
        kicks = [s for s in strokes if s.row == "k" and s.step == 0]
        if not kicks:
            return None
        caught = replace(kicks[0], tick=first * STEP, step=first)
    falls = STUTTER_FALL if draw < 0.5 else (0, 30, 22, 14)
    loop = [
        replace(caught, tick=caught.tick + n * STEP, step=first + n, velocity=caught.velocity - fall)
        for n, fall in enumerate(falls)
    ]
    kept = [s for s in strokes if s.step < first]
    return tuple(sorted((*kept, *loop), key=lambda s: s.tick))


def _drop_kick(kit: Kit, strokes: tuple[Stroke, ...], draw: float) -> tuple[Stroke, ...] | None:
    needed = set(kit.sketch.genre.identity.get("kick", (0,)))
    spare = [i for i, s in enumerate(strokes) if s.row == "k" and s.step % 16 not in needed and not s.optional]
    if not spare:
        return None
    index = spare[int(draw * len(spare))]
    return (*strokes[:index], *strokes[index + 1 :])


def _double_hat(kit: Kit, strokes: tuple[Stroke, ...], draw: float) -> tuple[Stroke, ...] | None:
    if "h" not in kit.voices or kit.sketch.swing.unit == 8:
        return None
    hats = [s for s in strokes if s.row == "h" and s.step % 16 >= 8]
    if not hats or len({s.step for s in strokes if s.row == "h"}) >= 15:
        return None
    last = hats[int(draw * len(hats))]
    if any(s.row in ("h", "o") and 0 < s.tick - last.tick < 0.9 * STEP for s in strokes):
        return None
    echo = Stroke(last.step * STEP + STEP // 2, "h", max(14, last.velocity - 16), last.step, False, False, 0.0)
    return tuple(sorted((*strokes, echo), key=lambda s: s.tick))
