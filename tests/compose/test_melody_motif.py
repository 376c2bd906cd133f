"""Motifs and what is done with them: laws that hold for any tune."""

from itertools import pairwise
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sonicforge.compose.fit import Sounding, fitted
from sonicforge.compose.motif import Motif, Tone, hook_distance, hook_of, line_of, pitch_of
from sonicforge.compose.phrasing import PHRASE_REST, Sung, breathing, phrases
from sonicforge.compose.vary import (
    OPERATIONS,
    Setting,
    augmented,
    ended,
    inside,
    inverted,
    octave,
    sequence,
    tail,
    vary,
)
from sonicforge.music.scale import MODES, Key
from sonicforge.music.score import STEP, TICKS, ChordSpan

BAR = 4 * TICKS
SETTING = Setting(35, 49, BAR, (1, 3), (2, 5))
OPS = dict.fromkeys(OPERATIONS, 1.0)


@st.composite
def motifs(draw: st.DrawFn) -> Motif:
    gaps = draw(st.lists(st.integers(1, 8), min_size=2, max_size=7))
    lines = draw(st.lists(st.integers(36, 48), min_size=len(gaps), max_size=len(gaps)))
    at, tones = 0, []
    for gap, line in zip(gaps, lines, strict=True):
        tones.append(Tone(at * STEP, gap * STEP, line))
        at += gap
    return Motif(tuple(tones), -(-(at + 2) // 16) * BAR)


keys = st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(MODES)))
seeds = st.integers(0, 2**32)


@given(motifs())
def test_inverting_twice_changes_nothing(motif: Motif) -> None:
    assert inverted(inverted(motif)) == motif


@given(motifs(), st.integers(-5, 5))
def test_a_sequence_can_be_taken_back(motif: Motif, steps: int) -> None:
    assert sequence(sequence(motif, steps), -steps) == motif


@given(motifs(), keys)
def test_an_octave_is_twelve_semitones(motif: Motif, key: Key) -> None:
    pairs = zip(motif.tones, octave(motif).tones, strict=True)
    assert all(pitch_of(key, high.line) - pitch_of(key, low.line) == 12 for low, high in pairs)


@given(motifs())
def test_augmentation_doubles_every_time(motif: Motif) -> None:
    broad = augmented(motif)
    assert broad.span == 2 * motif.span
    assert [(t.at, t.length) for t in broad.tones] == [(2 * t.at, 2 * t.length) for t in motif.tones]


@given(motifs(), seeds)
def test_every_operation_keeps_the_span_and_the_order(motif: Motif, seed: int) -> None:
    varied = vary(motif, OPS, SETTING, Random(seed))
    assert varied.span == motif.span
    assert all(a.at < b.at for a, b in pairwise(varied.tones))
    assert all(0 <= tone.at < motif.span and tone.length > 0 for tone in varied.tones)


@given(motifs(), seeds)
def test_a_new_tail_keeps_the_head(motif: Motif, seed: int) -> None:
    changed = tail(motif, (1, 3), SETTING, Random(seed))
    kept = max(1, min(3, len(motif.tones) - 1))
    assert changed.tones[:kept] == motif.tones[:kept]
    assert [(t.at, t.length) for t in changed.tones] == [(t.at, t.length) for t in motif.tones]


@given(motifs())
def test_a_phrase_ends_on_a_wanted_degree_with_rest_behind(motif: Motif) -> None:
    phrase = ended(motif, (1, 3), SETTING)
    last = phrase.tones[-1]
    assert last.line % 7 + 1 in (1, 3)
    assert phrase.span - last.end >= PHRASE_REST or len(phrase.tones) == 2


@given(motifs())
def test_inside_never_widens_what_sticks_out(motif: Motif) -> None:
    def sticking(found: Motif) -> int:
        return sum(max(0, SETTING.low - t.line, t.line - SETTING.high) for t in found.tones)

    assert sticking(inside(sequence(motif, 9), SETTING)) <= sticking(sequence(motif, 9))


