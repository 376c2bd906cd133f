"""Playlists of RFC 8216: one for every rendition, and the one that names them all."""

from collections.abc import Sequence as Many
from datetime import UTC, datetime

from sonicforge.playout.outputs.hls.grid import TARGET_S
from sonicforge.playout.outputs.hls.ranges import DateRange
from sonicforge.playout.outputs.hls.renditions import Rendition
from sonicforge.playout.outputs.hls.sequence import Rates, Segment, Sequence

MASTER, MEDIA = "master.m3u8", "index.m3u8"
_STEP = 1000


def media_playlist(sequence: Sequence, rendition: str) -> str:
    """The live playlist of a rendition; all renditions' are alike but for the names of initialisation segments."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{TARGET_S}",
        f"#EXT-X-MEDIA-SEQUENCE:{sequence.first_number}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{sequence.discontinuities}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *(_date_range(one) for one in sequence.ranges if one.start < sequence.end),
    ]
    init = ""
    for segment in sequence.listed:
        lines += _segment(segment, rendition, init)
        init = segment.inits[rendition]
    return "\n".join(lines) + "\n"


def master_playlist(renditions: Many[Rendition], sequence: Sequence) -> str:
    """The multivariant playlist with measured bit rates, rounded up so that it seldom changes."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rendition in renditions:
        rates = (sequence.rates or {}).get(rendition.name, Rates())
        average = _up(max(rates.average(rendition.average), _listed_average(sequence, rendition.name)))
        peak = max(_up(max(rates.peak, rendition.peak)), average)
        lines += [
            f'#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{rendition.codecs}"',
            f"{rendition.name}/{MEDIA}",
        ]
    return "\n".join(lines) + "\n"


def file_of(number: int) -> str:
    """A segment's file name inside its rendition's folder."""
    return f"{number}.m4s"


def date(utc: float) -> str:
    """ISO 8601 to the millisecond, as playlists want it."""
    return datetime.fromtimestamp(round(utc, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _listed_average(sequence: Sequence, rendition: str) -> float:
    """Bit/s of what is listed now, which may be denser than the hour."""
    seconds = sum(segment.seconds for segment in sequence.listed)
    return sum(segment.sizes[rendition] for segment in sequence.listed) * 8 / seconds if seconds else 0.0


def _segment(segment: Segment, rendition: str, init: str) -> list[str]:
    lines = ["#EXT-X-DISCONTINUITY"] if segment.broken else []
    if segment.inits[rendition] != init:
        lines.append(f'#EXT-X-MAP:URI="{segment.inits[rendition]}"')
    return [
        *lines,
        f"#EXT-X-PROGRAM-DATE-TIME:{date(segment.utc)}",
        f"#EXTINF:{segment.seconds:.3f},",
        file_of(segment.number),
    ]


def _date_range(one: DateRange) -> str:
    parts = [f'ID="{one.id}"', f'CLASS="sonicforge.{one.kind}"', f'START-DATE="{date(one.start)}"']
    if one.end is not None:
        parts.append(f'END-DATE="{date(one.end)}"')
    if one.planned_s is not None:
        parts.append(f"PLANNED-DURATION={one.planned_s:.3f}")
    parts += [f'X-{name}="{word}"' for name, word in one.words.items()]
    return "#EXT-X-DATERANGE:" + ",".join(parts)


def _up(rate: float) -> int:
    return -int(-rate // _STEP) * _STEP
