"""Jobs: the row is the truth.

    queued -> running -> done | failed | cancelled        (final)
       ^_________|  failed with attempts left, handed back, or the lease ran out

A worker claims a job for a time (lease) and renews it by heartbeats. Every claim has a number (fence): whoever comes
with an older one gets `LostLease`, so what he did is rolled back with his transaction and counts only once. Finish a
job in the same `write()` as the rows it makes.

Every job may be begun more than once and must bear it. The caller passes the time; a clock that jumps makes work be
done again or later, never twice to an effect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from sonicforge.chance import choices
from sonicforge.errors import BadInput, Conflict, LostLease, NotFound, OutOfRange, UnknownName
from sonicforge.library import events
from sonicforge.library.page import deleted, page_of
from sonicforge.library.tables import AttemptRow, JobRow
from sonicforge.library.values import Attempt, Claim, Job, JobClass, JobState, Page

CLASSES: Final[tuple[JobClass, ...]] = get_args(JobClass)
"""Most urgent first; a job is claimed before all of a later class."""
STATES: Final[tuple[JobState, ...]] = get_args(JobState)
FINAL: Final = frozenset({"done", "failed", "cancelled"})
LEASE_S: Final = 60.0
FIRST_RETRY_S, LONGEST_RETRY_S = 5.0, 600.0
MOST_WAITING: Final = 10_000
_ERROR_LENGTH: Final = 2000
_CLOCK_SLACK_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` starts of a kind within `per_s` seconds, and `at_once` running (None: any)."""

    count: int
    per_s: float
    at_once: int | None = None


def enqueue(
    session: Session,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    now: float,
    job_class: JobClass = "default",
    key: str | None = None,
    run_at: float | None = None,
    max_attempts: int = 3,
) -> Job:
    """Write a job down, to be begun at once or not before `run_at`.

    A `key` names the work: when there is a job of that key already, in whatever state, it is returned instead. Raises
    `BadInput` for what cannot be, `Conflict` when 10,000 jobs of the kind wait.
    """
    if job_class not in CLASSES:
        raise UnknownName("class of jobs", job_class, CLASSES)
    if not 1 <= max_attempts <= 100:
        raise OutOfRange("max_attempts", max_attempts, 1, 100)
    if not kind or len(kind) > 80:
        raise BadInput(f"the kind of a job is {kind[:80]!r}, but must be a word of 1 to 80 letters")
    known = session.scalar(select(JobRow).where(JobRow.key == key)) if key is not None else None
    if known is not None:
        return _job(known)
    waiting = select(func.count()).select_from(JobRow).where(JobRow.kind == kind, JobRow.state == "queued")
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise Conflict(f"{MOST_WAITING} jobs of kind {kind} are waiting already; try again later")
    row = JobRow(
        kind=kind,
        rank=CLASSES.index(job_class),
        state="queued",
        payload=dict(payload or {}),
        key=key,
        created_at=now,
        run_at=run_at,
        attempts=0,
        max_attempts=max_attempts,
        fence=0,
        worker=None,
        leased_at=None,
        lease_s=0.0,
        progress=0.0,
        stage="",
        eta_s=None,
        cancel_asked=False,
        finished_at=None,
        result={},
        error="",
    )
    session.add(row)
    session.flush()
    return _told(session, row, now)


