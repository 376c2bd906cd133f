"""The bed under everything: one long note per stretch in which a texture lies there; swells before the seams."""

from sonicforge.compose.casting import layers_of
from sonicforge.compose.sketch import Sketch
from sonicforge.genres.genre import Layer
from sonicforge.music.score import STEP, Note, Part

BED = 60
DRONE_LOW = 33
SWELL_BARS = 2
SHAKEN_FROM = 0.6
"""Energy from which a shaker in the bed is heard."""


def write_textures(sketch: Sketch) -> list[Part]:
    """Parts of the code x. Pitched beds hold the tonic, kit voices swell into the sections."""
    if "x" not in sketch.plan.cast:
        return []
    found: dict[Layer, list[Note]] = {}
    for section in sketch.sections:
        if not sketch.presence("x", section):
            continue
        spans = sketch.entries.get((sketch.section_index(section.start), "x"), ((0, section.bars),))
        for layer in layers_of(sketch, "x", section):
            notes = found.setdefault(layer, [])
            for first, end in spans:
                start, stop = section.start + first * sketch.bar, section.start + end * sketch.bar
                if layer.voice in sketch.genre.kit:
                    notes += _struck(sketch, layer.voice, start, stop, section.mean_energy)
                elif notes and notes[-1].end == start:
                    notes[-1] = Note(notes[-1].start, stop - notes[-1].start, notes[-1].pitch, notes[-1].velocity)
                else:
                    notes.append(Note(start, stop - start, _pitch(sketch, layer.voice), 90))
    kit = sketch.genre.kit
    return [
        Part(layer.voice, "x", layer.stem, layer.voice, layer.voice in kit, tuple(notes))
        for layer, notes in found.items()
        if notes
    ]


def _pitch(sketch: Sketch, voice: str) -> int:
    if "texture" in sketch.genre.patches.get(voice, {}):
        return BED
    return DRONE_LOW + (sketch.key.tonic - DRONE_LOW) % 12


def _struck(sketch: Sketch, voice: str, start: int, end: int, energy: float) -> list[Note]:
    if "shaker" in voice:
        if energy < SHAKEN_FROM:
            return []
        accents = (60, 40, 46, 40)
        return [Note(tick, STEP, BED, accents[tick // STEP % 4]) for tick in range(start, end, STEP)]
    loud = round(50 + 40 * energy)
    swells = [start] if start == 0 else []
    swells += range(start + 8 * sketch.bar, end + 1, 8 * sketch.bar)
    return [Note(max(0, t - SWELL_BARS * sketch.bar * (t > 0)), SWELL_BARS * sketch.bar, 60, loud) for t in swells]
