"""Bass: a line for every section, its sub below, question and answer between the patches of a cast."""

from collections.abc import Mapping
from dataclasses import replace

from sonicforge.chance import choices
from sonicforge.compose.basslines import UNIT_BARS, Register, Tone, breathing, line_tones
from sonicforge.compose.humanise import Drift, velocity
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import Windows
from sonicforge.compose.walking import walk
from sonicforge.genres.genre import Layer
from sonicforge.music.grid import TRIPLET, Line, parse_line
from sonicforge.music.score import STEP, Note, Part, Section

WALKING = "walk"
LEFT_HAND = ("lh_", "ost_")
"""Lines with these prefixes belong to the chord player's left hand."""
ON_REQUEST = frozenset({"bossa"})
TWO_FEEL_BELOW = 0.3
SLOW_ATTACK_MS = 400.0
SUB_LOW = 24
"""No oscillator below C1."""


def write_bass(sketch: Sketch, windows: Windows) -> list[Part]:
    """Parts of the codes b and u; nothing where the plan has neither."""
    low, high = sketch.genre.bass.range
    register = Register(low, high)
    parts: list[Part] = []
    line: dict[int, list[Tone]] = {}
    for index, section in enumerate(sketch.sections):
        line[index] = _section_line(sketch, section, index, register)
    if "b" in sketch.plan.cast:
        parts += _bass_parts(sketch, windows, line)
    if "u" in sketch.plan.cast:
        parts += _sub_parts(sketch, windows, line)
    return [part for part in parts if part.notes]


def choose_line(sketch: Sketch, section: Section) -> str:
    """Name of the line of a section: the asked one, else by energy, calm lines low and busy ones high."""
    patterns = sketch.genre.bass.patterns
    asked = sketch.directions(section).bass
    if asked in patterns:
        return asked
    names = [n for n in patterns if not n.startswith(LEFT_HAND) and n not in ON_REQUEST] or list(patterns)
    walking = [name for name in names if name.startswith(WALKING)]
    if walking:
        calm = section.mean_energy < TWO_FEEL_BELOW and "two" in names
        return "two" if calm else walking[0]
    names.sort(key=lambda name: (_density(parse_line(patterns[name])), name))
    half = (len(names) + 1) // 2
    low, high = sketch.genre.energy
    place = (section.mean_energy - low) / max(0.01, high - low)
    busy = place >= 0.4
    pool = names[half - 1 if len(names) > 2 else 0 :] if busy else names[:half]
    if busy and sketch.genre.bass.lfo_beats:
        spoken = [name for name in pool if parse_line(patterns[name]).length >= UNIT_BARS * sketch.bar]
        pool = [*spoken[-1:], *spoken[-1:], *names[half:]]
    rng = choices(sketch.seed_for("bass"), "compose", "bass", "line", busy)
    order = rng.sample(pool, len(pool))
    return order[1] if section.loop == "B" and len(order) > 1 else order[0]


def _section_line(sketch: Sketch, section: Section, index: int, register: Register) -> list[Tone]:
    if not any(part[0] in "bu" for part in section.parts):
        return []
    name = choose_line(sketch, section)
    if name.startswith(WALKING):
        notes = walk(sketch, section, index, (register.low, register.high))
        return [Tone(note, "x" if note.ghost else "R", 0, 0) for note in notes]
    tones = line_tones(sketch, section, sketch.genre.bass.patterns[name], register, name=name)
    if sketch.genre.bass.lfo_beats:
        tones = _paragraphs(sketch, section, tones, register, name)
    return breathing(sketch, section, tones)


def _paragraphs(sketch: Sketch, section: Section, tones: list[Tone], register: Register, name: str) -> list[Tone]:
    """Eight bars as A A' A B: the last unit of four speaks in another line of the genre."""
    patterns = sketch.genre.bass.patterns
    density = _density(parse_line(patterns[name]))
    others = sorted((n for n in patterns if n != name), key=lambda n: abs(_density(parse_line(patterns[n])) - density))
    if not others:
        return tones
    rng = choices(sketch.seed_for("bass"), "compose", "bass", "answer", name)
    other = rng.choice(others[:2])
    answer = line_tones(sketch, section, patterns[other], register, name=other)
    kept = [tone for tone in tones if tone.unit % 4 != 3] + [tone for tone in answer if tone.unit % 4 == 3]
    return sorted(kept, key=lambda tone: tone.note.start)


def _density(line: Line) -> float:
    return len(line.tokens) * 16 * STEP / line.length


def _bass_parts(sketch: Sketch, windows: Windows, line: Mapping[int, list[Tone]]) -> list[Part]:
    choosing = _Patches(sketch)
    found: dict[Layer, list[Note]] = {}
    for index in range(len(sketch.sections)):
        tones = [t for t in line[index] if sketch.active("b", t.note.start)]
        for tone in _muted(tones, windows, "b", sketch):
            for layer in choosing.layers(index, tone):
                found.setdefault(layer, []).append(choosing.modulated(tone))
    kit = sketch.genre.kit
    played = _touched(sketch, found, "b")
    return [Part(layer.voice, "b", layer.stem, layer.voice, layer.voice in kit, n) for layer, n in played.items()]


