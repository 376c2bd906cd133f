"""The supervisor starts again what dies or hangs, with a growing delay, and ends all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonicforge.roof.child import Plan
from sonicforge.roof.supervisor import Supervisor

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, told: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "log", told.append)
    yield made
    made.end()


def look_until(supervisor: Supervisor, done: object, seconds: float = 20.0) -> None:
    assert callable(done)
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        supervisor.look()
        time.sleep(0.02)


def test_what_is_killed_starts_again_at_once(supervisor: Supervisor, told: list[str]) -> None:
    supervisor.start(Plan("sleeper", SLEEP))
    first = supervisor.pid("sleeper")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    look_until(supervisor, lambda: supervisor.pid("sleeper") not in (first, None))
    assert told == ["sleeper ended (signal 9); it starts again"]


def test_what_dies_again_and_again_waits_longer_each_time(supervisor: Supervisor, told: list[str]) -> None:
    supervisor.start(Plan("fails", (sys.executable, "-c", "raise SystemExit(3)")))
    look_until(supervisor, lambda: len(told) == 3)
    assert told[1:] == ["fails ended (exit code 3); again in 0.5 s", "fails ended (exit code 3); again in 1 s"]


def test_what_exists_without_a_sign_of_life_is_started_anew(supervisor: Supervisor, told: list[str]) -> None:
    supervisor.start(Plan("hangs", SLEEP, alive=lambda: False, check_every_s=0.05, patience_s=0.3))
    first = supervisor.pid("hangs")
    look_until(supervisor, lambda: supervisor.pid("hangs") not in (first, None))
    assert told[0] == "hangs gives no sign of life any more and is started anew"


def test_all_are_asked_to_end_and_may_say_goodbye(supervisor: Supervisor, tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    code = (
        "import signal, sys, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (open({str(ended)!r}, 'a').write(sys.argv[1]), sys.exit(0)))\n"
        "print('up', flush=True)\ntime.sleep(60)"
    )
    for name in "abc":
        supervisor.start(Plan(name, (sys.executable, "-c", code, name)))
    logs = [tmp_path / "log" / f"{name}.log" for name in "abc"]
    look_until(supervisor, lambda: all(log.read_text() == "up\n" for log in logs))
    supervisor.end()
    assert sorted(ended.read_text()) == ["a", "b", "c"]


def test_what_does_not_end_is_killed(
    supervisor: Supervisor, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sonicforge.roof.supervisor.END_S", 0.3)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    supervisor.start(Plan("deaf", (sys.executable, "-c", code)))
    pid = supervisor.pid("deaf")
    assert pid is not None
    look_until(supervisor, lambda: (tmp_path / "log" / "deaf.log").read_text() == "up\n")
    supervisor.end()
    assert told == ["deaf does not end and is killed"]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_no_child_outlives_a_killed_roof(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom sonicforge.roof.child import Plan\n"
        "from sonicforge.roof.supervisor import Supervisor\n"
        f"s = Supervisor(Path({str(tmp_path)!r}), print)\ns.start(Plan('x', {SLEEP!r}))\n"
        "print(s.pid('x'), flush=True)\n"
        "s.watch()"
    )
    roof = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert roof.stdout is not None
    child = int(roof.stdout.readline())
    roof.kill()
    roof.wait()
    end = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and "State:\tZ" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < end, "the child lives on"
        time.sleep(0.05)
    roof.stdout.close()
