"""`Child`: one process of the station, from its start to its end, with its log."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOG_BYTES = 5_000_000
_DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a process is. `alive` says whether it still does its work, which a process that merely exists may not; it is
    asked every `check_every_s` and believed only after `patience_s` without a yes."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    sockets: tuple[int, ...] = ()
    alive: Callable[[], bool] | None = None
    check_every_s: float = 5.0
    patience_s: float = 30.0


class Child:
    """A running process. Its output goes to `log/NAME.log`; a long log is put aside as `NAME.log.1` first."""

    def __init__(self, plan: Plan, log: Path) -> None:
        self.plan = plan
        self.started_at = time.monotonic()
        self._seen_alive = self._checked_at = self.started_at
        path = log / f"{plan.name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as out:
            self._process = subprocess.Popen(
                plan.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **plan.environment},
                pass_fds=plan.sockets,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 (the roof has one thread)
                process_group=0,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.started_at

    def hangs(self) -> bool:
        """Whether it has shown no sign of life for longer than patience lasts."""
        now = time.monotonic()
        if self.plan.alive is None or now - self._checked_at < self.plan.check_every_s:
            return False
        self._checked_at = now
        if self.plan.alive():
            self._seen_alive = time.monotonic()
        return time.monotonic() - self._seen_alive > self.plan.patience_s

    def ask_to_end(self) -> None:
        if self.code is None:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self.code is None:
            self._process.kill()
        self._process.wait()

    def wait(self, seconds: float) -> bool:
        """Whether it ended within a time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def _end_with_parent() -> None:
    """In the new process: nobody plays on without the roof, or a second start would meet the first one's children."""
    ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGTERM)
