"""What listeners and the owner say: votes, skips, requests, queue, generations."""

import time

import pytest
from conftest import TOKEN, TRACK, Caller

from sonicforge.api.front import Front
from sonicforge.library import orders, plays
from sonicforge.library.values import Track


def air(front: Front, track: Track) -> None:
    with front.desk.database.write() as session:
        plays.started(session, "main", 0, kind="track", title=track.title, track_id=track.id, at=time.time())


def test_the_last_vote_of_a_listener_counts_once(call: Caller, shelf: list[Track]) -> None:
    path = f"/api/v1/tracks/{shelf[0].id}/vote"
    assert call("PUT", path, json={"stars": 2, "liked": True}).json()["stars"] == 2
    told = call("PUT", path, json={"stars": 5}).json()
    assert (told["stars"], told["liked"]) == (5, True)
    assert (told["track"]["stars"], told["track"]["stars_count"], told["track"]["likes"]) == (5.0, 1, 1)
    assert call("PUT", path, json={"stars": None}).json()["track"]["stars_count"] == 0
    assert call.get(path).json()["stars"] is None
    assert [track["id"] for track in call.get("/api/v1/tracks?liked_by_me=true").json()["items"]] == [shelf[0].id]


def test_fifty_votes_of_one_listener_at_once_are_one(call: Caller, shelf: list[Track]) -> None:
    token = call.get("/api/v1/listeners/me").json()["token"]
    path = f"/api/v1/tracks/{shelf[0].id}/vote"
    more = {"json": {"stars": 4, "liked": True}, "headers": {"X-Listener": token}}
    answers = call.all(*[("PUT", path, more)] * 50)
    assert {answer.status_code for answer in answers} == {200}
    track = call.get(f"/api/v1/tracks/{shelf[0].id}").json()["track"]
    assert (track["likes"], track["stars_count"]) == (1, 1)


@pytest.mark.parametrize(
    "vote", [{"stars": 0}, {"stars": 6}, {"stars": "5"}, {"stars": 2.5}, {"stars": True}, {}, {"star": 3}]
)
def test_a_vote_that_is_none_is_refused(still: Caller, vote: dict[str, object]) -> None:
    answer = still("PUT", f"/api/v1/tracks/{TRACK}/vote", json=vote)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_enough_wishes_skip_what_is_on_air_once(call: Caller, front: Front, shelf: list[Track]) -> None:
    air(front, shelf[0])
    first = call.post("/api/v1/skip-votes").json()
    assert (first["votes"], first["needed"], first["skipped"]) == (1, 2, False)
    assert call.post("/api/v1/skip-votes").json()["votes"] == 1
    for place in ("198.51.100.1", "198.51.100.2"):
        assert call.away("POST", "/api/v1/skip-votes", place=place).json()["skipped"]
    with front.desk.database.read() as session:
        waiting = orders.waiting(session, "main")
    assert [(order.kind, order.data["position"]) for order in waiting] == [("skip", 0)]
    assert call.get("/api/v1/now-playing").json()["skip_votes"] == 3


def test_with_nothing_on_air_there_is_nothing_to_skip(still: Caller) -> None:
    assert still.post("/api/v1/skip-votes").status_code == 409


def test_the_owner_orders_the_queue(call: Caller, shelf: list[Track]) -> None:
    ids = [call.post("/api/v1/queue", json={"track": track.id}).json()["id"] for track in shelf[:3]]
    moved = call("PATCH", f"/api/v1/queue/{ids[2]}", json={"place": 0, "pinned": True}).json()
    assert (moved["place"], moved["pinned"]) == (0, True)
    assert call("DELETE", f"/api/v1/queue/{ids[0]}").status_code == 204
    assert [item["id"] for item in call.get("/api/v1/queue").json()["waiting"]] == [ids[2], ids[1]]
    outside = call("PATCH", f"/api/v1/queue/{ids[1]}", json={"place": 9})
    assert outside.status_code == 422
    assert (outside.json()["value"], outside.json()["high"]) == (9, 1)


