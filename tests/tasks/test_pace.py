"""The worker's account of processor seconds: a quarter of the machine on average, all of it when music is short."""

from dataclasses import dataclass

import pytest

from sonicforge.tasks.pace import FULL_SPEED_BELOW, Pace


@dataclass(slots=True)
class Machine:
    """A clock and the processor seconds that were used, both moved by hand."""

    now: float = 0.0
    used: float = 0.0

    def pace(self) -> Pace:
        return Pace(share=0.25, of_cores=2, clock=lambda: self.now, spent=lambda: self.used)

    def work(self, seconds: float, cores: float = 1.0) -> None:
        self.now += seconds
        self.used += seconds * cores


def worked(machine: Machine, pace: Pace, hours: float, filled: float, job_s: float = 12.0, cores: float = 1.0) -> float:
    """Part of two cores that was used while there was always something to do."""
    begin, used = machine.now, machine.used
    while machine.now < begin + hours * 3600.0:
        rest = pace.rest_s(filled)
        if rest > 0.0:
            machine.now += min(rest, 1.0)
        else:
            machine.work(job_s, cores)
    return (machine.used - used) / (machine.now - begin) / 2.0


@pytest.mark.parametrize(("job_s", "cores"), [(3.0, 1.0), (12.0, 1.0), (12.0, 2.0), (90.0, 2.0)])
def test_a_quarter_of_the_machine_on_average(job_s: float, cores: float) -> None:
    machine = Machine()
    assert worked(machine, machine.pace(), 4.0, 0.9, job_s, cores) == pytest.approx(0.25, abs=0.02)


def test_full_speed_while_music_is_short() -> None:
    machine = Machine()
    assert worked(machine, machine.pace(), 0.5, FULL_SPEED_BELOW - 0.01, cores=2.0) == pytest.approx(1.0)


def test_full_speed_is_paid_back_and_the_debt_is_bounded() -> None:
    machine = Machine()
    pace = machine.pace()
    worked(machine, pace, 0.5, 0.0, cores=2.0)
    assert pace.rest_s(1.0) == pytest.approx(1800.0)
    assert pace.rest_s(0.0) == 0.0


def test_idle_hours_save_up_no_more_than_a_piece_or_so() -> None:
    machine = Machine()
    pace = machine.pace()
    machine.now += 36_000.0
    assert pace.account_s == 20.0
