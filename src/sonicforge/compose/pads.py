"""Sustained chords: one long note per voice that stays while its pitch stays; drifting loops where nothing beats."""

import random
from collections.abc import Sequence

from sonicforge.chance import choices
from sonicforge.compose.casting import layers_of
from sonicforge.compose.humanise import Drift, velocity
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import Windows, muted
from sonicforge.compose.voicing import Pitches
from sonicforge.genres.genre import Layer
from sonicforge.music.score import STEP, TICKS, Note, Part, Section

LONGEST_BARS = 8
"""A pad voice is struck again after this many bars."""
SUSPENDED = 0.45
"""Chance that a voice which falls by a step resolves late, where string players play."""
LOOP_SECONDS = (17.3, 19.7, 23.5, 26.9, 31.1, 37.7)
"""Loop lengths without a common period: the pattern of all of them repeats after hours, not bars."""
SOUNDS = 0.78
"""Chance that a drifting loop sounds when its turn comes."""
FOUNDATION = (43, 57)


def write_pads(sketch: Sketch, pads: Sequence[Pitches], windows: Windows) -> list[Part]:
    """Parts of the code d. `pads` are the pitches for each chord of the sketch."""
    if "d" not in sketch.plan.cast:
        return []
    found: dict[Layer, list[Note]] = {}
    drifting = not sketch.genre.identity.get("backbeat", (4,)) and "onsets_per_s_max" in sketch.genre.identity
    held = _drift(sketch) if drifting else _held(sketch, pads)
    for section, note, rank, of in held:
        layers = layers_of(sketch, "d", section)
        for layer in _share(layers, rank, of):
            found.setdefault(layer, []).append(note)
    return [
        Part(f"{layer.voice}.{layer.stem}" if _shared(found, layer) else layer.voice, "d", layer.stem, layer.voice,
             layer.voice in sketch.genre.kit, muted(notes, windows, "d"))
        for layer, notes in found.items()
    ]  # fmt: skip


def _held(sketch: Sketch, pads: Sequence[Pitches]) -> list[tuple[Section, Note, int, int]]:
    """(section, note, rank from the top, voices) for every held pitch."""
    found: list[tuple[Section, Note, int, int]] = []
    rng = choices(sketch.seed_for("chords"), "compose", "pads", "touch")
    strings = sketch.genre.drums.timing.get("strings")
    drift = Drift(choices(sketch.seed_for("chords"), "compose", "pads", "timing"), *(strings or (0.0, 0.0)))
    for section in sketch.sections:
        level = sketch.presence("d", section)
        if not level:
            continue
        started: dict[int, tuple[int, int, int]] = {}
        for start, end, pitches in _chords(sketch, section, pads):
            chosen = pitches[1:] if level == "reduced" and len(pitches) > 3 else pitches
            chosen = (*chosen, chosen[-1] + 12) if level == "full" else chosen
            for pitch in [p for p in started if p not in chosen or start - started[p][0] >= LONGEST_BARS * sketch.bar]:
                first, rank, of = started.pop(pitch)
                stop = _resolved(start, end, pitch, chosen, rng) if strings else start
                note = _touched(sketch, section, first, stop, pitch, level, rng, drift)
                found.append((section, note, rank, of))
            for place, pitch in enumerate(chosen):
                if pitch not in started:
                    started[pitch] = (start, len(chosen) - 1 - place, len(chosen))
        last = max((end for _, end, _ in _chords(sketch, section, pads)), default=section.end)
        for pitch, (first, rank, of) in started.items():
            note = _touched(sketch, section, first, last, pitch, level, rng, drift)
            found.append((section, note, rank, of))
    return found


def _chords(sketch: Sketch, section: Section, pads: Sequence[Pitches]) -> list[tuple[int, int, Pitches]]:
    """The chords of a section where its pad plays, clipped to its entries."""
    index = sketch.section_index(section.start)
    spans = sketch.entries.get((index, "d"), ((0, section.bars),))
    found = []
    for first, end in spans:
        low, high = section.start + first * sketch.bar, section.start + end * sketch.bar
        for chord, pitches in zip(sketch.chords, pads, strict=True):
            if chord.start < high and chord.end > low:
                found.append((max(low, chord.start), min(high, chord.end), pitches))
    return found


def _resolved(start: int, end: int, pitch: int, chosen: Pitches, rng: random.Random) -> int:
    """When a voice lets go: late if it can resolve down by a step, else at the change."""
    falls = pitch - 1 in chosen or pitch - 2 in chosen
    if falls and end - start >= 4 * TICKS and rng.random() < SUSPENDED:
        return start + 2 * TICKS
    return start


