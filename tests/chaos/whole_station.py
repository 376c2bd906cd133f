"""A running station, seen from outside."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from sonicforge.cli.server import Server


@dataclass
class Station:
    """A running station; `roof` is the process of `sonicforge serve`."""

    data: Path
    port: int
    roof: subprocess.Popen[bytes]
    tracks: tuple[str, ...]

    @property
    def server(self) -> Server:
        return Server(f"http://127.0.0.1:{self.port}")

    def pid(self, module: str) -> int | None:
        """Process id of the child that runs a module."""
        children = psutil.Process(self.roof.pid).children()
        return next((child.pid for child in children if f"sonicforge.{module}" in child.cmdline()), None)

    def kill(self, module: str) -> int:
        pid = self.pid(module)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        return pid

    def ask(self, path: str, **query: str) -> Any:
        return self.server.ask("GET", path, **query)


def until(done: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for something that must come true."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.1)
