"""Struck chords: comping rhythms over the voiced harmony, a left hand, strums, anticipations, space."""

import random
from dataclasses import replace

from sonicforge.chance import choices
from sonicforge.compose.bass import LEFT_HAND
from sonicforge.compose.basslines import Register, line_tones
from sonicforge.compose.casting import layers_of
from sonicforge.compose.humanise import Drift, accent_mask, velocity
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import Windows, muted
from sonicforge.genres.genre import Layer
from sonicforge.music.grid import TRIPLET, Rhythm, parse_line, parse_rhythm
from sonicforge.music.score import STEP, TICKS, ChordSpan, Note, Part, Section
from sonicforge.music.swing import swung

CHOPPED, CHOP = 0.15, 0.7
"""Share of loosely played chords that are cut short, and to what part of their length."""
ANTICIPATED = 0.4
TOP_ACCENT, INNER = 6, -3
BROKEN_FROM = 6
"""Attacks per bar from which a two-handed player breaks the chord instead of striking it."""
FIGURES = ((0, 2, 1, 3, 2, 1, 3, 2), (0, 1, 2, 3, 2, 1, 2, 3), (0, 2, 3, 1, 2, 3, 1, 2))
UPPER_HAND = 53


def write_comping(sketch: Sketch, windows: Windows) -> list[Part]:
    """Parts of the code c: one per voice that the cast or a section names."""
    if "c" not in sketch.plan.cast:
        return []
    struck: dict[Layer, list[Note]] = {}
    hands = _Hands(sketch)
    for index, section in enumerate(sketch.sections):
        level = sketch.presence("c", section)
        if not level:
            continue
        notes = _section(sketch, section, index, level, hands)
        active = [note for note in notes if sketch.active("c", _inside(note.start, section))]
        for layer in layers_of(sketch, "c", section):
            struck.setdefault(layer, []).extend(active)
    return [
        Part(layer.voice, "c", layer.stem, layer.voice, layer.voice in sketch.genre.kit, muted(notes, windows, "c"))
        for layer, notes in struck.items()
    ]


def rhythms_of(sketch: Sketch) -> list[Rhythm]:
    """The rhythms a piece may use, sparse ones first; triplet figures only where 8ths swing."""
    parsed = [parse_rhythm(text) for text in sketch.genre.chords.patterns]
    swings = sketch.swing.unit == 8 and sketch.swing.percent > 52
    fitting = [r for r in parsed if r.triplets == swings] if sketch.swing.unit == 8 else parsed
    metre = [r for r in fitting if (r.length % sketch.bar == 0) or sketch.bar % r.length == 0]
    usable = metre or fitting or parsed
    own = [r for r in usable if r.length == sketch.bar and sketch.beats_per_bar == 3]
    return sorted(own or usable, key=lambda r: (_per_bar(r, sketch.bar), r.tokens[0].start if r.tokens else 0))


