"""Jobs: the most urgent first, one holder at a time, what has ended stays ended."""

import threading

import pytest
from sqlalchemy.orm import Session

from sonicforge.errors import BadInput, Conflict, LostLease, NotFound, OutOfRange, UnknownName
from sonicforge.library import events, jobs
from sonicforge.library.database import Database
from sonicforge.library.jobs import Limit
from sonicforge.library.values import Claim, JobClass

KINDS = ("compose", "prune")


def claimed(session: Session, *, now: float, worker: str = "w1", **options: object) -> Claim:
    held = jobs.claim(session, worker, KINDS, now=now, **options)  # type: ignore[arg-type]
    assert held is not None
    return held


def test_urgent_classes_first_then_the_oldest(database: Database) -> None:
    with database.write() as session:
        classes: tuple[tuple[str, JobClass], ...] = (
            ("batch", "batch"), ("low", "low"), ("first", "default"), ("high", "high"), ("second", "default"),
            ("critical", "critical"),
        )  # fmt: skip
        made = {
            name: jobs.enqueue(session, "compose", {"name": name}, now=0.0, job_class=job_class).id
            for name, job_class in classes
        }
        order = [claimed(session, now=1.0).job.id for _ in made]
        assert jobs.claim(session, "w1", KINDS, now=1.0) is None
    assert order == [made[name] for name in ("critical", "high", "first", "second", "low", "batch")]


def test_a_worker_takes_only_its_kinds(database: Database) -> None:
    with database.write() as session:
        jobs.enqueue(session, "render", now=0.0)
        assert jobs.claim(session, "w1", KINDS, now=1.0) is None
        assert jobs.claim(session, "w1", (), now=1.0) is None


def test_the_same_key_is_the_same_job(database: Database) -> None:
    with database.write() as session:
        first = jobs.enqueue(session, "compose", {"seed": 1}, now=0.0, key="piece 1")
        jobs.finish(session, claimed(session, now=1.0), {"track": "x"}, now=2.0)
        again = jobs.enqueue(session, "compose", {"seed": 2}, now=3.0, key="piece 1")
        assert again.id == first.id
        assert (again.state, again.result, again.payload) == ("done", {"track": "x"}, {"seed": 1})


def test_progress_is_told_and_renews_the_lease(database: Database) -> None:
    with database.write() as session:
        jobs.enqueue(session, "compose", now=0.0)
        held = claimed(session, now=0.0, lease_s=10.0)
        held = jobs.heartbeat(session, held, now=8.0, progress=0.4, stage="mix", eta_s=12.0)
        assert held.lease_until == 18.0
        assert (held.job.progress, held.job.stage, held.job.eta_s) == (0.4, "mix", 12.0)
        assert jobs.reclaim(session, now=17.9) == ()
        (told,) = events.after(session, 0, kinds=["job.progress"])
        assert (told.data["progress"], told.data["eta_s"]) == (0.4, 12.0)
        assert jobs.heartbeat(session, held, now=9.0, progress=7.0).job.progress == 1.0


def test_a_silent_worker_loses_its_job_and_its_word(database: Database) -> None:
    with database.write() as session:
        jobs.enqueue(session, "compose", now=0.0)
        dead = claimed(session, now=0.0, lease_s=10.0)
        alive = claimed(session, now=10.0, worker="w2", lease_s=10.0)
        assert alive.job.id == dead.job.id
        assert alive.fence > dead.fence
    for act in (jobs.finish, jobs.heartbeat, jobs.release, jobs.give_up):
        with pytest.raises(LostLease, match="no longer held"), database.write() as session:
            act(session, dead, now=11.0)
    with pytest.raises(LostLease), database.write() as session:
        events.append(session, None, "effect", {})
        jobs.fail(session, dead, "late", now=11.0)
    with database.write() as session:
        assert not events.after(session, 0, kinds=["effect"])
        assert jobs.finish(session, alive, now=12.0).state == "done"
        assert [attempt.outcome for attempt in jobs.attempts(session, alive.job.id)] == ["lost", "done"]


