"""The source side of an Icecast server: taking a mount, feeding it, telling it titles."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from sonicforge.errors import BadInput
from sonicforge.playout.outputs.consumer import Refused
from sonicforge.playout.outputs.titles import one_line
from sonicforge.playout.outputs.wire import Wire

_MOST_ANSWER = 16_384
_NO_PUT = (400, 404, 405, 501)


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a stream goes on an Icecast server, read from `icecast://user:password@host:port/mount`."""

    host: str
    port: int
    path: str
    user: str
    password: str
    tls: bool

    @classmethod
    def from_url(cls, url: str) -> "Mount":
        """The user is "source" and the port 8000 (443 with https) unless named; raises `BadInput`."""
        parts = urlsplit(url)
        if parts.scheme not in ("icecast", "icecasts", "http", "https") or not parts.hostname:
            raise BadInput("an Icecast address looks like icecast://source:password@host:8000/mount")
        if len(parts.path) < 2:
            raise BadInput(f"the Icecast address for {parts.hostname} names no mount, as in ...:8000/mount")
        tls = parts.scheme in ("icecasts", "https")
        port = parts.port or (443 if parts.scheme == "https" else 8000)
        user, password = unquote(parts.username or "source"), unquote(parts.password or "")
        return cls(parts.hostname, port, quote(unquote(parts.path), safe="/-._~"), user, password, tls)

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def authorization(self) -> str:
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()


class IcecastSource:
    """A mount that is ours: connects with PUT, or with SOURCE for servers that know no PUT.

    Raises `Refused` for a wrong password, `ConnectionError` for other answers than yes, `OSError` for the network.
    """

    def __init__(self, mount: Mount, mime: str, about: Mapping[str, str]) -> None:
        self._mount = mount
        try:
            self._wire = self._taken_with("PUT", mime, about)
        except _NoPut:
            self._wire = self._taken_with("SOURCE", mime, about)

    @property
    def taken(self) -> int:
        """Bytes that the server's machine has acknowledged."""
        return self._wire.taken

    def send(self, data: bytes) -> None:
        """More of the stream; raises when the server has hung up or takes nothing any more."""
        self._wire.send(data)
        self._wire.waiting()

    def close(self) -> None:
        """Leave the mount."""
        self._wire.close()

    def _taken_with(self, method: str, mime: str, about: Mapping[str, str]) -> Wire:
        wire = Wire(self._mount.host, self._mount.port, tls=self._mount.tls)
        try:
            wire.send(self._request(method, mime, about))
            self._check(method, *_status(wire))
        except OSError:
            wire.close()
            raise
        except Refused:
            wire.close()
            raise
        wire.limit_buffer(128 << 10)
        return wire

    def _request(self, method: str, mime: str, about: Mapping[str, str]) -> bytes:
        fields = {
            "Host": self._mount.authority,
            "Authorization": self._mount.authorization,
            "User-Agent": "SonicForge",
            "Content-Type": mime,
            **{name: one_line(value, 300) for name, value in about.items()},
            **({"Expect": "100-continue"} if method == "PUT" else {}),
        }
        version = "HTTP/1.1" if method == "PUT" else "HTTP/1.0"
        lines = [f"{method} {self._mount.path} {version}", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode()

    def _check(self, method: str, code: int, reason: str) -> None:
        if code in (100, 200):
            return
        if code == 401:
            raise Refused(f"{self._mount.authority} refuses the password of user {self._mount.user!r}")
        if method == "PUT" and code in _NO_PUT:
            raise _NoPut(reason)
        raise ConnectionRefusedError(f"{self._mount.authority} refuses mount {self._mount.path}: {code} {reason}")


class _NoPut(ConnectionError):
    """A server from before PUT."""


def tell_title(mount: Mount, title: str) -> None:
    """Set the title of an MP3 or AAC mount; raises `OSError` when the server does not take it.

    No charset is named: a server that knows one would turn the title into the mount's, by default Latin-1, and players
    would get question marks for most of the world's letters. Unnamed, the UTF-8 reaches them as it is.
    """
    wire = Wire(mount.host, mount.port, tls=mount.tls, timeout_s=5.0)
    try:
        song = quote(one_line(title), safe="")
        query = f"mount={quote(mount.path, safe='/')}&mode=updinfo&song={song}"
        wire.send(
            f"GET /admin/metadata?{query} HTTP/1.0\r\nHost: {mount.authority}\r\n"
            f"Authorization: {mount.authorization}\r\nUser-Agent: SonicForge\r\n\r\n".encode()
        )
        code, reason = _status(wire)
        if code != 200:
            raise ConnectionRefusedError(f"{mount.authority} does not take the title: {code} {reason}")
    finally:
        wire.close()


def _status(wire: Wire) -> tuple[int, str]:
    """Code and reason of an HTTP answer."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MOST_ANSWER:
        try:
            head += wire.receive()
        except ConnectionResetError:
            if not head:
                raise _NoPut("no answer") from None
            break
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(words) < 2 or not words[1].isdigit():
        raise ConnectionError(f"no Icecast server answers there: {words[0][:40]!r}")
    return int(words[1]), one_line(words[2] if len(words) > 2 else "", 100)
