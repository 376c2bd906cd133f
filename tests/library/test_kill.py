"""Processes that write are killed without warning: what they were promised is there, and nothing is half there."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from shelf import shelve, take

from sonicforge.library import events, jobs, queue
from sonicforge.library.database import Database
from sonicforge.library.objects import Objects
from sonicforge.library.values import Event

WRITER = Path(__file__).parent / "writer.py"


def write_and_die(database: Database, names: str, wait_s: float) -> list[list[str]]:
    """Writers of these names at once, killed `wait_s` seconds after all have begun; returns what they were promised."""
    command = [sys.executable, str(WRITER), str(database.folder)]
    writers = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in names]
    try:
        first = [writer.stdout.readline() for writer in writers if writer.stdout]
        time.sleep(wait_s)
    finally:
        for writer in writers:
            writer.kill()
    told = [line + writer.communicate()[0] for writer, line in zip(writers, first, strict=True)]
    assert [writer.returncode for writer in writers] == [-signal.SIGKILL] * len(writers)
    return [line.split() for text in told for line in text.splitlines(keepends=True) if line.endswith("\n")]


def check(database: Database, promised: list[list[str]]) -> None:
    objects = Objects(database.folder / "objects")
    with closing(sqlite3.connect(database.path)) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with database.read() as session:
        told: dict[int, Event] = {}
        number = 0
        while batch := events.after(session, number, 1000, kinds=["object", "effect"]):
            told |= {event.number: event for event in batch}
            number = batch[-1].number
        assert len(queue.listing(session, "main")) + len(queue.taken(session, "main")) == 3
        for kind, *words in promised:
            if kind == "object":
                assert told[int(words[1])].data == {"hash": words[0]}
            elif kind == "job":
                assert jobs.get(session, int(words[0])).key
            elif kind == "done":
                assert jobs.get(session, int(words[0])).state == "done"
    effects = [event.data["job"] for event in told.values() if event.kind == "effect"]
    assert len(set(effects)) == len(effects), "work took effect twice"
    for event in told.values():
        if event.kind == "object":
            assert objects.intact(event.data["hash"]), "a row speaks of an object that is not whole"


def survive(database: Database, rounds: int, seed: int) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        for _ in range(3):
            queue.add(session, "main", track.id)
    dice = random.Random(seed)
    promised: list[list[str]] = []
    for _ in range(rounds):
        promised += write_and_die(database, "ab", dice.uniform(0.05, 0.6))
        check(database, promised)
    assert {"object", "job", "done"} <= {kind for kind, *_ in promised}


def test_what_was_promised_survives_a_kill(database: Database) -> None:
    survive(database, 2, 1)


@pytest.mark.slow
def test_what_was_promised_survives_many_kills(database: Database) -> None:
    survive(database, 20, 2)
    objects = Objects(database.folder / "objects")
    time.sleep(0.01)
    objects.sweep(lambda: set(objects.names()), older_than_s=0.0)
    assert not [path for path in objects.folder.iterdir() if path.name.startswith(".")]