@given(motifs(), motifs(), keys)
def test_hook_distance_is_symmetric_between_zero_and_one(a: Motif, b: Motif, key: Key) -> None:
    first, second = hook_of(a, key), hook_of(b, key)
    assert hook_distance(first, first) == 0
    assert 0 <= hook_distance(first, second) <= 1
    assert hook_distance(first, second) == hook_distance(second, first)


@given(motifs(), st.integers(0, 11))
def test_a_hook_is_the_same_in_every_key(motif: Motif, tonic: int) -> None:
    assert hook_of(motif, Key(tonic, "dorian")) == hook_of(motif, Key(0, "dorian"))


@given(keys, st.integers(20, 60))
def test_lines_and_pitches_are_inverse(key: Key, line: int) -> None:
    assert line_of(key, pitch_of(key, line)) == line


@settings(max_examples=80, deadline=None)
@given(motifs(), keys, st.sampled_from([(0, 4, 7), (2, 5, 9), (7, 11, 2, 5), (9, 0, 4, 7)]))
def test_a_fitted_line_stays_in_range_and_leaps_an_octave_at_most(
    motif: Motif, key: Key, intervals: tuple[int, ...]
) -> None:
    assume(all(abs(b.line - a.line) <= 5 for a, b in pairwise(motif.tones)))
    chord = ChordSpan(0, motif.span, "", tuple((key.tonic + i) % 12 for i in intervals), key.tonic, ())
    low, high = pitch_of(key, 36) - 1, pitch_of(key, 48) + 1
    pitches = fitted(motif.tones, [Sounding.of(chord, key)] * len(motif.tones), key, low, high, BAR)
    assert all(low - 2 <= pitch <= high + 2 for pitch in pitches)
    assert all(abs(b - a) <= 12 for a, b in pairwise(pitches))


def test_a_chord_tone_line_is_left_alone() -> None:
    key = Key(0, "ionian")
    chord = ChordSpan(0, BAR, "I", (0, 4, 7), 0, (60, 64, 67))
    tones = [Tone(index * TICKS, TICKS, line) for index, line in enumerate((35, 37, 39, 42))]
    assert fitted(tones, [Sounding.of(chord, key)] * 4, key, 55, 90, BAR) == [60, 64, 67, 72]


def test_a_held_avoid_note_is_bent_away() -> None:
    key = Key(0, "ionian")
    chord = ChordSpan(0, BAR, "I", (0, 4, 7), 0, (52, 55, 60))
    pitch = fitted([Tone(0, BAR, 38)], [Sounding.of(chord, key)], key, 55, 90, BAR)[0]
    assert pitch != 65
    assert pitch % 12 in chord.tones


def test_rubs_are_seconds_and_ninths_with_what_sounds() -> None:
    chord = Sounding.of(ChordSpan(0, BAR, "Imaj7", (0, 4, 7, 11), 0, (52, 55, 59)), Key(0, "ionian"))
    assert chord.rubs(65)
    assert not chord.rubs(72)
    assert not chord.rubs(69)


@given(st.lists(st.integers(2, 12), min_size=4, max_size=24), st.floats(0.15, 0.6))
def test_breathing_neither_overlaps_nor_moves_notes(gaps: list[int], rests: float) -> None:
    starts = [sum(gaps[:index]) * STEP for index in range(len(gaps))]
    line = [Sung(start, gap * STEP, 70, 80) for start, gap in zip(starts, gaps, strict=True)]
    breathed = breathing(line, sum(gaps) * STEP, rests)
    assert [note.start for note in breathed] == starts
    assert all(a.end <= b.start for a, b in pairwise(breathed))
    assert all(note.length > 0 for note in breathed)


def test_breathing_gives_a_phrase_its_rest() -> None:
    line = [Sung(bar * BAR + beat * TICKS, TICKS, 70, 80) for bar in range(8) for beat in range(3)]
    breathed = breathing(line, 8 * BAR, 0.3)
    assert abs(1 - sum(note.length for note in breathed) / (8 * BAR) - 0.3) < 0.08
    assert len(phrases(breathed)) >= 8
