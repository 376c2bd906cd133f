"""The space that music takes: when it runs out, the least loved pieces go first, and never what is queued or liked."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from sonicforge.errors import Conflict
from sonicforge.library import plays, stations, tracks
from sonicforge.library.objects import Disk
from sonicforge.library.values import Track

GB: Final = 1_000_000_000
SPARE: Final = 0.05
"""Part of the disk, and at most `MOST_SPARE`, that is left to recordings, segments and everything else."""
MOST_SPARE: Final = 5 * GB
LEAST: Final = 3 * GB
"""However full a disk is with other things, the library is not thinned out below this."""
DOWN_TO: Final = 0.95
LOVED_STARS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Thinned:
    """Tracks that were deleted, and whether the library fits into its space now."""

    deleted: tuple[Track, ...]
    fits: bool


def budget(session: Session, disk: Disk) -> int:
    """Bytes that all tracks may take: the smallest wish of a station, less where the disk itself is short."""
    wished = min((station.programme.disk_gb for station in stations.listing(session)), default=20.0) * GB
    spare = min(SPARE * disk.total, MOST_SPARE)
    there = max(disk.bytes + disk.free - spare, min(disk.bytes, LEAST))
    return round(min(wished, there))


def thin(session: Session, most: int, *, now: float) -> Thinned:
    """Delete tracks until they take at most `most` bytes: retired ones, then the least worthy and longest unplayed.

    Nothing goes that is liked, has four stars, waits in a queue or is on air. Files go with the next sweep.
    """
    used = tracks.bytes_used(session)
    if used <= most:
        return Thinned((), fits=True)
    on_air = {play.track_id for station in stations.listing(session) if (play := plays.current(session, station.id))}
    deleted = []
    for track in tracks.least_worthy(session, limit=1000):
        if used <= DOWN_TO * most:
            break
        if loved(track) or track.id in on_air:
            continue
        try:
            tracks.delete(session, track.id, now=now)
        except Conflict:
            continue
        used -= track.bytes
        deleted.append(track)
    return Thinned(tuple(deleted), fits=used <= most)


def loved(track: Track) -> bool:
    """Whether somebody would miss a track; one that was retired since is missed by nobody."""
    return track.state == "ready" and (track.likes > 0 or (track.stars is not None and track.stars >= LOVED_STARS))
