"""Bass: token lines over the chords, walking lines, question and answer between patches, a sub below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sonicforge.chance import choices
from sonicforge.compose.humanise import Drift, velocity
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import Windows
from sonicforge.compose.walking import walk
from sonicforge.genres.genre import Layer
from sonicforge.music.grid import TRIPLET, BassToken, Line, parse_line
from sonicforge.music.score import STEP, ChordSpan, Note, Part, Section
from sonicforge.music.swing import swung

WALKING = "walk"
LEFT_HAND = ("lh_", "ost_")
"""Lines with these prefixes belong to the chord player's left hand."""
ON_REQUEST = frozenset({"bossa"})
TWO_FEEL_BELOW = 0.3
SLOW_ATTACK_MS = 400.0
SUB_LOW = 24
"""No oscillator below C1."""
REST_MARGIN = 0.03
HELD = 4 * STEP
UNIT_BARS = 2
"""Bars of one question and answer."""


@dataclass(frozen=True, slots=True)
class Register:
    """Where a bass plays: roots in the octave from `low`, other tones up to `high` where they can."""

    low: int
    high: int

    def root(self, pitch_class: int) -> int:
        return self.low + (pitch_class - self.low) % 12

    def above(self, root: int, pitch_class: int) -> int:
        pitch = root + (pitch_class - root) % 12
        return pitch - 12 if pitch > self.high and pitch - 12 >= self.low else pitch


@dataclass(frozen=True, slots=True)
class Tone:
    """A bass note with what it was written as: `note` is the token letter, `unit` counts two-bar units."""

    note: Note
    letter: str
    unit: int
    half: int


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
    rng = choices(sketch.seed_for("bass"), "compose", "bass", "line", busy)
    order = rng.sample(pool, len(pool))
    return order[1] if section.loop == "B" and len(order) > 1 else order[0]


def line_tones(
    sketch: Sketch, section: Section, text: str, register: Register, *, name: str, vary: bool = True
) -> list[Tone]:
    """A token line over the chords of a section, swung, before mutes: notes end where the next begins."""
    line = parse_line(text)
    swing = sketch.swing
    straight = line.triplets != (swing.unit == 8)
    percent = (200 / 3 if line.triplets else 50.0) if straight else swing.percent
    tones: list[Tone] = []
    length = line.length if line.length % sketch.bar == 0 else sketch.bar
    for base in range(section.start, section.end, length):
        unit = (base - section.start) // (UNIT_BARS * sketch.bar)
        for number, token in enumerate(line.tokens):
            start = base + token.start
            if start >= min(section.end, base + length):
                break
            played = base + swung(token.start, unit=swing.unit, percent=percent, triplets=line.triplets)
            half = (start - section.start) // sketch.bar % UNIT_BARS
            shown = _varied(sketch, token, number, line, unit, name) if vary else token
            tones += _spelled(sketch, shown, start, played, register, unit, half, section)
    return _legato(tones)


def _section_line(sketch: Sketch, section: Section, index: int, register: Register) -> list[Tone]:
    if not any(part[0] in "bu" for part in section.parts):
        return []
    name = choose_line(sketch, section)
    if name.startswith(WALKING):
        notes = walk(sketch, section, index, (register.low, register.high))
        return [Tone(note, "x" if note.ghost else "R", 0, 0) for note in notes]
    return _breathing(sketch, section, line_tones(sketch, section, sketch.genre.bass.patterns[name], register, name=name))


def _breathing(sketch: Sketch, section: Section, tones: list[Tone]) -> list[Tone]:
    """Long notes let go early until the line rests as much as its genre wants; gaps under an 8th are no rest."""
    rests = float(sketch.genre.identity.get("need", {}).get("bass_rests_min", 0.0))
    allowed = (1.0 - rests - REST_MARGIN) * section.length if rests else section.length
    breathed = tones
    for share in (0.2, 0.3, 0.4, 0.5, 0.6):
        if _sounding(breathed) <= allowed:
            break
        breathed = [_let_go(tone, after, share) for tone, after in zip(tones, _rooms(tones, section), strict=True)]
    return breathed


def _let_go(tone: Tone, room: int, share: float) -> Tone:
    if room < 3 * STEP:
        return tone
    length = min(tone.note.length, room - max(2 * STEP, round(share * room)))
    return replace(tone, note=replace(tone.note, length=length))


def _rooms(tones: list[Tone], section: Section) -> list[int]:
    starts = [tone.note.start for tone in tones] + [section.end]
    return [after - start for start, after in pairwise(starts)]


def _sounding(tones: list[Tone]) -> int:
    total = sum(tone.note.length for tone in tones)
    gaps = (b.note.start - a.note.end for a, b in pairwise(tones))
    return total + sum(gap for gap in gaps if 0 < gap < 2 * STEP)