OWNERS = [
    ("POST", "/api/v1/skip", None),
    ("POST", "/api/v1/queue", {"track": "000000000001"}),
    ("PATCH", "/api/v1/queue/1", {"place": 0}),
    ("DELETE", "/api/v1/queue/1", None),
    ("PUT", "/api/v1/outputs", {"outputs": []}),
    ("PATCH", "/api/v1/stations/main", {"name": "Mine now"}),
    ("PATCH", "/api/v1/tracks/000000000001", {"approved": False}),
    ("DELETE", "/api/v1/tracks/000000000001", None),
    ("POST", "/api/v1/generations/1/cancel", None),
    ("GET", "/api/v1/listeners/sessions", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OWNERS)
def test_only_the_owner_may(call: Caller, shelf: list[Track], method: str, path: str, body: object) -> None:
    def status(**more: object) -> int:
        return int(call.away(method, path, json=body, **more).status_code)

    assert status() == 401
    assert status(headers={"Authorization": "Bearer wrong"}) == 401
    assert status(headers={"Authorization": f"Bearer {TOKEN}"}) not in (401, 403)


def test_this_machine_is_trusted_only_without_a_proxy_and_by_its_own_name(call: Caller) -> None:
    def status(place: str, host: str, **headers: str) -> int:
        return int(call.away("POST", "/api/v1/skip", place=place, host=host, headers=headers).status_code)

    assert status("127.0.0.1", "localhost:8000") == 202
    assert status("::1", "[::1]:8000") == 202
    assert status("127.0.0.1", "localhost:8000", **{"X-Forwarded-For": "203.0.113.9"}) == 401
    assert status("127.0.0.1", "rebound.example") == 401
    assert status("127.0.0.1", "localhost:8000", Origin="http://evil.example") == 403
    assert status("127.0.0.1", "localhost:8000", **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert status("203.0.113.9", "localhost:8000") == 401


def test_wrong_tokens_run_out_and_the_right_one_from_elsewhere_still_opens(call: Caller) -> None:
    wrong = {"Authorization": "Bearer guess"}
    statuses = [call.away("POST", "/api/v1/skip", headers=wrong).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert call.away("POST", "/api/v1/skip", place="198.51.100.7", headers=right).status_code == 202


def test_a_repeated_creating_call_creates_once(call: Caller, shelf: list[Track]) -> None:
    more = {"json": {"track": shelf[0].id}, "headers": {"Idempotency-Key": "a1b2c3"}}
    answers = call.all(*[("POST", "/api/v1/queue", more)] * 8)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(call.get("/api/v1/queue").json()["waiting"]) == 1
    other = call.post("/api/v1/queue", json={"track": shelf[1].id}, headers={"Idempotency-Key": "a1b2c3"})
    assert other.status_code == 422
    assert "another request" in other.json()["detail"]
    assert (
        call.post("/api/v1/queue", json={"track": shelf[1].id}, headers={"Idempotency-Key": "k" * 300}).status_code
        == 422
    )


def test_a_generation_is_a_job_that_can_be_followed_and_cancelled(call: Caller) -> None:
    made = call.post("/api/v1/generations", json={"text": "rainy lo-fi at 78 bpm", "concept": {"seed": 7}})
    assert made.status_code == 202
    told = made.json()
    assert (told["state"], told["concept"]["bpm"], told["concept"]["seed"]) == ("queued", 78.0, 7)
    assert call.get(f"/api/v1/generations/{told['id']}").json() == told
    assert call.get("/api/v1/generations?states=queued").json()["items"] == [told]
    assert call.post(f"/api/v1/generations/{told['id']}/cancel").json()["state"] == "cancelled"
    assert call.get("/api/v1/generations?states=queued").json()["items"] == []


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"concept": {"bpm": 900.0}}, "900"),
        ({"concept": {"genre": "polka_core"}}, "polka_core"),
        ({"concept": {"tempo": 90}}, "tempo"),
        ({"concept": {"mood": 7}}, "mood"),
        ({"text": "x", "candidates": 99}, "99"),
        ({}, "text"),
        ({"text": "x" * 600}, "600"),
        ([], "[]"),
    ],
)
def test_a_generation_that_cannot_be_is_refused_by_name(still: Caller, wish: object, named: str) -> None:
    answer = still.post("/api/v1/generations", json=wish)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]
    assert still.get("/api/v1/generations").json()["items"] == []


