"""The owner's words change the programme as they say, and nothing else."""

from itertools import pairwise

import pytest

from sonicforge.errors import Conflict
from sonicforge.library.programme import GenreShare, Programme
from sonicforge.tasks.span import without
from sonicforge.tasks.steer import steer

LOFI, JAZZ, HOUSE = GenreShare("lofi_hiphop"), GenreShare("jazz_lounge", 2.0), GenreShare("house_deep")
RULES = Programme(genres=(LOFI, JAZZ, HOUSE), energy=((0.0, 0.3), (12.0, 0.5), (22.0, 0.6)))


def steered(words: str, rules: Programme = RULES, hour: float = 14.0) -> Programme:
    told = steer(words, rules, hour=hour)
    assert told is not None
    assert told.said
    assert told.programme is not None
    return told.programme


def genres_at(rules: Programme, hour: float) -> set[str]:
    return set(rules.shares_at(hour))


@pytest.mark.parametrize(
    ("words", "inside", "outside", "change"),
    [
        ("more energy after 22:00", (23.0, 0.5, 3.0), (5.0, 12.0, 21.9), 0.15),
        ("less energy between 9 and 11", (9.5, 10.5), (8.5, 11.5, 23.0), -0.15),
        ("much more energy from 6pm to 8pm", (18.5, 19.5), (17.5, 20.5), 0.3),
        ("a bit calmer in the morning", (7.0, 10.0), (5.0, 12.0), -0.075),
        ("livelier until 16:00", (14.5, 15.5), (13.5, 16.5), 0.15),
        ("calmer now", (14.5, 15.5), (13.0, 17.0), -0.15),
        ("more energy", (0.0, 6.0, 12.0, 18.0), (), 0.15),
    ],
)
def test_energy_changes_inside_the_hours_that_were_named(
    words: str, inside: tuple[float, ...], outside: tuple[float, ...], change: float
) -> None:
    new = steered(words)
    for hour in inside:
        assert new.energy_at(hour) == pytest.approx(RULES.energy_at(hour) + change, abs=0.02), hour
    for hour in outside:
        assert new.energy_at(hour) == pytest.approx(RULES.energy_at(hour), abs=0.02), hour
    assert new.genres == RULES.genres


def test_an_energy_can_be_set_in_per_cent() -> None:
    assert steered("energy 80%").energy_at(3.0) == pytest.approx(0.8)
    evening = steered("energy 20 percent in the evening")
    assert evening.energy_at(20.0) == pytest.approx(0.2)
    assert evening.energy_at(10.0) == pytest.approx(RULES.energy_at(10.0))


def test_more_and_less_of_a_genre_change_its_weight() -> None:
    shares = {share.genre: share.weight for share in steered("less jazz").genres}
    assert shares == {"lofi_hiphop": 1.0, "jazz_lounge": 1.0, "house_deep": 1.0}
    shares = {share.genre: share.weight for share in steered("more lofi and deep house").genres}
    assert shares == {"lofi_hiphop": 2.0, "jazz_lounge": 2.0, "house_deep": 2.0}


def test_more_of_a_genre_that_was_not_played_lets_it_in_and_less_does_not() -> None:
    assert "ambient" in {share.genre for share in steered("more ambient").genres}
    assert "ambient" not in {share.genre for share in steered("less ambient").genres}


def test_no_takes_genres_out_and_never_the_last_one() -> None:
    assert {share.genre for share in steered("no jazz and deep house").genres} == {"lofi_hiphop"}
    with pytest.raises(Conflict, match="nothing to play"):
        steered("no lofi, jazz and deep house")


def test_only_within_hours_leaves_the_rest_of_the_day_as_it_was() -> None:
    night = steered("only ambient at night")
    assert genres_at(night, 23.0) == genres_at(night, 3.0) == {"ambient"}
    assert genres_at(night, 12.0) == {"lofi_hiphop", "jazz_lounge", "house_deep"}


def test_no_within_hours_cuts_them_out() -> None:
    evening = steered("no jazz after 18:00")
    assert genres_at(evening, 20.0) == genres_at(evening, 2.0) == {"lofi_hiphop", "house_deep"}
    assert "jazz_lounge" in genres_at(evening, 9.0)


@pytest.mark.parametrize("words", ["skip", "Skip this one!", "next track please", "please skip"])
def test_skip_is_a_command(words: str) -> None:
    told = steer(words, RULES, hour=14.0)
    assert told is not None
    assert told.skip
    assert told.programme is None


@pytest.mark.parametrize(
    "words", ["a rainy piano piece", "play Neon Harbour", "", "🎷" * 50, "techno at 130 bpm", "((["]
)
def test_anything_else_is_no_command(words: str) -> None:
    assert steer(words, RULES, hour=14.0) is None


def test_a_programme_that_names_no_genres_is_steered_too() -> None:
    less = steered("less techno", Programme())
    assert less.shares_at(12.0)["lofi_hiphop"] > min(less.shares_at(12.0).values())
    assert len(less.genres) >= 16


def test_many_wishes_in_a_row_keep_the_programme_whole() -> None:
    rules = RULES
    for hour in range(24):
        for words in (f"more energy after {hour}:00", f"less energy between {hour} and {(hour + 3) % 24}"):
            rules = steered(words, rules, hour=float(hour))
    hours = [hour for hour, _ in rules.energy]
    assert all(early < late for early, late in pairwise(hours))
    assert all(0.0 <= energy <= 1.0 for _, energy in rules.energy)


def test_hours_less_a_span_over_midnight() -> None:
    assert without((), (22.0, 4.0)) == ((4.0, 22.0),)
    assert without(((20.0, 2.0),), (22.0, 23.0)) == ((20.0, 22.0), (23.0, 24.0), (0.0, 2.0))
    assert without(((22.0, 4.0),), (20.0, 5.0)) == ()
