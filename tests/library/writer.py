"""A process to be killed: writes to a library and says what it was promised, one line each.

python writer.py DATA NAME
"""

import itertools
import os
import sys
import time
from pathlib import Path

from sonicforge.library import events, jobs, queue
from sonicforge.library.database import open_database
from sonicforge.library.objects import Objects


def main(folder: Path, name: str) -> None:
    """For ever: put an object and tell of it, enqueue a job and do one, move the queue on."""
    database, objects = open_database(folder), Objects(folder / "objects")
    for i in itertools.count():
        content = os.urandom(64) * 3000
        key = objects.put(content)
        with database.write() as session:
            number = events.append(session, None, "object", {"hash": key})
        say("object", key, number)
        with database.write() as session:
            job = jobs.enqueue(session, "work", now=time.time(), key=f"{name} {os.getpid()} {i}", max_attempts=50)
        say("job", job.id)
        with database.write() as session:
            held = jobs.claim(session, name, ["work"], now=time.time(), lease_s=1.0)
        if held is not None:
            with database.write() as session:
                events.append(session, None, "effect", {"job": held.job.id})
                jobs.finish(session, held, now=time.time())
            say("done", held.job.id)
        with database.write() as session:
            item = queue.take_next(session, "main")
            if item is not None:
                queue.add(session, "main", item.track.id)
                queue.begun(session, item.id)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
