"""The publishing side of RTMP: handshake, the five commands before the first picture, chunks (Adobe, RTMP 1.0)."""

import os
import struct
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sonicforge.errors import BadInput
from sonicforge.playout.outputs import amf
from sonicforge.playout.outputs.consumer import Refused
from sonicforge.playout.outputs.flv import AUDIO, SCRIPT, Tag
from sonicforge.playout.outputs.rtmp_chunks import CHUNK, SET_CHUNK, Inbound, chunks
from sonicforge.playout.outputs.wire import Wire

_ACK, _USER, _WINDOW, _COMMAND = 3, 4, 5, 20
_PING, _PONG = 6, 7
_CONTROL_STREAM, _COMMAND_STREAM, _SOUND_STREAM, _PICTURE_STREAM = 2, 3, 4, 6
_REFUSALS = ("Unauthorized", "Rejected", "BadAuth", "InvalidApp", "Denied")
"""Words of a lasting no. A name in use is none: often our own last connection is what the server still holds."""

_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where to publish, read from `rtmp://host:port/app/key` or `rtmps://`."""

    host: str
    port: int
    app: str
    key: str
    tls: bool

    @classmethod
    def from_url(cls, url: str) -> "Target":
        """The port is 1935, or 443 with TLS, unless named; raises `BadInput`."""
        parts = urlsplit(url)
        app, slash, key = parts.path.strip("/").rpartition("/")
        if parts.scheme not in ("rtmp", "rtmps") or not parts.hostname or not slash or not app or not key:
            raise BadInput("an RTMP address looks like rtmp://host/app/key")
        tls = parts.scheme == "rtmps"
        query = f"?{parts.query}" if parts.query else ""
        return cls(parts.hostname, parts.port or (443 if tls else 1935), app, key + query, tls)

    @property
    def shown(self) -> str:
        """The address without the key."""
        return f"{self.host}:{self.port}/{self.app}"

    @property
    def app_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.tls else 1935
        return f"rtmp{'s' if self.tls else ''}://{host}{'' if self.port == usual else f':{self.port}'}/{self.app}"


class RtmpLink:
    """A stream that is being published. Raises `Refused` when the server says no to the key, `OSError` otherwise."""

    def __init__(self, target: Target) -> None:
        self._wire = Wire(target.host, target.port, tls=target.tls)
        self._inbound = Inbound()
        self._unread: deque[tuple[int, bytes]] = deque()
        self._stream = 0
        self._zero_ms: int | None = None
        try:
            self._shake_hands()
            self._begin(target)
            self._wire.limit_buffer(128 << 10)
        except BaseException:
            self._wire.close()
            raise

    @property
    def taken(self) -> int:
        """Bytes that the far machine has acknowledged."""
        return self._wire.taken

    def send(self, tag: Tag) -> None:
        """One tag, its time counted from the first tag of this connection."""
        if self._zero_ms is None:
            self._zero_ms = tag.at_ms
        at_ms = max(0, tag.at_ms - self._zero_ms)
        data = amf.encoded("@setDataFrame") + tag.data if tag.kind == SCRIPT else tag.data
        stream = _SOUND_STREAM if tag.kind in (AUDIO, SCRIPT) else _PICTURE_STREAM
        self._wire.send(chunks(stream, tag.kind, self._stream, data, at_ms))
        self.listen()

    def listen(self) -> None:
        """Answer what the server has said meanwhile; raises when it ended the stream."""
        if heard := self._wire.waiting():
            self._hear(heard)

    def drop(self) -> None:
        """Hang up, also while another thread is sending."""
        self._wire.close()

    def close(self) -> None:
        """Say goodbye as far as the server still listens, and hang up."""
        with suppress(OSError):
            self._wire.hurry()
            self._command("deleteStream", 0, None, self._stream)
        self._wire.close()

    def _shake_hands(self) -> None:
        self._wire.send(b"\x03" + struct.pack(">II", 0, 0) + os.urandom(1528))
        answer = b""
        while len(answer) < 1 + 2 * 1536:
            answer += self._wire.receive()
        if answer[0] != 3:
            raise ConnectionError(f"no RTMP server answers there (version {answer[0]})")
        self._wire.send(answer[1:1537])
        self._inbound.add(answer[1 + 2 * 1536 :])

    def _begin(self, target: Target) -> None:
        try:
            self._publish(target)
        except ConnectionResetError:
            words = f"{target.shown} hung up before the stream began; is the key right?"
            raise ConnectionRefusedError(words) from None

    def _publish(self, target: Target) -> None:
        self._wire.send(chunks(_CONTROL_STREAM, SET_CHUNK, 0, struct.pack(">I", CHUNK)))
        about = {"app": target.app, "type": "nonprivate", "flashVer": "FMLE/3.0 (compatible; SonicForge)"}
        self._command("connect", 1, {**about, "tcUrl": target.app_url})
        self._answer_to(1)
        self._command("releaseStream", 2, None, target.key)
        self._command("FCPublish", 3, None, target.key)
        self._command("createStream", 4, None)
        self._stream = int(self._answer_to(4)[-1])
        self._command("publish", 5, None, target.key, "live", stream=self._stream)
        self._status()

    def _command(self, name: str, number: int, *values: Any, stream: int = 0) -> None:
        body = amf.encoded(name, number, *values)
        self._wire.send(chunks(_COMMAND_STREAM, _COMMAND, stream, body))

    def _answer_to(self, number: int) -> list[Any]:
        """What the server answers to a command."""
        while True:
            command = self._next_command()
            if command[:2] == ["_result", number] and len(command) > 2:
                return command
            if command[:2] == ["_error", number]:
                raise _refusal(command)

    def _status(self) -> None:
        """Wait until the stream is ours."""
        while True:
            command = self._next_command()
            if command[0] == "onStatus":
                self._check_status(command)
                if _field(command, "code") == "NetStream.Publish.Start":
                    return

    def _next_command(self) -> list[Any]:
        limit = time.monotonic() + _WAIT_S
        while time.monotonic() < limit:
            self._unread += self._inbound.messages()
            while self._unread:
                kind, body = self._unread.popleft()
                if kind == _COMMAND and (command := amf.decoded(body)):
                    return command
                self._heed(kind, body)
            self._inbound.add(self._wire.receive())
        raise TimeoutError("the RTMP server does not answer")

    def _hear(self, data: bytes) -> None:
        self._inbound.add(data)
        for kind, body in self._inbound.messages():
            self._heed(kind, body)
            with suppress(ValueError):  # servers chat in forms of their own; only what says the end matters here
                if kind == _COMMAND and (command := amf.decoded(body))[:1] == ["onStatus"]:
                    self._check_status(command)

    def _heed(self, kind: int, body: bytes) -> None:
        if kind == _USER and body[:2] == struct.pack(">H", _PING):
            self._wire.send(chunks(_CONTROL_STREAM, _USER, 0, struct.pack(">H", _PONG) + body[2:6]))
        elif kind == _WINDOW and len(body) >= 4:
            self._inbound.window = int.from_bytes(body[:4], "big")
        if self._inbound.owes_acknowledgement():
            self._wire.send(chunks(_CONTROL_STREAM, _ACK, 0, struct.pack(">I", self._inbound.heard & 0xFFFFFFFF)))

    def _check_status(self, command: list[Any]) -> None:
        code = _field(command, "code")
        if _field(command, "level") == "error" or code.startswith(
            ("NetStream.Unpublish", "NetConnection.Connect.Closed")
        ):
            raise _refusal(command)


def _field(command: list[Any], name: str) -> str:
    about = next((value for value in reversed(command) if isinstance(value, dict)), {})
    return str(about.get(name) or "")


def _refusal(command: list[Any]) -> Exception:
    code, words = _field(command, "code"), _field(command, "description")
    said = f"the RTMP server says {code or command[0]}: {words}".rstrip(": ")
    final = any(word.lower() in (code + words).lower() for word in _REFUSALS)
    return Refused(said) if final else ConnectionRefusedError(said)
