"""`produce`: concept -> take. The only place that knows the order of the rooms and decides on a second try."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sonicforge.chance import subseed
from sonicforge.compose.compose import compose
from sonicforge.critic.judge import hopeless, judge_audio, judge_stems
from sonicforge.critic.verdict import Finding, verdict
from sonicforge.errors import Abandoned, OutOfRange
from sonicforge.genres.concept import Concept
from sonicforge.genres.load import load
from sonicforge.genres.plan import Plan
from sonicforge.genres.settle import choose_genre, settle
from sonicforge.master.master import master
from sonicforge.music.score import Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio
from sonicforge.sound.stages import Master
from sonicforge.studio.progress import Progress, Report, Stopwatch, unheard
from sonicforge.studio.render import play
from sonicforge.studio.take import Take
from sonicforge.studio.write import write_score

MOST_CANDIDATES = 16

OnStem = Callable[[Concept, str, Audio], None]
"""Called with the candidate's concept, the stem's name and its sound, from the thread that rendered it."""

OnMaster = Callable[[Concept, Score, Master], None]
"""Called with a candidate's finished sound before the critic hears it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One candidate under way: its concept with the seed of its own, its place among the others, its clock."""

    concept: Concept
    number: int
    of: int
    watch: Stopwatch
    report: Report

    def tell(self, stage: str, done: float) -> None:
        self.report(Progress(stage, done, self.number, self.of))


def produce(
    concept: Concept,
    *,
    candidates: int = 1,
    keep_stems: bool = False,
    threads: int = 2,
    genre_folder: Path | None = None,
    report: Report = unheard,
    on_stem: OnStem | None = None,
    on_master: OnMaster | None = None,
) -> Take:
    """Make finished music from a concept.

    Up to `candidates` (1..16) tries with seeds of their own; the first that passes the critic is taken, else the best.
    A candidate that can no longer pass is abandoned early, unless it is the last hope. The returned take's concept has
    every choice's seed, so that it alone makes the same take again. `threads` stems are rendered at a time.

    Raises `BadInput` for a concept that cannot be.
    """
    if not 1 <= candidates <= MOST_CANDIDATES:
        raise OutOfRange("candidates", candidates, 1, MOST_CANDIDATES)
    best: Take | None = None
    for number in range(candidates):
        last_hope = best is None and number == candidates - 1
        attempt = Attempt(candidate_concept(concept, number, genre_folder), number, candidates, Stopwatch(), report)
        try:
            take = _attempt(
                attempt, keep_stems, threads, genre_folder, on_stem, on_master, abandon=not last_hope and candidates > 1
            )
        except Abandoned:
            continue
        if best is None or take.verdict.rank > best.verdict.rank:
            best = take
        if best.verdict.passed:
            break
    assert best is not None
    return best


def candidate_concept(concept: Concept, number: int, genre_folder: Path | None = None) -> Concept:
    """The concept of candidate `number`; candidate 0 is the concept itself."""
    genre = choose_genre(concept, genre_folder)
    seed = concept.seed if number == 0 else subseed(concept.seed, "candidate", number) >> 1
    return replace(concept, genre=genre, seed=seed)


def plan_of(concept: Concept, genre_folder: Path | None = None) -> Plan:
    """Everything the concept left open, decided by its seed."""
    genre = load(choose_genre(concept, genre_folder), folder=genre_folder)
    return settle(concept, genre)


def _attempt(
    attempt: Attempt,
    keep_stems: bool,
    threads: int,
    genre_folder: Path | None,
    on_stem: OnStem | None,
    on_master: OnMaster | None,
    *,
    abandon: bool,
) -> Take:
    watch = attempt.watch
    attempt.tell("compose", 0.0)
    with watch.stage("compose"):
        plan = plan_of(attempt.concept, genre_folder)
        draft = write_score(plan)
    _give_up_if(abandon, draft.findings)

    kept: dict[str, Audio] = {}

    def pass_on(stem: str, audio: Audio) -> None:
        if keep_stems:
            kept[stem] = audio
        if on_stem is not None:
            on_stem(attempt.concept, stem, audio)

    attempt.tell("synth", 0.05)
    with watch.stage("synth and mix"):
        played = play(
            draft.score,
            plan.genre,
            threads=threads,
            on_stem=pass_on if keep_stems or on_stem else None,
            kept=keep_stems,
            on_share=lambda share: attempt.tell("mix", 0.05 + 0.65 * share),
        )
    stem_findings = judge_stems(played.facts, played.mixdown.decision, draft.score, plan.genre)
    _give_up_if(abandon, (*draft.findings, *stem_findings))

    attempt.tell("master", 0.75)
    with watch.stage("master"):
        finished = master(played.mixdown, plan.genre.target, peak_spans_s=peak_spans(draft.score), in_place=True)
    mix = played.mixdown.decision
    del played
    if on_master is not None:
        on_master(attempt.concept, draft.score, finished)
    attempt.tell("judge", 0.9)
    with watch.stage("judge"):
        heard = judge_audio(finished.audio, plan.genre, draft.score, finished)
        told = verdict((*draft.findings, *stem_findings, *heard))
    attempt.tell("judge", 1.0)
    stems = {stem: kept[stem] for stem in draft.score.stems() if stem in kept}
    return Take(attempt.concept, draft.score, finished, told, mix, stems, dict(watch.seconds), plan.compromises)


def _give_up_if(abandon: bool, findings: Sequence[Finding]) -> None:
    if abandon and hopeless(findings):
        raise Abandoned(finding.reason for finding in findings if finding.status == "fail")


def peak_spans(score: Score) -> tuple[tuple[float, float], ...]:
    """Start and end in seconds of the sections with the highest energy (within 0.1 of the top)."""
    clock = Clock.of(score)
    top = max(section.mean_energy for section in score.sections)
    loud = [section for section in score.sections if section.mean_energy >= top - 0.1]
    return tuple((clock.second(section.start), clock.second(section.end)) for section in loud)


def first_bars(concept: Concept, bars: int = 8, *, threads: int = 2, genre_folder: Path | None = None) -> Audio:
    """The first `bars` bars of a concept's track, quickly: what a player needs to start at once.

    Loudness is set on these bars alone, so a quiet intro comes out louder than in the finished track.
    """
    if not 1 <= bars <= 64:
        raise OutOfRange("bars", bars, 1, 64)
    plan = plan_of(concept, genre_folder)
    score = compose(plan)
    end = min(score.length, bars * score.bar)
    played = play(score, plan.genre, threads=threads, end=end)
    return master(played.mixdown, plan.genre.target, in_place=True).audio
