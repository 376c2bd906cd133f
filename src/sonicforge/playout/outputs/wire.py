"""`Wire`: a TCP or TLS connection for pushing, with limits on every wait and a count of what really arrived."""

import fcntl
import select
import socket
import ssl
import struct
import sys
import termios
from contextlib import suppress

_UNACKED_MS = 15_000


class Wire:
    """Connects at once; raises `OSError` (or its children for names, time-outs and certificates) with the reason."""

    def __init__(self, host: str, port: int, *, tls: bool = False, timeout_s: float = 10.0) -> None:
        self._tls = tls
        plain = socket.create_connection((host, port), timeout_s)
        with suppress(OSError, AttributeError):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKED_MS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._socket = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if tls else plain
        except OSError:
            plain.close()
            raise
        self.sent = 0

    @property
    def taken(self) -> int:
        """Bytes that the far machine has acknowledged; those sent where the system cannot tell."""
        if not sys.platform.startswith("linux") or self._tls:
            return self.sent
        try:
            waiting = fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
        except (OSError, ValueError):
            return self.sent
        return max(0, self.sent - int(struct.unpack("i", waiting)[0]))

    def limit_buffer(self, size: int) -> None:
        """Let the system hold no more than about `size` bytes, so that a slow far end is felt early."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)

    def hurry(self) -> None:
        """From now on wait no longer than a moment."""
        self._socket.settimeout(0.5)

    def send(self, data: bytes | bytearray | memoryview) -> None:
        """All of `data`; raises `TimeoutError` when the far end takes nothing for the time-out."""
        self._socket.sendall(data)
        self.sent += len(data)

    def receive(self, most: int = 65_536) -> bytes:
        """What comes next, waiting up to the time-out; raises `ConnectionError` when the far end has hung up."""
        data = self._socket.recv(most)
        if not data:
            raise ConnectionResetError("the far end hung up")
        return data

    def waiting(self) -> bytes:
        """What has come by now, without waiting; raises `ConnectionError` when the far end has hung up."""
        pending = self._tls and isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        if not pending:
            # Not select(): a station with a thousand listeners has file numbers beyond what that can look at.
            look = select.poll()
            look.register(self._socket, select.POLLIN)
            if not look.poll(0):
                return b""
        return self.receive()

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
