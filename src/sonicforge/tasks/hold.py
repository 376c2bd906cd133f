"""A worker's hold on a job: heartbeats from a thread of its own, and the news that the work is no longer wanted."""

import logging
import threading
import time
from types import TracebackType
from typing import Final, Self

from sonicforge.errors import LostLease, SonicForgeError
from sonicforge.library import jobs
from sonicforge.library.database import Database
from sonicforge.library.values import Claim
from sonicforge.studio.progress import Progress

BEAT_S: Final = 2.0
LEASE_S: Final = 45.0
_LATER: Final = 0.1
"""A candidate that fails is followed by others: each counts a tenth of what the one before left."""

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The work is to end here: `why` is stop, cancel or lost."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Hold:
    """Keeps a claim alive while a block runs; `report` is what the studio tells its progress to.

    The thread renews the lease every few seconds and writes down progress and seconds to go. When the job is cancelled,
    lost to somebody else or the process told to stop, the next `report` raises `Stopped`. On a stop the job is handed
    back at once, before the work has even noticed.
    """

    def __init__(self, database: Database, claim: Claim, stop: threading.Event) -> None:
        self.claim = claim
        self._database, self._stop = database, stop
        self._why = ""
        self._over = threading.Event()
        self._began = time.monotonic()
        self._last_beat = 0.0
        self._stage, self._done = "", 0.0
        self._eta_s: float | None = None
        self._thread = threading.Thread(target=self._beat, name=f"job-{claim.job.id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def report(self, progress: Progress) -> None:
        """Take notice of progress; raises `Stopped` when the work is no longer wanted."""
        if self._stop.is_set():
            raise Stopped("stop")
        if self._why:
            raise Stopped(self._why)
        now = time.monotonic()
        if progress.stage == "compose" and progress.done == 0.0:
            self._began = now
        whole = 1.0 - _LATER**progress.candidate * (1.0 - progress.done)
        self._done = max(self._done, 0.97 * whole)
        self._eta_s = (now - self._began) * (1.0 - progress.done) / progress.done if progress.done > 0.02 else None
        self._stage = progress.stage

    def _beat(self) -> None:
        while not self._over.wait(0.0 if self._stop.is_set() else 0.2):
            if self._stop.is_set():
                self._hand_back()
                return
            if self._due():
                self._renew()

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self._last_beat < BEAT_S:
            return False
        self._last_beat = now
        return True

    def _renew(self) -> None:
        eta = None if self._eta_s is None else round(self._eta_s, 1)
        try:
            with self._database.write() as session:
                told = jobs.heartbeat(
                    session, self.claim, now=time.time(), progress=round(self._done, 3), stage=self._stage, eta_s=eta
                )
        except LostLease as error:
            log.warning("%s", error)
            self._why = "lost"
        except SonicForgeError as error:
            log.warning("no heartbeat for job %d: %s", self.claim.job.id, error)
        else:
            if told.job.cancel_asked:
                self._why = "cancel"

    def _hand_back(self) -> None:
        try:
            with self._database.write() as session:
                jobs.release(session, self.claim, now=time.time())
        except LostLease:
            return
        except SonicForgeError as error:
            log.warning("job %d could not be handed back and waits for its lease: %s", self.claim.job.id, error)
