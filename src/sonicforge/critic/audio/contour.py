"""Check 6: does the sound follow the planned energy, with a real drop and a real break?"""

import itertools

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.hearing import Floats
from sonicforge.critic.listening import Listening
from sonicforge.critic.verdict import Finding
from sonicforge.music.score import Section

CHECK = Check(6, "energy_contour")

RHO_WARN, RHO_FAIL = 0.75, 0.45
STEP_WARN, STEP_FAIL = 3.0, 1.0
GAP_CLUB = 5.0
GAPS = {"lofi_hiphop": 2.0, "jazz_lounge": 2.0, "ambient": 3.0, "cinematic": 8.0}
DROP_RISE = 0.25
"""The least rise of planned energy into a section that makes its beginning a drop."""
BREAK_FALL = 0.1
DROP_BARS = 4
FEWEST_SECTIONS = 3


def energy_contour(listening: Listening) -> Finding:
    """Rank correlation of planned energy and loudness, the step into the peak, the depth of the break.

    A section's loudness is the mean of its short-term loudness. A drop is planned where a section of the peak follows
    one whose mean energy is at least 0.25 lower; the step is measured from the last bar before it to its first four
    bars, and the best drop of the piece counts. The break is the section of least planned energy between the first and
    the last one, taken by the mean of its quieter half, because a break may build.
    """
    if listening.score is None or len(listening.sections) < FEWEST_SECTIONS:
        return skipped(CHECK, "no plan of sections to compare with")
    loudness = np.array([float(listening.short_term(*listening.span(s)).mean()) for s in listening.sections])
    energy = np.array([section.mean_energy for section in listening.sections])
    measures = []
    if np.ptp(energy) > 0:
        measures.append(
            Measure(
                key="rho",
                words="the rank correlation of loudness with planned energy",
                value=rank_correlation(energy, loudness),
                digits=2,
                warn_below=RHO_WARN,
                fail_below=RHO_FAIL,
            )
        )
    measures += [*_drop(listening), *_break(listening)]
    return graded(CHECK, *measures)


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's rho with mean ranks for ties; 0 when one side is constant."""
    a, b = _ranks(one), _ranks(other)
    a, b = a - a.mean(), b - b.mean()
    power = float((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / power**0.5) if power > 0 else 0.0


def _ranks(values: Floats) -> Floats:
    return np.array([(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values], np.float64)


def _drop(listening: Listening) -> list[Measure]:
    steps = [_step(listening, before, after) for before, after in planned_drops(listening)]
    if not steps:
        return []
    club = listening.genre is not None and listening.genre.club
    return [
        Measure(
            key="drop_step",
            words="the step into the peak",
            value=max(steps),
            unit="LU",
            warn_below=STEP_WARN if club else -np.inf,
            fail_below=STEP_FAIL,
        )
    ]


def planned_drops(listening: Listening) -> list[tuple[Section, Section]]:
    """Pairs of sections of which the second is a peak that bursts out of a much calmer first."""
    sections = listening.sections
    return [
        (before, after)
        for before, after in itertools.pairwise(sections)
        if after in listening.peaks and after.mean_energy - before.mean_energy >= DROP_RISE
    ]


def _step(listening: Listening, before: Section, after: Section) -> float:
    bar = listening.score.bar if listening.score is not None else before.length
    last = listening.hearing.lufs(listening.second(before.end - bar), listening.second(before.end))
    end = min(after.start + DROP_BARS * bar, after.end)
    return listening.hearing.lufs(listening.second(after.start), listening.second(end)) - last


def _break(listening: Listening) -> list[Measure]:
    name, club = (listening.genre.name, listening.genre.club) if listening.genre is not None else ("", False)
    least = GAPS.get(name, GAP_CLUB if club else None)
    inner = listening.sections[1:-1]
    calm = min(inner, key=lambda section: section.mean_energy)
    loud = max(listening.sections, key=lambda section: section.mean_energy)
    if least is None or loud.mean_energy - calm.mean_energy < BREAK_FALL:
        return []
    quiet = np.sort(listening.short_term(*listening.span(calm)))
    gap = float(listening.short_term(*listening.span(loud)).mean() - quiet[: -(-len(quiet) // 2)].mean())
    return [
        Measure(
            key="break_gap",
            words=f"the distance of the break ({calm.name}) from the peak",
            value=gap,
            unit="LU",
            warn_below=least,
        )
    ]
