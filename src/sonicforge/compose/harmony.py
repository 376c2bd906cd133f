"""Chords on the timeline: two loops that suit the key, laid under the form, voiced as whole loops.

The main loop and a contrasting one are drawn from the genre's progressions. Sections lift them, turn them around
before a climax, reharmonise repeats where the style asks for it, and the piece ends on its tonic.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from sonicforge.chance import choices
from sonicforge.compose.voicing import Pitches, candidates, move_cost, shape_cost, voice_loop
from sonicforge.genres.genre import Genre, Voicing
from sonicforge.genres.plan import Plan
from sonicforge.music.chord import RomanChord, parse_chord, parse_progression
from sonicforge.music.scale import Key
from sonicforge.music.score import ChordSpan, Section

Loop = tuple[tuple[RomanChord, Fraction], ...]

NUMERALS = ("I", "bII", "II", "bIII", "III", "IV", "bV", "V", "bVI", "VI", "bVII", "VII")
REHARMONISED = 0.8
"""Genres whose chords are at least this often extended vary their repeats as jazz musicians do."""
REHARMONISE = 0.35
"""Chance of a dominant to be reharmonised when its loop comes back."""
CLOSE_ENOUGH = 0.08
LOWEST_CHORD = 48
"""No chord tone below C3: that is the bass's."""


@dataclass(frozen=True, slots=True)
class Harmony:
    """`chords` for the whole piece; `pads` are their pitches for sustained parts, one entry per chord."""

    chords: tuple[ChordSpan, ...]
    pads: tuple[Pitches, ...]
    loops: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Slot:
    chord: RomanChord
    start: int
    length: int
    place: int
    """Which chord of the section's loop this is; -1 for a chord of its own."""


def write_harmony(
    plan: Plan, sections: tuple[Section, ...], bar: int, transpositions: tuple[int, ...], seed: int
) -> Harmony:
    """The chord timeline of a piece, without gaps; deterministic in the plan and `seed`."""
    main, contrast = choose_loops(plan, seed)
    keys_voicing, pad_voicing = voicings_of(plan.genre)
    exempt = plan.genre.harmony.parallel_exempt
    sub = "u" in plan.cast
    chords: list[ChordSpan] = []
    pads: list[Pitches] = []
    loudest = max(section.mean_energy for section in sections)
    for index, section in enumerate(sections):
        rng = choices(seed, "compose", "harmony", "section", index)
        loop = contrast if section.loop == "B" else main
        slots = _lay(loop, section, bar, plan, rng, after=sections[index + 1] if index + 1 < len(sections) else None)
        key = plan.key.transposed(transpositions[index])
        slow = plan.genre.harmony.bars_per_chord > 2 or len(loop) <= 2
        lift = 0.5 if slow else round(3 * section.mean_energy / max(loudest, 0.01)) / 3
        played = _voiced(slots, loop, key, keys_voicing, chords[-1].voicing if chords else None, exempt, sub, lift)
        if pad_voicing == keys_voicing:
            held = played
        else:
            held = _voiced(slots, loop, key, pad_voicing, pads[-1] if pads else None, False, sub, 0.5)
        for slot, keys_pitches, pad_pitches in zip(slots, played, held, strict=True):
            chords.append(_span(slot, key, keys_pitches))
            pads.append(pad_pitches)
    names = tuple(" ".join(_written(chord, bars) for chord, bars in loop) for loop in (main, contrast))
    return Harmony(tuple(chords), tuple(pads), (names[0], names[1]))


def choose_loops(plan: Plan, seed: int) -> tuple[Loop, Loop]:
    """The main loop and a contrasting one that shares its key; both fit the form's section lengths."""
    rng = choices(seed, "compose", "harmony", "loops")
    fitting = [loop for loop in map(parse_progression, plan.genre.harmony.progressions) if _fits(loop, plan)]
    scored = [(suits(loop, plan.key), loop) for loop in fitting]
    best = max(score for score, _ in scored)
    good = [loop for score, loop in scored if score >= best - CLOSE_ENOUGH]
    if plan.genre.identity.get("need", {}).get("two_five"):
        good = [loop for loop in good if _has_two_five(loop)] or good
    main = rng.choice(good)
    others = [loop for loop in good if loop != main] or [loop for _, loop in scored if loop != main] or [main]
    contrast = max(others, key=lambda loop: (_kinship(main, loop), rng.random()))
    if _reharmonises(plan.genre):
        partner = max(others, key=lambda loop: (_bars(loop) == 4, rng.random()))
        main = main + partner if _bars(main) == 4 and _bars(partner) == 4 else main
    return main, contrast