def _touched(
    sketch: Sketch, section: Section, start: int, end: int, pitch: int, level: str, rng: random.Random, drift: Drift
) -> Note:
    loud = 70 + 18 * section.mean_energy - (10 if level == "reduced" else 0) + rng.gauss(0.0, 3.0)
    early = -min(180.0, 0.25 * _attack_ms(sketch)) if start > section.start else 0.0
    return Note(start, max(STEP, end - start), pitch, velocity(loud), round(early + drift.next_ms(), 2))


def _attack_ms(sketch: Sketch) -> float:
    voice = sketch.plan.cast["d"][0].voice
    return float(sketch.genre.patches.get(voice, {}).get("ae", (0.0,))[0])


def _share(layers: tuple[Layer, ...], rank: int, of: int) -> tuple[Layer, ...]:
    """Layers on one stem double each other; layers on several stems divide the voices from the top down."""
    if len({layer.stem for layer in layers}) < 2:
        return layers
    return (layers[min(len(layers) - 1, rank * len(layers) // max(1, of))],)


def _shared(found: dict[Layer, list[Note]], layer: Layer) -> bool:
    return sum(other.voice == layer.voice for other in found) > 1


def _drift(sketch: Sketch) -> list[tuple[Section, Note, int, int]]:
    """Low fifths that follow the chords, and single tones on loops of incommensurate length above them."""
    rng = choices(sketch.seed_for("chords"), "compose", "pads", "loops")
    found = _foundation(sketch, rng)
    low, high = max(FOUNDATION[1], sketch.genre.harmony.voicing.low), sketch.genre.harmony.voicing.high
    seconds = rng.sample(LOOP_SECONDS, 5)
    for number, period_s in enumerate(seconds):
        centre = low + (high - 4 - low) * (number + 0.5) / len(seconds)
        period = period_s * sketch.plan.bpm / 60 * TICKS
        at, before = rng.uniform(0.05, 0.6) * period, round(centre)
        while at < sketch.length - sketch.bar:
            tick = round(at / STEP) * STEP
            at += period
            level = sketch.active("d", tick)
            if not level or rng.random() > SOUNDS * (0.6 if level == "reduced" else 1.0):
                continue
            section = sketch.section_at(tick)
            pitch = _tone(sketch, tick, centre, before, rng)
            end = _end(sketch, tick, round(period * rng.uniform(0.7, 1.05)), pitch)
            before = pitch
            loud = velocity(50 + 40 * section.mean_energy + rng.gauss(0.0, 5.0))
            found.append((section, Note(tick, end - tick, pitch, loud), len(seconds) - 1 - number, len(seconds)))
    return found


def _foundation(sketch: Sketch, rng: random.Random) -> list[tuple[Section, Note, int, int]]:
    found = []
    for chord in sketch.chords:
        level = sketch.active("d", chord.start)
        if not level:
            continue
        root, fifth = chord.tones[0], next((t for t in chord.tones if (t - chord.tones[0]) % 12 == 7), chord.tones[0])
        section = sketch.section_at(chord.start)
        low = FOUNDATION[0] + (root - FOUNDATION[0]) % 12
        for pitch, late in ((low, 0), (low + (fifth - root) % 12, round(rng.uniform(0.2, 0.9) * sketch.bar))):
            if late and fifth == root:
                continue
            start = chord.start + (late if chord.start else 0)
            end = min(sketch.length, chord.end)
            loud = velocity(56 + 24 * section.mean_energy + rng.gauss(0.0, 4.0))
            found.append((section, Note(start, max(STEP, end - start), pitch, loud), 4, 5))
    return found


def _tone(sketch: Sketch, tick: int, centre: float, before: int, rng: random.Random) -> int:
    tones = set(sketch.chord_at(tick).tones)
    near = [p for p in range(round(centre) - 6, round(centre) + 7) if p % 12 in tones]
    fresh = [p for p in near if p != before] or near
    fresh.sort(key=lambda p: abs(p - before) + rng.uniform(0.0, 5.0))
    return fresh[0]


def _end(sketch: Sketch, start: int, length: int, pitch: int) -> int:
    """A tone rings on into the next chord only if it belongs there; else it leaves in the crossfade."""
    chord = sketch.chord_at(start)
    end = min(start + length, sketch.length)
    while chord.end < end:
        following = sketch.chord_at(chord.end)
        if pitch % 12 not in following.tones:
            return max(start + 2 * TICKS, chord.end)
        chord = following
    return end
