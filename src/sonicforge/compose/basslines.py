"""Bass lines: token strings over the chords become notes; rests and the ends of repeats are kept in hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sonicforge.chance import choices
from sonicforge.compose.sketch import Sketch
from sonicforge.music.grid import BassToken, Line, parse_line
from sonicforge.music.score import STEP, ChordSpan, Note, Section
from sonicforge.music.swing import swung

HELD = 4 * STEP
"""Notes of a beat or more are heard as harmony."""
UNIT_BARS = 2
"""Bars of one question and answer."""
REST_MARGIN = 0.03


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


def breathing(sketch: Sketch, section: Section, tones: list[Tone]) -> list[Tone]:
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
    token uses, is the semitone above the tonic.
    """
    root = register.root(chord.bass)
    home = chord.tones[0]
    if letter == "s":
        return register.above(root, (scale[0] + 1) % 12)
    if letter in "Rx":
        return root
    if letter in "8L":
        return root + 12 if letter == "8" else root - 12 if root - 12 >= register.low else root
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
    """Every fourth repeat ends differently: on the octave or fifth, or on a dark semitone where the genre wants it."""
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
