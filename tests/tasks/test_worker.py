"""The worker: it composes what is ordered, gives back what it cannot finish, and may be killed at any time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from sonicforge.errors import LostLease
from sonicforge.genres.concept import Concept
from sonicforge.library import catalogue, jobs, queue, requests, stations, tracks
from sonicforge.library.database import Database
from sonicforge.library.objects import Objects
from sonicforge.library.values import Job, Track
from sonicforge.studio.progress import Progress
from sonicforge.tasks.compose import Order, order
from sonicforge.tasks.hold import LEASE_S, Hold, Stopped
from sonicforge.tasks.worker import Duties, Worker

SHORT = Concept(genre="ambient", length_s=12.0, seed=3)
LONG = Concept(genre="ambient", length_s=240.0, seed=4)


def ordered(database: Database, concept: Concept, **more: object) -> Job:
    with database.write() as session:
        wanted = replace(Order(concept, candidates=1, station="main", source="person"), **more)  # type: ignore[arg-type]
        return order(session, wanted, now=time.time(), job_class="high")


def job(database: Database, job_id: int) -> Job:
    with database.read() as session:
        return jobs.get(session, job_id)


def all_tracks(database: Database) -> list[Track]:
    with database.read() as session:
        return list(catalogue.listing(session, catalogue.EVERYTHING).items)


def wait_for(fact: Callable[[], bool], seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.05)


@contextmanager
def process(database: Database) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "sonicforge.tasks", "--data", str(database.folder), "--no-generate"]
    worker = subprocess.Popen([*command, "--threads", "1"], stderr=subprocess.PIPE)
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def worker(database: Database) -> Worker:
    return Worker(database, Duties(composing=False, threads=2))


def test_an_order_becomes_an_approved_track_with_its_files(database: Database) -> None:
    told = ordered(database, SHORT)
    assert worker(database).step()
    done = job(database, told.id)
    assert (done.state, done.progress) == ("done", 1.0)
    (track,) = all_tracks(database)
    assert done.result["track"] == track.id
    assert track.approved
    assert track.genre == "ambient"
    with database.read() as session:
        objects = Objects(database.folder / "objects")
        names = {file.name for file in tracks.files(session, track.id) if objects.intact(file.hash)}
    assert {"track.flac", "score.json", "score.mid", "cover.png"} <= names
    assert list((database.folder / "work").iterdir()) == []


def test_a_wish_is_queued_in_the_commit_that_ends_its_job(database: Database) -> None:
    with database.write() as session:
        wish = requests.add(session, "main", "ann", "something calm", now=time.time())
    told = ordered(database, SHORT, source="request", request=wish.id)
    with database.write() as session:
        requests.change(session, wish.id, state="making", job_id=told.id)
    worker(database).step()
    with database.read() as session:
        (item,) = [item for item in queue.listing(session, "main") if item.source == "request"]
        after = requests.get(session, wish.id)
    assert (after.state, after.track_id, item.request_id) == ("queued", item.track.id, wish.id)
    assert item.track.title in after.answer


def test_an_order_that_cannot_be_fails_once_and_for_all(database: Database) -> None:
    with database.write() as session:
        told = jobs.enqueue(session, "compose", {"concept": {"genre": "polka"}}, now=time.time(), job_class="high")
    worker(database).step()
    assert job(database, told.id).state == "failed"
    assert "polka" in job(database, told.id).error


def test_progress_and_seconds_to_go_are_told_and_a_cancelled_job_stops(database: Database) -> None:
    told = ordered(database, LONG)
    busy = worker(database)
    thread = threading.Thread(target=busy.step)
    thread.start()
    wait_for(lambda: job(database, told.id).progress > 0.05)
    assert job(database, told.id).eta_s is not None
    with database.write() as session:
        jobs.cancel(session, told.id, now=time.time())
    thread.join(timeout=120.0)
    assert not thread.is_alive()
    assert job(database, told.id).state == "cancelled"
    assert all_tracks(database) == []


def test_who_lost_a_job_notices_and_writes_nothing(database: Database) -> None:
    told = ordered(database, SHORT)
    with database.write() as session:
        held = jobs.claim(session, "slow", ["compose"], now=time.time() - 2 * LEASE_S, lease_s=LEASE_S)
        assert held is not None
        assert jobs.claim(session, "other", ["compose"], now=time.time(), lease_s=LEASE_S) is not None
    with Hold(database, held, threading.Event()) as hold, pytest.raises(Stopped, match="lost"):
        for _ in range(600):
            hold.report(Progress("mix", 0.5))
            time.sleep(0.05)
    with pytest.raises(LostLease), database.write() as session:
        jobs.finish(session, held, now=time.time())
    assert job(database, told.id).worker == "other"


def test_sigterm_gives_the_job_back_unharmed(database: Database) -> None:
    told = ordered(database, LONG)
    with process(database) as running:
        wait_for(lambda: job(database, told.id).state == "running")
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=90.0) == 0
    after = job(database, told.id)
    assert (after.state, after.attempts, after.worker) == ("queued", 0, None)
    assert all_tracks(database) == []


def test_kill_at_any_moment_loses_nothing_and_nothing_counts_twice(database: Database) -> None:
    told = ordered(database, SHORT, keep=True)
    for wait_s in (0.0, 0.3):
        with process(database) as running:
            wait_for(lambda: job(database, told.id).state == "running" or running.poll() is not None)
            time.sleep(wait_s)
            os.kill(running.pid, signal.SIGKILL)
            assert running.wait() == -signal.SIGKILL
        state = job(database, told.id).state
        assert state in ("running", "done")
        assert len(all_tracks(database)) == (state == "done")
        with database.write() as session:
            jobs.reclaim(session, now=time.time() + 2 * LEASE_S)
    if job(database, told.id).state != "done":
        worker(database).step()
    assert job(database, told.id).state == "done"
    (track,) = all_tracks(database)
    with database.read() as session:
        objects = Objects(database.folder / "objects")
        assert all(objects.intact(file.hash) for file in tracks.files(session, track.id))


def test_without_generating_nothing_is_ordered_but_what_people_order_is_made(database: Database) -> None:
    idle = worker(database)
    assert not idle.step()
    with database.read() as session:
        assert jobs.listing(session).items == ()
    ordered(database, SHORT)
    assert idle.step()
    assert len(all_tracks(database)) == 1


def test_a_station_off_air_is_not_planned_for(database: Database) -> None:
    with database.write() as session:
        stations.change(session, "main", on_air=False)
    Worker(database, Duties(composing=True)).plan()
    with database.read() as session:
        assert jobs.listing(session).items == ()
