"""When a station says who it is: short pieces of its own between the others."""

from typing import Final

from sonicforge.genres.concept import Concept
from sonicforge.library.programme import Programme
from sonicforge.library.stations import Station
from sonicforge.library.values import Track
from sonicforge.tasks.clock import hour_of

LENGTH_S: Final = 10.0
WORDS: Final = "station ident of "


def is_jingle(track: Track) -> bool:
    """Whether a track of the library is a jingle, which no rotation plays."""
    return str(track.concept.get("text", "")).startswith(WORDS)


def jingle_concept(station: Station, genre: str, seed: int) -> Concept:
    """A short lively piece that stands for a station."""
    return Concept(genre=genre, length_s=LENGTH_S, text=f"{WORDS}{station.id}", seed=seed >> 1)


def belongs_to(track: Track, station_id: str) -> bool:
    """Whether a track is the jingle of a station."""
    return track.concept.get("text") == f"{WORDS}{station_id}"


def wanted(programme: Programme) -> bool:
    """Whether a programme has jingles at all."""
    return bool(programme.jingles.every_min or programme.jingles.at_minutes)


def due(programme: Programme, at: float, *, last_at: float, length_s: float) -> bool:
    """Whether a jingle belongs before a piece of `length_s` seconds that begins at `at`; the last one was at `last_at`.

    Slots by the minute are met by the border between pieces that is nearest to them.
    """
    rules = programme.jingles
    if rules.every_min and at - last_at >= rules.every_min * 60.0:
        return True
    if at - last_at < length_s / 2.0 + 60.0:
        return False
    minute = hour_of(programme, at) * 60.0 % 60.0
    reach = length_s / 120.0
    return any(min((minute - slot) % 60.0, (slot - minute) % 60.0) <= reach for slot in rules.at_minutes)
