"""What findings come to."""

import orjson
import pytest

from sonicforge.critic.checks import AUDIO_CHECKS, SCORE_CHECKS, STEM_CHECKS
from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.verdict import Finding, hopeless, points_lost, score_of, verdict


def finding(number: int, status: str) -> Finding:
    measure = {
        "ok": Measure(key="v", words="it", value=0.0, warn_above=1, fail_above=2),
        "warn": Measure(key="v", words="it", value=1.5, warn_above=1, fail_above=2),
        "fail": Measure(key="v", words="it", value=9.0, warn_above=1, fail_above=2),
    }
    return (
        skipped(Check(number, "check"), "why")
        if status == "skipped"
        else graded(Check(number, "check"), measure[status])
    )


def test_quality_of_eighty_reads_eight_and_a_half_exactly() -> None:
    assert score_of(80.0) == 8.5
    assert score_of(100.0) == 10.0
    assert score_of(0.0) == 0.0
    assert score_of(90.0) == pytest.approx(9.25)


def test_nothing_wrong_is_a_ten() -> None:
    told = verdict([finding(number, "ok") for number in range(1, 26)])
    assert (told.score, told.passed, told.quality, told.reasons) == (10.0, True, 100.0, ())


@pytest.mark.parametrize(("number", "cost"), [(1, 3.0), (7, 6.0), (24, 6.0)])
def test_a_warning_costs_three_and_twice_that_where_listeners_notice_first(number: int, cost: float) -> None:
    assert points_lost([finding(number, "warn")]) == cost
    assert points_lost([finding(number, "fail")]) == 5 * cost


def test_one_failure_keeps_a_take_off_the_air_whatever_its_quality() -> None:
    told = verdict([finding(1, "fail")])
    assert told.quality == 85.0
    assert not told.passed
    assert hopeless([finding(1, "fail")])


def test_many_warnings_do_too() -> None:
    seven = [finding(number, "warn") for number in (1, 2, 3, 4, 5, 8, 9)]
    assert not verdict(seven).passed
    assert hopeless(seven)
    assert verdict(seven[:6]).passed
    assert not hopeless(seven[:6])


def test_a_check_of_two_domains_counts_once_by_its_worst_finding() -> None:
    assert points_lost([finding(14, "warn"), finding(14, "fail"), finding(14, "ok")]) == 15.0
    assert points_lost([finding(14, "warn"), finding(14, "warn"), finding(14, "skipped")]) == 3.0


def test_a_passing_take_ranks_before_a_better_one_that_fails() -> None:
    passing = verdict([finding(number, "warn") for number in (1, 2, 3, 4, 5, 8)])
    failing = verdict([finding(1, "fail")])
    assert failing.quality > passing.quality
    assert passing.rank > failing.rank


def test_reasons_name_the_gravest_first_with_value_and_limit() -> None:
    told = verdict([finding(2, "warn"), finding(7, "fail")])
    assert told.reasons == (
        "check: it is 9.0, above the 2.0 that fails",
        "check: it is 1.5, above the 1.0 that warns",
    )


def test_a_verdict_is_plain_json_even_with_infinite_measures() -> None:
    silent = graded(Check(3, "loudness"), Measure(key="lufs", words="it", value=float("-inf"), fail_below=-70))
    document = orjson.loads(orjson.dumps(verdict([silent]).to_json()))
    assert document["measures"] == {"loudness.lufs": None}
    assert document["findings"][0]["status"] == "fail"


def test_a_measure_that_is_no_number_fails() -> None:
    assert Measure(key="v", words="it", value=float("nan"), warn_above=1).status == "fail"


def test_a_value_on_its_limit_is_still_good() -> None:
    assert Measure(key="v", words="it", value=1.0, warn_above=1, fail_above=1).status == "ok"


def test_the_table_holds_all_twenty_five_checks() -> None:
    files = [check.__module__ for table in (SCORE_CHECKS, STEM_CHECKS, AUDIO_CHECKS) for check in table]
    assert len(files) == 9 + 5 + 16
