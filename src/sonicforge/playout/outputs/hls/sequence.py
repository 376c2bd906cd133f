"""`Sequence`: which segments are on air, in which order, under which numbers. A value; every step gives a new one.

It is what a restart needs, and it is written to disk before any playlist tells of it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sonicforge.errors import BadDataFile
from sonicforge.playout.block import RATE
from sonicforge.playout.outputs.hls.grid import SEGMENT_S
from sonicforge.playout.outputs.hls.ranges import DateRange

_SLACK_S = 0.25
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment in all renditions: `position` and `length` in samples, `utc` of its first sample in seconds.

    `broken` says that it does not continue the one before. `sizes` and `inits` give, for every rendition, its bytes
    and the name of the initialisation segment it needs. While it is being made, `length` is 0 and `sizes` is empty.
    """

    number: int
    position: int
    length: int
    utc: float
    broken: bool
    sizes: Mapping[str, int]
    inits: Mapping[str, str]

    @property
    def seconds(self) -> float:
        return self.length / RATE

    @property
    def end(self) -> float:
        """UTC second at which the segment ends, to the millisecond."""
        return round(self.utc + self.seconds, 3)

    @property
    def end_position(self) -> int:
        return self.position + self.length

    def utc_at(self, position: int) -> float:
        return round(self.utc + (position - self.position) / RATE, 3)


@dataclass(frozen=True, slots=True)
class Rates:
    """Bits of about the last hour of a rendition, and the highest bit rate of a segment so far."""

    bits: float = 0.0
    seconds: float = 0.0
    peak: float = 0.0

    def with_segment(self, size: int, seconds: float) -> "Rates":
        keep = min(1.0, _HOUR_S / (self.seconds + seconds))
        peak = max(self.peak, size * 8 / seconds)
        return Rates((self.bits + size * 8) * keep, (self.seconds + seconds) * keep, peak)

    def average(self, promised: float) -> float:
        """Measured bit/s; what an hour still lacks is filled up with what was promised."""
        return (self.bits + promised * max(0.0, _HOUR_S - self.seconds)) / max(self.seconds, _HOUR_S)


@dataclass(frozen=True, slots=True)
class Sequence:
    """`listed` segments stand in the playlists; `gone` ones do not any more but may be fetched until a UTC second.

    `open` is the segment being made. `discontinuities` counts the breaks that have left the playlists. `published` is
    the UTC second of the last change of the playlists, `shown` the newest segment they named then.
    """

    renditions: tuple[str, ...]
    next_number: int
    listed: tuple[Segment, ...] = ()
    gone: tuple[tuple[int, float], ...] = ()
    open: Segment | None = None
    discontinuities: int = 0
    ranges: tuple[DateRange, ...] = ()
    rates: Mapping[str, Rates] | None = None
    published: float = 0.0
    shown: int = -1

    @property
    def first_number(self) -> int:
        """EXT-X-MEDIA-SEQUENCE."""
        return self.listed[0].number if self.listed else self.next_number

    @property
    def end(self) -> float:
        """UTC second at which the last listed segment ends; -1 before there is one."""
        return self.listed[-1].end if self.listed else -1.0

    def opening(self, position: int, utc: float, inits: Mapping[str, str], *, broken: bool) -> "Sequence":
        """Begin the next segment. Its date follows the one before exactly, and never runs backwards.

        Unless `broken`, a clock that is less than a quarter of a second off is not believed: it jitters.
        """
        last = self.listed[-1] if self.listed else None
        if last is not None and (utc < last.end or (not broken and utc - last.end < _SLACK_S)):
            utc = last.end
        segment = Segment(self.next_number, position, 0, round(utc, 3), broken and last is not None, {}, dict(inits))
        return replace(self, open=segment)

    def committed(self, end_position: int, sizes: Mapping[str, int], window_s: float) -> "Sequence":
        """The open segment joins the list; the oldest leave it while `window_s` seconds remain."""
        assert self.open is not None
        done = replace(self.open, length=end_position - self.open.position, sizes=dict(sizes))
        rates = dict(self.rates or {})
        for name, size in sizes.items():
            rates[name] = rates.get(name, Rates()).with_segment(size, done.seconds)
        listed = (*self.listed, done)
        return _shortened(replace(self, listed=listed, open=None, next_number=done.number + 1, rates=rates), window_s)

    def emptied(self, renditions: tuple[str, ...]) -> "Sequence":
        """Begin a new list, of other renditions or after a loss: the old one cannot be continued without a hole."""
        breaks = sum(segment.broken for segment in self.listed)
        until = self.end + sum(segment.seconds for segment in self.listed) + SEGMENT_S
        gone = tuple((segment.number, until) for segment in self.listed)
        return replace(
            self,
            renditions=renditions,
            listed=(),
            gone=(*self.gone, *gone),
            open=None,
            discontinuities=self.discontinuities + breaks + 1,
            ranges=(),
            rates={name: rate for name, rate in (self.rates or {}).items() if name in renditions},
        )

    def forgetting(self, numbers: frozenset[int]) -> "Sequence":
        """Without the gone segments whose files have been deleted."""
        return replace(self, gone=tuple(pair for pair in self.gone if pair[0] not in numbers))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Sequence":
        """`to_json` backwards; raises `BadDataFile` for anything else."""
        try:
            known = dict(told)
            known["renditions"] = tuple(known["renditions"])
            known["listed"] = tuple(Segment(**segment) for segment in known["listed"])
            known["gone"] = tuple((int(number), float(until)) for number, until in known["gone"])
            known["open"] = None if known["open"] is None else Segment(**known["open"])
            known["ranges"] = tuple(DateRange.from_json(one) for one in known["ranges"])
            known["rates"] = {name: Rates(**rate) for name, rate in (known["rates"] or {}).items()}
            return cls(**known)
        except (KeyError, TypeError, ValueError) as error:
            raise BadDataFile("sequence", "document", str(error)) from error


def _shortened(sequence: Sequence, window_s: float) -> Sequence:
    listed, gone, breaks = list(sequence.listed), list(sequence.gone), sequence.discontinuities
    left_s = sum(segment.seconds for segment in listed)
    while left_s - listed[0].seconds >= window_s:
        oldest = listed.pop(0)
        # RFC 8216 6.2.2: fetchable for its own length and the longest playlist that listed it.
        gone.append((oldest.number, round(listed[-1].end + oldest.seconds + left_s + SEGMENT_S, 3)))
        left_s -= oldest.seconds
        breaks += oldest.broken
    since = listed[0].utc
    ranges = tuple(one for one in sequence.ranges if one.end is None or one.end > since)
    return replace(sequence, listed=tuple(listed), gone=tuple(gone), discontinuities=breaks, ranges=ranges)
