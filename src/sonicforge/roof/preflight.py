"""Before anything starts: is there room, may we write, is the port free, does nobody else run here?"""

import errno
import fcntl
import os
import shutil
import socket
from pathlib import Path
from typing import IO

from sonicforge.errors import BadInput, CannotWrite, Conflict, OutOfRange

LEAST_FREE_BYTES = 300_000_000
BACKLOG = 2048


def checked_folder(data: Path) -> Path:
    """The data folder, made if needed. Raises `CannotWrite` where we may not write or where the disk is full."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        trial = data / ".trial"
        trial.write_bytes(b"x")
        trial.unlink()
    except OSError as error:
        raise CannotWrite(f"the data folder {data} cannot be written: {error.strerror}") from error
    free = shutil.disk_usage(data).free
    if free < LEAST_FREE_BYTES:
        raise CannotWrite(
            f"the disk of {data} has {free / 1e6:.0f} MB left; the station needs {LEAST_FREE_BYTES / 1e6:.0f} MB"
        )
    return data.resolve()


def lock(data: Path) -> IO[str]:
    """The right to run a station here, until the file is closed. Raises `Conflict` where another process has it."""
    file = (data / "serve.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise Conflict(f"a station is running in {data} already (process {holder})") from error
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that children inherit; connections wait in it while the web server starts anew.

    Raises `OutOfRange` for a port that cannot be, `Conflict` for one in use, naming who has it, and `BadInput` for an
    address that is none of ours.
    """
    if not 0 <= port <= 65535:
        raise OutOfRange("port", port, 0, 65535)
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        ear = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise BadInput(f"host {host!r} is no address: {error.strerror}") from error
    except OSError as error:
        raise _refusal(host, port, error) from error
    ear.set_inheritable(True)
    return ear


def _refusal(host: str, port: int, error: OSError) -> BadInput:
    if error.errno == errno.EADDRINUSE:
        return Conflict(f"port {port} is in use by {holder_of(port)}; choose another with --port")
    if error.errno == errno.EACCES:
        return BadInput(f"port {port} needs more rights than this process has; choose one from 1024 on with --port")
    return BadInput(f"cannot listen at {host}:{port}: {error.strerror}")


def holder_of(port: int) -> str:
    """Name and process id of who listens at a port, as far as we may know."""
    import psutil

    try:
        found = psutil.net_connections("tcp")
        pid = next((c.pid for c in found if c.laddr and c.laddr.port == port and c.status == psutil.CONN_LISTEN), None)
        return "another user's program" if pid is None else f"{psutil.Process(pid).name()} (process {pid})"
    except psutil.Error:
        return "another program"
