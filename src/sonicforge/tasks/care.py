"""What is done every few minutes so that a station can run for years: retiring, thinning out, sweeping, forgetting."""

import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sonicforge.library import events, idempotency, jobs, listeners, orders, stations, tracks
from sonicforge.library.database import Database
from sonicforge.library.objects import Objects
from sonicforge.tasks.compose import WORK
from sonicforge.tasks.disk import budget, thin
from sonicforge.tasks.finish import settle_wishes
from sonicforge.tasks.retire import retire_disliked

DAY_S: Final = 86_400.0
EVENTS_S, JOBS_S, ORDERS_S, SESSIONS_S = 14 * DAY_S, 30 * DAY_S, 7 * DAY_S, 90 * DAY_S

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cared:
    """What was done: tracks retired and deleted, bytes freed, whether the library fits into its space."""

    retired: int
    deleted: int
    freed: int
    fits: bool


def care(database: Database, objects: Objects, now: float) -> Cared:
    """Keep the library in order; each step is a transaction of its own, so nobody waits long for it."""
    retired = 0
    with database.read() as session:
        known = stations.listing(session)
    for station in known:
        with database.write() as session:
            settle_wishes(session, station.id, now=now)
            gone = retire_disliked(session, station.programme, now=now)
        retired += len(gone)
        for track in gone:
            log.info("retired %s %r: %s", track.id, track.title, track.retired_because)
    disk = objects.disk()
    with database.write() as session:
        thinned = thin(session, budget(session, disk), now=now)
    for track in thinned.deleted:
        log.info("deleted %s %r (worth %.2f) to save space", track.id, track.title, track.worth)
    swept = objects.sweep(lambda: _used(database))
    forget(database, now)
    return Cared(retired, len(thinned.deleted), swept.bytes, thinned.fits)


def forget(database: Database, now: float) -> None:
    """Delete news, ended jobs, orders and answers that nobody can want any more. Plays, votes and requests stay."""
    with database.write() as session:
        events.prune(session, before=now - EVENTS_S)
        jobs.prune(session, before=now - JOBS_S)
        orders.prune(session, before=now - ORDERS_S)
        idempotency.prune(session, before=now - idempotency.KEPT_S)
        listeners.prune(session, before=now - SESSIONS_S)


def clear_work(data: Path, *, older_than_s: float = 3600.0) -> None:
    """Delete what killed workers left half made."""
    before = time.time() - older_than_s
    for left in (data / WORK).glob(".sonicforge-*"):
        if left.stat().st_mtime < before:
            shutil.rmtree(left, ignore_errors=True)


def _used(database: Database) -> set[str]:
    with database.read() as session:
        return tracks.used_hashes(session)