def test_words_are_understood_without_making_anything(call: Caller) -> None:
    told = call.post("/api/v1/concepts", json={"text": "rainy lo-fi at 78 bpm"}).json()
    assert (told["concept"]["genre"], told["concept"]["bpm"]) == ("lofi_hiphop", 78.0)
    assert told["understood"]


def test_the_programme_is_changed_as_a_whole_or_not_at_all(call: Caller) -> None:
    good = call("PATCH", "/api/v1/stations/main", json={"programme": {"new_share": 0.25, "genres": ["lofi_hiphop"]}})
    assert good.json()["programme"]["new_share"] == 0.25
    bad = call("PATCH", "/api/v1/stations/main", json={"programme": {"new_share": 3.0}})
    assert bad.status_code == 422
    assert (bad.json()["name"], bad.json()["high"]) == ("new_share", 1.0)
    assert call("PATCH", "/api/v1/stations/main", json={"programme": {"genres": ["polka"]}}).status_code == 422
    assert call.get("/api/v1/stations/main").json()["programme"]["new_share"] == 0.25


def test_a_request_is_answered_in_words_and_queued(call: Caller, shelf: list[Track]) -> None:
    told = call.post("/api/v1/requests", json={"text": "play Song 3"}).json()
    assert (told["state"], told["track_id"], told["own"]) == ("queued", shelf[2].id, True)
    assert "Song 3" in told["answer"]
    assert call.get("/api/v1/queue").json()["waiting"][0]["request_id"] == told["id"]
    seen = call.away("GET", f"/api/v1/requests/{told['id']}").json()
    assert seen == told | {"own": False}
    assert "listener" not in seen


def test_a_repeated_request_is_one(call: Caller, shelf: list[Track]) -> None:
    more = {"json": {"text": "play Song 3"}, "headers": {"Idempotency-Key": "7f3a"}}
    answers = call.all(*[("POST", "/api/v1/requests", more)] * 4)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum(answer.headers.get("idempotent-replayed") == "true" for answer in answers) == 3
    assert len(call.get("/api/v1/requests").json()["items"]) == 1


def test_the_owner_steers_the_programme_in_words(call: Caller, shelf: list[Track]) -> None:
    before = call.get("/api/v1/stations/main").json()["programme"]["energy"]
    told = call.post("/api/v1/say", json={"text": "more energy after 22:00"}).json()
    assert told["kind"] == "programme"
    assert call.get("/api/v1/stations/main").json()["programme"]["energy"] != before
    assert call.away("POST", "/api/v1/say", json={"text": "no jazz"}).status_code == 401


def test_outputs_are_ordered_from_the_tower(call: Caller, front: Front) -> None:
    wishes = [{"kind": "hls", "name": "hls"}, {"kind": "rtmp", "name": "tube", "url": "rtmp://127.0.0.1/app/key"}]
    answer = call("PUT", "/api/v1/outputs", json={"outputs": wishes})
    assert answer.status_code == 202
    assert "key" not in answer.text
    with front.desk.database.read() as session:
        order = orders.waiting(session, "main")[0]
    assert (order.number, order.kind) == (answer.json()["order"], "outputs")
    assert [wish["name"] for wish in order.data["outputs"]] == ["hls", "tube"]
    twice = call("PUT", "/api/v1/outputs", json={"outputs": wishes[:1] * 2})
    assert twice.status_code == 409
    odd = call("PUT", "/api/v1/outputs", json={"outputs": [{"kind": "fax", "name": "x"}]})
    assert odd.status_code == 422
    assert "fax" in odd.json()["detail"]
