"""`Programme`: what a station plays when, and by which rules. Checked once, when it is made."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from itertools import pairwise
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from sonicforge.errors import BadInput, Conflict, OutOfRange, UnknownName

DAY = 24.0
RANGES: dict[str, tuple[float, float, str]] = {
    "weight": (0.0, 100.0, ""),
    "most_of_a_genre": (1, 50, "tracks"),
    "cooldown_min": (0.0, 10_080.0, "minutes"),
    "breather_every": (0, 50, "tracks"),
    "breather_energy": (0.0, 1.0, ""),
    "new_share": (0.0, 1.0, ""),
    "every_min": (0.0, 1440.0, "minutes"),
    "buffer_min": (5.0, 1440.0, "minutes"),
    "disk_gb": (0.1, 100_000.0, "GB"),
    "skip_share": (0.0, 1.0, ""),
    "skip_least": (1, 1000, "votes"),
    "requests_per_hour": (0, 1000, "requests"),
    "requests_share": (0.0, 1.0, ""),
}


@dataclass(frozen=True, slots=True)
class GenreShare:
    """A genre, how often it comes against the others, and its hours.

    `hours` are (from, to) in local hours 0..24; over midnight as (22, 4); none means always.
    """

    genre: str
    weight: float = 1.0
    hours: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.genre.replace("_", "a").isalnum() or len(self.genre) > 60:
            raise BadInput(f"{self.genre[:80]!r} is no name of a genre")
        _check(self)
        for begin, end in self.hours:
            for hour in (begin, end):
                _within("hours", hour, 0.0, DAY, "o'clock")

    def plays_at(self, hour: float) -> bool:
        """Whether the genre has its time at a local hour."""
        return not self.hours or any(
            begin <= hour < end if begin < end else hour >= begin or hour < end for begin, end in self.hours
        )


@dataclass(frozen=True, slots=True)
class Rotation:
    """How soon things may come again.

    `most_of_a_genre` tracks of one genre in a row; `cooldown_min` minutes before a track is played again; a calm track
    of at most `breather_energy` after every `breather_every` others (0: never).
    """

    most_of_a_genre: int = 3
    cooldown_min: float = 180.0
    breather_every: int = 6
    breather_energy: float = 0.4

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class Jingles:
    """When the station says its name: every so many minutes (0: never) and at minutes of the hour."""

    every_min: float = 0.0
    at_minutes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check(self)
        for minute in self.at_minutes:
            _within("at_minutes", minute, 0, 59, "minutes past the hour")


@dataclass(frozen=True, slots=True)
class Programme:
    """The rules of a station.

    `genres` share the time by weight (none: all that there are, evenly). `energy` is the wished energy over the day as
    (local hour, 0..1) points, joined by straight lines around midnight. `new_share` is the part of tracks that were
    never played against loved ones. `buffer_min` minutes of approved music are kept ready, `disk_gb` is what all tracks
    may take. A skip needs votes of `skip_share` of the listeners, but at least `skip_least`. `requests_share` of the
    queue may be requests, `requests_per_hour` of one listener. `timezone` as in "Europe/Berlin", "" is the machine's.
    """

    genres: tuple[GenreShare, ...] = ()
    energy: tuple[tuple[float, float], ...] = ((0.0, 0.35), (6.0, 0.3), (12.0, 0.5), (18.0, 0.6), (22.0, 0.5))
    rotation: Rotation = field(default_factory=Rotation)
    jingles: Jingles = field(default_factory=Jingles)
    new_share: float = 0.6
    buffer_min: float = 60.0
    disk_gb: float = 20.0
    skip_share: float = 0.5
    skip_least: int = 2
    requests_per_hour: int = 6
    requests_share: float = 0.5
    timezone: str = ""

    def __post_init__(self) -> None:
        _check(self)
        names = [share.genre for share in self.genres]
        if len(set(names)) < len(names):
            raise Conflict(f"a genre stands twice in the programme: {', '.join(sorted(names))}")
        if self.genres and not any(share.weight > 0 for share in self.genres):
            raise Conflict("every genre of the programme has weight 0, so nothing could be played")
        hours = [hour for hour, _ in self.energy]
        if not self.energy or hours != sorted(set(hours)):
            raise BadInput(f"energy needs points with rising hours, met hours {hours}")
        for hour, energy in self.energy:
            _within("energy hour", hour, 0.0, DAY, "o'clock")
            _within("energy", energy, 0.0, 1.0, "")
        _check_timezone(self.timezone)

    def shares_at(self, hour: float, *, known: Collection[str] = ()) -> dict[str, float]:
        """Genre -> its part of the time at a local hour, summing to one.

        `known` are the genres there are, which count when the programme names none. When no genre has its hours, all of
        the programme do, because something must play.
        """
        shares = self.genres or tuple(GenreShare(genre) for genre in sorted(known))
        wanted = [share for share in shares if share.weight > 0]
        now = [share for share in wanted if share.plays_at(hour % DAY)] or wanted
        total = sum(share.weight for share in now)
        return {share.genre: share.weight / total for share in now}

    def energy_at(self, hour: float) -> float:
        """The wished energy, 0..1, at a local hour."""
        at = hour % DAY
        points = list(self.energy)
        ring = [(points[-1][0] - DAY, points[-1][1]), *points, (points[0][0] + DAY, points[0][1])]
        for (left, low), (right, high) in pairwise(ring):
            if left <= at <= right:
                share = 0.0 if right == left else (at - left) / (right - left)
                return min(max(low + (high - low) * share, 0.0), 1.0)
        return points[0][1]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any], *, genres: Collection[str] = ()) -> "Programme":
        """A checked programme from plain values; what is left out has its default.

        With `genres` every genre must be one of them. Raises `BadInput` for anything it cannot use.
        """
        known = _fitting("the programme", told, cls)
        for name, make in _PARTS.items():
            if name in known:
                known[name] = make(known[name])
        made = cls(**known)
        for share in made.genres:
            if genres and share.genre not in genres:
                raise UnknownName("genre", share.genre, genres)
        return made


def _check(value: Any) -> None:
    """Every number of a part is of its kind and within its range."""
    for part in fields(value):
        if part.name in RANGES:
            number = getattr(value, part.name)
            whole = part.type in (int, "int")
            if isinstance(number, bool) or not isinstance(number, int if whole else (int, float)):
                raise BadInput(f"{part.name} is {number!r}, but must be a {'whole ' if whole else ''}number")
            _within(part.name, number, *RANGES[part.name])
        elif part.type in (str, "str") and not isinstance(getattr(value, part.name), str):
            raise BadInput(f"{part.name} is {getattr(value, part.name)!r}, but must be a text")


def _within(name: str, value: float, low: float, high: float, unit: str) -> None:
    if not isfinite(value) or not low <= value <= high:
        raise OutOfRange(name, value, low, high, unit)


def _check_timezone(name: str) -> None:
    try:
        if name:
            ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise BadInput(f"there is no timezone {name[:80]!r}; it is written as in Europe/Berlin or UTC") from error


def _fitting(name: str, told: Any, kind: type) -> dict[str, Any]:
    assert is_dataclass(kind)
    if not isinstance(told, Mapping):
        raise BadInput(f"{name} must be an object, not {type(told).__name__}")
    known = [part.name for part in fields(kind)]
    for key in told:
        if key not in known:
            raise BadInput(f"{name} has no {str(key)[:80]!r}; known: {', '.join(known)}")
    return dict(told)


def _pairs(name: str, told: Any) -> tuple[tuple[float, float], ...]:
    try:
        return tuple((float(left), float(right)) for left, right in told)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{name} is {str(told)[:80]}, but must be a list of pairs of numbers") from error


def _share(told: Any) -> GenreShare:
    known = _fitting("a genre of the programme", {"genre": told} if isinstance(told, str) else told, GenreShare)
    if not isinstance(known.get("genre"), str):
        raise BadInput(f"a genre of the programme has no name: {str(told)[:80]}")
    return GenreShare(**known | ({"hours": _pairs("hours", known["hours"])} if "hours" in known else {}))


def _shares(told: Any) -> tuple[GenreShare, ...]:
    if not isinstance(told, (list, tuple)):
        raise BadInput(f"genres is {str(told)[:80]!r}, but must be a list")
    return tuple(map(_share, told))


def _jingles(told: Any) -> Jingles:
    known = _fitting("jingles", told, Jingles)
    minutes = known.get("at_minutes", ())
    if not isinstance(minutes, (list, tuple)) or not all(type(minute) is int for minute in minutes):
        raise BadInput(f"at_minutes is {str(minutes)[:80]}, but must be a list of whole minutes")
    return Jingles(**known | {"at_minutes": tuple(minutes)})


_PARTS = {
    "genres": _shares,
    "energy": lambda told: _pairs("energy", told),
    "rotation": lambda told: Rotation(**_fitting("rotation", told, Rotation)),
    "jingles": _jingles,
}
