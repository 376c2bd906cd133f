"""`Finding` and `Verdict`: what each check found, and what all of them come to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Status = Literal["ok", "warn", "fail", "skipped"]

WARN_COST, FAIL_COST = 3.0, 15.0
HEARD_FIRST = frozenset({6, 7, 10, 18, 20, 24, 25})
"""Checks that count twice: what listeners notice first."""
AIR_QUALITY = 80.0
"""The least quality for air; it reads 8.5 on the scale of ten."""

_SEVERITY = {"skipped": 0, "ok": 1, "warn": 2, "fail": 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer. `values` are measured numbers by name; `reason` is one sentence with value and limit."""

    id: int
    name: str
    status: Status
    values: Mapping[str, float]
    reason: str
    weight: float = 1.0

    @property
    def cost(self) -> float:
        """Points this finding takes from the quality of 100."""
        return self.weight * {"warn": WARN_COST, "fail": FAIL_COST}.get(self.status, 0.0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of a take: `score` 0..10, `quality` 0..100, and whether it may go on air."""

    score: float
    passed: bool
    quality: float
    findings: tuple[Finding, ...]
    measures: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[bool, float, float]:
        """Sort key among candidates: whether it passed, its quality, and how much of it was judged at all."""
        return self.passed, self.quality, float(sum(finding.status == "ok" for finding in self.findings))

    def to_json(self) -> dict[str, Any]:
        """Plain values; a measure that is not finite becomes null."""
        return {
            "score": round(self.score, 2),
            "passed": self.passed,
            "quality": round(self.quality, 1),
            "reasons": list(self.reasons),
            "findings": [
                {
                    "id": finding.id,
                    "name": finding.name,
                    "status": finding.status,
                    "reason": finding.reason,
                    "weight": finding.weight,
                    "values": {name: _plain(value) for name, value in finding.values.items()},
                }
                for finding in self.findings
            ],
            "measures": {name: _plain(value) for name, value in self.measures.items()},
        }


def verdict(findings: Iterable[Finding]) -> Verdict:
    """What the findings come to.

    Quality is 100 less 3 for a warning and 15 for a failure, twice that for the checks listeners notice first. A check
    heard in several domains (score and audio) counts once, by its worst finding. A take passes when nothing failed and
    its quality is at least 80.
    """
    told = tuple(sorted(findings, key=lambda finding: finding.id))
    quality = max(0.0, 100.0 - points_lost(told))
    failed = any(finding.status == "fail" for finding in told)
    complaints = sorted(worst_per_check(told), key=lambda finding: -finding.cost)
    return Verdict(
        score=score_of(quality),
        passed=not failed and quality >= AIR_QUALITY,
        quality=quality,
        findings=told,
        measures={f"{f.name}.{name}": float(value) for f in told for name, value in f.values.items()},
        reasons=tuple(f"{f.name}: {f.reason}" for f in complaints if f.cost > 0),
    )


def score_of(quality: float) -> float:
    """Quality 0..100 on a scale of ten: 0 is 0, 80 is 8.5, 100 is 10, straight lines between."""
    return float(np.interp(quality, (0.0, AIR_QUALITY, 100.0), (0.0, 8.5, 10.0)))


def points_lost(findings: Iterable[Finding]) -> float:
    """Points the findings take from the quality, each check counted once by its worst finding."""
    return sum(finding.cost for finding in worst_per_check(findings))


def worst_per_check(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """For every check id the finding that weighs most."""
    worst: dict[int, Finding] = {}
    for finding in findings:
        held = worst.get(finding.id)
        if held is None or _SEVERITY[finding.status] > _SEVERITY[held.status]:
            worst[finding.id] = finding
    return tuple(worst.values())


def hopeless(findings: Iterable[Finding]) -> bool:
    """Whether a take with these findings can no longer pass, whatever the rest says."""
    told = tuple(findings)
    return any(finding.status == "fail" for finding in told) or points_lost(told) > 100.0 - AIR_QUALITY


def _plain(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
