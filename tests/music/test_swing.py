import pytest

from sonicforge.music.score import STEP, TICKS
from sonicforge.music.swing import swung


@pytest.mark.parametrize("unit", [8, 16])
def test_fifty_percent_changes_nothing(unit: int) -> None:
    assert [swung(tick, unit=unit, percent=50) for tick in range(0, 4 * TICKS, 40)] == list(range(0, 4 * TICKS, 40))


@pytest.mark.parametrize("percent", [52, 58, 66.7, 74])
def test_second_note_of_each_pair_falls_at_the_percentage(percent: float) -> None:
    assert swung(STEP, unit=16, percent=percent) == round(2 * STEP * percent / 100)
    assert swung(TICKS + TICKS // 2, unit=8, percent=percent) == TICKS + round(TICKS * percent / 100)


@pytest.mark.parametrize("percent", [50, 58, 70])
def test_bar_lines_and_first_notes_never_move(percent: float) -> None:
    for tick in range(0, 16 * TICKS, TICKS):
        assert swung(tick, unit=8, percent=percent) == tick
        assert swung(tick + 2 * STEP, unit=16, percent=percent) == tick + 2 * STEP


@pytest.mark.parametrize("percent", [50, 60, 74])
def test_order_is_kept(percent: float) -> None:
    moved = [swung(tick, unit=16, percent=percent) for tick in range(0, 2 * TICKS, 20)]
    assert moved == sorted(moved)


def test_triplets_are_at_home_at_two_thirds() -> None:
    third = TICKS // 3
    assert [swung(i * third, unit=8, percent=200 / 3, triplets=True) for i in range(3)] == [0, third, 2 * third]
    assert swung(2 * third, unit=8, percent=72, triplets=True) == round(TICKS * 0.72)
