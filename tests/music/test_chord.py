from fractions import Fraction

import pytest

from sonicforge.genres.load import load, names
from sonicforge.music.chord import QUALITIES, chord_scale, parse_chord, parse_progression
from sonicforge.music.scale import Key


@pytest.mark.parametrize("genre", names())
def test_every_progression_of_every_genre_parses(genre: str) -> None:
    for text in load(genre).harmony.progressions:
        assert len(parse_progression(text)) == len(text.split())


@pytest.mark.parametrize(
    ("symbol", "pitch_classes"),
    [
        ("I", (0, 4, 7)), ("i9", (0, 3, 7, 10, 2)), ("bVImaj7", (8, 0, 3, 7)), ("V7", (7, 11, 2, 5)),
        ("iiø7", (2, 5, 8, 0)), ("#ivdim7", (6, 9, 0, 3)), ("bII9#11", (1, 5, 8, 11, 3, 7)), ("IVadd9", (5, 9, 0, 7)),
        ("V7sus4", (7, 0, 2, 5)), ("i5", (0, 7)), ("Isus2", (0, 2, 7)), ("IV13", (5, 9, 0, 3, 7, 2)),
        ("iv6", (5, 8, 0, 2)), ("I69", (0, 4, 7, 9, 2)), ("VI7b9", (9, 1, 4, 7, 10)), ("immaj7", (0, 3, 7, 11)),
    ],
)  # fmt: skip
def test_symbol_spells_its_tones_in_c(symbol: str, pitch_classes: tuple[int, ...]) -> None:
    assert parse_chord(symbol)[0].tones(Key.parse("C")) == pitch_classes


def test_numerals_count_on_the_major_scale_in_minor_keys_too() -> None:
    a_minor = Key.parse("Am")
    assert [chord.name(a_minor) for chord, _ in parse_progression("i bIII iv v bVI bVII")] == [
        "Am", "C", "Dm", "Em", "F", "G",
    ]  # fmt: skip


def test_slash_names_a_degree_of_the_major_scale_as_bass() -> None:
    key = Key.parse("Am")
    assert parse_chord("V/7")[0].bass_pc(Key.parse("C")) == 11
    assert parse_chord("i/b7")[0].bass_pc(key) == 7
    assert parse_chord("bVI/1")[0].bass_pc(key) == 9


def test_length_is_one_bar_unless_said() -> None:
    assert [bars for _, bars in parse_progression("I V:2 ii7:.5 V7/7:.5")] == [1, 2, Fraction(1, 2), Fraction(1, 2)]


def test_altered_dominant_takes_two_alterations_that_lead_into_the_next_chord() -> None:
    chord = parse_progression("V7alt i9")[0][0]
    assert len(chord.intervals) == 5
    assert set(chord.colours) < {13, 15, 18, 20}


@pytest.mark.parametrize("text", ["", "H", "I7x9", "i/8", "V:0", "bVImaj7:", "viiii"])
def test_what_is_no_chord_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_progression(text)


@pytest.mark.parametrize("upper", [True, False])
def test_transposing_the_key_transposes_every_chord(upper: bool) -> None:
    for quality in QUALITIES[upper]:
        chord = parse_chord(("V" if upper else "v") + quality)[0]
        low, high = chord.tones(Key(0, "ionian")), chord.tones(Key(5, "ionian"))
        assert high == tuple((tone + 5) % 12 for tone in low)


def test_chord_scale_bends_the_key_to_the_chord_and_keeps_seven_tones() -> None:
    key = Key.parse("A minor")
    scale = chord_scale(parse_chord("V7")[0].tones(key), key)
    assert 8 in scale
    assert 7 not in scale
    assert len(set(scale)) == 7