def suits(loop: Loop, key: Key) -> float:
    """Share of chord tones inside the key's scale, weighted by duration; a tonic with the wrong third costs 0.3."""
    scale = set(key.scale)
    total = inside = Fraction(0)
    for chord, bars in loop:
        tones = chord.tones(key)
        inside += bars * Fraction(sum(tone in scale for tone in tones), len(tones))
        total += bars
    wrong = any(chord.root == 0 and chord.third in (3, 4) and (chord.third == 3) != key.minor for chord, _ in loop)
    return float(inside / total) - (0.3 if wrong else 0.0)


def voicings_of(genre: Genre) -> tuple[Voicing, Voicing]:
    """Voicing of struck chords and of pads; pads spread out where the keys are close."""
    own = genre.harmony.voicing
    low = max(own.low, min(genre.chords.register[0], own.high - 12), 43)
    keys = replace(own, low=low)
    if "c" not in genre.cast or "d" not in genre.cast or own.style in ("open", "spread", "power", "octave"):
        return keys, keys
    floor = max(LOWEST_CHORD, low - 4)
    pads = replace(keys, low=floor, style="open", voices=min(4, own.voices), top=(own.top[0] - 3, own.top[1]))
    return keys, pads


def tonic_chord(loop: Loop, key: Key) -> RomanChord:
    """The chord a piece ends on: the loop's own tonic if it has one, else one of the loop's richness."""
    for chord, _ in loop:
        if chord.root == 0 and chord.bass == 0 and (chord.third == 3) == key.minor:
            return chord
    rich = sum(chord.extended for chord, _ in loop) * 2 > len(loop)
    symbol = ("i9" if rich else "i") if key.minor else ("Imaj9" if rich else "I")
    return parse_chord(symbol)[0]


def _lay(loop: Loop, section: Section, bar: int, plan: Plan, rng: random.Random, after: Section | None) -> list[_Slot]:
    """The loop repeated under a section, cut at its end; a rest of less than half a chord joins the one before."""
    slots: list[_Slot] = []
    tick, place, rounds = section.start, 0, 0
    vary = _reharmonises(plan.genre)
    while tick < section.end:
        chord, bars = loop[place % len(loop)]
        full = int(bars * bar)
        length = min(full, section.end - tick)
        if slots and length * 2 < full:
            slots[-1] = replace(slots[-1], length=slots[-1].length + length)
        elif vary and rounds and chord.dominant and rng.random() < REHARMONISE:
            slots += _reharmonised(chord, tick, length, plan.key.minor, rng)
        else:
            slots.append(_Slot(chord, tick, length, place % len(loop)))
        tick += length
        place += 1
        rounds = place // len(loop)
    if after is None:
        return _ended(slots, tonic_chord(loop, plan.key), bar)
    return _turned_around(slots, plan, section, after, bar, rng)


def _ended(slots: list[_Slot], tonic: RomanChord, bar: int) -> list[_Slot]:
    """The last bar at least belongs to the tonic."""
    last = slots[-1]
    if last.chord.root == 0 and last.chord.bass == 0:
        return slots
    if last.length <= bar:
        before = slots[:-1]
        return [*before, _Slot(tonic, last.start, last.length, -1)]
    return [*slots[:-1], replace(last, length=last.length - bar), _Slot(tonic, last.start + last.length - bar, bar, -1)]


