"""Lists of tracks: filters, sorts, pages."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from sonicforge.errors import OutOfRange, UnknownName
from sonicforge.library.page import page_of
from sonicforge.library.tables import TrackMoodRow, TrackRow, VoteRow
from sonicforge.library.text import folded
from sonicforge.library.tracks import track_of
from sonicforge.library.values import Page, Track

SORTS: Final[dict[str, tuple[InstrumentedAttribute[Any], bool]]] = {
    "newest": (TrackRow.added_at, True),
    "oldest": (TrackRow.added_at, False),
    "title": (TrackRow.title_folded, False),
    "best": (TrackRow.worth, True),
    "likes": (TrackRow.likes, True),
    "plays": (TrackRow.plays, True),
    "rested": (TrackRow.last_played_at, False),
    "played": (TrackRow.last_played_at, True),
    "slow": (TrackRow.bpm, False),
    "fast": (TrackRow.bpm, True),
    "calm": (TrackRow.energy, False),
    "lively": (TrackRow.energy, True),
    "short": (TrackRow.duration_s, False),
    "long": (TrackRow.duration_s, True),
}
"""Name of an order -> column and whether it descends."""

Range = tuple[float | None, float | None]
_OPEN: Final[Range] = (None, None)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tracks are wanted; what is left at its default does not matter.

    `bpm`, `energy` (0..1) and `duration_s` are (least, most), either None. `text` are words that all must occur in
    title, genre, mood, key or the words the track was made from. `liked_by` is a listener. `state` None is all.
    """

    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    key: str | None = None
    bpm: Range = _OPEN
    energy: Range = _OPEN
    duration_s: Range = _OPEN
    text: str = ""
    liked: bool | None = None
    liked_by: str | None = None
    played: bool | None = None
    approved: bool | None = None
    state: str | None = "ready"

    def __post_init__(self) -> None:
        for name in ("bpm", "energy", "duration_s"):
            low, high = getattr(self, name)
            for bound in (low, high):
                if bound is not None and not isfinite(bound):
                    raise OutOfRange(name, bound, "a number", "a number")
            if low is not None and high is not None and low > high:
                raise OutOfRange(f"least {name}", low, "nothing", high)
        if self.state not in (None, "ready", "retired"):
            raise UnknownName("state of a track", self.state, ("ready", "retired"))


EVERYTHING: Final = Filter(state=None)


def listing(
    session: Session,
    wanted: Filter | None = None,
    *,
    sort: str = "newest",
    after: str | None = None,
    limit: int = 50,
) -> Page[Track]:
    """A page of up to `limit` (1..200) tracks in an order of `SORTS`; `after` is the `next` of the page before.

    Raises `UnknownName`, `OutOfRange`, or `BadInput` for an `after` that does not belong here.
    """
    if sort not in SORTS:
        raise UnknownName("order of tracks", sort, SORTS)
    by, descending = SORTS[sort]
    return page_of(
        session,
        _filtered(select(TrackRow), wanted or Filter()),
        track_of,
        by=by,
        tie=TrackRow.id,
        descending=descending,
        after=after,
        limit=limit,
        sort=sort,
    )


def count(session: Session, wanted: Filter | None = None) -> int:
    """How many tracks a filter lets through."""
    return session.scalar(_filtered(select(func.count()).select_from(TrackRow), wanted or Filter())) or 0


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.genres:
        query = query.where(TrackRow.genre.in_(wanted.genres))
    for mood in wanted.moods:
        query = query.where(TrackRow.id.in_(select(TrackMoodRow.track_id).where(TrackMoodRow.mood == mood)))
    for word in folded(wanted.text[:500]).split()[:20]:
        query = query.where(TrackRow.words.contains(word, autoescape=True))
    if wanted.liked is not None:
        query = query.where(TrackRow.likes > 0 if wanted.liked else TrackRow.likes == 0)
    if wanted.liked_by is not None:
        own = select(VoteRow.track_id).where(VoteRow.listener == wanted.liked_by, VoteRow.liked)
        query = query.where(TrackRow.id.in_(own))
    if wanted.played is not None:
        query = query.where(TrackRow.plays > 0 if wanted.played else TrackRow.plays == 0)
    exact = ((TrackRow.key, wanted.key), (TrackRow.approved, wanted.approved), (TrackRow.state, wanted.state))
    for attribute, value in exact:
        query = query if value is None else query.where(attribute == value)
    for column, (low, high) in _ranges(wanted):
        query = query if low is None else query.where(column >= low)
        query = query if high is None else query.where(column <= high)
    return query


def _ranges(wanted: Filter) -> tuple[tuple[InstrumentedAttribute[float], Range], ...]:
    return (
        (TrackRow.bpm, wanted.bpm),
        (TrackRow.energy, wanted.energy),
        (TrackRow.duration_s, wanted.duration_s),
    )
