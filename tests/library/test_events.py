"""The log of news, orders, listeners and answers: numbers only rise, nothing is told twice or lost."""

import threading

import pytest

from sonicforge.errors import BadInput, Conflict, NotFound, OutOfRange
from sonicforge.library import events, idempotency, listeners, orders, stations
from sonicforge.library.database import Database


def test_numbers_rise_and_are_never_used_again(database: Database) -> None:
    with database.write() as session:
        numbers = [events.append(session, None, "test", {"i": i}, now=float(i)) for i in range(20)]
        assert numbers == sorted(set(numbers))
        events.prune(session, before=100.0, keep=1)
        assert events.bounds(session) == (numbers[-1], numbers[-1])
        assert events.append(session, None, "test", {}) == numbers[-1] + 1


def test_pruning_spares_the_young_and_the_last(database: Database) -> None:
    with database.write() as session:
        first = events.bounds(session)[1]
        for i in range(20):
            events.append(session, None, "test", {}, now=float(i))
        events.prune(session, before=10.0, keep=5)
        assert events.bounds(session) == (first + 11, first + 20)
        events.prune(session, before=100.0, keep=5)
        assert events.bounds(session) == (first + 16, first + 20)


def test_a_reader_that_goes_on_from_its_number_misses_nothing(database: Database) -> None:
    def write(name: str) -> None:
        for i in range(15):
            with database.write() as session:
                events.append(session, None, "test", {"by": name, "i": i})

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    heard: list[tuple[str, int]] = []
    number = 0
    while len(heard) < 45:
        with database.read() as session:
            for event in events.after(session, number, 7, kinds=["test"]):
                assert event.number > number
                number = event.number
                heard.append((event.data["by"], event.data["i"]))
    for writer in writers:
        writer.join()
    assert sorted(heard) == [(name, i) for name in "abc" for i in range(15)]


def test_readers_hear_their_station_and_what_concerns_all(database: Database) -> None:
    with database.write() as session:
        start = events.bounds(session)[1]
        for station, kind in (("main", "a.b"), ("night", "a.b"), (None, "a"), ("main", "ab"), ("main", "a_b")):
            events.append(session, station, kind, {})

        def heard(**wanted: object) -> list[tuple[str | None, str]]:
            return [(e.station, e.kind) for e in events.after(session, start, **wanted)]  # type: ignore[arg-type]

        assert heard(station="main") == [("main", "a.b"), (None, "a"), ("main", "ab"), ("main", "a_b")]
        assert heard(kinds=["a"]) == [("main", "a.b"), ("night", "a.b"), (None, "a")]
        assert heard(kinds=["a_b"]) == [("main", "a_b")]
        for limit in (0, 1001):
            with pytest.raises(OutOfRange):
                events.after(session, 0, limit)
        with pytest.raises(BadInput):
            events.append(session, None, "", {})


def test_orders_wait_until_they_are_carried_out_or_too_old(database: Database) -> None:
    with database.write() as session:
        skip = orders.leave(session, "main", "skip", {"position": 5}, lives_s=30.0, now=100.0)
        reload = orders.leave(session, "main", "reload", now=101.0)
        assert orders.waiting(session, "main", now=110.0) == (skip, reload)
        assert orders.waiting(session, "main", now=110.0) == (skip, reload)
        assert orders.waiting(session, "main", now=131.0) == (reload,)
        orders.carried_out(session, reload.number, "done", now=132.0)
        orders.carried_out(session, reload.number, "done again", now=133.0)
        assert orders.waiting(session, "main", now=133.0) == ()
        assert [event.data["outcome"] for event in events.after(session, 0, kinds=["order.carried_out"])] == ["done"]
        assert orders.prune(session, before=200.0) == 2
        with pytest.raises(NotFound):
            orders.carried_out(session, 99)
        with pytest.raises(NotFound):
            orders.leave(session, "nowhere", "skip")


def test_orders_for_a_dead_tower_do_not_pile_up_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "MOST", 2)
    with database.write() as session:
        orders.leave(session, "main", "skip")
        orders.leave(session, "main", "skip")
        with pytest.raises(Conflict, match="is the station running"):
            orders.leave(session, "main", "skip")


def test_a_client_that_keeps_fetching_is_one_session(database: Database) -> None:
    with database.write() as session:
        stations.add(session, "night", "Night")
        for at in range(0, 100, 5):
            listeners.seen(session, "main", "hls", "anna", now=float(at))
        listeners.seen(session, "main", "hls", "bob", now=95.0)
        listeners.seen(session, "main", "mp3", "carl", now=95.0)
        listeners.seen(session, "night", "hls", "dora", now=95.0)
        assert listeners.counts(session, "main", now=96.0) == {"hls": 2, "mp3": 1}
        listeners.left(session, "main", "mp3", "carl", now=97.0)
        assert listeners.counts(session, "main", now=98.0) == {"hls": 2}
        assert listeners.counts(session, "main", now=200.0) == {}
        back = listeners.seen(session, "main", "hls", "anna", now=200.0)
        assert back.since == 200.0
        kept = [one for one in listeners.sessions(session, "main", since=0.0) if one.client == "anna"]
        assert [(one.since, one.seen_at) for one in kept] == [(200.0, 200.0), (0.0, 95.0)]
        assert listeners.prune(session, before=150.0) == 4


def test_of_a_minute_the_most_is_kept(database: Database) -> None:
    with database.write() as session:
        for at, number in ((60.0, 3), (70.0, 5), (119.9, 4), (120.0, 1)):
            listeners.count_minute(session, "main", {"hls": number}, now=at)
        told = listeners.history(session, "main", since=0.0, until=180.0)
        assert [(minute.at, minute.listeners) for minute in told] == [(60.0, 5), (120.0, 1)]
        assert listeners.history(session, "main", since=120.0, until=121.0)[0].listeners == 1


def test_a_repeated_call_hears_the_first_answer(database: Database) -> None:
    made: list[int] = []

    def call(question: dict[str, object]) -> dict[str, object]:
        with database.write() as session:
            known = idempotency.answered(session, "anna POST /concepts", "key-1", question)
            if known is not None:
                return dict(known.answer)
            made.append(1)
            answer = {"id": len(made)}
            return dict(
                idempotency.keep(session, "anna POST /concepts", "key-1", question, status=201, answer=answer).answer
            )

    answers: list[dict[str, object]] = []
    threads = [threading.Thread(target=lambda: answers.append(call({"b": 1, "a": 2}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"id": 1}] * 8
    assert call({"a": 2, "b": 1}) == {"id": 1}
    with pytest.raises(idempotency.OtherQuestion):
        call({"a": 3})
    with database.write() as session:
        assert idempotency.answered(session, "bob POST /concepts", "key-1", {"a": 3}) is None
        with pytest.raises(BadInput):
            idempotency.answered(session, "anna", "x" * 201, {})
        assert idempotency.prune(session, before=1e12) == 1
