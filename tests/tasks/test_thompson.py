"""The listeners' taste as beliefs: the prior, what counts for and against, and draws that can be checked."""

from collections import Counter

import pytest

from sonicforge.library.values import Liking
from sonicforge.tasks.thompson import MOST_OPINIONS, PRIOR, belief_of, best, draws, lottery


def liking(name: str, *, likes: int = 0, skips: int = 0, stars: float | None = None, count: int = 0) -> Liking:
    return Liking(name, 10, 100, likes, stars, count, skips)


def shares_of_wins(likings: dict[str, Liking], shares: dict[str, float], times: int = 4000) -> dict[str, float]:
    wins = Counter(lottery(draws(shares, likings, seed, "genre"), seed, "genre")[0].name for seed in range(times))
    return {name: wins[name] / times for name in shares}


def test_without_votes_a_belief_is_the_stated_prior() -> None:
    assert PRIOR == (2.0, 2.0)
    nothing = belief_of("a", None)
    assert (nothing.alpha, nothing.beta, nothing.mean) == (2.0, 2.0, 0.5)
    assert belief_of("a", liking("a")) == nothing


def test_likes_stars_and_skips_count_as_stated() -> None:
    told = belief_of("a", liking("a", likes=3, skips=2, stars=4.0, count=2))
    assert told.liked == pytest.approx(3 + 2 * 0.75)
    assert told.disliked == pytest.approx(2 + 2 * 0.25)


def test_a_belief_never_gets_too_firm_to_be_turned() -> None:
    told = belief_of("a", liking("a", likes=99_000, skips=1000))
    assert told.liked + told.disliked == pytest.approx(MOST_OPINIONS)
    assert told.mean == pytest.approx(0.99, abs=0.01)


def test_without_votes_the_owners_shares_decide() -> None:
    won = shares_of_wins({}, {"a": 0.5, "b": 0.3, "c": 0.2})
    assert won == pytest.approx({"a": 0.5, "b": 0.3, "c": 0.2}, abs=0.05)


def test_what_is_liked_comes_more_and_what_is_disliked_less_but_never_not_at_all() -> None:
    likings = {"a": liking("a", likes=20), "b": liking("b", skips=20)}
    won = shares_of_wins(likings, {"a": 1.0, "b": 1.0, "c": 1.0})
    assert won["a"] > 0.5 > won["c"] > 0.25 > won["b"] > 0.01


def test_the_same_choice_from_the_same_beliefs_comes_out_the_same() -> None:
    likings = {"a": liking("a", likes=3)}
    assert draws({"a": 1.0, "b": 2.0}, likings, 7, "x") == draws({"b": 2.0, "a": 1.0}, likings, 7, "x")
    assert draws({"a": 1.0}, likings, 7, "x") != draws({"a": 1.0}, likings, 8, "x")


def test_another_genre_leaves_the_draws_of_the_others_as_they_were() -> None:
    few = {draw.name: draw.drawn for draw in draws({"a": 1.0, "b": 1.0}, {}, 7, "x")}
    more = {draw.name: draw.drawn for draw in draws({"a": 1.0, "b": 1.0, "c": 1.0}, {}, 7, "x")}
    assert few == {name: drawn for name, drawn in more.items() if name != "c"}


def test_parts_sum_to_one_and_the_best_has_the_largest() -> None:
    told = draws({"a": 1.0, "b": 3.0, "c": 0.5}, {}, 3, "x")
    assert sum(draw.part for draw in told) == pytest.approx(1.0)
    assert best(told).part == max(draw.part for draw in told)
    assert {draw.name for draw in lottery(told, 3, "x")} == {"a", "b", "c"}