def _sub_parts(sketch: Sketch, windows: Windows, line: Mapping[int, list[Tone]]) -> list[Part]:
    """The sub follows the bass in its lowest octave; under a modulated bass it keeps to root and fifth."""
    register = Register(SUB_LOW, SUB_LOW + 12)
    floor = Register(max(SUB_LOW, sketch.genre.bass.range[0]), SUB_LOW + 14)
    modulated = bool(sketch.genre.bass.lfo_beats)
    notes: list[Note] = []
    for index in range(len(sketch.sections)):
        tones = [t for t in line[index] if sketch.active("u", t.note.start) and t.letter != "x"]
        for tone in _muted(tones, windows, "u", sketch):
            chord = sketch.chord_at(tone.note.start)
            root = floor.root(chord.bass)
            pitch = root if tone.letter in "R8L" else floor.root(tone.note.pitch % 12)
            if modulated and tone.letter not in "5d":
                pitch = root
            elif modulated or tone.letter == "5":
                fifth = register.root((chord.tones[0] + 7) % 12)
                pitch = fifth if fifth < root and fifth % 12 in chord.tones else root if modulated else pitch
            notes.append(replace(tone.note, pitch=pitch, accent=False, lfo_beats=0.0))
    layers = {layer: list(notes) for layer in sketch.plan.cast["u"]}
    played = _touched(sketch, layers, "u")
    return [Part(layer.voice, "u", layer.stem, layer.voice, False, n) for layer, n in played.items()]


def _muted(tones: list[Tone], windows: Windows, code: str, sketch: Sketch) -> list[Tone]:
    """Without what falls into a drop or gap; what rings into one is cut there; the last bar is one note."""
    spans = (*windows.drops, *windows.gaps)
    kept: list[Tone] = []
    final = sketch.length - sketch.bar
    for tone in tones:
        note = tone.note
        if windows.silent(code, note.start) or note.start > final:
            continue
        stop = min([start for start, _ in spans if note.start < start < note.end], default=note.end)
        if note.start == final:
            stop = sketch.length
        if stop != note.end:
            tone = replace(tone, note=replace(note, length=stop - note.start))
        kept.append(tone)
    return kept


class _Patches:
    """Which patch of the cast plays a bass note: question and answer where the genre alternates patches."""

    def __init__(self, sketch: Sketch) -> None:
        self._sketch = sketch
        own = sketch.plan.cast["b"]
        sets = [own, *(layers for layers in sketch.genre.cast["b"] if layers != own)]
        self._alternates = bool(sketch.genre.bass.lfo_beats) and len(sets) > 1
        self._sets = sets
        self._turns: dict[int, int] = {}
        self._count: dict[tuple[int, int], int] = {}
        for index, section in enumerate(sketch.sections):
            if sketch.presence("b", section):
                self._turns[index] = len(self._turns)

    def layers(self, index: int, tone: Tone) -> tuple[Layer, ...]:
        section = self._sketch.sections[index]
        asked = self._sketch.directions(section).voices.get("b")
        named = [layers for layers in self._sketch.genre.cast["b"] if any(x.voice == asked for x in layers)]
        base = self._sets.index(named[0]) if named and named[0] in self._sets else 0
        if not self._alternates:
            return self._sets[base]
        answer = 2 if tone.unit % 4 == 3 and len(self._sets) > 2 else 1
        turn = base + (answer if tone.half else 0) + self._turns.get(index, 0) // 2
        return self._sets[turn % len(self._sets)]

    def modulated(self, tone: Tone) -> Note:
        """The note with the wobble period of its place in the motif; the same motif always wobbles the same."""
        rates = self._sketch.genre.bass.lfo_beats
        if not rates:
            return tone.note
        names = list(rates)
        name = names[-1] if (tone.half if "answer" in rates else tone.unit % 4 == 3) else names[0]
        key = (tone.unit, tone.half)
        place = self._count[key] = self._count.get(key, -1) + 1
        sequence = rates[name]
        return replace(tone.note, lfo_beats=sequence[place % len(sequence)])


def _touched(sketch: Sketch, found: Mapping[Layer, list[Note]], code: str) -> dict[Layer, tuple[Note, ...]]:
    """Timing and touch: all layers of one player share them."""
    drums = sketch.genre.drums
    mean, sigma = drums.timing.get("bass", (0.0, 0.0))
    spread = (2.0 if sketch.genre.club else 6.0) if drums.humanised else 0.0
    played: dict[Layer, tuple[Note, ...]] = {}
    for layer, notes in found.items():
        drift = Drift(choices(sketch.seed_for("bass"), "compose", code, "timing"), mean, sigma)
        noise = choices(sketch.seed_for("bass"), "compose", code, "touch").gauss
        sustained = _sustained(sketch, layer)
        notes = _joined(notes) if sustained else notes
        played[layer] = tuple(_touch(n, velocity(n.velocity + noise(0.0, spread)), drift.next_ms()) for n in notes)
    return played


def _touch(n: Note, loud: int, shift: float) -> Note:
    return Note(n.start, n.length, n.pitch, loud, shift, n.slide, n.accent, n.ghost, n.open, n.lfo_beats)


def _sustained(sketch: Sketch, layer: Layer) -> bool:
    envelope = sketch.genre.patches.get(layer.voice, {}).get("ae", (0.0,))
    return float(envelope[0]) >= SLOW_ATTACK_MS


def _joined(notes: list[Note]) -> list[Note]:
    """Repeated notes of a drone tied together."""
    joined: list[Note] = []
    for note in notes:
        if joined and joined[-1].pitch == note.pitch and joined[-1].end >= note.start - TRIPLET:
            joined[-1] = replace(joined[-1], length=note.end - joined[-1].start)
        else:
            joined.append(note)
    return joined
