from itertools import pairwise

import pytest
from plans import GENRES, score_of

from sonicforge.compose.basslines import Register, spell
from sonicforge.genres.load import load
from sonicforge.music.scale import Key
from sonicforge.music.score import TICKS, ChordSpan

A_MINOR, F_MAJOR = Key.parse("Am"), (5, 9, 0)
REGISTER = Register(28, 45)


def _chord(tones: tuple[int, ...], bass: int | None = None) -> ChordSpan:
    return ChordSpan(0, 4 * TICKS, "x", tones, tones[0] if bass is None else bass, ())


def _spelled(letter: str, chord: ChordSpan, following: ChordSpan | None = None) -> int:
    return spell(letter, chord, following or chord, REGISTER, A_MINOR.scale)


def test_letters_spell_tones_of_the_chord() -> None:
    chord = _chord((9, 0, 4, 7))
    assert [_spelled(letter, chord) % 12 for letter in "R3578L"] == [9, 0, 4, 7, 9, 9]
    assert _spelled("8", chord) == _spelled("R", chord) + 12


def test_root_below_the_range_is_never_another_note() -> None:
    for tonic in range(12):
        assert _spelled("L", _chord((tonic, (tonic + 7) % 12))) % 12 == tonic


def test_slash_chord_puts_its_bass_below() -> None:
    assert _spelled("R", _chord((7, 11, 2), bass=11)) % 12 == 11


def test_chromatic_approach_is_a_semitone_from_the_next_root() -> None:
    target = REGISTER.root(5)
    assert abs(_spelled("a", _chord((9, 0, 4)), _chord(F_MAJOR)) - target) == 1


def test_diatonic_approach_stays_in_the_scale() -> None:
    for root in A_MINOR.scale:
        pitch = _spelled("d", _chord((9, 0, 4)), _chord((root, (root + 7) % 12)))
        assert pitch % 12 in A_MINOR.scale


def test_approach_into_the_same_chord_is_a_chord_tone() -> None:
    chord = _chord((9, 0, 4))
    assert _spelled("a", chord) % 12 in chord.tones


@pytest.mark.parametrize("genre", GENRES)
def test_bass_stays_near_its_range(genre: str) -> None:
    low, high = load(genre).bass.range
    for part in score_of(genre).of_code("b"):
        if not part.drums:
            assert all(low <= note.pitch <= high + 12 for note in part.notes)


@pytest.mark.parametrize("genre", [g for g in GENRES if "u" in load(g).cast])
def test_sub_is_never_below_c1(genre: str) -> None:
    assert all(24 <= note.pitch <= 50 for part in score_of(genre).of_code("u") for note in part.notes)


@pytest.mark.parametrize("genre", GENRES)
def test_one_bass_voice_is_monophonic(genre: str) -> None:
    for part in score_of(genre).of_code("bu"):
        for before, after in pairwise(part.notes):
            assert before.end <= after.start or before.start == after.start


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_walking_bass_walks(seed: int) -> None:
    score = score_of("jazz_lounge", seed)
    notes = [note for part in score.of_code("b") for note in part.notes if not note.ghost]
    for before, after in pairwise(notes):
        assert abs(before.pitch - after.pitch) <= 14
    for index in range(len(notes) - 2):
        assert len({note.pitch for note in notes[index : index + 3]}) > 1


def test_neuro_bass_answers_with_another_patch_and_another_wobble() -> None:
    parts = score_of("drum_and_bass_neuro").of_code("b")
    assert len({part.voice for part in parts}) >= 2
    assert len({note.lfo_beats for part in parts for note in part.notes}) >= 3


def test_heavy_dubstep_leaves_the_snare_alone() -> None:
    score = score_of("dubstep")
    starts = [note.start for part in score.of_code("b") for note in part.notes]
    assert sum((start % score.bar) // (TICKS // 4) == 8 for start in starts) / len(starts) < 0.1
