"""Whatever is killed, locked or broken: listeners do not notice, and nothing that was acknowledged is lost."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from player import Heard, Player, decoded, longest_silence_s
from whole_station import Station, until

pytestmark = pytest.mark.slow

LISTENS_S = 20.0
LONGEST_PAUSE_S = 0.5


@pytest.fixture
def player(station: Station) -> Iterator[Player]:
    """A listener who has begun."""
    listening = Player(station.port)
    listening.start()
    until(lambda: listening.heard.media_s > 5, 60, "the first segment")
    yield listening
    listening.leave()


def listen_on(player: Player) -> Heard:
    time.sleep(LISTENS_S)
    return player.leave()


def assert_unnoticed(heard: Heard) -> None:
    assert heard.stalled_s == 0.0
    assert not heard.backwards
    assert heard.sequence == list(range(heard.sequence[0], heard.sequence[-1] + 1))
    assert len(heard.runs) == 1
    assert longest_silence_s(decoded(heard.runs[0])) <= LONGEST_PAUSE_S


@pytest.mark.parametrize("module", ["tasks", "roof.web"])
def test_killing_worker_or_web_server_is_not_heard(station: Station, player: Player, module: str) -> None:
    killed = station.kill(module)
    heard = listen_on(player)
    assert station.pid(module) not in (killed, None)
    assert_unnoticed(heard)


def test_calls_made_while_the_web_server_is_dead_are_answered_by_the_next_one(station: Station) -> None:
    station.kill("roof.web")
    call = HTTPConnection("127.0.0.1", station.port, timeout=30)
    call.request("GET", "/api/v1/health/live")
    assert call.getresponse().status == 200
    call.close()


def test_a_locked_library_is_not_heard_and_nothing_it_should_know_is_lost(station: Station, player: Player) -> None:
    skipped_at = time.time()
    with sqlite3.connect(station.data / "station.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        heard = listen_on(player)
        other.execute("ROLLBACK")
    other.close()
    assert_unnoticed(heard)

    def told() -> bool:
        plays = station.ask("/history", station="main")["items"]
        return plays[0]["ended_at"] is None and plays[0]["started_at"] > skipped_at - 60

    until(told, 60, "the log of plays catching up")


def test_a_damaged_track_is_left_out(station: Station, player: Player) -> None:
    files = sorted((station.data / "objects").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    sound: Path = files[-1]
    whole = sound.read_bytes()
    sound.chmod(0o644)
    sound.write_bytes(whole[: len(whole) // 3])
    try:
        station.server.ask("POST", "/skip", station="main")
        heard = listen_on(player)
    finally:
        sound.write_bytes(whole)
    assert_unnoticed(heard)


def test_a_skip_is_heard_without_a_gap(station: Station, player: Player) -> None:
    before = station.ask("/now-playing", station="main")["play"]["id"]
    station.server.ask("POST", "/skip", station="main")
    heard = listen_on(player)
    assert station.ask("/now-playing", station="main")["play"]["id"] != before
    assert_unnoticed(heard)


def test_the_terminal_shows_and_steers_the_station(station: Station, capfd: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{station.port}"
    for words in (["status"], ["queue"], ["say", "more energy after 22:00"], ["skip"]):
        subprocess.run([sys.executable, "-m", "sonicforge", "station", *words, "--url", url], check=True, timeout=60)
    told = capfd.readouterr().out
    assert "on air" in told
    assert "green" in told
    assert "skipping" in told


def test_after_the_tower_is_killed_sound_comes_back_and_numbers_go_on(station: Station, player: Player) -> None:
    before = player.heard.sequence[-1]
    station.kill("playout")
    began = time.monotonic()
    until(lambda: _sounds(station), 20, "sound after the tower's death")
    print(f"sound again after {time.monotonic() - began:.1f} s")  # noqa: T201
    until(lambda: player.heard.sequence[-1] > before + 2, 60, "new segments")
    heard = player.leave()
    assert not heard.backwards
    assert heard.sequence == sorted(set(heard.sequence))
    for run in heard.runs:
        assert longest_silence_s(decoded(run)) <= LONGEST_PAUSE_S
    until(lambda: station.ask("/health", station="main")["health"] == "green", 30, "green health")


def _sounds(station: Station) -> bool:
    """Whether the direct stream gives sound now."""
    call = HTTPConnection("127.0.0.1", station.port, timeout=2)
    try:
        call.request("GET", "/live/main.mp3")
        answer = call.getresponse()
        return answer.status == 200 and len(answer.read(2000)) == 2000
    except (OSError, HTTPException):
        return False
    finally:
        call.close()