def claim(
    session: Session,
    worker: str,
    kinds: Sequence[str],
    *,
    now: float,
    lease_s: float = LEASE_S,
    limits: Mapping[str, Limit] | None = None,
) -> Claim | None:
    """Take the most urgent job of these kinds that may begin, the oldest of its class; None if there is none.

    The right to it lasts `lease_s` seconds from the last heartbeat. Jobs whose workers fell silent are put back first.
    """
    reclaim(session, now=now)
    allowed = [kind for kind in kinds if not _limited(session, kind, (limits or {}).get(kind), now)]
    query = select(JobRow).where(JobRow.state == "queued", JobRow.kind.in_(allowed))
    query = query.where(or_(JobRow.run_at.is_(None), JobRow.run_at <= now)).order_by(JobRow.rank, JobRow.id)
    row = session.scalar(query.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return None
    row.state, row.worker, row.leased_at, row.lease_s = "running", worker, now, lease_s
    row.attempts += 1
    row.fence += 1
    row.progress, row.stage, row.eta_s = 0.0, "", None
    attempt = AttemptRow(
        job_id=row.id, fence=row.fence, kind=row.kind, worker=worker, started_at=now, outcome="running", error=""
    )
    session.add(attempt)
    _told(session, row, now)
    return _claim(row)


def heartbeat(
    session: Session,
    held: Claim,
    *,
    now: float,
    progress: float | None = None,
    stage: str | None = None,
    eta_s: float | None = None,
) -> Claim:
    """Renew a claim and tell how far the work is (0..1), what is being done and how many seconds are left.

    `job.cancel_asked` of the new claim tells that the work is no longer wanted: stop and call `give_up`. Raises
    `LostLease`.
    """
    row = _held(session, held)
    row.leased_at = now
    if progress is not None:
        row.progress = min(max(progress, 0.0), 1.0)
    if stage is not None:
        row.stage = stage[:200]
    if progress is not None or stage is not None:
        row.eta_s = eta_s
        _told(session, row, now, "progress")
    return _claim(row)


def finish(session: Session, held: Claim, result: Mapping[str, Any] | None = None, *, now: float) -> Job:
    """The work is done; also when its cancellation was asked for meanwhile. Raises `LostLease`."""
    row = _held(session, held)
    row.progress, row.result = 1.0, dict(result or {})
    return _ended(session, row, "done", now)


def fail(session: Session, held: Claim, error: str, *, now: float, retry: bool = True) -> Job:
    """The work failed: again after a while, or for good when the attempts are used up or `retry` is False.

    The n-th attempt is followed by a pause of 5 s times 2^(n-1), at most ten minutes, of which chance takes up to half.
    Raises `LostLease`.
    """
    row = _held(session, held)
    row.error = error[:_ERROR_LENGTH]
    if row.cancel_asked:
        return _ended(session, row, "cancelled", now)
    if not retry or row.attempts >= row.max_attempts:
        return _ended(session, row, "failed", now)
    return _requeued(session, row, now, "failed", now + backoff_s(row.id, row.attempts))


def give_up(session: Session, held: Claim, *, now: float) -> Job:
    """The work was stopped because its cancellation was asked for. Raises `LostLease`."""
    return _ended(session, _held(session, held), "cancelled", now)


def release(session: Session, held: Claim, *, now: float) -> Job:
    """Hand a job back unharmed, as a worker does that is told to stop; this attempt does not count."""
    row = _held(session, held)
    row.attempts -= 1
    return _requeued(session, row, now, "released", None)


def cancel(session: Session, job_id: int, *, now: float) -> Job:
    """Cancel a job: at once while it waits; a running one hears it with its next heartbeat.

    One that has ended stays as it is. Raises `NotFound`.
    """
    row = _row(session, job_id)
    if row.state == "queued":
        return _ended(session, row, "cancelled", now)
    if row.state == "running" and not row.cancel_asked:
        row.cancel_asked = True
        return _told(session, row, now, "cancelling")
    return _job(row)


def again(session: Session, job_id: int, *, now: float) -> Job:
    """A new job like an old one; what has ended stays ended."""
    row = _row(session, job_id)
    job_class = CLASSES[row.rank]
    return enqueue(session, row.kind, row.payload, now=now, job_class=job_class, max_attempts=row.max_attempts)


def reclaim(session: Session, *, now: float) -> tuple[int, ...]:
    """Put back jobs whose lease ran out, or end them when their attempts are used up; returns their ids.

    A lease that was given later than now means that the clock went back; it is void too.
    """
    late = or_(JobRow.leased_at + JobRow.lease_s <= now, JobRow.leased_at > now + _CLOCK_SLACK_S)
    rows = list(
        session.scalars(select(JobRow).where(JobRow.state == "running", late).with_for_update(skip_locked=True))
    )
    for row in rows:
        row.error = f"worker {row.worker} fell silent"
        if row.cancel_asked:
            _ended(session, row, "cancelled", now)
        elif row.attempts >= row.max_attempts:
            _ended(session, row, "failed", now, outcome="lost")
        else:
            _requeued(session, row, now, "lost", None)
    return tuple(row.id for row in rows)


def get(session: Session, job_id: int) -> Job:
    """A job; raises `NotFound`."""
    return _job(_row(session, job_id))


def listing(
    session: Session,
    *,
    states: Sequence[JobState] = (),
    kinds: Sequence[str] = (),
    after: str | None = None,
    limit: int = 50,
) -> Page[Job]:
    """A page of jobs, newest first."""
    query = select(JobRow)
    if states:
        query = query.where(JobRow.state.in_(states))
    if kinds:
        query = query.where(JobRow.kind.in_(kinds))
    return page_of(
        session, query, _job, by=JobRow.id, tie=JobRow.id, descending=True, after=after, limit=limit, sort="jobs"
    )


def attempts(session: Session, job_id: int) -> tuple[Attempt, ...]:
    """All tries at a job in order."""
    rows = session.scalars(select(AttemptRow).where(AttemptRow.job_id == job_id).order_by(AttemptRow.fence))
    return tuple(
        Attempt(row.job_id, row.fence, row.worker, row.started_at, row.ended_at, row.outcome, row.error) for row in rows
    )


def counts(session: Session) -> dict[tuple[str, JobState], int]:
    """(kind, state) -> number of jobs."""
    query = select(JobRow.kind, JobRow.state, func.count()).group_by(JobRow.kind, JobRow.state)
    return {(kind, _state(state)): number for kind, state, number in session.execute(query)}


def prune(session: Session, *, before: float) -> int:
    """Delete jobs that ended before a time; returns how many went."""
    gone = delete_rows(JobRow).where(JobRow.state.in_(FINAL), JobRow.finished_at < before)
    return deleted(session, gone)


def backoff_s(job_id: int, attempt: int) -> float:
    """Seconds before the try after the given one: doubled each time, spread so that jobs do not march in step."""
    longest = min(FIRST_RETRY_S * 2.0 ** (attempt - 1), LONGEST_RETRY_S)
    return longest * (1.0 - 0.5 * choices(job_id, "backoff", attempt).random())


def _limited(session: Session, kind: str, limit: Limit | None, now: float) -> bool:
    if limit is None:
        return False
    begun = select(func.count()).select_from(AttemptRow).where(AttemptRow.kind == kind)
    begun = begun.where(AttemptRow.started_at > now - limit.per_s, AttemptRow.started_at <= now)
    if (session.scalar(begun) or 0) >= limit.count:
        return True
    running = select(func.count()).select_from(JobRow).where(JobRow.kind == kind, JobRow.state == "running")
    return limit.at_once is not None and (session.scalar(running) or 0) >= limit.at_once


def _row(session: Session, job_id: int) -> JobRow:
    row = session.get(JobRow, job_id)
    if row is None:
        raise NotFound("job", job_id)
    return row


def _held(session: Session, held: Claim) -> JobRow:
    row = session.get(JobRow, held.job.id, with_for_update=True)
    if row is None or row.state != "running" or row.fence != held.fence:
        state = "gone" if row is None else f"{row.state}, claim {row.fence}"
        raise LostLease(f"job {held.job.id} is no longer held by claim {held.fence} of {held.worker} ({state})")
    return row


def _ended(session: Session, row: JobRow, state: JobState, now: float, *, outcome: str = "") -> Job:
    row.state, row.finished_at, row.leased_at, row.eta_s = state, now, None, None
    _close_attempt(session, row, now, outcome or state)
    return _told(session, row, now)


def _requeued(session: Session, row: JobRow, now: float, outcome: str, run_at: float | None) -> Job:
    row.state, row.run_at, row.leased_at, row.eta_s, row.worker = "queued", run_at, None, None, None
    _close_attempt(session, row, now, outcome)
    return _told(session, row, now)


def _close_attempt(session: Session, row: JobRow, now: float, outcome: str) -> None:
    attempt = session.get(AttemptRow, (row.id, row.fence))
    if attempt is not None and attempt.ended_at is None:
        attempt.ended_at, attempt.outcome, attempt.error = now, outcome, row.error


def _told(session: Session, row: JobRow, now: float, what: str = "") -> Job:
    told = {"job": row.id, "kind": row.kind, "state": row.state, "attempts": row.attempts, "progress": row.progress}
    told |= {"stage": row.stage, "eta_s": row.eta_s, "cancel_asked": row.cancel_asked, "error": row.error}
    events.append(session, None, f"job.{what or row.state}", told, now=now)
    return _job(row)


def _state(text: str) -> JobState:
    return next(state for state in STATES if state == text)


def _claim(row: JobRow) -> Claim:
    assert row.worker is not None
    assert row.leased_at is not None
    return Claim(_job(row), row.worker, row.fence, row.leased_at + row.lease_s)


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        job_class=CLASSES[row.rank],
        state=_state(row.state),
        payload=row.payload,
        key=row.key,
        created_at=row.created_at,
        run_at=row.run_at,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        worker=row.worker,
        progress=row.progress,
        stage=row.stage,
        eta_s=row.eta_s,
        cancel_asked=row.cancel_asked,
        finished_at=row.finished_at,
        result=row.result,
        error=row.error,
    )
