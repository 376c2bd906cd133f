"""`serve`: the whole station, from an empty folder to music in the speakers, until it is told to end.

Processes and their order: a tower for each station (it plays on whatever happens to the others), the web server, the
worker. When a station has been here before, its tower starts before anything else is looked at.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from sonicforge.errors import BadInput
from sonicforge.roof.child import Plan
from sonicforge.roof.preflight import checked_folder, listen, lock
from sonicforge.roof.supervisor import Supervisor

STALE_S = 10.0
READY_S = 60.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked `serve` for. `genres` and `outputs` (as in `outputs.json`) are for the station `main`; empty
    ones leave it as it is."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    genres: tuple[str, ...] = ()
    outputs: tuple[Mapping[str, Any], ...] = ()
    generate: bool = True


def serve(wanted: Wanted, tell: Tell) -> None:
    """Run the station until SIGTERM or Ctrl-C. Raises what preflight and preparation raise."""
    data = checked_folder(wanted.data)
    with lock(data), listen(wanted.host, wanted.port) as ear:
        supervisor = Supervisor(data / "log", tell)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop())
        try:
            known = _stations_of(data)
            _start_towers(supervisor, data, known)
            stations = _prepare(wanted, data)
            _start_towers(supervisor, data, [name for name in stations if name not in known])
            supervisor.start(_web(data, ear))
            supervisor.start(_worker(data, generate=wanted.generate))
            tell(f"starting; the page will be at {_address(ear)}")
            _wait_for_sound(supervisor, data, stations[0], ear, tell)
            supervisor.watch()
        finally:
            tell("ending")
            supervisor.end()


def _stations_of(data: Path) -> list[str]:
    """Stations that were on air here before and have something in reserve."""
    if not any((data / "reserve").glob("**/*.json")):
        return []
    return sorted(state.parent.name for state in (data / "air").glob("*/state.json"))


def _prepare(wanted: Wanted, data: Path) -> list[str]:
    """Library, stations, outputs and the first music, in a process of its own; returns the stations' names."""
    asked = {"data": str(data), "genres": list(wanted.genres), "outputs": [dict(one) for one in wanted.outputs]}
    command = [sys.executable, "-m", "sonicforge.roof.prepare"]
    done = subprocess.run(command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise BadInput(done.stdout.strip() or f"preparing the library ended with code {done.returncode}")
    return list(json.loads(done.stdout))


def _start_towers(supervisor: Supervisor, data: Path, stations: Sequence[str]) -> None:
    for station in stations:
        supervisor.start(_tower(data, station))


def _tower(data: Path, station: str) -> Plan:
    folder = data / "air" / station
    sign, title = folder / "outputs-state.json", folder / "title"
    name = title.read_text("utf-8") if title.exists() else station
    return Plan(
        f"tower-{station}",
        (sys.executable, "-m", "sonicforge.playout", "--data", str(data), "--station", station, "--title", name),
        alive=lambda: _young(sign) or not os.access(folder, os.W_OK),
        check_every_s=1.0,
        patience_s=15.0,
    )


def _web(data: Path, ear: socket.socket) -> Plan:
    return Plan(
        "web",
        (sys.executable, "-m", "sonicforge.roof.web", "--data", str(data), "--fd", str(ear.fileno())),
        sockets=(ear.fileno(),),
        alive=lambda: _answers(ear),
        check_every_s=10.0,
        patience_s=45.0,
    )


def _worker(data: Path, *, generate: bool) -> Plan:
    choice = () if generate else ("--no-generate",)
    return Plan("worker", (sys.executable, "-m", "sonicforge.tasks", "--data", str(data), *choice))


def _young(sign: Path) -> bool:
    try:
        return abs(time.time() - sign.stat().st_mtime) < STALE_S
    except OSError:
        return False


def _answers(ear: socket.socket) -> bool:
    """Whether the web server is alive; asked where it listens."""
    host, port = ear.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)
    call = HTTPConnection(here, port, timeout=1.0)
    try:
        call.request("GET", "/api/v1/health/live")
        return call.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        call.close()


def _address(ear: socket.socket) -> str:
    host, port = ear.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 (compared, not bound)
    return f"http://{shown}:{port}"


def _wait_for_sound(supervisor: Supervisor, data: Path, station: str, ear: socket.socket, tell: Tell) -> None:
    """Tell when listeners can hear something."""
    begin = time.monotonic()
    sign = data / "air" / station / "outputs-state.json"
    while time.monotonic() - begin < READY_S and not supervisor.stopping:
        supervisor.look()
        if _young(sign) and _answers(ear):
            tell(f"on air at {_address(ear)} after {time.monotonic() - begin:.1f} s; Ctrl-C ends it")
            return
        time.sleep(0.1)
    tell(f"not on air after {READY_S:.0f} s; see {data / 'log'}")