def test_a_lease_from_the_future_is_void(database: Database) -> None:
    """The clock went back by an hour while a worker died."""
    with database.write() as session:
        jobs.enqueue(session, "compose", now=3600.0)
        claimed(session, now=3600.0)
        assert claimed(session, now=0.0, worker="w2").worker == "w2"


def test_a_failure_is_tried_again_later_and_not_for_ever(database: Database) -> None:
    now = 0.0
    with database.write() as session:
        job = jobs.enqueue(session, "compose", now=now, max_attempts=4)
        pauses = []
        for attempt in range(1, 5):
            failed = jobs.fail(session, claimed(session, now=now), f"no luck {attempt}", now=now)
            if failed.run_at is not None and failed.state == "queued":
                pauses.append(failed.run_at - now)
                assert jobs.claim(session, "w1", KINDS, now=failed.run_at - 0.01) is None
                now = failed.run_at
        last = jobs.get(session, job.id)
        assert (last.state, last.attempts, last.error) == ("failed", 4, "no luck 4")
        assert jobs.claim(session, "w1", KINDS, now=now + 1e6) is None
    for pause, longest in zip(pauses, (5.0, 10.0, 20.0), strict=True):
        assert longest / 2 <= pause <= longest


def test_pauses_grow_spread_and_end() -> None:
    for attempt in range(1, 40):
        spread = {jobs.backoff_s(job, attempt) for job in range(50)}
        longest = min(5.0 * 2.0 ** (attempt - 1), 600.0)
        assert len(spread) == 50
        assert longest / 2 <= min(spread) < max(spread) <= longest


def test_what_cannot_succeed_is_not_tried_again(database: Database) -> None:
    with database.write() as session:
        jobs.enqueue(session, "compose", now=0.0)
        assert jobs.fail(session, claimed(session, now=0.0), "no such genre", now=0.0, retry=False).state == "failed"


def test_a_job_that_kills_its_workers_ends(database: Database) -> None:
    with database.write() as session:
        job = jobs.enqueue(session, "compose", now=0.0, max_attempts=3)
        for attempt in range(3):
            claimed(session, now=attempt * 100.0)
        assert jobs.claim(session, "w1", KINDS, now=1000.0) is None
        ended = jobs.get(session, job.id)
        assert (ended.state, ended.error) == ("failed", "worker w1 fell silent")


def test_a_worker_told_to_stop_hands_its_job_back(database: Database) -> None:
    with database.write() as session:
        jobs.enqueue(session, "compose", now=0.0, max_attempts=1)
        back = jobs.release(session, claimed(session, now=0.0), now=1.0)
        assert (back.state, back.attempts) == ("queued", 0)
        assert claimed(session, now=1.0).job.attempts == 1


def test_cancelling_ends_what_waits_and_asks_what_runs(database: Database) -> None:
    with database.write() as session:
        waiting = jobs.enqueue(session, "prune", now=0.0)
        assert jobs.cancel(session, waiting.id, now=1.0).state == "cancelled"
        running = jobs.enqueue(session, "compose", now=0.0)
        held = claimed(session, now=1.0)
        assert jobs.cancel(session, running.id, now=2.0).state == "running"
        assert jobs.heartbeat(session, held, now=3.0).job.cancel_asked
        assert jobs.give_up(session, held, now=4.0).state == "cancelled"
        assert jobs.cancel(session, running.id, now=5.0).finished_at == 4.0


@pytest.mark.parametrize("how", ["fails", "dies"])
def test_what_was_to_be_cancelled_is_not_tried_again(database: Database, how: str) -> None:
    with database.write() as session:
        job = jobs.enqueue(session, "compose", now=0.0)
        held = claimed(session, now=0.0)
        jobs.cancel(session, job.id, now=1.0)
        if how == "fails":
            jobs.fail(session, held, "stopped", now=2.0)
        assert jobs.claim(session, "w2", KINDS, now=1000.0) is None
        assert jobs.get(session, job.id).state == "cancelled"


