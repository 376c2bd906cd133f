"""The clock keeps pace, leaves gaps instead of bursts, and lets the time of day neither stand still nor run back."""

import itertools
from collections.abc import Callable

import pytest

from sonicforge.playout.block import BLOCK, RATE
from sonicforge.playout.clock import BLOCK_S, LATE_S, Clock, position_at

HOUR_S = 3600.0


class World:
    """A machine whose clocks the test moves. `sleep` is what the station's clock waits with."""

    def __init__(self) -> None:
        self.steady = 1000.0
        self.day = 1_800_000_000.0
        self.told: list[tuple[str, float]] = []

    def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.steady += seconds
        self.day += seconds

    def clock(self, **others: float) -> Clock:
        return Clock(
            0,
            wait=self.sleep,
            steady=lambda: self.steady,
            wall=lambda: self.day,
            tell=lambda words, seconds: self.told.append((words, seconds)),
            **others,
        )


def run(clock: Clock, blocks: int, between: Callable[[int], None] = lambda _: None) -> list[tuple[int, float, bool]]:
    ticks = []
    for number in range(blocks):
        between(number)
        tick = clock.tick()
        ticks.append((tick.position, tick.utc, tick.gap))
    return ticks


def test_blocks_come_at_the_pace_of_the_steady_clock() -> None:
    world = World()
    began = world.steady
    ticks = run(world.clock(), 1000)
    assert world.steady - began == pytest.approx(999 * BLOCK_S)
    assert [position for position, _, _ in ticks] == [number * BLOCK for number in range(1000)]
    assert ticks[-1][1] - ticks[0][1] == pytest.approx(999 * BLOCK_S)


def test_a_short_delay_is_caught_up_without_a_gap() -> None:
    world = World()
    began = world.steady
    ticks = run(world.clock(), 200, lambda number: world.pass_by(LATE_S - 0.2) if number == 50 else None)
    assert not any(gap for _, _, gap in ticks)
    assert world.steady - began == pytest.approx(199 * BLOCK_S)
    assert not world.told


def test_a_machine_that_slept_leaves_a_gap_instead_of_a_burst() -> None:
    world = World()
    clock = world.clock()
    ticks = run(clock, 200, lambda number: world.pass_by(8 * HOUR_S) if number == 50 else None)
    gaps = [number for number, (_, _, gap) in enumerate(ticks) if gap]
    assert gaps == [50]
    jumped_s = (ticks[50][0] - ticks[49][0]) / RATE
    assert jumped_s == pytest.approx(8 * HOUR_S, abs=2 * BLOCK_S)
    assert ticks[50][1] - ticks[49][1] == pytest.approx(jumped_s)
    assert all(position % BLOCK == 0 for position, _, _ in ticks)
    assert world.told[0][0] == "the station stood still"


@pytest.mark.parametrize("step_s", [-HOUR_S, -5.0, -0.3, 0.3, 20.0])
def test_a_time_of_day_that_is_set_disturbs_neither_pace_nor_positions(step_s: float) -> None:
    world = World()

    def set_the_day(number: int) -> None:
        if number == 100:
            world.day += step_s

    began = world.steady
    ticks = run(world.clock(), 2000, set_the_day)
    assert world.steady - began == pytest.approx(1999 * BLOCK_S)
    assert not any(gap for _, _, gap in ticks)
    steps = [b[1] - a[1] for a, b in itertools.pairwise(ticks)]
    assert min(steps) >= 0.989 * BLOCK_S
    assert max(steps) <= 1.011 * BLOCK_S
    assert len(world.told) == (1 if abs(step_s) > 0.5 else 0)


def test_a_small_step_of_the_day_is_followed_to_its_end() -> None:
    world = World()
    clock = world.clock()
    run(clock, 10)
    world.day += 0.4
    run(clock, 3000)
    assert clock.utc - clock.position / RATE == pytest.approx(1_800_000_000.4, abs=0.03)


def test_a_clock_that_was_wrong_while_the_machine_was_off_is_believed_at_once() -> None:
    world = World()
    clock = world.clock()
    run(clock, 10)
    world.day += 90 * 24 * HOUR_S
    ticks = run(clock, 10)
    assert ticks[-1][1] == pytest.approx(world.day, abs=0.5)
    assert ticks[0][0] == 10 * BLOCK


def test_unpaced_time_is_what_was_played() -> None:
    def never(_seconds: float) -> None:
        raise AssertionError("waited")

    clock = Clock(5 * BLOCK, utc=1e9, paced=False, wait=never, gap=True)
    ticks = run(clock, 10_000)
    assert ticks[-1][1] == pytest.approx(1e9 + 9999 * BLOCK_S, abs=1e-3)
    assert [gap for _, _, gap in ticks[:2]] == [True, False]


def test_positions_without_a_memory_follow_the_calendar() -> None:
    assert position_at(0.0) == 0
    assert position_at(1_800_000_000.0) < position_at(1_800_000_010.0)
    assert position_at(1_800_000_000.0) % BLOCK == 0
