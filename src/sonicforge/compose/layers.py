"""Voices without a row of their own: a clap over the snare, a shaker bed, a second kit behind the first."""

from sonicforge.compose.kit import GHOST, Kit, Strike
from sonicforge.music.score import STEP
from sonicforge.music.swing import swung

SHAKER = (62, 34, 54, 44, 66, 34, 54, 44, 62, 34, 54, 44, 66, 36, 58, 50)
"""Velocities of a shaker over a bar of 16ths, ten decibels between accent and valley."""
GENERAL_MIDI = {"k": 36, "s": 38, "h": 42}
LOUD = 0.72
"""Energy from which backbeats are doubled."""


def added_layers(kit: Kit, strikes: list[Strike]) -> list[Strike]:
    """Strikes of the cast's drum voices that no grid row plays."""
    rowed = set(kit.voices.values())
    added: list[Strike] = []
    for code in "shp":
        for layer in kit.sketch.plan.cast.get(code, ()):
            voice = layer.voice
            if voice in rowed or voice == kit.ghost_voice:
                continue
            if kit.sketch.genre.kit.get(voice, {}).get("layers"):
                added += _second_kit(kit, strikes, voice, code)
            elif "shaker" in voice:
                added += _shaker(kit, voice, code)
            elif "clap" in voice or "snare" in voice:
                added += _doubled_backbeat(kit, strikes, voice, code)
    return added + _claps_with_snares(kit, strikes)


def _doubled_backbeat(kit: Kit, strikes: list[Strike], voice: str, code: str) -> list[Strike]:
    doubled = []
    for hit in strikes:
        if hit.code == "s" and hit.velocity > 90 and hit.pitch == 60 and not hit.flam_ms:
            loud = kit.sketch.section_at(hit.tick).mean_energy >= LOUD
            if loud and kit.sketch.active(code, hit.tick):
                doubled.append(hit._replace(voice=voice, code=code, velocity=hit.velocity * 0.9))
    return doubled


def _claps_with_snares(kit: Kit, strikes: list[Strike]) -> list[Strike]:
    """Kits with a clap row and a snare for rolls only: the snare joins the clap at the climax."""
    patterns = kit.sketch.genre.drums.patterns.values()
    if "c" not in kit.voices or "s" not in kit.voices or any("s" in pattern.rows for pattern in patterns):
        return []
    return [
        hit._replace(row="s", voice=kit.voices["s"], velocity=hit.velocity * 0.86)
        for hit in strikes
        if hit.row == "c" and hit.velocity > 90 and kit.sketch.section_at(hit.tick).mean_energy >= 0.9
    ]


def _shaker(kit: Kit, voice: str, code: str) -> list[Strike]:
    sketch, swing = kit.sketch, kit.sketch.swing
    steps = [swung(i * STEP, unit=swing.unit, percent=swing.percent) for i in range(sketch.bar // STEP)]
    hits = []
    for section in sketch.sections:
        if section.mean_energy < 0.5:
            continue
        for start in sketch.bars_of(section):
            if not sketch.active(code, start):
                continue
            for step, offset in enumerate(steps):
                if not kit.windows.silent(code, start + offset):
                    hits.append(Strike(start + offset, "sh", voice, code, SHAKER[step % 16], step))
    return hits


def _second_kit(kit: Kit, strikes: list[Strike], voice: str, code: str) -> list[Strike]:
    """The layered kit follows the rows it names; General MIDI drum numbers tell its hits apart."""
    followers = kit.sketch.genre.kit[voice]["layers"]
    return [
        hit._replace(row=voice, voice=voice, code=code, pitch=GENERAL_MIDI.get(hit.row, 42))
        for hit in strikes
        if hit.row in followers and hit.velocity > GHOST and kit.sketch.active(code, hit.tick)
    ]
