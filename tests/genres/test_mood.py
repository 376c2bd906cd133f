"""Moods combine by the rule, and none changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicforge.errors import UnknownName
from sonicforge.genres.load import names
from sonicforge.genres.mood import BRIGHTNESS, DENSITY, MOODS, WORDS, MoodDelta, combine
from sonicforge.genres.title import GENRE_WORDS, MOOD_WORDS
from sonicforge.music.scale import MODES


def test_no_mood_changes_nothing() -> None:
    assert combine(()) == MoodDelta()


def test_one_mood_is_its_row() -> None:
    dark = combine(["dark"])
    assert (dark.tempo, dark.register, dark.brightness, dark.reverb_db) == (0.45, -5, 0.65, 1)
    assert dark.modes == ("phrygian", "aeolian", "locrian")


def test_two_moods_average_numbers_and_share_modes() -> None:
    both = combine(["calm", "hopeful"])
    assert both.tempo == pytest.approx(0.375)
    assert both.density == pytest.approx(0.825)
    assert both.modes == ("ionian", "lydian", "dorian")


def test_moods_without_a_common_mode_unite_theirs() -> None:
    assert combine(["aggressive", "sunny"]).modes == ("phrygian", "locrian", "ionian", "mixolydian")


def test_synonyms_mean_the_same_and_count_once() -> None:
    assert combine(["sad"]) == combine(["melancholic"]) == combine(["sad", "melancholic", "Lonely"])


def test_an_unknown_mood_lists_those_that_exist() -> None:
    with pytest.raises(UnknownName, match="melancholic"):
        combine(["purple"])


@given(st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=6))
def test_combined_moods_stay_in_range(words: list[str]) -> None:
    delta = combine(words)
    assert delta == combine(words)
    assert delta.tempo is not None
    assert 0 <= delta.tempo <= 1
    assert DENSITY[0] <= delta.density <= DENSITY[1]
    assert BRIGHTNESS[0] <= delta.brightness <= BRIGHTNESS[1]
    assert delta.modes
    assert set(delta.modes) <= set(MODES)


def test_the_table_names_only_genres_and_modes_that_exist() -> None:
    assert len(MOODS) == 26
    for mood in MOODS.values():
        assert set(mood.genres) <= set(names())
        assert set(mood.modes) <= set(MODES)


def test_every_mood_and_genre_has_words_for_titles() -> None:
    assert set(MOOD_WORDS) == set(MOODS)
    assert set(GENRE_WORDS) == set(names())
