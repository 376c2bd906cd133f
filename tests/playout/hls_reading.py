"""Reads live HLS from a folder or an address, by a parser that knows nothing of the one that wrote it."""

import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from functools import lru_cache
from gzip import decompress
from io import BytesIO
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin

import av

RATE = 48_000
_PAIR = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')


class Source(Protocol):
    """Where HLS can be read; `get` raises `OSError` for what is not there."""

    def get(self, path: str) -> bytes: ...


@dataclass(frozen=True)
class Folder:
    """HLS on disk; paths are relative to the master playlist's folder."""

    root: Path

    def get(self, path: str) -> bytes:
        return (self.root / path).read_bytes()


@dataclass(frozen=True)
class Address:
    """HLS on a web server; `headers` of the last answers are kept for the rules about delivery."""

    root: str
    answers: dict[str, Message] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)

    def get(self, path: str) -> bytes:
        wanted = urljoin(self.root, path)
        headers = {"Accept-Encoding": "gzip", "Origin": "http://example.org"}
        request = urllib.request.Request(wanted, headers=headers)  # noqa: S310 - the caller's own station
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            self.answers[path] = answer.headers
            if answer.geturl() != wanted:
                self.moved.add(path)
            body: bytes = answer.read()
        return decompress(body) if self.answers[path].get("Content-Encoding") == "gzip" else body


@dataclass(frozen=True)
class Listed:
    """A segment as its playlist tells of it."""

    number: int
    uri: str
    duration: float
    broken: bool
    date: float | None
    init: str | None


@dataclass(frozen=True)
class Media:
    """A media playlist. `tags` are all lines with their values, for rules about how often a tag may stand."""

    name: str
    text: str
    tags: tuple[tuple[str, str], ...]
    segments: tuple[Listed, ...]

    def all(self, tag: str) -> list[str]:
        return [value for name, value in self.tags if name == tag]

    def number(self, tag: str, default: int = 0) -> int:
        values = self.all(tag)
        return int(values[0]) if values else default

    @property
    def ranges(self) -> list[dict[str, str]]:
        return [attributes(value) for value in self.all("EXT-X-DATERANGE")]


@dataclass(frozen=True)
class Variant:
    """A line pair of the multivariant playlist."""

    uri: str
    words: dict[str, str]


def attributes(text: str) -> dict[str, str]:
    """An attribute list as a dictionary, quotes removed."""
    return {name: value.strip('"') for name, value in _PAIR.findall(text)}


def tags_of(text: str) -> tuple[tuple[str, str], ...]:
    lines = [line[1:].partition(":") for line in text.splitlines() if line.startswith("#EXT")]
    return tuple((name, value) for name, _, value in lines)


def variants_of(text: str) -> list[Variant]:
    found, words = [], None
    for line in text.splitlines():
        if line.startswith("#EXT-X-STREAM-INF:"):
            words = attributes(line.partition(":")[2])
        elif line and not line.startswith("#") and words is not None:
            found.append(Variant(line, words))
            words = None
    return found


def media_of(name: str, text: str) -> Media:
    tags = tags_of(text)
    number = int(next((value for tag, value in tags if tag == "EXT-X-MEDIA-SEQUENCE"), "0"))
    segments: list[Listed] = []
    duration, broken, date, init = 0.0, False, None, None
    for line in text.splitlines():
        tag, _, value = line.partition(":")
        if tag == "#EXTINF":
            duration = float(value.split(",")[0])
        elif tag == "#EXT-X-DISCONTINUITY":
            broken = True
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            date = second(value)
        elif tag == "#EXT-X-MAP":
            init = attributes(value)["URI"]
        elif line and not line.startswith("#"):
            segments.append(Listed(number + len(segments), line, duration, broken, date, init))
            broken, date = False, None
    return Media(name, text, tags, tuple(segments))


def second(text: str) -> float:
    """ISO 8601 as UTC seconds."""
    return datetime.fromisoformat(text).timestamp()


@dataclass(frozen=True)
class Sound:
    """What is inside a segment: first and last time in samples, codec, number of audio and other streams."""

    first: int
    end: int
    codec: str
    channels: int
    rate: int
    streams: int
    size: int


@lru_cache(maxsize=128)
def sound_of(init: bytes, segment: bytes) -> Sound:
    """Looks into a segment without decoding it."""
    with av.open(BytesIO(init + segment), format="mp4") as source:
        stream = source.streams.audio[0]
        frame = {"aac": 1024, "flac": 4608}[stream.codec_context.name]
        times = [packet.pts for packet in source.demux() if packet.size]
        context = stream.codec_context
        return Sound(
            times[0], times[-1] + frame, context.name, context.channels, context.rate, len(source.streams), len(segment)
        )


def missing(source: Source, path: str) -> bool:
    try:
        source.get(path)
    except (OSError, urllib.error.HTTPError):
        return True
    return False
