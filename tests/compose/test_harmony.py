import pytest
from plans import GENRES, in_key, plan_of, score_of

from sonicforge.compose.compose import compose
from sonicforge.compose.form import transpositions_of
from sonicforge.compose.harmony import choose_loops, suits
from sonicforge.music.chord import parse_progression
from sonicforge.music.scale import Key


@pytest.mark.parametrize("genre", GENRES)
def test_chords_cover_the_piece_without_gaps(genre: str) -> None:
    score = score_of(genre)
    assert score.chords[0].start == 0
    assert score.chords[-1].end == score.length
    for before, after in zip(score.chords, score.chords[1:], strict=False):
        assert before.end == after.start


@pytest.mark.parametrize("genre", GENRES)
def test_piece_ends_on_its_tonic(genre: str) -> None:
    score = score_of(genre)
    last = score.chords[-1]
    plan = plan_of(genre)
    lift = transpositions_of(plan)[-1]
    assert last.tones[0] == last.bass == (plan.key.tonic + lift) % 12


@pytest.mark.parametrize("genre", GENRES)
def test_voicings_are_made_of_chord_tones(genre: str) -> None:
    for chord in score_of(genre).chords:
        assert {pitch % 12 for pitch in chord.voicing} <= set(chord.tones)


def test_loop_in_the_wrong_mode_suits_less() -> None:
    major, minor = parse_progression("I V vi IV"), parse_progression("i bVI bIII bVII")
    assert suits(major, Key.parse("C")) > suits(minor, Key.parse("C"))
    assert suits(minor, Key.parse("Cm")) > suits(major, Key.parse("Cm"))


def test_contrast_is_another_loop_than_the_main_one() -> None:
    for genre in ("lofi_hiphop", "synthwave", "drum_and_bass", "chiptune"):
        main, contrast = choose_loops(plan_of(genre), 1)
        assert main != contrast


def test_transposing_the_key_transposes_the_chords() -> None:
    plan = plan_of("synthwave")
    low, high = score_of("synthwave"), compose(in_key(plan, 2))
    assert [c.symbol for c in low.chords] == [c.symbol for c in high.chords]
    for a, b in zip(low.chords, high.chords, strict=True):
        assert tuple((tone + 2) % 12 for tone in a.tones) == b.tones


def test_turnarounds_come_only_before_a_climb() -> None:
    score = score_of("trance_uplifting", 4)
    for section, after in zip(score.sections, score.sections[1:], strict=False):
        last = score.chord_at(section.end - 1)
        if last.symbol == "bVIIsus4":
            assert after.energy[0] > section.energy[1]
