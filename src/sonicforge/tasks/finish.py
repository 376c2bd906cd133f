"""The end of a piece's making: its rows, the listener's answer, its place in the queue, the job's end; all at once."""

from typing import Any

from sqlalchemy.orm import Session

from sonicforge.errors import BadInput, Conflict, NotFound
from sonicforge.library import jobs, queue, requests
from sonicforge.library.values import Claim, Job, Request
from sonicforge.tasks.compose import Made, Order, keep
from sonicforge.tasks.fairness import place_for, spread, wait_s
from sonicforge.tasks.words import soon


def finish(session: Session, held: Claim, wanted: Order, made: Made, *, now: float) -> Job:
    """Keep a take and end its job in one transaction; what a listener wished for is queued by the fair rules.

    Raises `LostLease`: then nothing of it counts.
    """
    result = keep(session, wanted, made, now=now)
    if wanted.request is not None:
        result |= _answer(session, wanted, made, result, now)
    return jobs.finish(session, held, result, now=now)


def fail(session: Session, held: Claim, error: str, *, now: float, retry: bool = True) -> Job:
    """A try failed; when it was the last one, whoever wished for the piece is told. Raises `LostLease`."""
    job = jobs.fail(session, held, error, now=now, retry=retry)
    if job.state == "failed":
        disappoint(session, job, now=now)
    return job


def disappoint(session: Session, job: Job, *, now: float) -> None:
    """Tell the listener whose wish a job was working for that nothing will come of it."""
    wish = requests.of_job(session, job.id)
    if wish is not None and wish.state not in requests.FINAL:
        answer = f"{wish.answer} It could not be made after all, sorry; please ask again.".strip()
        requests.change(session, wish.id, state="failed", answer=answer, now=now)


def settle_wishes(session: Session, station: str, *, now: float) -> int:
    """Answer wishes whose jobs ended without anybody there to say so, as when a worker was lost; returns how many."""
    settled = 0
    for wish in requests.unfinished(session, station):
        if wish.state != "making" or wish.job_id is None:
            continue
        try:
            job = jobs.get(session, wish.job_id)
        except NotFound:
            requests.change(session, wish.id, state="failed", now=now)
            settled += 1
            continue
        if job.state in ("failed", "cancelled"):
            disappoint(session, job, now=now)
            settled += 1
    return settled


def _answer(session: Session, wanted: Order, made: Made, result: dict[str, Any], now: float) -> dict[str, Any]:
    """Queue the piece and tell the listener; a wish or a station that has gone meanwhile is no error."""
    assert wanted.request is not None
    try:
        wish = requests.get(session, wanted.request)
    except NotFound:
        return {}
    if wish.state in requests.FINAL:
        return {}
    if result["track"] is None or not made.stored.passed:
        told = f"{wish.answer} What came out was not good enough for air, sorry; please ask again.".strip()
        requests.change(session, wish.id, state="failed", answer=told, now=now)
        return {"answer": told}
    return _queue(session, wish, made, result["track"], now)


def _queue(session: Session, wish: Request, made: Made, track: str, now: float) -> dict[str, Any]:
    place = place_for(session, wish.station, wish.listener)
    reason = {"words": f"asked for: {wish.text}", "request": wish.id}
    try:
        item = queue.add(
            session, wish.station, track, source="request", place=place, request_id=wish.id, reason=reason, now=now
        )
    except (Conflict, BadInput) as error:
        requests.change(
            session, wish.id, state="failed", answer=f"{wish.answer} {error}".strip(), track_id=track, now=now
        )
        return {"answer": str(error)}
    spread(session, wish.station, now=now)
    when = soon(wait_s(session, wish.station, item.place, now))
    compromise = f" ({made.compromises[0]})" if made.compromises else ""
    told = f"It is made: {made.stored.title!r}{compromise}. It comes {when}."
    requests.change(session, wish.id, state="queued", answer=told, track_id=track, now=now)
    return {"answer": told, "item": item.id}