def _section(sketch: Sketch, section: Section, index: int, level: str, hands: "_Hands") -> list[Note]:
    rng = choices(sketch.seed_for("chords"), "compose", "chords", "section", index)
    chosen = _choose(sketch, section)
    notes: list[Note] = []
    two_handed = any(name.startswith(LEFT_HAND) for name in sketch.genre.bass.patterns)
    converses = sketch.swing.unit == 8 and len(chosen) > 1
    final = sketch.length - sketch.bar
    tick, block = section.start, 0
    while tick < section.end:
        rhythm = chosen[block % len(chosen)] if not converses else rng.choice(chosen)
        length = rhythm.length if rhythm.length % sketch.bar == 0 else sketch.bar
        if not converses:
            rhythm = chosen[(tick - section.start) // (8 * sketch.bar) % len(chosen)]
        for attack in _attacks(sketch, rhythm, tick, min(tick + length, section.end)):
            if attack[0] >= final or (level == "reduced" and attack[0] % sketch.bar > 2 * TICKS):
                continue
            broken = two_handed and _per_bar(rhythm, sketch.bar) >= BROKEN_FROM
            notes += hands.play(attack, section, level, rng, broken=broken, upper=two_handed)
        tick += length
        block += 1
    if two_handed:
        notes += _left_hand(sketch, section, hands, rng)
    if section.end == sketch.length and level:
        notes += hands.final_chord(final)
    return notes


def _choose(sketch: Sketch, section: Section) -> list[Rhythm]:
    """Rhythms of a section in the order of their eight-bar turns: sparse when calm, one colour per loop."""
    rhythms = rhythms_of(sketch)
    low, high = sketch.genre.energy
    place = (section.mean_energy - low) / max(0.01, high - low)
    if any(name.startswith(LEFT_HAND) for name in sketch.genre.bass.patterns):
        return [rhythms[min(len(rhythms) - 1, round(max(0.0, place) * (len(rhythms) - 1)))]]
    if sketch.swing.unit == 8:
        return rhythms
    if place < 0.15:
        return rhythms[:1]
    order = list(rhythms)
    choices(sketch.seed_for("chords"), "compose", "chords", "rhythm").shuffle(order)
    turn = 1 if section.loop == "B" else 0
    main = order[turn % len(order)]
    other = order[(turn + 2) % len(order)]
    slow = sketch.genre.harmony.bars_per_chord >= 4
    return [main] if slow or section.bars <= 8 else [main, main, other, main]


def _attacks(sketch: Sketch, rhythm: Rhythm, base: int, end: int) -> list[tuple[int, int, int, int, ChordSpan]]:
    """(played, written, length, velocity, chord) of every attack between `base` and `end`, split at chord changes."""
    swing = sketch.swing
    if rhythm.triplets == (swing.unit == 8):
        percent = swing.percent
    else:
        percent = 200 / 3 if rhythm.triplets else 50.0
    found = []
    for token in rhythm.tokens:
        written = base + token.start
        if written >= end:
            continue
        played = base + swung(token.start, unit=swing.unit, percent=percent, triplets=rhythm.triplets)
        stop = min(written + token.length, end)
        chord = sketch.chord_at(written)
        if swing.unit == 8 and chord.end - written <= TRIPLET and token.length > TRIPLET:
            chord = sketch.chord_at(min(chord.end, sketch.length - 1))
            stop = min(written + token.length, chord.end)
        while True:
            cut = min(stop, chord.end) if chord.end > written else stop
            found.append((played, written, max(STEP // 2, cut - played), token.velocity, chord))
            if stop - cut < 2 * STEP:
                break
            written = played = cut
            chord = sketch.chord_at(cut)
    return found


class _Hands:
    """Strikes chords: strum, accents, touch and timing of one player."""

    def __init__(self, sketch: Sketch) -> None:
        self._sketch = sketch
        seed = sketch.seed_for("chords")
        genre = sketch.genre
        mean, sigma = genre.drums.timing.get("comp", (0.0, 0.0))
        self._drift = Drift(choices(seed, "compose", "chords", "timing"), mean, sigma, 0.5)
        self._loose = genre.harmony.voicing.strum_ms[1] > 0 and not genre.club
        self._strum = genre.harmony.voicing.strum_ms
        touched = any(spread for _, spread in genre.drums.timing.values())
        self._spread = 0.0 if not touched else 5.0 if genre.club else 7.0
        self._mask = accent_mask(choices(seed, "compose", "chords", "accents"), 48, 4.0 if self._spread else 0.0)
        self._figure = choices(seed, "compose", "chords", "figure").choice(FIGURES)
        self._step = 0

    def play(
        self, attack: tuple[int, int, int, int, ChordSpan], section: Section, level: str, rng: random.Random, *,
        broken: bool, upper: bool,
    ) -> list[Note]:  # fmt: skip
        played, written, length, loud, chord = attack
        pitches = [p for p in chord.voicing if p >= UPPER_HAND][-4:] if upper else list(chord.voicing)
        if level == "full" and not upper:
            pitches = [*pitches, pitches[-1] + 12]
        loud += round(10 * (section.mean_energy - 0.5)) + self._mask[written // STEP % 48]
        loud -= 8 if level == "reduced" else 0
        if self._loose and written == chord.start and written > section.start and rng.random() < ANTICIPATED:
            ahead = (TICKS - swung(2 * TRIPLET, unit=8, percent=self._sketch.swing.percent, triplets=True)
                     if self._sketch.swing.unit == 8 else 2 * STEP)  # fmt: skip
            if written // self._sketch.bar % 4 == 0:
                played, length = played - ahead, length + ahead
        if self._loose and rng.random() < CHOPPED:
            length = round(length * CHOP)
        if broken:
            self._step = self._step + 1 if written % self._sketch.bar else 0
            place = self._figure[self._step % len(self._figure)]
            accent = 8 if self._step % 3 == 0 else 0
            pitches, loud = [pitches[place % len(pitches)]], loud + accent - 4
            length = max(length, 2 * STEP)
        return self._struck(played, length, pitches, loud, rng)

    def final_chord(self, tick: int) -> list[Note]:
        """The last chord of the piece, held for its last bar."""
        rng = choices(self._sketch.seed_for("chords"), "compose", "chords", "final")
        chord = self._sketch.chord_at(tick)
        return self._struck(tick, self._sketch.length - tick, list(chord.voicing), 74, rng)

    def single(self, note: Note, rng: random.Random) -> Note:
        """A left-hand note with the player's timing and touch."""
        loud = velocity(note.velocity + rng.gauss(0.0, self._spread))
        return replace(note, velocity=loud, shift_ms=round(self._drift.next_ms() + 4.0, 2))

    def _struck(self, tick: int, length: int, pitches: list[int], loud: float, rng: random.Random) -> list[Note]:
        shift = self._drift.next_ms()
        low, high = self._strum
        spread = rng.uniform(low, high) if high else 0.0
        touch = rng.gauss(0.0, self._spread)
        gap = spread / max(1, len(pitches) - 1)
        notes = []
        for place, pitch in enumerate(pitches):
            accent = TOP_ACCENT if place == len(pitches) - 1 else INNER
            own = velocity(loud + touch + accent + rng.gauss(0.0, self._spread * 0.3))
            notes.append(Note(tick, length, pitch, own, round(shift + place * gap, 2)))
        return notes


def _left_hand(sketch: Sketch, section: Section, hands: _Hands, rng: random.Random) -> list[Note]:
    """Bass line of a two-handed player: held notes when calm, broken tenths, an ostinato at the height."""
    patterns = sketch.genre.bass.patterns
    asked = sketch.directions(section).bass
    three = sketch.beats_per_bar == 3
    names = [n for n in patterns if n.startswith(LEFT_HAND) and three == n.endswith("waltz")]
    names.sort(key=lambda name: len(parse_line(patterns[name]).tokens))
    low, high = sketch.genre.energy
    place = max(0.0, min(0.99, (section.mean_energy - low) / max(0.01, high - low)))
    name = asked if asked in names else names[int(place * len(names))] if names else ""
    if not name:
        return []
    span = sketch.genre.bass.range
    raised = 20 if sketch.presence("b", section) else 8
    register = Register(span[0] + raised, span[1] + raised + 4)
    tones = line_tones(sketch, section, patterns[name], register, name=name, vary=False)
    final = sketch.length - sketch.bar
    notes = [replace(t.note, length=sketch.bar) if t.note.start == final else t.note for t in tones]
    return [hands.single(note, rng) for note in notes if note.start <= final]


def _inside(tick: int, section: Section) -> int:
    return max(section.start, min(tick, section.end - 1))


def _per_bar(rhythm: Rhythm, bar: int) -> float:
    return len(rhythm.tokens) * bar / rhythm.length
