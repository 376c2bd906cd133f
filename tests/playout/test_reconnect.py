"""Waiting grows, is spread, has a limit, and begins again."""

import pytest

from sonicforge.chance import choices
from sonicforge.errors import OutOfRange
from sonicforge.playout.outputs.reconnect import Backoff
from sonicforge.playout.outputs.stepping import Stepper


def test_waits_double_up_to_the_limit_and_are_spread_over_half_their_length() -> None:
    waits = Backoff(choices(1, "waits"), first_s=1.0, most_s=30.0)
    told = [waits.next_s() for _ in range(12)]
    for number, wait in enumerate(told):
        whole = min(30.0, 2.0**number)
        assert whole / 2 <= wait <= whole
    assert waits.tries == 12


def test_two_outputs_do_not_wait_in_step() -> None:
    one, other = (Backoff(choices(seed, "waits")) for seed in (1, 2))
    assert [one.next_s() for _ in range(5)] != [other.next_s() for _ in range(5)]


def test_after_a_reset_the_first_wait_is_short_again() -> None:
    waits = Backoff(choices(1, "waits"), first_s=0.5)
    for _ in range(1000):
        waits.next_s()
    waits.reset()
    assert waits.next_s() <= 0.5


def test_a_limit_below_the_first_wait_is_refused() -> None:
    with pytest.raises(OutOfRange):
        Backoff(choices(1, "waits"), first_s=5, most_s=1)


def run(stepper: Stepper, waiting_ms: float, start_s: int, seconds: int) -> list[tuple[int, int]]:
    """Changes within some seconds, as (second, rung)."""
    return [(now, stepper.rung) for now in range(start_s, start_s + seconds) if stepper.look(waiting_ms, now)]


def test_a_slow_far_end_is_given_less_rung_by_rung_down_to_the_last() -> None:
    assert run(Stepper(0, 3), 5000, 0, 60) == [(0, 1), (4, 2), (8, 3)]


def test_a_prompt_far_end_is_never_given_less() -> None:
    assert run(Stepper(0, 3), 1900, 0, 1000) == []


def test_quality_comes_back_after_a_minute_of_calm_and_each_failed_try_waits_twice_as_long() -> None:
    stepper = Stepper(0, 3)
    run(stepper, 5000, 0, 1)
    (up,) = run(stepper, 0, 1, 70)
    assert up[1] == 0
    assert 59 <= up[0] <= 62
    assert run(stepper, 5000, 75, 1) == [(75, 1)]
    assert run(stepper, 0, 76, 115) == []
    assert run(stepper, 0, 191, 10)[0][1] == 0


def test_the_best_wanted_rung_is_not_passed() -> None:
    stepper = Stepper(2, 3)
    run(stepper, 5000, 0, 1)
    assert [rung for _, rung in run(stepper, 0, 1, 5000)] == [2]
