"""Arpeggios and sequences: chord tones by an index pattern that moves on every 16 bars and quotes the hook."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from sonicforge.compose.humanise import velocity
from sonicforge.compose.lead import pitches_of
from sonicforge.compose.manner import Manner
from sonicforge.compose.motif import Motif
from sonicforge.compose.sketch import Sketch
from sonicforge.genres.genre import Arp
from sonicforge.music.grid import parse_mask, parse_rhythm
from sonicforge.music.score import STEP, TICKS, ChordSpan, Note, Section
from sonicforge.music.swing import swung

CODE = "a"
FRAMES_PER_NOTE = 2
"""Notes of a chip arpeggio last two frames of 60 Hz: clear, not a buzz."""
_SOFT = 62
_EVOLVE_BARS = 16
_ACCENT_BARS = 8


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Parsed `Arp`: (index, octave) or None for a rest; ticks per note; velocities of a bar, 0 where unaccented."""

    indices: tuple[tuple[int, int] | None, ...]
    rate: int
    gate: float
    accents: tuple[int, ...]
    loop: int


def write_arp(sketch: Sketch, manner: Manner, hook: Motif, led: frozenset[int], rng: Random) -> tuple[Note, ...]:
    """All notes of the arp part; `led` are the start ticks of the bars in which the lead plays."""
    arp = sketch.genre.chords.arp
    if arp is None:
        return ()
    if arp.rate <= 0:
        return _frames(sketch, arp, rng)
    pattern = _parsed(arp, manner, rng)
    sparse = manner.kind == "drift"
    notes: list[Note] = []
    played = 0
    for section in sketch.sections:
        for bar, start in enumerate(sketch.bars_of(section)):
            presence = sketch.active(CODE, start)
            if not presence:
                continue
            found = _bar(sketch, pattern, section, bar, played, presence)
            if sparse:
                found = [note for note in found if rng.random() < 0.45]
            elif bar % _ACCENT_BARS >= 6 and start not in led and hook.tones:
                found = _quoting(sketch, found, hook, start, bar % 2)
            notes += found
            played += 1
    return tuple(_swung(note, sketch) for note in notes)