def _spelled(
    sketch: Sketch, token: BassToken, start: int, played: int, register: Register, unit: int, half: int,
    section: Section,
) -> list[Tone]:  # fmt: skip
    """One token as notes: split and re-struck on a new root where it lasts into another chord."""
    end = min(played + token.length, section.end)
    tones = []
    while True:
        chord = sketch.chord_at(start)
        stop = min(end, chord.end) if chord.end > start else end
        following = sketch.chord_at(chord.end) if chord.end < sketch.length else chord
        leads = chord.end - (start + token.length) <= STEP
        aim = following if leads else chord
        pitch = spell(token.note, chord, aim, register, sketch.key_at(start).scale, held=token.length >= HELD)
        ghost = token.note == "x"
        length = max(STEP // 2, stop - played)
        note = Note(played, length, pitch, token.velocity, slide=token.glide, accent=token.accent, ghost=ghost)
        tones.append(Tone(note, token.note, unit, half))
        if end - stop < STEP * 4 or following.bass == chord.bass:
            if following.bass == chord.bass and end > stop:
                tones[-1] = replace(tones[-1], note=replace(note, length=end - played))
            return tones
        start = played = stop


def spell(
    letter: str, chord: ChordSpan, following: ChordSpan, register: Register, scale: Sequence[int], *, held: bool = False
) -> int:
    """MIDI pitch of a token letter over a chord; `following` is the chord that the note leads into.

    `held` notes are long enough to be heard as harmony: their approaches stay inside the chord. The letter s, which no
    token uses, is the semitone above the root.
    """
    root = register.root(chord.bass)
    home = chord.tones[0]
    if letter == "s":
        return root + 1
    if letter in "Rx":
        return root
    if letter in "8L":
        return root + 12 if letter == "8" else max(register.low, root - 12)
    if letter == "4":
        return root - 5 if root - 5 >= register.low else root + 7
    if letter in "adn" and held and letter != "n":
        target = register.root(following.bass)
        inside = [p for p in range(register.low, register.high + 1) if p % 12 in chord.tones and p % 12 != chord.bass]
        return min(inside, key=lambda p: (abs(p - target), p), default=root)
    if letter in "adn":
        return _approach(letter, root, chord, following, register, scale)
    degrees: Mapping[str, tuple[int, ...]] = {
        "3": (3, 4, 2, 5), "5": (7, 6, 8), "6": (9, 8), "7": (10, 11, 9), "9": (14, 13, 2),
    }  # fmt: skip
    tones = {(tone - home) % 12 for tone in chord.tones}
    steps = degrees[letter]
    inside = [step for step in steps if step % 12 in tones] or [s for s in steps if (home + s) % 12 in scale]
    return register.above(root, (home + (inside or steps)[0]) % 12)


def _approach(
    letter: str, root: int, chord: ChordSpan, following: ChordSpan, register: Register, scale: Sequence[int]
) -> int:
    target = register.root(following.bass)
    if following.bass == chord.bass:
        return root if letter == "n" else register.above(root, (chord.tones[0] + 7) % 12)
    if letter == "n":
        return target
    if letter == "a":
        return target - 1 if target > root and target - 1 >= register.low else target + 1
    for distance in (2, 1) if target > root else (-2, -1):
        pitch = target - distance
        if pitch % 12 in scale and pitch >= register.low:
            return pitch
    return target + 2 if (target + 2) % 12 in scale else target + 1


def _varied(sketch: Sketch, token: BassToken, number: int, line: Line, unit: int, name: str) -> BassToken:
    """Every fourth repeat ends differently: on the octave or fifth, or on the dark semitone where the genre wants it."""
    repeats = unit if line.length <= UNIT_BARS * sketch.bar else 0
    last = number == len(line.tokens) - 1
    if not last or repeats % 4 != 3 or len(line.tokens) < 3:
        return token
    if sketch.genre.identity.get("need", {}).get("semitone_colour"):
        return replace(token, note="s")
    if token.note != "R":
        return token
    rng = choices(sketch.seed_for("bass"), "compose", "bass", "tail", name)
    return replace(token, note=rng.choice("885"))


def _legato(tones: list[Tone]) -> list[Tone]:
    tones.sort(key=lambda tone: tone.note.start)
    kept: list[Tone] = []
    for tone in tones:
        if kept and kept[-1].note.end > tone.note.start:
            room = tone.note.start - kept[-1].note.start
            if room < STEP // 4:
                kept.pop()
            else:
                kept[-1] = replace(kept[-1], note=replace(kept[-1].note, length=room))
        kept.append(tone)
    return kept


def _density(line: Line) -> float:
    return len(line.tokens) * 16 * STEP / line.length


def _bass_parts(sketch: Sketch, windows: Windows, line: Mapping[int, list[Tone]]) -> list[Part]:
    choosing = _Patches(sketch)
    found: dict[Layer, list[Note]] = {}
    for index, section in enumerate(sketch.sections):
        tones = [t for t in line[index] if sketch.active("b", t.note.start)]
        for tone in _muted(tones, windows, "b", sketch, section):
            for layer in choosing.layers(index, tone):
                found.setdefault(layer, []).append(choosing.modulated(tone))
    kit = sketch.genre.kit
    played = _touched(sketch, found, "b")
    return [Part(layer.voice, "b", layer.stem, layer.voice, layer.voice in kit, n) for layer, n in played.items()]


def _sub_parts(sketch: Sketch, windows: Windows, line: Mapping[int, list[Tone]]) -> list[Part]:
    """The sub follows the bass in its lowest octave; under a modulated bass it keeps to the root and the fifth below."""
    register = Register(SUB_LOW, SUB_LOW + 12)
    floor = Register(max(SUB_LOW, sketch.genre.bass.range[0]), SUB_LOW + 14)
    modulated = bool(sketch.genre.bass.lfo_beats)
    notes: list[Note] = []
    for index, section in enumerate(sketch.sections):
        tones = [t for t in line[index] if sketch.active("u", t.note.start) and t.letter != "x"]
        for tone in _muted(tones, windows, "u", sketch, section):
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


def _muted(
    tones: list[Tone], windows: Windows, code: str, sketch: Sketch, section: Section
) -> list[Tone]:
    """Without what falls into a drop or gap; what rings into one is cut there. The last bar of the piece is one note."""
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
        played[layer] = tuple(
            replace(n, velocity=velocity(n.velocity + noise(0.0, spread)), shift_ms=drift.next_ms()) for n in notes
        )
    return played


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
