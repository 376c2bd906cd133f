"""Wishes in words: every one is answered, by rules that are fair to all; the owner's words steer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pieces import DAY, RATE, piece, shelve

from sonicforge.errors import BadInput, Conflict, NotFound
from sonicforge.library import jobs, orders, plays, queue, requests, stations
from sonicforge.library.database import Database
from sonicforge.library.values import Request
from sonicforge.settings import load_settings
from sonicforge.tasks.ask import Answer, ask, say
from sonicforge.tasks.attend import attend
from sonicforge.tasks.compose import Order
from sonicforge.tasks.finish import fail
from sonicforge.tasks.model import ChatModel
from sonicforge.tasks.programme import plan
from sonicforge.tasks.understand import model_of, understand


def asked(database: Database, text: str, listener: str = "ann", now: float = DAY) -> Request:
    with database.write() as session:
        return ask(session, "main", listener, text, now=now)


def said(database: Database, text: str, now: float = DAY) -> Answer:
    with database.write() as session:
        return say(session, "main", text, now=now, composing=False)


def rules(database: Database, **changes: object) -> None:
    with database.write() as session:
        known = stations.get(session, "main").programme
        stations.change(session, "main", programme=replace(known, **changes))  # type: ignore[arg-type]


def test_a_wish_is_understood_answered_and_made(database: Database) -> None:
    wish = asked(database, "a dreamy synthwave piece at 100 bpm")
    assert wish.state == "making"
    assert "Synthwave" in wish.answer
    assert "100 bpm" in wish.answer
    assert "in about" in wish.answer
    with database.read() as session:
        job = jobs.get(session, wish.job_id or 0)
    wanted = Order.from_json(job.payload)
    assert (wanted.concept.genre, wanted.concept.bpm, wanted.concept.mood) == ("synthwave", 100.0, ("dreamy",))
    assert (wanted.request, wanted.source, job.job_class) == (wish.id, "request", "high")


def test_a_genre_that_the_station_does_not_play_is_a_stated_compromise(database: Database) -> None:
    wish = asked(database, "peak techno please, 135 bpm")
    assert wish.state == "making"
    assert "not played here" in wish.answer


def test_what_is_no_wish_for_music_is_refused_in_words(database: Database) -> None:
    wish = asked(database, "qwertz asdf")
    assert wish.state == "refused"
    assert "genre" in wish.answer


def test_a_piece_asked_for_by_name_is_queued(database: Database) -> None:
    shelve(database, [piece(1, title="Neon Harbour"), piece(2, title="Neon Harbour Lights")])
    wish = asked(database, "please play Neon Harbour!")
    assert (wish.state, wish.track_id) == ("queued", f"{1:012x}")
    again = asked(database, 'can you play "neon harbour"?', "bob")
    assert again.state == "refused"
    assert "in the queue already" in again.answer


def test_a_piece_that_rests_is_not_played_again_at_once(database: Database) -> None:
    (track,) = shelve(database, [piece(1, title="Neon Harbour")])
    with database.write() as session:
        plays.started(session, "main", round(DAY * RATE), kind="track", title="x", track_id=track.id, at=DAY)
        plays.ended(session, "main", at=DAY + 200.0)
    wish = asked(database, "play Neon Harbour", now=DAY + 600.0)
    assert wish.state == "refused"
    assert "10 minutes ago" in wish.answer


def test_a_new_piece_of_that_kind_that_is_ready_comes_at_once(database: Database) -> None:
    shelve(database, [piece(1, genre="synthwave", moods=("dreamy",), title="Slow Neon")])
    wish = asked(database, "dreamy synthwave")
    assert (wish.state, wish.track_id) == ("queued", f"{1:012x}")
    assert "Slow Neon" in wish.answer


def test_a_listener_has_so_many_wishes_an_hour(database: Database) -> None:
    rules(database, requests_per_hour=2)
    states = [asked(database, f"synthwave {90 + n} bpm").state for n in range(4)]
    assert states == ["making", "making", "refused", "refused"]
    assert asked(database, "synthwave 95 bpm", "bob").state == "making"
    assert asked(database, "synthwave 95 bpm", now=DAY + 3700.0).state == "making"


def test_a_station_may_take_no_requests(database: Database) -> None:
    rules(database, requests_share=0.0)
    wish = asked(database, "dreamy synthwave")
    assert (wish.state, wish.answer) == ("refused", "This station takes no requests.")


def test_words_too_long_or_none_are_refused_at_the_door(database: Database) -> None:
    for text in ("", "   ", "\n", "x" * 10_000):
        with pytest.raises(BadInput):
            asked(database, text)
    with pytest.raises(NotFound), database.write() as session:
        ask(session, "elsewhere", "ann", "jazz", now=DAY)


@pytest.mark.parametrize(
    "text", ["🎷" * 100, "'; DROP TABLE tracks; --", "a\r\nb\x00c synthwave", "energy " * 60, "٣" * 300]
)
def test_odd_words_get_an_answer_too(database: Database, text: str) -> None:
    assert asked(database, text).answer


def test_a_wish_whose_job_fails_is_told(database: Database) -> None:
    wish = asked(database, "synthwave 100 bpm")
    with database.write() as session:
        held = jobs.claim(session, "w", ["compose"], now=DAY)
        assert held is not None
        fail(session, held, "no luck", now=DAY, retry=False)
        assert requests.get(session, wish.id).state == "failed"
        assert "could not be made" in requests.get(session, wish.id).answer


def test_attending_answers_every_new_wish_once(database: Database) -> None:
    with database.write() as session:
        wishes = [requests.add(session, "main", f"l{n}", "dreamy synthwave", now=DAY) for n in range(3)]
    assert attend(database, DAY) == 3
    assert attend(database, DAY) == 0
    with database.read() as session:
        assert {requests.get(session, wish.id).state for wish in wishes} == {"making"}
        assert len(jobs.listing(session, kinds=["compose"]).items) == 3


def test_the_owner_changes_the_programme_and_the_plan_follows(database: Database) -> None:
    shelve(database, [piece(n, genre=("lofi_hiphop", "synthwave")[n % 2]) for n in range(1, 60)])
    with database.write() as session:
        plan(session, "main", DAY, composing=False)
    told = said(database, "only synthwave")
    assert told.kind == "programme"
    assert "only synthwave" in told.words
    with database.read() as session:
        assert {item.track.genre for item in queue.listing(session, "main")} == {"synthwave"}


def test_the_owner_skips_what_is_on_air(database: Database) -> None:
    with pytest.raises(Conflict, match="nothing is on air"):
        said(database, "skip")
    (track,) = shelve(database, [piece(1)])
    with database.write() as session:
        plays.started(session, "main", 4800, kind="track", title="x", track_id=track.id, at=DAY)
    told = said(database, "skip this one", DAY + 5.0)
    with database.read() as session:
        (order,) = orders.waiting(session, "main", now=DAY + 6.0)
    assert (order.number, order.kind, order.data["position"]) == (told.order, "skip", 4800)


def test_the_owner_may_wish_for_music_as_often_as_he_likes(database: Database) -> None:
    rules(database, requests_per_hour=1)
    for bpm in (90, 95, 100):
        assert said(database, f"synthwave at {bpm} bpm").kind == "request"
    with database.read() as session:
        assert {wish.state for wish in requests.unfinished(session, "main")} == {"making"}


@contextmanager
def chat_server(*answers: str | int) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A server that speaks as chat models do: gives each answer in turn (a number: that status)."""
    heard: list[dict[str, object]] = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            heard.append(body | {"key": self.headers.get("authorization", "")})
            told = left.pop(0)
            self.send_response(told if isinstance(told, int) else 200)
            self.end_headers()
            if isinstance(told, str):
                self.wfile.write(json.dumps({"choices": [{"message": {"content": told}}]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_chat_model_understands_what_the_interpreter_does_not() -> None:
    concept = {"genre": "ambient", "mood": ["sleepy"], "bpm": 60, "seed": 5, "form": "x"}
    with chat_server(json.dumps({"understood": True, "concept": concept})) as (url, heard):
        told = understand("my baby needs to sleep", model=ChatModel(url, "secret", "small"))
    assert told.by == "model"
    assert told.concept is not None
    assert (told.concept.genre, told.concept.mood, told.concept.bpm) == ("ambient", ("sleepy",), 60.0)
    assert (told.concept.form, told.concept.text) == (None, "my baby needs to sleep")
    assert heard[0]["key"] == "Bearer secret"
    assert heard[0]["model"] == "small"


@pytest.mark.parametrize(
    "rubbish",
    [
        "no json",
        "[]",
        '{"concept": {"bpm": 9000}}',
        '{"concept": {"genre": "polka"}}',
        "{}",
        '{"concept": 5}',
        500,
        404,
    ],
)
def test_whatever_a_chat_model_says_wrong_the_interpreter_takes_over(rubbish: str | int) -> None:
    with chat_server(rubbish) as (url, _):
        told = understand("dreamy synthwave", model=ChatModel(url, "", "small"))
    assert told.by == "interpreter"
    assert told.concept is not None
    assert told.concept.genre == "synthwave"


def test_a_chat_model_that_is_not_there_rests_and_holds_nobody_up() -> None:
    with chat_server() as (url, _):
        pass
    model = ChatModel(url, "", "small", timeout_s=0.5)
    for _ in range(3):
        assert understand("dreamy synthwave", model=model).by == "interpreter"


def test_the_model_comes_from_the_settings() -> None:
    assert model_of(load_settings({})) is None
    both = {"SONICFORGE_LLM_URL": "http://127.0.0.1:1/v1", "SONICFORGE_LLM_MODEL": "m", "SONICFORGE_LLM_KEY": "k"}
    assert model_of(load_settings(both)) is not None
    assert "topsecret" not in repr(load_settings(both | {"SONICFORGE_LLM_KEY": "topsecret"}))
    with pytest.raises(BadInput, match="http"):
        model_of(load_settings(both | {"SONICFORGE_LLM_URL": "file:///etc/passwd"}))
