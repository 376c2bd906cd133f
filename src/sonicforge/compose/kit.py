"""The drummer's kit: rows, voices and stems of a genre, bars compiled once, coins remembered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sonicforge.chance import choices
from sonicforge.compose.groove import PHRASE, Bar, Stroke, compile_bar, missing_rows, row_codes
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import Windows
from sonicforge.genres.genre import DrumPattern

OPEN_ROW = "o"
GHOST = 40
"""Snares at or below this velocity are ghosts: darker and shorter, not only quieter."""


class Strike(NamedTuple):
    """One hit on the timeline. `row` selects timing, `voice` the sound."""

    tick: int
    row: str
    voice: str
    code: str
    velocity: float
    step: int
    flam_ms: float = 0.0
    ghost: bool = False
    open: bool = False
    pitch: int = 60


@dataclass(slots=True)
class Kit:
    """What the drummer looks up while playing: rows, voices, stems, compiled bars and remembered coins."""

    sketch: Sketch
    windows: Windows
    codes: Mapping[str, str]
    voices: Mapping[str, str]
    stems: Mapping[str, str]
    ghost_voice: str
    compiled: dict[tuple[str, int], tuple[Stroke, ...]] = field(default_factory=dict)
    patterns: dict[tuple[str, str], DrumPattern] = field(default_factory=dict)
    coins: dict[tuple[str, str, int, int], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, sketch: Sketch, windows: Windows) -> "Kit":
        genre = sketch.genre
        codes, pieces = row_codes(genre), dict(genre.drums.pieces)
        stems: dict[str, str] = {}
        for code in "xphsk":
            for chosen in (*genre.cast.get(code, ()), sketch.plan.cast.get(code, ())):
                stems |= {layer.voice: layer.stem for layer in chosen}
        spare = [layer.voice for layer in sketch.plan.cast.get("s", ()) if "ghost" in layer.voice]
        own = spare[0] if spare and spare[0] not in pieces.values() else ""
        return cls(sketch, windows, codes, pieces, stems, own)

    def pattern(self, bar: Bar) -> DrumPattern:
        """The pattern of a bar, with rows borrowed for parts that it would leave silent."""
        present = "".join(code for code in "shp" if self.sketch.active(code, bar.start))
        key = (bar.pattern, present)
        if key not in self.patterns:
            own = self.sketch.genre.drums.patterns[bar.pattern]
            extra = missing_rows(self.sketch.genre, own, self.codes, tuple(present))
            self.patterns[key] = DrumPattern({**own.rows, **extra}, own.resolution, own.energy) if extra else own
        return self.patterns[key]

    def strokes(self, name: str, pattern: DrumPattern, run: int) -> tuple[Stroke, ...]:
        """A bar of a pattern or fill, compiled once."""
        key = (name + ",".join(pattern.rows), run % 4)
        if key not in self.compiled:
            swing = self.sketch.swing
            self.compiled[key] = compile_bar(pattern, run % 4, self.sketch.bar, unit=swing.unit, percent=swing.percent)
        return self.compiled[key]

    def coin(self, bar: Bar, stroke: Stroke) -> bool:
        """Whether an optional hit is played; the same answer for a whole phrase."""
        phrase = bar.index // PHRASE % 4
        key = (bar.pattern, stroke.row, stroke.step, phrase)
        if key not in self.coins:
            rng = choices(self.sketch.seed_for("drums"), "compose", "drums", "coin", *key)
            self.coins[key] = rng.random() < 0.5
        return self.coins[key]


def strike(kit: Kit, stroke: Stroke, tick: int, code: str, factor: float) -> Strike:
    """A stroke of the grid as a hit of the kit."""
    voice = kit.voices.get(stroke.row, stroke.row)
    opened = stroke.row == OPEN_ROW and kit.voices.get("h") == voice
    ghost = stroke.grace or (code == "s" and stroke.velocity <= GHOST)
    return Strike(tick, stroke.row, voice, code, stroke.velocity * factor, stroke.step, stroke.flam_ms, ghost, opened)
