"""Where a station stands: what was and will be played, and when the next piece of its plan would begin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from sonicforge.chance import subseed
from sonicforge.genres.load import names
from sonicforge.library import plays, queue, stations, tracks
from sonicforge.library.stations import Station
from sonicforge.library.values import Play, Track
from sonicforge.tasks.clock import day_of, hour_of

REMEMBERED: Final = 24
"""Pieces of the past that rotation looks at."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A station at the end of its queue.

    `history` are the last pieces in the order of air, the planned ones included; `queued_s` seconds of music wait or
    are fetched; the next piece would begin about `at` (UTC seconds). `taken_ids` wait in a queue of any station. `slot`
    numbers the choices of a local day. `known` are the genres there are, with the owner's in `genre_folder`.
    """

    station: Station
    now: float
    at: float
    queued_s: float
    history: tuple[Track, ...]
    taken_ids: frozenset[str]
    slot: int
    known: tuple[str, ...]
    genre_folder: Path | None = None

    @property
    def hour(self) -> float:
        return hour_of(self.station.programme, self.at)

    @property
    def day(self) -> str:
        return day_of(self.station.programme, self.at)

    @property
    def seed(self) -> int:
        """The seed of the choice that is next, from station, day and slot."""
        return slot_seed(self.station.id, self.day, self.slot)

    def followed_by(self, track: Track) -> "Situation":
        """Where the station stands when a track was added to its plan."""
        return replace(
            self,
            at=self.at + track.duration_s,
            queued_s=self.queued_s + track.duration_s,
            history=(*self.history, track)[-REMEMBERED:],
            taken_ids=self.taken_ids | {track.id},
            slot=self.slot + 1,
        )


def slot_seed(station: str, day: str, slot: int) -> int:
    """The seed of the choice number `slot` of a station's day: anybody can make the choice again."""
    return subseed(0, "programme", station, day, slot)


def situation(session: Session, station_id: str, now: float, genre_folder: Path | None = None) -> Situation:
    """Where a station stands now; raises `NotFound`."""
    station = stations.get(session, station_id)
    planned = (*queue.taken(session, station_id), *queue.listing(session, station_id))
    played = plays.listing(session, station_id, kinds=("track",), limit=REMEMBERED).items
    queued_s = sum(item.track.duration_s for item in planned)
    at = now + rest_s(session, played, now) + queued_s
    there = tracks.some(session, [play.track_id for play in played if play.track_id])
    past = [there[play.track_id] for play in reversed(played) if play.track_id in there]
    history = (*past, *(item.track for item in planned))[-REMEMBERED:]
    reasons = [*(play.reason for play in played), *(item.reason for item in planned)]
    day = day_of(station.programme, at)
    slots = [slot for reason in reasons if reason.get("day") == day and isinstance(slot := reason.get("slot"), int)]
    return Situation(
        station,
        now,
        at,
        queued_s,
        history,
        frozenset(item.track.id for item in planned) | _queued_elsewhere(session, station_id),
        max(slots, default=-1) + 1,
        names(genre_folder),
        genre_folder,
    )


def rest_s(session: Session, played: Sequence[Play], now: float) -> float:
    """Seconds that what is on air will still last, as far as is known; `played` newest first."""
    if not played or played[0].ended_at is not None or played[0].track_id is None:
        return 0.0
    known = tracks.some(session, [played[0].track_id]).get(played[0].track_id)
    return 0.0 if known is None else max(0.0, played[0].started_at + known.duration_s - now)


def _queued_elsewhere(session: Session, station_id: str) -> frozenset[str]:
    others = [station.id for station in stations.listing(session) if station.id != station_id]
    found = [item for other in others for item in (*queue.taken(session, other), *queue.listing(session, other))]
    return frozenset(item.track.id for item in found)
