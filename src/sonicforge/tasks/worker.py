"""The worker: a process beside the tower that plans, composes and keeps order. It may be killed at any moment.

Everything it has promised stands in the library. It plans every few seconds, claims jobs one at a time, and rests
between its own orders so that the machine stays free; what a person asked for is made at once.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from sonicforge.errors import BadInput, Busy, CannotWrite, LostLease, SonicForgeError
from sonicforge.genres.load import load, names
from sonicforge.library import jobs, stations
from sonicforge.library.database import Database
from sonicforge.library.objects import Objects
from sonicforge.library.values import Claim
from sonicforge.studio.progress import Progress
from sonicforge.tasks.attend import attend
from sonicforge.tasks.bell import Bell
from sonicforge.tasks.care import care, clear_work
from sonicforge.tasks.compose import KIND, Made, Order, make
from sonicforge.tasks.finish import fail, finish
from sonicforge.tasks.hold import LEASE_S, Hold, Stopped
from sonicforge.tasks.model import ChatModel
from sonicforge.tasks.pace import Pace, short
from sonicforge.tasks.programme import plan

PLAN_S: Final = 5.0
"""Plans are looked over this often while something happens, and every half a minute anyway."""
QUIET_PLAN_S, QUIET_LISTEN_S, QUIET_CLAIM_S = 30.0, 10.0, 3.0
CARE_S: Final = 600.0
RESERVE_S: Final = 3600.0
FIRST_CARE_S: Final = 60.0
IDLE_S: Final = 1.0
MOST_MB: Final = 1500
"""A worker that holds more than this between two jobs ends, and the roof starts a fresh one."""
STORE_TRIES_S: Final = 300.0
"""How long finished music waits for a library that is locked or a disk that is full before it is given up."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Duties:
    """What a worker may do.

    With `composing` False it plans with what there is and makes only what people order. `threads` render at full speed;
    `model` understands listeners' words, None leaves them to the built-in interpreter.
    """

    composing: bool = True
    threads: int = 2
    genre_folder: Path | None = None
    model: ChatModel | None = None


