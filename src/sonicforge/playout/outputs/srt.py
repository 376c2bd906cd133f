"""SRT through the system's libsrt: MPEG-TS to one far end, with its latency, stream id and passphrase."""

import ctypes
import socket
import struct
import sys
from contextlib import suppress
from ctypes.util import find_library
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sonicforge.errors import BadInput, OutOfRange
from sonicforge.playout.outputs.consumer import Refused

_LIBRARIES = ("srt-gnutls", "srt-openssl", "srt")
_FILES = ("libsrt-gnutls.so.1.5", "libsrt-openssl.so.1.5", "libsrt.so.1.5", "libsrt.1.5.dylib")
_SEND_WAIT, _LATENCY, _PASSPHRASE, _CONNECT_WAIT, _STREAM_ID = 13, 23, 26, 36, 46
"""Numbers of the options in srt.h, 1.4 and later."""

_PAYLOAD = 7 * 188
_CONNECTED = 5
_BAD_SECRET = 10
_WAIT_MS = 10_000


@dataclass(frozen=True, slots=True)
class SrtTarget:
    """Where to call, read from `srt://host:port?streamid=...&passphrase=...&latency=milliseconds`."""

    host: str
    port: int
    stream_id: str
    passphrase: str
    latency_ms: int

    @classmethod
    def from_url(cls, url: str) -> "SrtTarget":
        """Latency is 500 ms unless named; raises `BadInput`, `OutOfRange`."""
        parts = urlsplit(url)
        if parts.scheme != "srt" or not parts.hostname or not parts.port:
            raise BadInput("an SRT address looks like srt://host:port?streamid=...&passphrase=...&latency=500")
        fields = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if fields.get("mode", "caller") != "caller":
            raise BadInput(f"SRT mode is {fields['mode']!r}, but the station only calls (mode=caller)")
        latency, passphrase = fields.get("latency", "500"), fields.get("passphrase", "")
        if not latency.isdigit() or not 20 <= int(latency) <= 10_000:
            raise OutOfRange("SRT latency", latency, 20, 10_000, "ms")
        if passphrase and not 10 <= len(passphrase.encode()) <= 79:
            raise OutOfRange("length of the SRT passphrase", len(passphrase.encode()), 10, 79, "bytes")
        return cls(parts.hostname, parts.port, fields.get("streamid", ""), passphrase, int(latency))


@cache
def _library() -> Any:
    """libsrt, started; None where it is not installed."""
    names = [*filter(None, map(find_library, _LIBRARIES)), *_FILES]
    for name in names:
        with suppress(OSError):
            library = ctypes.CDLL(name)
            library.srt_getlasterror_str.restype = ctypes.c_char_p
            library.srt_rejectreason_str.restype = ctypes.c_char_p
            library.srt_setloglevel(2)
            library.srt_startup()
            return library
    return None


class SrtLink:
    """A call that is up. Raises `Refused` for a wrong passphrase or a missing library, `OSError` otherwise."""

    def __init__(self, target: SrtTarget) -> None:
        library = _library()
        if library is None:
            raise Refused("SRT needs libsrt, which is not installed (Debian: libsrt1.5-gnutls)")
        self._library = library
        self._call = library.srt_create_socket()
        self._sent = 0
        try:
            self._set_options(target)
            self._connect(target)
        except BaseException:
            self.close()
            raise

    @property
    def taken(self) -> int:
        """Bytes that the far end has acknowledged."""
        waiting = ctypes.c_size_t(0)
        if self._library.srt_getsndbuffer(self._call, None, ctypes.byref(waiting)) < 0:
            return self._sent
        return max(0, self._sent - waiting.value)

    def send(self, data: bytes) -> None:
        """Whole packets of MPEG-TS."""
        for start in range(0, len(data), _PAYLOAD):
            part = data[start : start + _PAYLOAD]
            if self._library.srt_sendmsg2(self._call, part, len(part), None) < 0:
                raise ConnectionError(self._reason())
            self._sent += len(part)

    def listen(self) -> None:
        """Raises when the call has ended."""
        if self._library.srt_getsockstate(self._call) != _CONNECTED:
            raise ConnectionResetError("the far end hung up")

    def drop(self) -> None:
        """Hang up, also while another thread is sending."""
        self._library.srt_close(self._call)

    def close(self) -> None:
        """Hang up."""
        self._library.srt_close(self._call)

    def _set_options(self, target: SrtTarget) -> None:
        for option, number in ((_LATENCY, target.latency_ms), (_SEND_WAIT, _WAIT_MS), (_CONNECT_WAIT, _WAIT_MS // 2)):
            self._library.srt_setsockflag(self._call, option, ctypes.byref(ctypes.c_int(number)), 4)
        for option, text in ((_STREAM_ID, target.stream_id), (_PASSPHRASE, target.passphrase)):
            data = text.encode()
            if data and self._library.srt_setsockflag(self._call, option, data, len(data)) < 0:
                raise ConnectionError(self._reason())

    def _connect(self, target: SrtTarget) -> None:
        address = _address(target.host, target.port)
        if self._library.srt_connect(self._call, address, len(address)) >= 0:
            return
        why = self._library.srt_getrejectreason(self._call)
        if why == _BAD_SECRET:
            raise Refused("the far end refuses the SRT passphrase")
        said = self._library.srt_rejectreason_str(why).decode() if why else self._reason()
        raise ConnectionRefusedError(f"no SRT call to {target.host}:{target.port}: {said}".lower())

    def _reason(self) -> str:
        return str(self._library.srt_getlasterror_str().decode(errors="replace")).strip()


def _address(host: str, port: int) -> bytes:
    """A sockaddr; raises `OSError` for an unknown name."""
    family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    number = struct.pack("=H", family) if sys.platform != "darwin" else bytes([0, family])
    raw = socket.inet_pton(family, str(where[0]))
    rest = raw + bytes(8) if family == socket.AF_INET else bytes(4) + raw + bytes(4)
    return number + struct.pack(">H", port) + rest
