"""The programme: keeps a station's queue full by its rules, orders what is missing, and explains what comes next."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from sonicforge.library import plays, queue, stations
from sonicforge.library.values import Job, QueueItem
from sonicforge.tasks.choose import choose, genre_order, rules_mark, taste_of, wished_energy
from sonicforge.tasks.clock import clock_words
from sonicforge.tasks.demand import compose_more, fresh, jingle_of
from sonicforge.tasks.jingles import due, wanted
from sonicforge.tasks.situation import Situation, situation
from sonicforge.tasks.thompson import PRIOR

MOST_AT_ONCE: Final = 60
"""Pieces that are planned in one go."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a call of `plan` did: items that joined the queue, jobs that were ordered, and how full the buffer is.

    `filled` is the part of the station's buffer that waits in its queue, 0..1 and beyond.
    """

    added: tuple[QueueItem, ...]
    ordered: tuple[Job, ...]
    filled: float


def plan(
    session: Session, station_id: str, now: float, *, composing: bool = True, genre_folder: Path | None = None
) -> Planned:
    """Fill the queue of a station up to its buffer and order the music that it will need.

    What was chosen by other rules than the station has now, and is not pinned, is chosen anew.
    With `composing` False nothing is ordered nor waited for: the library alone must do. Raises `NotFound`.
    """
    if _outdated(session, station_id):
        queue.clear(session, station_id, source="programme", now=now)
    here = situation(session, station_id, now, genre_folder)
    added, here = _fill(session, here, composing=composing)
    ordered = compose_more(session, here) if composing else ()
    return Planned(added, ordered, here.queued_s / (here.station.programme.buffer_min * 60.0))


def replan(session: Session, station_id: str, now: float, *, composing: bool, genre_folder: Path | None = None) -> int:
    """Choose anew what the programme has planned, after its rules have changed; returns how many pieces were let go."""
    gone = queue.clear(session, station_id, source="programme", now=now)
    plan(session, station_id, now, composing=composing, genre_folder=genre_folder)
    return gone


def why(session: Session, station_id: str, now: float, *, genre_folder: Path | None = None) -> dict[str, Any]:
    """Why the next piece of a station is what it is, in plain values and in words; raises `NotFound`.

    `next` is what will be heard next with the reason that was written down when it was chosen, `later` what follows,
    `taste` what the station believes of its genres now.
    """
    here = situation(session, station_id, now, genre_folder)
    planned = (*queue.taken(session, station_id), *queue.listing(session, station_id))
    energy, _ = wished_energy(here)
    beliefs = genre_order(session, here, energy, here.seed)
    return {
        "station": station_id,
        "next": _told(planned[0]) if planned else None,
        "later": [_told(item) for item in planned[1:10]],
        "taste": {
            "prior": {"alpha": PRIOR[0], "beta": PRIOR[1]},
            "words": "a belief Beta(2 + for, 2 + against); a like is 1 for, s stars (s-1)/4 for, a skip 1 against",
            "genres": [draw.to_json() for draw in sorted(beliefs, key=lambda draw: -draw.belief.mean)],
        },
        "buffer": {
            "seconds": round(here.queued_s, 1),
            "wished_s": here.station.programme.buffer_min * 60.0,
            "new_beside_it": len(fresh(session, here)),
        },
        "then": _then(session, here),
    }


def _fill(session: Session, here: Situation, *, composing: bool) -> tuple[tuple[QueueItem, ...], Situation]:
    buffer_s = here.station.programme.buffer_min * 60.0
    added: list[QueueItem] = []
    last_jingle = _last_jingle(session, here) if wanted(here.station.programme) else None
    while here.queued_s < buffer_s and len(added) < MOST_AT_ONCE:
        choice = choose(session, here, composing=composing)
        if choice is None:
            break
        if last_jingle is not None and due(
            here.station.programme, here.at, last_at=last_jingle, length_s=choice.track.duration_s
        ):
            added += _add_jingle(session, here)
            last_jingle = here.at
        added.append(queue.add(session, here.station.id, choice.track.id, reason=choice.reason, now=here.now))
        here = here.followed_by(choice.track)
    return tuple(added), here


def _outdated(session: Session, station_id: str) -> bool:
    """Whether the programme has changed since something that waits was chosen."""
    mark = rules_mark(stations.get(session, station_id).programme)
    waiting = (item for item in queue.listing(session, station_id) if item.source == "programme" and not item.pinned)
    return any(item.reason.get("rules", mark) != mark for item in waiting)


def _add_jingle(session: Session, here: Situation) -> list[QueueItem]:
    jingle = jingle_of(session, here.station.id)
    if jingle is None:
        return []
    reason = {"words": f"{here.station.name} says its name at about {clock_words(here.hour)}"}
    return [queue.add(session, here.station.id, jingle.id, source="jingle", reason=reason, now=here.now)]


def _last_jingle(session: Session, here: Situation) -> float:
    """When the last jingle is heard, planned ones included; long ago when there was none."""
    at = here.now
    planned = []
    for item in (*queue.taken(session, here.station.id), *queue.listing(session, here.station.id)):
        if item.source == "jingle":
            planned.append(at)
        at += item.track.duration_s
    if planned:
        return planned[-1]
    heard = plays.listing(session, here.station.id, kinds=("jingle",), limit=1).items
    return heard[0].started_at if heard else 0.0


def _told(item: QueueItem) -> dict[str, Any]:
    track = item.track
    told = {"item": item.id, "track": track.id, "title": track.title, "genre": track.genre, "energy": track.energy}
    told |= {"source": item.source, "request": item.request_id, "state": item.state, "reason": dict(item.reason)}
    return told | {"words": str(item.reason.get("words", "")) or f"it was put there by hand ({item.source})"}


def _then(session: Session, here: Situation) -> dict[str, Any]:
    """What is wished for the place behind the queue."""
    wished = taste_of(session, here)
    told = {"at": round(here.at, 1), "hour": clock_words(here.hour), "energy_wished": round(wished.energy, 3)}
    told |= {"new": wished.new, "breather": wished.breather, "day": here.day, "slot": here.slot, "seed": here.seed}
    return told | {"genres": [draw.to_json() for draw in wished.genres]}
