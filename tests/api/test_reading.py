"""What listeners can read: stations, now playing, queue, history, tracks."""

import csv
import io
import time
from pathlib import Path

import orjson
import pytest
from conftest import Caller

from sonicforge.api.front import Front
from sonicforge.library import plays, queue
from sonicforge.library.values import Track


def on_air(front: Front, track: Track, *, position: int, at: float) -> None:
    with front.desk.database.write() as session:
        plays.started(session, "main", position, kind="track", title=track.title, track_id=track.id, at=at)


def test_a_station_tells_where_it_is_heard(call: Caller) -> None:
    told = call.get("/api/v1/stations/main").json()
    assert told["hls"] == "/hls/main/master.m3u8"
    assert told["live"]["opus"] == "/live/main.opus"
    assert told["programme"]["buffer_min"] == 60.0
    assert call.get("/api/v1/stations").json() == [told]


def test_now_playing_is_what_this_listener_hears(call: Caller, front: Front, shelf: list[Track]) -> None:
    now = time.time()
    on_air(front, shelf[0], position=0, at=now - 100)
    on_air(front, shelf[1], position=4_800_000, at=now - 5)
    live = call.get("/api/v1/now-playing").json()
    assert live["track"]["id"] == shelf[1].id
    assert live["elapsed_s"] == pytest.approx(5.0, abs=1.0)
    assert live["remaining_s"] == pytest.approx(175.0, abs=1.0)
    behind = call.get("/api/v1/now-playing?delay_s=20").json()
    assert behind["track"]["id"] == shelf[0].id
    assert behind["remaining_s"] == pytest.approx(15.0, abs=1.0)
    by_date = call.get("/api/v1/now-playing", params={"at": f"{now - 20}"}).json()
    assert by_date["track"]["id"] == shelf[0].id
    iso = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 20))
    assert call.get("/api/v1/now-playing", params={"at": iso}).json()["track"]["id"] == shelf[0].id
    before = call.get("/api/v1/now-playing", params={"at": f"{now - 1000}"}).json()
    assert before["play"] is None


def test_what_sounds_is_known_before_the_log_has_it(call: Caller, front: Front, shelf: list[Track], data: Path) -> None:
    now = time.time()
    on_air(front, shelf[0], position=0, at=now - 100)
    folder = data / "air" / "main"
    folder.mkdir(parents=True)
    heard = {"kind": "track", "item": {"id": shelf[1].id, "title": "Song 2"}, "at_s": 3.0}
    heard["since"] = {"position": 4_800_000, "utc": now - 3}

    def tell(**more: object) -> str:
        told = {"written_at": now, "sounding": heard, "transition": None} | more
        (folder / "now.json").write_bytes(orjson.dumps(told))
        return str(call.get("/api/v1/now-playing").json()["track"]["id"])

    assert tell() == shelf[1].id
    assert call.get("/api/v1/now-playing?delay_s=5").json()["track"]["id"] == shelf[0].id
    assert tell(written_at=now - 60) == shelf[0].id
    assert tell(sounding=None) == shelf[0].id
    assert tell(sounding={"item": 7}) == shelf[0].id
    (folder / "now.json").write_text("{")
    assert call.get("/api/v1/now-playing").json()["track"]["id"] == shelf[0].id


@pytest.mark.parametrize("at", ["soon", "nan", "-1", "1e99", "2031-05-17T20:00:00", "9" * 40])
def test_a_moment_that_is_none_is_refused(still: Caller, at: str) -> None:
    answer = still.get("/api/v1/now-playing", params={"at": at})
    assert answer.status_code == 422
    assert at[:3] in answer.json()["detail"]


def test_the_queue_shows_what_the_tower_fetched_first(call: Caller, front: Front, shelf: list[Track]) -> None:
    with front.desk.database.write() as session:
        for track in shelf[:3]:
            queue.add(session, "main", track.id)
        queue.take_next(session, "main")
    told = call.get("/api/v1/queue").json()
    assert [item["track"]["id"] for item in told["taken"]] == [shelf[0].id]
    assert [item["track"]["id"] for item in told["waiting"]] == [shelf[1].id, shelf[2].id]
    assert told["waiting_s"] == 540.0
    assert call.get("/api/v1/now-playing").json()["next"]["track"]["id"] == shelf[0].id