def test_a_job_for_later_waits(database: Database) -> None:
    with database.write() as session:
        jobs.enqueue(session, "compose", now=0.0, run_at=100.0, job_class="critical")
        jobs.enqueue(session, "prune", now=0.0, job_class="batch")
        assert claimed(session, now=50.0).job.kind == "prune"
        assert jobs.claim(session, "w1", KINDS, now=99.9) is None
        assert claimed(session, now=100.0).job.kind == "compose"


def test_a_kind_starts_no_more_often_than_its_limit(database: Database) -> None:
    limits = {"compose": Limit(2, 60.0, at_once=1)}
    with database.write() as session:
        for _ in range(4):
            jobs.enqueue(session, "compose", now=0.0)
        jobs.enqueue(session, "prune", now=0.0, job_class="batch")
        first = claimed(session, now=0.0, limits=limits)
        assert claimed(session, now=1.0, limits=limits).job.kind == "prune"
        jobs.finish(session, first, now=2.0)
        second = claimed(session, now=2.0, limits=limits)
        jobs.finish(session, second, now=3.0)
        assert jobs.claim(session, "w1", KINDS, now=59.9, limits=limits) is None
        assert claimed(session, now=60.0, limits=limits).job.kind == "compose"


def test_two_workers_never_hold_the_same_job(database: Database) -> None:
    with database.write() as session:
        for _ in range(24):
            jobs.enqueue(session, "compose", now=0.0)
    taken: list[int] = []

    def work(name: str) -> None:
        while True:
            with database.write() as session:
                held = jobs.claim(session, name, KINDS, now=1.0)
                if held is None:
                    return
                taken.append(held.job.id)

    workers = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 24


def test_doing_it_again_is_a_new_job(database: Database) -> None:
    with database.write() as session:
        job = jobs.enqueue(session, "compose", {"seed": 1}, now=0.0, key="k", job_class="high")
        jobs.fail(session, claimed(session, now=0.0), "no", now=0.0, retry=False)
        again = jobs.again(session, job.id, now=1.0)
        assert again.id != job.id
        assert (again.state, again.payload, again.job_class) == ("queued", {"seed": 1}, "high")
        assert jobs.get(session, job.id).state == "failed"


def test_lists_counts_and_pruning(database: Database) -> None:
    with database.write() as session:
        for _ in range(5):
            jobs.enqueue(session, "compose", now=0.0)
        jobs.finish(session, claimed(session, now=1.0), now=2.0)
        page = jobs.listing(session, limit=3)
        rest = jobs.listing(session, limit=3, after=page.next)
        ids = [job.id for job in (*page.items, *rest.items)]
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 5
        assert jobs.counts(session) == {("compose", "queued"): 4, ("compose", "done"): 1}
        assert len(jobs.listing(session, states=["done"], kinds=["compose"]).items) == 1
        assert jobs.prune(session, before=2.0) == 0
        assert jobs.prune(session, before=2.1) == 1
        assert jobs.counts(session) == {("compose", "queued"): 4}


def test_bad_jobs_are_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 1)
    with database.write() as session:
        with pytest.raises(UnknownName, match="critical"):
            jobs.enqueue(session, "compose", now=0.0, job_class="urgent")  # type: ignore[arg-type]
        with pytest.raises(OutOfRange):
            jobs.enqueue(session, "compose", now=0.0, max_attempts=0)
        with pytest.raises(BadInput):
            jobs.enqueue(session, "", now=0.0)
        with pytest.raises(NotFound):
            jobs.get(session, 4)
        jobs.enqueue(session, "compose", now=0.0)
        with pytest.raises(Conflict, match="waiting already"):
            jobs.enqueue(session, "compose", now=0.0)