def ladder(chord: ChordSpan, floor: int, count: int) -> list[int]:
    """`count` chord tones upward from `floor`; at most four different ones, ninths before doubled fifths."""
    tones = chord.tones[:4]
    first = sorted(floor + (tone - floor) % 12 for tone in tones)
    return [first[index % len(first)] + 12 * (index // len(first)) for index in range(count)]


def _parsed(arp: Arp, manner: Manner, rng: Random) -> _Pattern:
    indices: list[tuple[int, int] | None] = []
    for word in arp.indices.split():
        if word == "r":
            indices.append(None)
        else:
            indices.append((int(word.lstrip("+")), int(word.startswith("+"))))
    mask = parse_mask(arp.accents) if arp.accents else (0,) * 16
    loop = rng.choice((12, 16)) if manner.kind == "hook" else len(indices)
    return _Pattern(tuple(indices), round(arp.rate * TICKS), arp.gate, mask, loop)


def _bar(sketch: Sketch, pattern: _Pattern, section: Section, bar: int, played: int, presence: str) -> list[Note]:
    start = section.start + bar * sketch.bar
    phase = 3 * (played // _EVOLVE_BARS)
    turn = 2 * (played // _ACCENT_BARS % 2)
    low, high = _register(sketch)
    energy = section.energy[0] + (section.energy[1] - section.energy[0]) * bar / max(1, section.bars)
    loudness, softer = 0.78 + 0.22 * energy, 12 if presence == "reduced" else 0
    steps_per_bar = sketch.bar // pattern.rate
    length = round(pattern.rate * pattern.gate)
    notes: list[Note] = []
    for chord in sketch.chords_between(start, start + sketch.bar):
        first = max(0, -(-(chord.start - start) // pattern.rate))
        last = min(steps_per_bar, -(-(chord.end - start) // pattern.rate))
        rungs = ladder(chord, low, 8)
        for step in range(first, last):
            entry = pattern.indices[((played * steps_per_bar + step) % pattern.loop + phase) % len(pattern.indices)]
            accent = pattern.accents[(step * pattern.rate // STEP + turn) % len(pattern.accents)]
            if entry is None or _left_out(presence, energy, accent, step, pattern.rate):
                continue
            pitch = rungs[entry[0]] + 12 * entry[1]
            while pitch > high:
                pitch -= 12
            level = velocity((accent or _SOFT) * loudness - softer)
            notes.append(Note(start + step * pattern.rate, length, pitch, level, accent=accent >= 112))
    if presence == "full" and bar >= section.bars // 2 and notes:
        notes += _upper(sketch, start, high)
    return notes


def _left_out(presence: str, energy: float, accent: int, step: int, rate: int) -> bool:
    """Reduced and quiet arps keep their accents and every other note of the rest."""
    if rate > STEP or accent:
        return False
    return (presence == "reduced" and step % 4 == 3) or (energy < 0.4 and step % 2 == 1)


def _upper(sketch: Sketch, start: int, high: int) -> list[Note]:
    """A second voice above in dotted 8ths."""
    notes = []
    for place, tick in enumerate(range(start, start + sketch.bar, 3 * STEP)):
        tones = ladder(sketch.chord_at(tick), high - 10, 4)
        notes.append(Note(tick, STEP, tones[place % 3], velocity(58 + 6 * (place % 2))))
    return notes


def _quoting(sketch: Sketch, notes: Sequence[Note], hook: Motif, start: int, nth: int) -> list[Note]:
    """The arp says the hook in its accents: where a hook note stands, the arp plays that pitch in its own octave."""
    low, high = _register(sketch)
    offset = nth * sketch.bar if hook.span >= 2 * sketch.bar else 0
    tones = [replace(tone, at=tone.at - offset) for tone in hook.tones if 0 <= tone.at - offset < sketch.bar]
    if not tones:
        return list(notes)
    pitches = pitches_of(sketch, start, tones, *sketch.genre.melody.range)
    said = {}
    for tone, pitch in zip(tones, pitches, strict=True):
        while pitch > high:
            pitch -= 12
        while pitch < low:
            pitch += 12
        said[start + tone.at] = pitch
    return [replace(note, pitch=said[note.start], velocity=velocity(note.velocity + 16), accent=True)
            if note.start in said else note for note in notes]  # fmt: skip


def _frames(sketch: Sketch, arp: Arp, rng: Random) -> tuple[Note, ...]:
    """Chip arpeggio: a chord as a stream of two-frame notes inside the genre's comping rhythm."""
    frame = sketch.plan.bpm * TICKS / 60 / 60
    step = FRAMES_PER_NOTE * frame
    order = [int(word.lstrip("+")) for word in arp.indices.split() if word != "r"]
    low, _ = _register(sketch)
    notes: list[Note] = []
    for section in sketch.sections:
        rhythm = parse_rhythm(rng.choice(sketch.genre.chords.patterns))
        direction = order if rng.random() < 0.6 else [order[0], *reversed(order[1:])]
        tremble = rng.random() < 0.3
        for start in sketch.bars_of(section):
            presence = sketch.active(CODE, start)
            if not presence:
                continue
            for token in rhythm.tokens:
                tick = start + token.start % sketch.bar
                chord = sketch.chord_at(tick)
                steps = ladder(chord, low, max(direction) + 2)
                share = 0.6 if presence == "reduced" else 0.94
                count = max(1, int(min(token.length, chord.end - tick) * share / step))
                for nth in range(count):
                    at, after = tick + round(nth * step), tick + round((nth + 1) * step)
                    lift = 12 if tremble and nth // len(direction) % 4 == 3 else 0
                    level = token.velocity - (14 if presence == "reduced" else 0)
                    notes.append(Note(at, after - at, steps[direction[nth % len(direction)]] + lift, velocity(level)))
    return tuple(notes)


def _register(sketch: Sketch) -> tuple[int, int]:
    """Lowest and highest pitch: the upper two octaves of the comping register."""
    low, high = sketch.genre.chords.register
    return max(low, high - 26), high + 5


def _swung(note: Note, sketch: Sketch) -> Note:
    start = swung(note.start, unit=sketch.swing.unit, percent=sketch.swing.percent)
    if start == note.start:
        return note
    return Note(start, note.length, note.pitch, note.velocity, accent=note.accent)
