import random
from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from sonicforge.compose.humanise import Drift, keep_order


def test_drift_has_the_mean_and_spread_it_was_given() -> None:
    drift = Drift(random.Random(1), 8.0, 4.0)
    draws = [drift.next_ms() for _ in range(4000)]
    assert fmean(draws) == pytest.approx(8.0, abs=0.5)
    assert 3.2 < pstdev(draws) < 4.2


def test_drift_never_strays_beyond_two_sigmas() -> None:
    drift = Drift(random.Random(2), 0.0, 5.0)
    assert max(abs(drift.next_ms()) for _ in range(3000)) <= 10.0


def test_neighbours_drift_together() -> None:
    drift = Drift(random.Random(3), 0.0, 3.0)
    draws = [drift.next_ms() for _ in range(4000)]
    products = fmean(a * b for a, b in pairwise(draws))
    assert 0.45 < products / pstdev(draws) ** 2 < 0.7


def test_without_sigma_the_mean_comes_every_time() -> None:
    drift = Drift(random.Random(4), -3.0, 0.0)
    assert {drift.next_ms() for _ in range(10)} == {-3.0}


def test_players_who_strike_together_keep_their_order() -> None:
    shifts = keep_order([(0.0, 0.0, 0.0), (14.0, 4.0, -2.0), (-3.0, 5.0, 4.0)])
    assert shifts[2] <= shifts[0] <= shifts[1]


def test_the_steadiest_player_is_not_moved() -> None:
    assert keep_order([(0.0, 0.3, 0.1), (8.0, 6.0, -5.0)])[0] == 0.1
