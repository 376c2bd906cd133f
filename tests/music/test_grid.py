import pytest

from sonicforge.genres.load import load, names
from sonicforge.music.grid import TRIPLET, parse_line, parse_mask, parse_rhythm, parse_row
from sonicforge.music.score import STEP, TICKS


@pytest.mark.parametrize("genre", names())
def test_every_grid_line_and_rhythm_of_every_genre_parses(genre: str) -> None:
    found = load(genre)
    for pattern in (*found.drums.patterns.values(), *found.drums.fills.values()):
        for row in pattern.rows.values():
            parse_row(row, pattern.resolution)
    for line in found.bass.patterns.values():
        assert parse_line(line).tokens
    for rhythm in found.chords.patterns:
        assert parse_rhythm(rhythm).tokens


def test_digits_are_velocities_of_fourteen_each() -> None:
    assert [hit.velocity for hit in parse_row("1234|5678|9...|....").hits] == [14 * digit for digit in range(1, 10)]


def test_letters_are_optional_hits_of_the_same_loudness() -> None:
    hits = parse_row("a...|...i|....|....").hits
    assert [(hit.velocity, hit.optional) for hit in hits] == [(14, True), (126, True)]


def test_flam_has_a_grace_note_before_the_main_stroke() -> None:
    grace, main = parse_row("....|F...|....|....").hits
    assert grace.grace
    assert grace.shift_ms < 0
    assert grace.velocity < main.velocity
    assert grace.tick == main.tick == 4 * STEP


def test_ruff_fills_its_step_with_two_32nds() -> None:
    assert [hit.tick for hit in parse_row("R...|....|....|....").hits] == [0, STEP // 2]


def test_triplet_fills_an_8th_with_three_even_strokes() -> None:
    assert [hit.tick for hit in parse_row("T...|....|....|....").hits] == [0, TICKS // 6, TICKS // 3]


@pytest.mark.parametrize(
    ("text", "resolution", "length"),
    [("...." * 4, "16", 4 * TICKS), ("...." * 8, "16", 8 * TICKS), ("...." * 3, "16", 3 * TICKS),
     ("..." * 4, "8t", 4 * TICKS), ("..." * 8, "8t", 8 * TICKS)],
)  # fmt: skip
def test_length_follows_from_steps_and_resolution(text: str, resolution: str, length: int) -> None:
    assert parse_row(text, resolution).length == length


@pytest.mark.parametrize("text", ["9...", "x..." + "...." * 3, "T9.." + "...." * 3, "...." * 3 + "...T", ""])
def test_rows_that_break_the_grammar_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_row(text)


def test_bass_tokens_carry_note_length_glide_and_accent() -> None:
    token = parse_line("32:26.R~!.6.122").tokens[0]
    assert (token.start, token.note, token.length, token.velocity) == (26 * STEP, "R", 6 * STEP, 122)
    assert token.glide
    assert token.accent


def test_prefix_24_counts_in_8th_triplets() -> None:
    line = parse_line("24:5.3.3.92")
    assert line.triplets
    assert line.length == 8 * TICKS
    assert line.tokens[0].start == 5 * TRIPLET


@pytest.mark.parametrize("text", ["0.Q.4.90", "16.R.1.90", "0.R.4", "0.R.4.200", "0.R.4.0"])
def test_bass_lines_that_break_the_grammar_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_line(text)


@pytest.mark.parametrize("text", ["0.4", "32:40.2.80", "0.4.80.80"])
def test_rhythms_that_break_the_grammar_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rhythm(text)


def test_mask_has_a_velocity_for_every_step() -> None:
    assert parse_mask("9.9.|....|....|...1")[:4] == (126, 0, 126, 0)
