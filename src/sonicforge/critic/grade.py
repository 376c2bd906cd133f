"""Grading: measured values against their limits become a finding with a sentence that says both."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isnan

from sonicforge.critic.verdict import HEARD_FIRST, Finding, Status

_RANK: dict[Status, int] = {"skipped": 0, "ok": 1, "warn": 2, "fail": 3}


@dataclass(frozen=True, slots=True)
class Check:
    """Number and name of a check."""

    id: int
    name: str

    @property
    def weight(self) -> float:
        return 2.0 if self.id in HEARD_FIRST else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measured value, what it is in words, and where it begins to warn and to fail on either side.

    Limits themselves are still good: a value equal to its limit passes. A value that is not a number fails.
    """

    key: str
    words: str
    value: float
    unit: str = ""
    digits: int = 1
    warn_above: float = inf
    fail_above: float = inf
    warn_below: float = -inf
    fail_below: float = -inf

    @property
    def status(self) -> Status:
        if isnan(self.value) or self.value > self.fail_above or self.value < self.fail_below:
            return "fail"
        if self.value > self.warn_above or self.value < self.warn_below:
            return "warn"
        return "ok"

    @property
    def sentence(self) -> str:
        """`the true peak is -0.2 dBTP, above the -0.3 dBTP that fails`."""
        told = f"{self.words} is {self._figure(self.value)}"
        for side, status, limit, broken in (
            ("above", "fails", self.fail_above, self.value > self.fail_above),
            ("below", "fails", self.fail_below, self.value < self.fail_below),
            ("above", "warns", self.warn_above, self.value > self.warn_above),
            ("below", "warns", self.warn_below, self.value < self.warn_below),
        ):
            if broken:
                return f"{told}, {side} the {self._figure(limit)} that {status}"
        most, least = min(self.warn_above, self.fail_above), max(self.warn_below, self.fail_below)
        bounds = [f"at most {self._figure(most)}"] * (most < inf) + [f"at least {self._figure(least)}"] * (least > -inf)
        return f"{told}, as it should be ({' and '.join(bounds)})" if bounds else told

    def _figure(self, value: float) -> str:
        return f"{value:.{self.digits}f}" + (f" {self.unit}" if self.unit else "")


def graded(check: Check, *measures: Measure, more: Mapping[str, float] | None = None) -> Finding:
    """The finding of a check whose measures are these; the worst decides. `more` are values without limits."""
    if not measures:
        return skipped(check, "there was nothing to measure")
    worst = max(measures, key=lambda measure: _RANK[measure.status])
    values = {measure.key: float(measure.value) for measure in measures} | dict(more or {})
    return Finding(check.id, check.name, worst.status, values, worst.sentence, check.weight)


def skipped(check: Check, why: str, values: Mapping[str, float] | None = None) -> Finding:
    """A check that does not apply here, and why."""
    return Finding(check.id, check.name, "skipped", dict(values or {}), why, check.weight)
