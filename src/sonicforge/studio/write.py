"""Writing the score: compose, let the critic read it, re-roll only what failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sonicforge.compose.compose import compose, recompose
from sonicforge.critic.judge import judge_score
from sonicforge.critic.verdict import Finding, points_lost
from sonicforge.genres.plan import Plan
from sonicforge.music.score import Score

TRIES = 4

_ROOM_OF_CHECK = {
    14: "harmony",
    18: "drums",
    19: "drums",
    20: "form",
    21: "form",
    22: "melody",
    23: "harmony",
    24: "melody",
    25: "drums",
}
"""Which part of the composition answers for a failed score check."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A score and what the critic read in it."""

    score: Score
    findings: tuple[Finding, ...]

    @property
    def lost(self) -> float:
        return points_lost(self.findings)


def write_score(plan: Plan, *, tries: int = TRIES) -> Draft:
    """The best of at most `tries` drafts; each new draft re-rolls only the rooms whose checks complained."""
    best = _read(compose(plan), plan)
    reroll: dict[str, int] = {}
    for _ in range(tries - 1):
        blamed = _blamed(best.findings)
        if not blamed:
            break
        reroll = reroll | {room: reroll.get(room, 0) + 1 for room in blamed}
        draft = _read(recompose(plan, best.score, reroll), plan)
        if draft.lost < best.lost:
            best = draft
    return best


def _read(score: Score, plan: Plan) -> Draft:
    return Draft(score, judge_score(score, plan.genre))


def _blamed(findings: Sequence[Finding]) -> tuple[str, ...]:
    rooms = [_ROOM_OF_CHECK[finding.id] for finding in findings if finding.status in ("warn", "fail")]
    return tuple(dict.fromkeys(rooms))