def test_pages_of_tracks_meet_without_gap_or_overlap(call: Caller, shelf: list[Track]) -> None:
    seen, after = [], None
    while True:
        page = call.get(
            "/api/v1/tracks", params={"limit": 2, "sort": "slow"} | ({"after": after} if after else {})
        ).json()
        seen += [track["id"] for track in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [track.id for track in shelf]


def test_filters_are_all_held_to(call: Caller, shelf: list[Track]) -> None:
    def found(**wanted: object) -> list[str]:
        return [track["id"] for track in call.get("/api/v1/tracks", params=wanted).json()["items"]]  # type: ignore[arg-type]

    assert set(found(genre="jazz_lounge")) == {shelf[1].id, shelf[3].id}
    assert found(least_bpm=74.5) == [shelf[4].id]
    assert found(text="song 3") == [shelf[2].id]
    assert found(mood="angry") == []
    assert found(liked_by_me=True) == []


def test_a_page_begins_only_where_one_ended(still: Caller) -> None:
    answer = still.get("/api/v1/tracks", params={"after": "somewhere"})
    assert answer.status_code == 422
    assert "somewhere" in answer.json()["detail"]
    assert still.get("/api/v1/tracks", params={"sort": "drop table"}).status_code == 422


def test_a_track_tells_all_that_is_known_of_it(call: Caller, shelf: list[Track]) -> None:
    told = call.get(f"/api/v1/tracks/{shelf[0].id}").json()
    assert told["measures"]["integrated"] == -14.0
    assert {file["name"] for file in told["files"]} >= {"track.flac", "stems/bass.flac"}
    for file in told["files"]:
        assert call.get(file["url"]).status_code == 200


def test_the_history_is_exported_in_the_order_of_air(call: Caller, front: Front, shelf: list[Track]) -> None:
    for number, track in enumerate(shelf):
        on_air(front, track, position=number * 1000, at=1000.0 + number * 60)
    lines = call.get("/api/v1/history/export").text.splitlines()
    rows = [orjson.loads(line) for line in lines]
    assert [row["track_id"] for row in rows] == [track.id for track in shelf]
    assert rows[0]["started"] == "1970-01-01T00:16:40.000+00:00"
    answer = call.get("/api/v1/history/export?format=csv&since=1060&until=1180")
    assert answer.headers["content-type"].startswith("text/csv")
    assert [row["title"] for row in csv.DictReader(io.StringIO(answer.text))] == ["Song 2", "Song 3"]
    page = call.get("/api/v1/history?limit=2").json()
    assert [play["title"] for play in page["items"]] == ["Song 5", "Song 4"]


def test_a_title_that_looks_like_a_formula_is_text_in_the_table(call: Caller, front: Front, shelf: list[Track]) -> None:
    with front.desk.database.write() as session:
        plays.started(session, "main", 0, kind="track", title='=HYPERLINK("http://evil")', at=1000.0)
    rows = list(csv.DictReader(io.StringIO(call.get("/api/v1/history/export?format=csv").text)))
    assert rows[0]["title"].startswith("'=")


def test_why_the_next_piece_is_next_is_told(call: Caller, front: Front, shelf: list[Track]) -> None:
    with front.desk.database.write() as session:
        queue.add(session, "main", shelf[0].id, reason={"words": "a new piece for about 22:30"})
    told = call.get("/api/v1/next").json()
    assert told["next"]["words"] == "a new piece for about 22:30"
    assert told["taste"]["prior"] == {"alpha": 2.0, "beta": 2.0}


@pytest.mark.parametrize(
    "path", ["stations/nobody", "tracks/nothing", "tracks/nothing/audio", "queue?station=nobody", "generations/9",
             "requests/9", "now-playing?station=nobody", "health?station=nobody", "history/export?station=nobody"],
)  # fmt: skip
def test_what_is_not_there_is_404_by_name(still: Caller, path: str) -> None:
    answer = still.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["value"] in path
