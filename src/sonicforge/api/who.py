"""Who calls: a listener by a signed id, the owner by a token or from this very machine."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

from starlette.requests import HTTPConnection

from sonicforge.api.guard import same_host
from sonicforge.errors import CannotWrite

COOKIE: Final = "sonicforge_listener"
HEADER: Final = "x-listener"
KEPT_S: Final = 365 * 86_400
KEY_FILE: Final = "listener.key"
_PROXY: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
_OWN_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener: `id` is what the library knows, `token` what the caller shows again; `new` ones were just named."""

    id: str
    token: str
    new: bool


class Signer:
    """Names listeners, and knows a name that it has given from one that was made up."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def named(self) -> Listener:
        """A listener nobody knows yet."""
        name = secrets.token_hex(12)
        return Listener(name, f"{name}.{self._mark(name)}", new=True)

    def known(self, token: str | None) -> Listener | None:
        """Who shows this token, None unless it was given here."""
        name, _, mark = (token or "")[:200].partition(".")
        if not name.isascii() or not mark.isascii() or not hmac.compare_digest(mark, self._mark(name)):
            return None
        return Listener(name, f"{name}.{mark}", new=False)

    def veiled(self, *parts: str) -> str:
        """A name for a client that tells nobody its address."""
        return hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:24]

    def _mark(self, name: str) -> str:
        return hmac.new(self._key, b"listener\0" + name.encode(), hashlib.sha256).hexdigest()[:32]


def signer_of(data: Path) -> Signer:
    """The signer of a data directory; its key of 256 bits is made on first use, readable for the owner only.

    Raises `CannotWrite` where the folder refuses.
    """
    path = data / KEY_FILE
    try:
        part = path.with_name(f".{KEY_FILE}-{secrets.token_hex(4)}")
        if not path.exists():
            part.touch(mode=0o600)
            with part.open("wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(part, path)
            part.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise CannotWrite(f"{path}: {error.strerror or error}") from error
    if len(key) < 32:
        raise CannotWrite(f"{path} holds {len(key)} bytes instead of 32; delete it, and listeners get new names")
    return Signer(key)


def address(connection: HTTPConnection) -> str:
    """Where a call comes from; of an IPv6 address the network of one household, because one caller has all of it.

    A proxy on this machine is believed when it says for whom it asks; what a caller himself wrote before that is not.
    """
    host = connection.client.host if connection.client else ""
    place = _place(host)
    if place is not None and place.is_loopback:
        told = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        place = _place(told) or place
    if place is None:
        return host or "unknown"
    if isinstance(place, IPv6Address) and not place.is_loopback:
        return str(place.ipv4_mapped or IPv6Address(int(place) >> 64 << 64))
    return str(place)


def is_loopback(place: str) -> bool:
    """Whether an address is this machine itself."""
    known = _place(place)
    return known is not None and known.is_loopback


def by_tls(connection: HTTPConnection) -> bool:
    """Whether the caller speaks TLS, with this server or with a proxy on this machine."""
    host = connection.client.host if connection.client else ""
    told = connection.headers.get("x-forwarded-proto", "") if is_loopback(host) else ""
    return (told or connection.url.scheme) in ("https", "wss")


def at_this_machine(connection: HTTPConnection) -> bool:
    """Whether the caller sits at this very machine: a loopback address, no proxy between, and no page of another host.

    The name in `Host` counts too, because a foreign page can point a name of its own at 127.0.0.1.
    """
    if any(name in connection.headers for name in _PROXY) or not same_host(connection.headers):
        return False
    asked = connection.headers.get("host", "").lower()
    name = asked.partition("]")[0].strip("[") if asked.startswith("[") else asked.partition(":")[0]
    host = connection.client.host if connection.client else ""
    return name in _OWN_NAMES and is_loopback(host)


def bearer(connection: HTTPConnection) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def fits(shown: str, token: str) -> bool:
    """Whether the shown token is the owner's; an empty one opens nothing. Takes the same time for every wrong one."""
    return bool(token) and hmac.compare_digest(shown.encode(errors="replace"), token.encode())


def _place(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
