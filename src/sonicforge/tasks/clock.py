"""The station's wall clock: the hour and the day that its programme speaks of."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sonicforge.library.programme import Programme


def local_time(programme: Programme, at: float) -> datetime:
    """A moment, in UTC seconds since 1970, on the clock of the station (the machine's where it names no timezone)."""
    zone = ZoneInfo(programme.timezone) if programme.timezone else None
    told = datetime.fromtimestamp(at, tz=zone or ZoneInfo("UTC"))
    return told if zone else told.astimezone()


def hour_of(programme: Programme, at: float) -> float:
    """The local hour of a moment, 0..24."""
    told = local_time(programme, at)
    return told.hour + told.minute / 60.0 + told.second / 3600.0


def day_of(programme: Programme, at: float) -> str:
    """The local date of a moment, as 2031-05-17."""
    return local_time(programme, at).date().isoformat()


def clock_words(hour: float) -> str:
    """`22:30` for 22.5."""
    minutes = round(hour * 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