def _turned_around(
    slots: list[_Slot], plan: Plan, section: Section, after: Section, bar: int, rng: random.Random
) -> list[_Slot]:
    """A dominant in the last bar before a climb, in styles whose chords move at least every bar."""
    genre = plan.genre
    slow = genre.harmony.bars_per_chord > 1 or float(genre.identity.get("chord_bars_min", 0)) > 1
    climbs = after.energy[0] - section.energy[1] >= 0.15
    last = slots[-1]
    if slow or not climbs or section.bars < 8 or last.chord.dominant or last.length < bar or rng.random() < 0.4:
        return slots
    rich = last.chord.extended
    symbol = "V7sus4" if rich else rng.choice(("V", "bVIIsus4")) if plan.key.minor else "Vsus4"
    turn = _Slot(parse_chord(symbol)[0], last.start + last.length - bar, bar, -1)
    return [*slots[:-1], *([replace(last, length=last.length - bar)] if last.length > bar else []), turn]


def _voiced(
    slots: list[_Slot], loop: Loop, key: Key, voicing: Voicing, before: Pitches | None, exempt: bool, sub: bool,
    lift: float,
) -> list[Pitches]:  # fmt: skip
    path = voice_loop(tuple(chord for chord, _ in loop), key.tonic, voicing, exempt=exempt, sub=sub, lift=lift)
    voiced: list[Pitches] = []
    for slot in slots:
        if slot.place >= 0:
            voiced.append(path[slot.place])
        else:
            last = voiced[-1] if voiced else before
            voiced.append(_voice_next(last, slot.chord, key.tonic, voicing, exempt=exempt, sub=sub))
    return voiced


def _voice_next(
    before: Pitches | None, chord: RomanChord, tonic: int, voicing: Voicing, *, exempt: bool, sub: bool
) -> Pitches:
    rows = candidates(chord, tonic, voicing)
    cost = shape_cost(rows, voicing, sub=sub, lift=0.5)
    if before is not None and len(before) == rows.shape[1]:
        cost = cost + move_cost(np.array([before], np.int64), rows, exempt=exempt)[0]
    return tuple(int(pitch) for pitch in rows[int(np.argmin(cost))])


def _span(slot: _Slot, key: Key, pitches: Pitches) -> ChordSpan:
    chord = slot.chord
    tones, bass = chord.tones(key), chord.bass_pc(key)
    return ChordSpan(slot.start, slot.length, chord.symbol, tones if bass in tones else (*tones, bass), bass, pitches)


def _fits(loop: Loop, plan: Plan) -> bool:
    """Twelve-bar choruses belong to forms made mostly of twelves, and the other way round."""
    long = [row.bars for row in plan.form.sections if row.bars >= 12]
    dozens = [bars for bars in long if bars % 12 == 0]
    twelves = len(dozens) * 2 > len(long) and any(bars % 8 for bars in dozens)
    bars = _bars(loop)
    has_blues = any(_bars(parse_progression(text)) == 12 for text in plan.genre.harmony.progressions)
    return (bars == 12) == (twelves and has_blues)


def _kinship(first: Loop, second: Loop) -> float:
    shared = {chord.symbol for chord, _ in first} & {chord.symbol for chord, _ in second}
    same_length = _bars(first) == _bars(second)
    starts_elsewhere = first[0][0].root != second[0][0].root
    return min(len(shared), 2) + 0.5 * same_length + 1.0 * starts_elsewhere


def _has_two_five(loop: Loop) -> bool:
    roots = [chord.root for chord, _ in loop]
    return (2, 7) in pairwise(roots)


def _bars(loop: Sequence[tuple[RomanChord, Fraction]]) -> Fraction:
    return sum((bars for _, bars in loop), Fraction(0))


def _reharmonises(genre: Genre) -> bool:
    return float(genre.identity.get("extended_chords", (0.0, 1.0))[0]) >= REHARMONISED


def _reharmonised(chord: RomanChord, tick: int, length: int, minor: bool, rng: random.Random) -> list[_Slot]:
    """A dominant as its tritone substitute, or the cadence's V with its own ii before it."""
    if chord.root == 7 and rng.random() < 0.6:
        half = length // 2
        two = parse_chord("iiø7" if minor else "ii9")[0]
        return [_Slot(two, tick, half, -1), _Slot(chord, tick + half, length - half, -1)]
    substitute = parse_chord(NUMERALS[(chord.root + 6) % 12] + "9#11")[0]
    return [_Slot(substitute, tick, length, -1)]


def _written(chord: RomanChord, bars: Fraction) -> str:
    return chord.symbol if bars == 1 else f"{chord.symbol}:{float(bars):g}"