class Worker:
    """One worker on a data directory; `stop` ends `run` soon, and a job in work is handed back."""

    def __init__(self, database: Database, duties: Duties, *, pace: Pace | None = None) -> None:
        self.data = database.folder
        self.stop = threading.Event()
        self._database, self._duties = database, duties
        self._objects = Objects(self.data / "objects")
        self._pace = pace or Pace()
        self._name = f"worker-{os.getpid()}"
        self._filled = 0.0
        self._plan_at = 0.0
        self._plans = Bell(database, QUIET_PLAN_S)
        self._wishes = Bell(database, QUIET_LISTEN_S)
        self._claims = Bell(database, QUIET_CLAIM_S)
        self._reserve_at = 0.0
        self._care_at = time.monotonic() + FIRST_CARE_S

    def run(self) -> None:
        """Work until `stop` is set. What fails is logged and tried again; nothing but `stop` ends it."""
        clear_work(self.data)
        self._read_genres()
        ears = threading.Thread(target=self._go_on, args=(self.listen,), name="ears", daemon=True)
        ears.start()
        self._go_on(self.step)
        ears.join(timeout=2.0)

    def listen(self) -> bool:
        """Answer listeners' new wishes; in a thread of its own, because nobody should wait for a piece to be made."""
        if not self._wishes.rings():
            return False
        return attend(self._database, time.time(), genre_folder=self._duties.genre_folder, model=self._duties.model) > 0

    def _go_on(self, turn: Callable[[], bool]) -> None:
        """Do it again and again, at once while there is something to do."""
        while not self.stop.is_set():
            try:
                busy = turn()
            except Stopped:
                return
            except SonicForgeError as error:
                log.warning("%s", error)
                busy = False
            except Exception:
                log.exception("the worker met a bug and goes on")
                busy = False
            if not busy:
                self.stop.wait(IDLE_S)

    def step(self) -> bool:
        """Plan and take care if it is time, then do a job if there is one; returns whether there was."""
        now = time.monotonic()
        if now >= self._plan_at and self._plans.rings():
            self._plan_at = now + PLAN_S
            self.plan()
        if now >= self._care_at:
            self._care_at = now + CARE_S
            self.care()
        claim = self._claim() if self._claims.rings() else None
        if claim is None:
            return False
        self.work(claim)
        self._plan_at = 0.0
        self._claims.ring()
        if held_mb() > MOST_MB:
            log.info("%.0f MB are held, so a fresh worker shall go on", held_mb())
            self.stop.set()
        return True

    def plan(self) -> None:
        """Fill the queues of all stations on air and order what they lack."""
        with self._database.read() as session:
            playing = [station.id for station in stations.listing(session) if station.on_air]
        filled = []
        for station in playing:
            with self._database.write() as session:
                done = plan(
                    session,
                    station,
                    time.time(),
                    composing=self._duties.composing,
                    genre_folder=self._duties.genre_folder,
                )
            filled.append(done.filled)
            for item in done.added:
                log.info("%s: queued %r, %s", station, item.track.title, item.reason.get("words", ""))
        self._filled = min(filled, default=1.0)

    def care(self) -> None:
        """Keep library and reserve in order."""
        care(self._database, self._objects, time.time())
        now = time.monotonic()
        if self._duties.composing and not short(self._filled) and now >= self._reserve_at:
            self._reserve_at = now + RESERVE_S
            self._care_for_reserve()

    def work(self, claim: Claim) -> None:
        """Do a claimed job to its end, whatever that is."""
        try:
            wanted = Order.from_json(claim.job.payload)
            with Hold(self._database, claim, self.stop) as hold:
                made = self._make(wanted, hold)
                self._end(claim, lambda session, now: finish(session, claim, wanted, made, now=now))
            log.info("made %r, score %.1f, passed %s", made.stored.title, made.stored.score, made.stored.passed)
        except Stopped as stopped:
            self._stopped(claim, stopped)
        except LostLease as error:
            log.warning("%s", error)
        except BadInput as error:
            self._fail(claim, str(error), retry=False)
        except SonicForgeError as error:
            self._fail(claim, str(error))
        except Exception as error:
            log.exception("job %d met a bug", claim.job.id)
            self._fail(claim, f"{type(error).__name__}: {error}")

    def _make(self, wanted: Order, hold: Hold) -> Made:
        hurry = short(self._filled) or hold.claim.job.job_class not in ("low", "batch")
        return make(
            wanted,
            self.data,
            self._objects,
            threads=self._duties.threads if hurry else 1,
            genre_folder=self._duties.genre_folder,
            report=hold.report,
        )

    def _care_for_reserve(self) -> None:
        from sonicforge.tasks.reserve import WANTED, fill_reserve, renew_reserve

        fill_reserve(self.data, genres=self._genres(), least=WANTED, threads=1, report=self._unless_stopped)
        renew_reserve(self.data, self._database, self._objects)

    def _read_genres(self) -> None:
        """Reading sixteen genre files takes a moment; better now than inside the first plan's transaction."""
        for name in names(self._duties.genre_folder):
            try:
                load(name, folder=self._duties.genre_folder)
            except SonicForgeError as error:
                log.warning("%s", error)

    def _genres(self) -> tuple[str, ...]:
        with self._database.read() as session:
            shares = [share for station in stations.listing(session) for share in station.programme.genres]
        return tuple(dict.fromkeys(share.genre for share in shares if share.weight > 0))

    def _unless_stopped(self, _progress: Progress) -> None:
        if self.stop.is_set():
            raise Stopped("stop")

    def _claim(self) -> Claim | None:
        if not self._duties.composing and not self._wished():
            return None
        if self._pace.rest_s(self._filled) > 0.0 and not self._wished():
            return None
        with self._database.write() as session:
            return jobs.claim(session, self._name, (KIND,), now=time.time(), lease_s=LEASE_S)

    def _wished(self) -> bool:
        """Whether a person waits for a job; the programme's own are of the classes low and batch."""
        with self._database.read() as session:
            waiting = jobs.listing(session, states=("queued",), kinds=(KIND,), limit=200).items
        now = time.time()
        ready = [job for job in waiting if job.run_at is None or job.run_at <= now]
        return any(job.job_class not in ("low", "batch") for job in ready)

    def _stopped(self, claim: Claim, stopped: Stopped) -> None:
        log.info("job %d ends here: %s", claim.job.id, stopped.why)
        with suppress(LostLease):
            if stopped.why == "cancel":
                self._end(claim, lambda session, now: jobs.give_up(session, claim, now=now))
            elif stopped.why == "stop":
                self._end(claim, lambda session, now: jobs.release(session, claim, now=now))

    def _fail(self, claim: Claim, error: str, *, retry: bool = True) -> None:
        log.warning("job %d failed: %s", claim.job.id, error)
        with suppress(LostLease):
            self._end(claim, lambda session, now: fail(session, claim, error, now=now, retry=retry))

    def _end(self, claim: Claim, change: Callable[[Session, float], object]) -> None:
        """Write the end of a job, with patience for a locked library and a full disk. Raises `LostLease`."""
        until = time.monotonic() + STORE_TRIES_S
        while True:
            try:
                with self._database.write() as session:
                    change(session, time.time())
                return
            except (Busy, CannotWrite) as error:
                if time.monotonic() > until or self.stop.is_set():
                    raise
                log.warning("job %d cannot be ended yet: %s", claim.job.id, error)
                self.stop.wait(IDLE_S)


def held_mb() -> float:
    """Memory that this process holds, in megabytes; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
