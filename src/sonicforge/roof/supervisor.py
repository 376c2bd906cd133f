"""`Supervisor`: keeps the station's processes running, and ends them."""

import time
from collections.abc import Callable
from pathlib import Path

from sonicforge.roof.child import Child, Plan

POLL_S = 0.05
LONG_LIFE_S = 60.0
"""A process that lived this long is started again at once."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 15.0
END_S = 10.0

Tell = Callable[[str], None]


class Supervisor:
    """Starts each plan, starts again what ended or hangs, until `stop`.

    The first restart is at once; one that dies again and again is started after 0.5, 1, 2 ... 15 s.
    """

    def __init__(self, log: Path, tell: Tell) -> None:
        self._log, self._tell = log, tell
        self._running: dict[str, Child] = {}
        self._deaths: dict[str, int] = {}
        self._due: dict[str, tuple[float, Plan]] = {}
        self._stopping = False
        log.mkdir(parents=True, exist_ok=True)

    def start(self, plan: Plan) -> None:
        """Start a process, and keep it from now on."""
        self._running[plan.name] = Child(plan, self._log)

    def pid(self, name: str) -> int | None:
        """Process id of what runs under a name."""
        child = self._running.get(name)
        return None if child is None else child.pid

    def stop(self) -> None:
        """Make `watch` return soon; safe in a signal handler."""
        self._stopping = True

    @property
    def stopping(self) -> bool:
        return self._stopping

    def watch(self) -> None:
        """Look after the processes until `stop`."""
        while not self._stopping:
            self.look()
            time.sleep(POLL_S)

    def look(self) -> None:
        """One round: who ended, who hangs, whose time to start again has come."""
        for name, child in list(self._running.items()):
            if child.code is None and child.hangs():
                self._tell(f"{name} gives no sign of life any more and is started anew")
                child.kill()
            if child.code is not None:
                self._bury(child)
        now = time.monotonic()
        for name, (due, plan) in list(self._due.items()):
            if now >= due:
                del self._due[name]
                self.start(plan)

    def end(self) -> None:
        """Ask all to end, and kill who has not after ten seconds."""
        self._due.clear()
        ending = list(self._running.values())
        self._running.clear()
        for child in ending:
            child.ask_to_end()
        last = time.monotonic() + END_S
        for child in ending:
            if not child.wait(max(0.0, last - time.monotonic())):
                self._tell(f"{child.plan.name} does not end and is killed")
                child.kill()

    def _bury(self, child: Child) -> None:
        name = child.plan.name
        del self._running[name]
        deaths = 0 if child.age_s > LONG_LIFE_S else self._deaths.get(name, 0)
        self._deaths[name] = deaths + 1
        delay = min(FIRST_DELAY_S * 2 ** (deaths - 1), LONGEST_DELAY_S) if deaths else 0.0
        self._tell(
            f"{name} ended ({_ending(child.code)}); {'it starts again' if not delay else f'again in {delay:g} s'}"
        )
        self._due[name] = (time.monotonic() + delay, child.plan)


def _ending(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
