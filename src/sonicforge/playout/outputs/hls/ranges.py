"""Date ranges: what plays when, told inside the playlists (EXT-X-DATERANGE)."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sonicforge.playout.block import Mark

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class DateRange:
    """`kind` sounds from `start` to `end` (UTC seconds; None: still sounding). `words` become X- attributes.

    Once players have seen a range, nothing but its end may be added.
    """

    id: str
    kind: str
    start: float
    end: float | None
    planned_s: float | None
    words: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "DateRange":
        return cls(**told)


def range_of(mark: Mark, position: int, utc: float) -> DateRange:
    """The range that a mark opens: track, bridge, jingle or reserve with facts about its item.

    `X-AT` is the second of the item that sounds at the start; `X-FROM` names what a bridge leaves. The item's `art`
    tag, an address of a picture, becomes `X-ART`.
    """
    item = mark.item
    words = {
        "TITLE": item.title,
        "ARTIST": item.artist,
        "ITEM": item.id,
        "GENRE": item.genre,
        "ART": item.tags.get("art", ""),
        "FROM": mark.left.id if mark.left else "",
        "AT": f"{mark.at_s:.3f}" if mark.kind == "track" else "",
    }
    left_s = round(item.duration_s - mark.at_s, 3) if mark.kind != "bridge" else None
    said = {name: quotable(word) for name, word in words.items() if word}
    return DateRange(f"{mark.kind}-{position}", mark.kind, utc, None, left_s if left_s and left_s > 0 else None, said)


def opened(ranges: tuple[DateRange, ...], new: DateRange) -> tuple[DateRange, ...]:
    """The ranges with one more at the end; what sounded until then ends where it starts."""
    return (*closed(ranges, new.start), new)


def closed(ranges: tuple[DateRange, ...], utc: float) -> tuple[DateRange, ...]:
    """The ranges, with whatever still sounds ended."""
    return tuple(replace(one, end=max(utc, one.start)) if one.end is None else one for one in ranges)


def quotable(text: str) -> str:
    """Text that may stand in a quoted string of a playlist: one line, no double quotes, at most 200 characters."""
    plain = re.sub(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+", " ", text).replace('"', "”").strip()
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
