"""Drums: the groove of every bar with coins, ghosts, small edits, fills and rolls, then played by a person."""

from collections.abc import Mapping

from sonicforge.chance import choices
from sonicforge.compose import fills, layers
from sonicforge.compose.groove import Bar, backbeat_rows, bars_of
from sonicforge.compose.hands import played
from sonicforge.compose.kit import GHOST, Kit, Strike, strike
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import Windows
from sonicforge.genres.genre import Ghosts
from sonicforge.music.grid import TRIPLET
from sonicforge.music.score import STEP, Part
from sonicforge.music.swing import swung

REDUCED = 0.84
HAT_CUT_BARS, HAT_CUT_FROM = 32, 0.5


def write_drums(sketch: Sketch, windows: Windows) -> list[Part]:
    """One part per drum voice; empty where the genre has no drums or the plan leaves them out."""
    if not sketch.genre.drums.patterns:
        return []
    kit = Kit.of(sketch, windows)
    strikes: list[Strike] = []
    for bar in bars_of(sketch):
        strikes += _play_bar(kit, bar)
    for start, end in windows.rolls:
        strikes = [s for s in strikes if not (s.code == "s" and start <= s.tick < end)]
        strikes += fills.roll(kit, start, end)
    strikes += layers.added_layers(kit, strikes)
    return played(kit, strikes)


def _play_bar(kit: Kit, bar: Bar) -> list[Strike]:
    sketch, windows = kit.sketch, kit.windows
    levels = {code: sketch.active(code, bar.start) for code in "kshp"}
    window = fills.fill_window(kit, bar)
    if not any(levels.values()) and window is None:
        return []
    pattern = kit.pattern(bar)
    standing_in = backbeat_rows(pattern, kit.codes)
    loudness = 0.92 + 0.08 * bar.section.mean_energy
    cut = _hats_cut(sketch, bar)
    strikes = []
    for stroke in fills.edited(kit, bar, kit.strokes(bar.pattern, pattern, bar.run)):
        code = "s" if stroke.row in standing_in else kit.codes.get(stroke.row, "p")
        level = levels.get(code, "")
        tick = bar.start + stroke.tick
        if not level or windows.silent(code, tick) or (code == "h" and cut):
            continue
        if stroke.optional and level != "full" and not kit.coin(bar, stroke):
            continue
        if level == "reduced" and code in "hp" and stroke.step % 2:
            continue
        factor = loudness * (REDUCED if level == "reduced" else 1.04 if level == "full" else 1.0)
        strikes.append(strike(kit, stroke, tick, code, factor))
    strikes += _ghosts(kit, bar, strikes, levels)
    if window is not None:
        strikes = fills.filled(kit, bar, strikes, window)
    return strikes


def _hats_cut(sketch: Sketch, bar: Bar) -> bool:
    """Whether the hats of a four-on-the-floor groove rest: for the bar before every 32nd bar line of the piece."""
    if not sketch.genre.club or not sketch.genre.identity.get("offbeat_hat"):
        return False
    last = (bar.start // sketch.bar + 1) % HAT_CUT_BARS == 0
    return last and bar.section.mean_energy >= HAT_CUT_FROM and bool(sketch.presence("k", bar.section))


def _ghosts(kit: Kit, bar: Bar, strikes: list[Strike], levels: Mapping[str, str]) -> list[Strike]:
    found: list[Strike] = []
    for ghosts in kit.sketch.genre.drums.ghosts:
        code = kit.codes.get(ghosts.row, "s")
        if levels.get(code) in ("on", "full") and bar.section.mean_energy >= 0.2:
            found += _ghost_row(kit, bar, ghosts, code, strikes)
    return found


def _ghost_row(kit: Kit, bar: Bar, ghosts: Ghosts, code: str, strikes: list[Strike]) -> list[Strike]:
    """Ghosts of one row: drawn anew every eight bars with a two-bar identity, or every bar where players converse."""
    sketch = kit.sketch
    converses = sketch.swing.unit == 8
    name = (bar.start,) if converses else (bar.pattern, bar.index // 8 % 2, bar.index % 2)
    rng = choices(sketch.seed_for("drums"), "compose", "drums", "ghosts", ghosts.row, *name)
    triplets = sketch.genre.drums.patterns[bar.pattern].resolution == "8t"
    unit, width = (TRIPLET, sketch.bar // TRIPLET) if triplets else (STEP, sketch.bar // STEP)
    taken = {s.step % width for s in strikes if s.code == code and s.velocity > GHOST}
    voice = kit.voices.get(ghosts.row, ghosts.row)
    if ghosts.row == "s" and kit.ghost_voice:
        voice = kit.ghost_voice
    found: list[Strike] = []
    already = sum(s.row == ghosts.row for s in strikes if s.ghost or s.row == "g")
    for step in sorted(ghosts.steps, key=lambda _: rng.random()):
        if len(found) + already >= ghosts.most:
            break
        low, high = ghosts.velocity
        loud = rng.uniform(low, high)
        if step < width and step not in taken and rng.random() < ghosts.chance:
            swing = sketch.swing
            percent = swing.percent if triplets or swing.unit == 16 else 50.0
            tick = bar.start + swung(step * unit, unit=swing.unit, percent=percent, triplets=triplets)
            if not kit.windows.silent(code, tick):
                found.append(Strike(tick, ghosts.row, voice, code, loud, step, ghost=code == "s"))
    return found
