"""`Wish`: an output that somebody wants, checked, as it stands in `outputs.json`."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from sonicforge.errors import BadInput, Conflict, OutOfRange, UnknownName

OutputKind = Literal["hls", "http", "icecast", "rtmp", "srt", "recording"]

KINDS: Final[tuple[OutputKind, ...]] = get_args(OutputKind)
SCHEMES: Final[Mapping[OutputKind, tuple[str, ...]]] = {
    "icecast": ("icecast", "icecasts", "http", "https"),
    "rtmp": ("rtmp", "rtmps"),
    "srt": ("srt",),
}
"""Kinds that go to an address, and how it may begin; the others need none."""

MOST: Final = 32
MOST_OPTIONS: Final = 4096
"""Characters of the options as JSON."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_FIELDS = {"kind", "name", "url", "options"}


@dataclass(frozen=True, slots=True)
class Wish:
    """An output of a kind under a name that no other output of the station has.

    `url` is where it goes, for kinds that push (it may hold a password or key, so show `shown_url` only);
    `options` are plain values that the kind understands, such as `bitrate` or `format`.
    """

    kind: OutputKind
    name: str
    url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("kind of outputs", self.kind, KINDS)
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise BadInput(f"an output is called {self.name!r:.80}, but must be called by 1 to 40 of a-z, 0-9, hyphens")
        if not isinstance(self.url, str) or not isinstance(self.options, Mapping):
            raise BadInput(f"output {self.name!r} needs a url as text and options as an object")
        _check_url(self.kind, self.url)
        _check_options(self.name, self.options)

    @property
    def shown_url(self) -> str:
        """The address without password and stream key."""
        if not self.url:
            return ""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        path = parts.path if self.kind == "icecast" else parts.path.rpartition("/")[0]
        return f"{parts.scheme}://{host}{port}{path}"

    def to_json(self) -> dict[str, Any]:
        """Plain values, password included."""
        return {"kind": self.kind, "name": self.name, "url": self.url, "options": dict(self.options)}

    @classmethod
    def from_json(cls, told: Any) -> "Wish":
        """`to_json` backwards; `url` and `options` may be left out. Raises `BadInput`."""
        if not isinstance(told, Mapping):
            raise BadInput(f"an output is described by an object, met {told!r:.80}")
        strange = set(told) - _FIELDS
        if strange:
            raise UnknownName("field of outputs", min(map(str, strange)), _FIELDS)
        return cls(told.get("kind", ""), told.get("name", ""), told.get("url", ""), told.get("options", {}))


def checked_wishes(told: Any) -> tuple[Wish, ...]:
    """A list of wishes from plain values; raises `BadInput`, `Conflict` for a name that comes twice."""
    if isinstance(told, str | Mapping) or not isinstance(told, Iterable):
        raise BadInput(f"outputs are a list, met {told!r:.80}")
    wishes = tuple(map(Wish.from_json, told))
    if len(wishes) > MOST:
        raise OutOfRange("number of outputs", len(wishes), 0, MOST)
    names = [wish.name for wish in wishes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Conflict(f"two outputs are called {twice!r}")
    return wishes


def read_wishes(path: Path) -> tuple[Wish, ...]:
    """The wishes in a file, `DEFAULT` where there is none. Raises `BadInput` for anything else."""
    try:
        return checked_wishes(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return DEFAULT
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def _check_url(kind: OutputKind, url: str) -> None:
    schemes = SCHEMES.get(kind)
    if schemes is None:
        if url:
            raise BadInput(f"an output of kind {kind} goes to no address, met {url!r:.80}")
        return
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > 1000:
        raise BadInput(f"the address of an output must be up to 1000 printable ASCII characters, met {url!r:.80}")
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise BadInput(f"{url!r:.80} is no address: {error}") from error
    if not good:
        raise BadInput(f"the address of an output of kind {kind} must begin with {' or '.join(schemes)}:// and a host")


def _check_options(name: str, options: Mapping[str, Any]) -> None:
    try:
        length = len(json.dumps(dict(options), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"options of output {name!r} are no plain values: {error}") from error
    if length > MOST_OPTIONS:
        raise OutOfRange(f"length of the options of output {name!r}", length, 0, MOST_OPTIONS, "characters")


DEFAULT: Final = (Wish("hls", "hls"), Wish("http", "http"))
"""What a station sends out when nobody has said anything."""
