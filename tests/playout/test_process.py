"""The tower as a process: killed, asked to stop, started twice, with outputs that come and go while it plays."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import soundfile
from small_station import reserve

from sonicforge.library import orders, stations
from sonicforge.library.database import open_database
from sonicforge.library.upgrade import upgrade
from sonicforge.playout.block import BLOCK, RATE

pytestmark = pytest.mark.slow

RECORDING = [{"kind": "recording", "name": "tape", "options": {"format": "flac"}}]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a reserve and a recording as its only output."""
    reserve(tmp_path / "reserve", "r0", "r1", seconds=60.0)
    folder = tmp_path / "air" / "main"
    folder.mkdir(parents=True)
    (folder / "outputs.json").write_text(json.dumps(RECORDING))
    return tmp_path


@contextmanager
def tower(data: Path) -> Iterator[subprocess.Popen[str]]:
    """A tower process; killed at the end, whatever happens."""
    command = [sys.executable, "-m", "sonicforge.playout", "--data", str(data), "--station", "main"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()


def state(data: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((data / "air" / "main" / "state.json").read_text())
    return told


def news(data: Path) -> list[dict[str, Any]]:
    path = data / "air" / "main" / "news.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def wait_for(what: Any, patience_s: float = 30.0) -> Any:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        with suppress(FileNotFoundError, json.JSONDecodeError):
            if answer := what():
                return answer
        time.sleep(0.05)
    raise AssertionError("it never came")


def position(data: Path) -> int:
    return int(state(data)["position"])


def test_after_a_kill_the_piece_goes_on_at_once_and_positions_rise(data: Path) -> None:
    with tower(data) as first:
        wait_for(lambda: state(data)["sounding"] and state(data)["sounding"]["at_s"] > 3)
        first.kill()
        first.wait()
    before, written = state(data), time.time()
    with tower(data):
        began = wait_for(lambda: [piece for piece in news(data) if piece["data"].get("resumed")])[0]
    assert began["position"] > before["position"]
    assert began["data"]["item"]["id"] == before["sounding"]["item"]["id"]
    passed_s = (began["position"] - before["position"]) / RATE
    assert began["data"]["at_s"] == pytest.approx(before["sounding"]["at_s"] + passed_s, abs=0.2)
    # Both processes and the test share two cores with others; alone it is half a second.
    assert began["utc"] - written < 8.0


def test_asked_to_stop_it_leaves_everything_whole(data: Path) -> None:
    with tower(data) as process:
        wait_for(lambda: outputs(data) == {"tape": "on"})
        time.sleep(1.0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    ended = [piece for piece in news(data) if piece["kind"] == "ended"]
    assert ended[-1]["data"]["stopped"] is True
    assert ended[-1]["position"] == position(data)
    sounds = list((data / "recordings" / "main").glob("*.flac"))
    assert sounds
    assert all(soundfile.info(path).frames % BLOCK == 0 for path in sounds)


def test_a_process_that_stood_still_leaves_a_gap_and_no_burst(data: Path) -> None:
    with tower(data) as process:
        wait_for(lambda: outputs(data) == {"tape": "on"} and state(data)["sounding"])
        process.send_signal(signal.SIGSTOP)
        before = state(data)
        time.sleep(6.0)
        process.send_signal(signal.SIGCONT)
        fault = wait_for(lambda: [piece for piece in news(data) if piece["data"].get("what") == "clock"])[0]
        after = wait_for(lambda: state(data)["position"] > fault["position"] + RATE and state(data))
    assert 4.0 < fault["data"]["seconds"] < 9.0
    played_s = after["sounding"]["at_s"] - before["sounding"]["at_s"]
    counted_s = (after["position"] - before["position"]) / RATE
    assert counted_s - played_s == pytest.approx(fault["data"]["seconds"], abs=0.02)
    assert counted_s == pytest.approx(after["utc"] - before["utc"], abs=0.02)


def test_a_second_tower_for_the_same_station_is_refused(data: Path) -> None:
    with tower(data):
        wait_for(lambda: state(data)["sounding"])
        with tower(data) as second:
            assert second.wait(20) == 2
            assert second.stderr is not None
            assert "on air already" in second.stderr.read()


def test_a_lost_library_is_no_silence_and_one_that_comes_is_told_everything(data: Path) -> None:
    with tower(data):
        wait_for(lambda: any(piece["kind"] == "fault" and piece["data"]["what"] == "door" for piece in news(data)))
        played = position(data)
        wait_for(lambda: position(data) > played + 2 * RATE)
        library(data)
        wait_for(lambda: not news(data), 40.0)
        told = rows(data, "select kind, title from plays")
        assert told[0] == ("reserve", "R0") or told[0] == ("reserve", "R1")


def test_outputs_change_on_order_while_it_plays(data: Path) -> None:
    library(data)
    with tower(data):
        wait_for(lambda: outputs(data) == {"tape": "on"})
        wishes = [*RECORDING, {"kind": "recording", "name": "second", "options": {"format": "mp3"}}]
        with open_database(data).write() as session:
            orders.leave(session, "main", "outputs", {"outputs": wishes})
        wait_for(lambda: set(outputs(data)) == {"tape", "second"})
        with open_database(data).write() as session:
            orders.leave(session, "main", "outputs", {"outputs": [{"kind": "fax", "name": "x"}]})
        wait_for(lambda: any("refused" in outcome for (outcome,) in rows(data, "select outcome from orders")))
        with open_database(data).write() as session:
            orders.leave(session, "main", "outputs", {"outputs": wishes[1:]})
        wait_for(lambda: set(outputs(data)) == {"second"})
    assert json.loads((data / "air" / "main" / "outputs.json").read_text())[0]["name"] == "second"


def test_a_skip_is_heard_within_seconds(data: Path) -> None:
    library(data)
    with tower(data):
        wait_for(lambda: json.loads((data / "air" / "main" / "now.json").read_text())["door"] == "open")
        with open_database(data).write() as session:
            orders.leave(session, "main", "skip")
        asked = time.time()
        ((heard,),) = wait_for(lambda: rows(data, "select started_at from plays where kind = 'bridge'"))
    assert heard - asked < 4.0


@pytest.mark.parametrize("harm", ["newer", "garbage"])
def test_a_library_that_cannot_be_used_is_told_and_left_alone(data: Path, harm: str) -> None:
    if harm == "newer":
        library(data)
        with sqlite3.connect(data / "station.db") as connection:
            connection.execute("update alembic_version set version_num = '9999'")
    else:
        (data / "station.db").write_bytes(b"not a database" * 999)
    before = content(data)
    with tower(data):
        wait_for(lambda: any(piece["kind"] == "fault" and piece["data"]["what"] == "door" for piece in news(data)))
        played = position(data)
        wait_for(lambda: position(data) > played + RATE)
    assert content(data) == before


def content(data: Path) -> Any:
    try:
        with sqlite3.connect(data / "station.db") as connection:
            return list(connection.iterdump())
    except sqlite3.DatabaseError:
        return (data / "station.db").read_bytes()


def library(data: Path) -> None:
    database = open_database(data)
    upgrade(database)
    with database.write() as session:
        stations.ensure(session, "main", "My station")


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(data / "station.db", timeout=10) as connection:
        return connection.execute(query).fetchall()


def outputs(data: Path) -> dict[str, str]:
    told = json.loads((data / "air" / "main" / "outputs-state.json").read_text())
    return {output["name"]: output["state"] for output in told["outputs"]}
