"""Bad input: a clear problem, no fault, and nothing about the machine."""

import asyncio
import sqlite3
from pathlib import Path
from threading import Timer

import httpx
import pytest
from conftest import Caller

from sonicforge.api.problem import KINDS, kind_of
from sonicforge.errors import SonicForgeError
from sonicforge.library.values import Track


def family(root: type[SonicForgeError]) -> list[type[SonicForgeError]]:
    return [root, *(member for child in root.__subclasses__() for member in family(child))]


def test_every_error_of_the_family_has_a_status_of_its_own() -> None:
    known = {error for error, _ in KINDS}
    own = [error for error in family(SonicForgeError) if error.__module__ == "sonicforge.errors"]
    assert set(own) <= known
    for number, (error, _) in enumerate(KINDS):
        assert not any(issubclass(error, earlier) for earlier, _ in KINDS[:number]), f"{error} is never reached"
    assert kind_of(SonicForgeError("x")).status == 500


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"text": NaN}', "application/json", 400),
        (b'{"text": "\\ud800"}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"text": "' + b"x" * 70_000 + b'"}', "application/json", 413),
        (b"text=piano", "application/x-www-form-urlencoded", 415),
        (b'{"text": "piano"}', "text/plain", 415),
        (b"", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"text": 5}', "application/json", 422),
        (b'{"text": ""}', "application/json", 422),
        (b'{"text": "\\u0000\\n \\t"}', "application/json", 422),
        (b'{"text": "' + b"x" * 10_000 + b'"}', "application/json", 422),
    ],
)
def test_a_body_that_cannot_be_is_refused(still: Caller, body: bytes, kind: str, status: int) -> None:
    answer = still.post("/api/v1/requests", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert still.get("/api/v1/requests").json()["items"] == []


def test_letters_of_all_kinds_are_kept_on_one_line(call: Caller) -> None:
    words = "🎹 Klavier\r\nund Regen\u202e"
    told = call.post("/api/v1/requests", json={"text": words}).json()
    assert told["text"] == "🎹 Klavier und Regen"


@pytest.mark.parametrize(
    "path",
    [
        "/hls/main/../../station.db",
        "/hls/main/%2e%2e/%2e%2e/station.db",
        "/hls/main/..%2f..%2fstation.db",
        "/hls/main/..%5c..%5cstation.db",
        "/hls/main/%00.m3u8",
        "/hls/%2e%2e/station.db",
        "/hls/main//etc/passwd.m3u8",
        "/hls/main/.hidden.m3u8",
        "/hls/main/state.json",
        "/live/..%2fmain.mp3",
        "/live/main.sock",
        "/page/..%2fapp.py",
        "/page/app.py",
        "/api/v1/tracks/..%2f..%2fstation.db/audio",
        "/api/v1/tracks/000000000001/files/..%2f..%2fstation.db",
        "/api/v1/tracks/000000000001/stems/..%2ftrack",
        "/api/v1/stations/..",
    ],
)
def test_path_tricks_lead_nowhere(still: Caller, path: str) -> None:
    folder = still.front.desk.air("main")
    (folder / "hls").mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text("{}")
    answer = still.get(path)
    assert answer.status_code in (400, 404)
    assert b"SQLite" not in answer.content


@pytest.mark.parametrize(
    "path",
    ["tracks?limit=5000", "tracks?limit=0", "tracks?least_bpm=nan", "tracks?least_bpm=9&most_bpm=3", "queue/0",
     "history?since=-1", "history?kinds=war", "now-playing?delay_s=-3", "now-playing?delay_s=inf",
     "now-playing?station=../x", "requests/99999999999999999999999", "generations?states=lost",
     "listeners/history?since=0"],
)  # fmt: skip
def test_a_number_or_name_outside_its_range_is_named(still: Caller, path: str) -> None:
    answer = still(
        "PATCH" if path.startswith("queue") else "GET",
        f"/api/v1/{path}",
        json={"place": 0} if "queue/" in path else None,
    )
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_addresses_without_end_are_refused(still: Caller) -> None:
    assert still.get("/api/v1/tracks/" + "x" * 2000).status_code == 414
    assert still.get("/api/v1/tracks?text=" + "x" * 9000).status_code == 414


def test_what_is_not_done_here_is_said(still: Caller) -> None:
    assert still("DELETE", "/api/v1/now-playing").status_code == 405
    assert still("TRACE", "/").status_code == 405
    assert still.get("/docs").status_code == 404


def test_search_words_of_any_kind_are_words(still: Caller) -> None:
    for words in ("' OR 7=7 --", '"', "%", "_", "NEAR(", "*", "\\", "x" * 500, "\u0000", "🎹"):
        answer = still.get("/api/v1/tracks", params={"text": words})
        assert answer.status_code == 200
        assert len(answer.json()["items"]) == (0 if any(map(str.isalnum, words)) else 5)


def test_a_flood_of_requests_is_held_back_and_others_are_not(call: Caller) -> None:
    token = call.away("GET", "/api/v1/listeners/me").json()["token"]
    own = {"X-Listener": token}
    answers = [call.away("POST", "/api/v1/requests", json={"text": f"piano {n}"}, headers=own) for n in range(8)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [201] * 5 + [429] * 3
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
    assert call.away("POST", "/api/v1/requests", json={"text": "mine"}, place="198.51.100.3").status_code == 201


def test_a_made_up_listener_is_nobody_and_new_names_run_out(call: Caller) -> None:
    forged = {"X-Listener": "0" * 24 + "." + "0" * 32}
    told = call.away("GET", "/api/v1/listeners/me", headers=forged)
    assert told.json()["id"] != "0" * 24
    assert "HttpOnly" in told.headers["set-cookie"]
    statuses = {call.away("GET", "/api/v1/listeners/me").status_code for _ in range(45)}
    assert 429 in statuses
    forwarded = [
        call.away("GET", "/api/v1/listeners/me", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(3)
    ]
    assert forwarded == [429] * 3


def test_a_proxy_on_this_machine_is_believed_and_what_a_caller_wrote_before_it_is_not(call: Caller) -> None:
    def named(told: str) -> int:
        headers = {"X-Forwarded-For": told, "X-Forwarded-Proto": "https"}
        answer = call.away("GET", "/api/v1/listeners/me", place="127.0.0.1", headers=headers)
        assert answer.status_code == 429 or "; Secure" in answer.headers["set-cookie"]
        return int(answer.status_code)

    forged = [named(f"10.0.0.{number}, 203.0.113.77") for number in range(42)]
    assert forged[:40] == [200] * 40
    assert forged[41] == 429
    assert named("203.0.113.78") == 200


def test_a_page_of_this_host_may_speak_also_behind_a_proxy_that_drops_the_port(call: Caller) -> None:
    for origin, status in (("http://radio.example:8080", 201), ("http://radio.example.evil", 403), ("null", 403)):
        answer = call.away("POST", "/api/v1/requests", json={"text": "piano"}, headers={"Origin": origin})
        assert answer.status_code == status, origin


def test_while_the_library_is_locked_readers_go_on_and_writers_wait(
    call: Caller, data: Path, shelf: list[Track]
) -> None:
    holder = sqlite3.connect(data / "station.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    ended: list[str] = []
    release = Timer(1.5, lambda: (ended.append("lock"), holder.execute("ROLLBACK")))
    release.start()

    async def both() -> list[httpx.Response]:
        async with call.from_elsewhere() as client:
            writing = asyncio.create_task(client.post("/api/v1/requests", json={"text": "piano"}))
            reading = [await client.get("/api/v1/tracks") for _ in range(5)]
            ended.append("reading")
            return [await writing, *reading]

    with asyncio.Runner() as runner:
        answers = runner.run(both())
    release.join()
    holder.close()
    assert ended == ["reading", "lock"]
    assert [answer.status_code for answer in answers] == [201] + [200] * 5


def test_a_fault_tells_nothing_of_the_machine(call: Caller, data: Path) -> None:
    call.front.desk.database.close()
    (data / "station.db").write_bytes(b"this is no library" * 100)
    for name in ("station.db-wal", "station.db-shm"):
        (data / name).unlink(missing_ok=True)
    answer = call.get("/api/v1/tracks")
    assert answer.status_code in (500, 503)
    told = answer.text
    assert str(data) not in told
    assert "Traceback" not in told
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert call.get("/api/v1/health/ready").status_code == 503
    assert call.get("/api/v1/health/live").json() == {"live": True}


def test_two_hundred_calls_at_once_are_answered(call: Caller, shelf: list[Track]) -> None:
    answers = call.all(*[("GET", "/api/v1/now-playing", {})] * 190)
    assert {answer.status_code for answer in answers} == {200}


def test_a_body_that_never_ends_is_cut_off(call: Caller) -> None:
    async def slowly() -> object:
        yielded = 0
        while True:
            yield b"x" * 8192
            yielded += 8192
            await asyncio.sleep(0)

    answer = call.post("/api/v1/requests", content=slowly(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
