"""A start that cannot succeed says why, and who is in the way."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sonicforge.errors import BadInput, CannotWrite, Conflict, OutOfRange
from sonicforge.roof.preflight import checked_folder, listen, lock


def test_a_port_in_use_is_refused_with_the_name_of_its_holder() -> None:
    code = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        port = int(holder.stdout.readline())
        with pytest.raises(Conflict, match=rf"port {port} is in use by python\S* \(process {holder.pid}\)"):
            listen("127.0.0.1", port)
    finally:
        holder.communicate("\n")


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_cannot_be_is_refused_with_the_range(port: int) -> None:
    with pytest.raises(OutOfRange, match=f"port is {port}, but must be between 0 and 65535"):
        listen("127.0.0.1", port)


def test_an_address_of_somebody_else_is_refused() -> None:
    with pytest.raises(BadInput, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0)


def test_the_socket_takes_connections_before_anybody_serves_them() -> None:
    with listen("127.0.0.1", 0) as ear, socket.create_connection(ear.getsockname(), timeout=2) as caller:
        assert caller.getpeername() == ear.getsockname()
        assert ear.get_inheritable()


def test_two_stations_cannot_run_in_one_folder(tmp_path: Path) -> None:
    with (
        lock(tmp_path),
        pytest.raises(Conflict, match=rf"a station is running in .* already \(process {os.getpid()}\)"),
    ):
        lock(tmp_path)
    lock(tmp_path).close()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(CannotWrite, match="data folder"):
        checked_folder(tmp_path / "data" / "more")


def test_a_full_disk_is_told_in_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonicforge.roof.preflight.LEAST_FREE_BYTES", 1e18)
    with pytest.raises(CannotWrite, match=r"has \d+ MB left; the station needs 1000000000000 MB"):
        checked_folder(tmp_path)
