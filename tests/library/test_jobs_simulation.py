"""A seeded world of workers that die, answers that get lost, calls that come twice and a clock that jumps.

Whatever happens: no job is lost, what has ended stays ended, and the work of a job takes effect exactly once.
"""

import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from sonicforge.errors import LostLease
from sonicforge.library import events, jobs
from sonicforge.library.database import Database
from sonicforge.library.jobs import FINAL, Limit
from sonicforge.library.values import Claim

KINDS = ("compose", "prune")
LIMITS = {"compose": Limit(10, 60.0, at_once=3)}


class Crash(Exception):
    """The process dies here: what was not committed is gone."""


@dataclass
class World:
    """One run: every choice comes from `dice`, the time is `now`."""

    database: Database
    dice: random.Random
    now: float = 1_000_000.0
    asked: set[str] = field(default_factory=set)
    held: list[Claim] = field(default_factory=list)
    ended: dict[int, str] = field(default_factory=dict)
    fences: dict[int, int] = field(default_factory=dict)

    def step(self) -> None:
        acts: list[tuple[Callable[[], None], int]] = [
            (self.ask, 4), (self.claim, 6), (self.beat, 4), (self.finish, 5), (self.fail, 2), (self.cancel, 1),
            (self.hand_back, 1), (self.die, 2), (self.reclaim, 1), (self.tick, 5), (self.jump, 1),
        ]  # fmt: skip
        self.dice.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()
        self.check()

    def commit(self, act: Callable[[Session], object]) -> bool:
        """Do it in one transaction, which may die before its commit; True if the caller hears that it was done."""
        dies_before, loses_answer = self.dice.random() < 0.1, self.dice.random() < 0.1
        try:
            with self.database.write() as session:
                act(session)
                if dies_before:
                    raise Crash
        except (Crash, LostLease):
            return False
        return not loses_answer

    def ask(self) -> None:
        key = f"piece {self.dice.randrange(40)}"
        job_class = self.dice.choice(jobs.CLASSES)
        later = self.now + self.dice.uniform(0, 300) if self.dice.random() < 0.2 else None
        kind, tries = self.dice.choice(KINDS), self.dice.randint(1, 4)

        def act(session: Session) -> None:
            jobs.enqueue(
                session, kind, now=self.now, key=key, job_class=job_class, run_at=later, max_attempts=tries
            )  # fmt: skip

        if self.commit(act):
            self.asked.add(key)

    def claim(self) -> None:
        got: list[Claim] = []

        def act(session: Session) -> None:
            held = jobs.claim(session, f"w{self.dice.randrange(3)}", KINDS, now=self.now, lease_s=30.0, limits=LIMITS)
            got.extend([held] if held else [])

        if self.commit(act):
            self.held += got

    def some_claim(self) -> Claim | None:
        return self.dice.choice(self.held) if self.held else None

    def with_claim(self, act: Callable[[Session, Claim], object], *, again: float = 0.3) -> None:
        """Act on a claim, sometimes an old one; who hears no answer or a refusal may try again with the same claim."""
        held = self.some_claim()
        if held is not None and self.commit(lambda session: act(session, held)) and self.dice.random() > again:
            self.held.remove(held)

    def beat(self) -> None:
        def act(session: Session, held: Claim) -> object:
            renewed = jobs.heartbeat(session, held, now=self.now, progress=self.dice.random(), eta_s=1.0)
            return jobs.give_up(session, renewed, now=self.now) if renewed.job.cancel_asked else renewed

        self.with_claim(act, again=1.0)

    def finish(self) -> None:
        def act(session: Session, held: Claim) -> object:
            events.append(session, None, "effect", {"job": held.job.id}, now=self.now)
            return jobs.finish(session, held, now=self.now)

        self.with_claim(act)

    def fail(self) -> None:
        self.with_claim(lambda session, held: jobs.fail(session, held, "bad luck", now=self.now))

    def hand_back(self) -> None:
        self.with_claim(lambda session, held: jobs.release(session, held, now=self.now))

    def cancel(self) -> None:
        with self.database.read() as session:
            known = [job.id for job in jobs.listing(session, limit=200).items]
        if known:
            number = self.dice.choice(known)
            self.commit(lambda session: jobs.cancel(session, number, now=self.now))

    def die(self) -> None:
        """A worker dies and forgets; a zombie may still hold the same claim and act on it later."""
        held = self.some_claim()
        if held is not None and self.dice.random() < 0.5:
            self.held.remove(held)

    def reclaim(self) -> None:
        self.commit(lambda session: jobs.reclaim(session, now=self.now))

    def tick(self) -> None:
        self.now += self.dice.uniform(0.0, 20.0)

    def jump(self) -> None:
        self.now += self.dice.choice((-7200.0, -600.0, 600.0, 7200.0))

    def check(self) -> None:
        with self.database.read() as session:
            rows = jobs.listing(session, limit=200).items
            effects = [told.data["job"] for told in events.after(session, 0, 1000, kinds=["effect"])]
            tries = {job.id: jobs.attempts(session, job.id) for job in rows}
        assert self.asked <= {job.key for job in rows}, "an acknowledged job is gone"
        assert len({job.key for job in rows}) == len(rows), "a key has two jobs"
        assert sorted(effects) == sorted(job.id for job in rows if job.state == "done"), "work counts once, when done"
        for job in rows:
            assert self.ended.get(job.id, job.state) == job.state, "what has ended changed"
            assert job.attempts <= job.max_attempts
            open_tries = [one for one in tries[job.id] if one.outcome == "running"]
            assert len(open_tries) == (job.state == "running"), "one open try while it runs, none otherwise"
            fence = len(tries[job.id])
            assert [one.fence for one in tries[job.id]] == list(range(1, fence + 1))
            assert fence >= self.fences.get(job.id, 0)
            self.fences[job.id] = fence
            if job.state in FINAL:
                self.ended[job.id] = job.state

    def settle(self) -> None:
        """A healthy worker comes: everything gets an end."""
        self.held.clear()
        for _ in range(2000):
            with self.database.write() as session:
                held = jobs.claim(session, "healthy", KINDS, now=self.now, lease_s=30.0)
                if held is not None:
                    events.append(session, None, "effect", {"job": held.job.id}, now=self.now)
                    jobs.finish(session, held, now=self.now)
                elif not {state for _, state in jobs.counts(session)} - FINAL:
                    break
            self.now += 0.0 if held else 3600.0
        self.check()
        with self.database.read() as session:
            assert {job.state for job in jobs.listing(session, limit=200).items} <= FINAL


def run(database: Database, seed: int, steps: int) -> World:
    def hurry(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    event.listen(database.engine, "connect", hurry)
    database.engine.dispose()
    world = World(database, random.Random(seed))
    for _ in range(steps):
        world.step()
    world.settle()
    return world


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_lost_and_nothing_counts_twice(database: Database, seed: int) -> None:
    world = run(database, seed, 120)
    assert len(world.ended) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 106))
def test_nothing_is_lost_in_many_worlds(database: Database, seed: int) -> None:
    run(database, seed, 250)


def test_the_simulation_would_notice_a_missing_fence(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fencing taken out, some world must show work that counts twice; otherwise the test above proves nothing."""
    from sonicforge.library.tables import JobRow

    def anybody(session: Session, held: Claim) -> JobRow:
        return session.get_one(JobRow, held.job.id)

    monkeypatch.setattr(jobs, "_held", anybody)
    with pytest.raises(AssertionError):
        run(database, 0, 400)
