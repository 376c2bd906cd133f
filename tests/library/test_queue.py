"""The queue of a station: order is kept through everything that people, programme and tower do to it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shelf import shelve, take

from sonicforge.errors import Conflict, NotFound, OutOfRange, UnknownName
from sonicforge.library import events, queue, stations, tracks
from sonicforge.library.database import Database


def order(database: Database, station: str = "main") -> list[int]:
    with database.read() as session:
        items = queue.listing(session, station)
    assert [item.place for item in items] == list(range(len(items)))
    return [item.id for item in items]


def test_tracks_come_in_the_order_of_their_places(database: Database) -> None:
    (track,) = shelve(database, [take(1, duration_s=100.0)])
    with database.write() as session:
        a, b = queue.add(session, "main", track.id), queue.add(session, "main", track.id, source="request")
        c = queue.add(session, "main", track.id, place=0, reason={"asked": "by a person"})
        assert queue.waiting_s(session, "main") == 300.0
    assert order(database) == [c.id, a.id, b.id]
    with database.write() as session:
        assert queue.move(session, b.id, 0).place == 0
        queue.remove(session, c.id)
    assert order(database) == [b.id, a.id]
    with database.read() as session:
        told = [event.kind for event in events.after(session, 0, station="main", kinds=["queue"])]
    assert told == ["queue.added"] * 3 + ["queue.moved", "queue.removed"]


def test_what_the_tower_fetched_is_not_lost_when_it_dies(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        ids = [queue.add(session, "main", track.id).id for _ in range(4)]
        fetched = [queue.take_next(session, "main") for _ in range(2)]
    assert [item.id for item in fetched if item] == ids[:2]
    assert order(database) == ids[2:]
    with database.write() as session:
        queue.begun(session, ids[0])
        queue.begun(session, ids[0])
        assert [item.id for item in queue.taken(session, "main")] == [ids[1]]
        assert queue.give_back(session, "main") == 1
        assert queue.give_back(session, "main") == 0
    assert order(database) == ids[1:]


def test_an_empty_queue_gives_nothing(database: Database) -> None:
    with database.write() as session:
        assert queue.take_next(session, "main") is None
        assert queue.waiting_s(session, "main") == 0.0


def test_what_the_tower_has_cannot_be_moved_or_removed(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        item = queue.add(session, "main", track.id)
        queue.take_next(session, "main")
        for act in (lambda: queue.remove(session, item.id), lambda: queue.move(session, item.id, 0)):
            with pytest.raises(Conflict, match="being played"):
                act()


def test_a_new_plan_spares_pinned_items_and_requests(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        queue.add(session, "main", track.id)
        pinned = queue.pin(session, queue.add(session, "main", track.id).id)
        asked = queue.add(session, "main", track.id, source="request")
        queue.add(session, "main", track.id)
        assert queue.clear(session, "main") == 2
    assert order(database) == [pinned.id, asked.id]


def test_only_what_may_go_on_air_is_queued(database: Database) -> None:
    (unapproved,) = shelve(database, [take(1)], approved=False)
    (retired,) = shelve(database, [take(2)])
    with database.write() as session:
        tracks.retire(session, retired.id, because="old")
        for track in (unapproved, retired):
            with pytest.raises(Conflict, match="cannot be queued"):
                queue.add(session, "main", track.id)
        with pytest.raises(NotFound):
            queue.add(session, "main", "nobody")
        with pytest.raises(NotFound, match="nowhere"):
            queue.add(session, "nowhere", retired.id)
        with pytest.raises(NotFound):
            queue.remove(session, 4)


def test_bad_places_and_sources_are_refused(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        item = queue.add(session, "main", track.id)
        for place in (-1, 2):
            with pytest.raises(OutOfRange):
                queue.add(session, "main", track.id, place=place)
        with pytest.raises(OutOfRange):
            queue.move(session, item.id, 1)
        with pytest.raises(UnknownName):
            queue.add(session, "main", track.id, source="magic")


def test_a_queue_has_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST", 3)
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        for _ in range(3):
            queue.add(session, "main", track.id)
        with pytest.raises(Conflict, match="full"):
            queue.add(session, "main", track.id)


def test_stations_have_queues_of_their_own(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        stations.add(session, "night", "Night")
        queue.add(session, "night", track.id)
        assert queue.take_next(session, "main") is None
        assert queue.take_next(session, "night") is not None
        stations.remove(session, "night")
        assert queue.taken(session, "night") == ()


Step = tuple[str, int, int]
STEPS = st.tuples(
    st.sampled_from(["add", "move", "remove", "take", "begun", "back"]), st.integers(0, 9), st.integers(0, 9)
)


@given(st.lists(STEPS, max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_queue_is_a_list_and_what_was_fetched(database: Database, steps: list[Step]) -> None:
    """The same steps on a plain list and on the queue come to the same."""
    waiting: list[int] = []
    fetched: list[int] = []
    with database.write() as session:
        if not tracks.best_of(session):
            from sonicforge.library.tracks import add_stored

            add_stored(session, take(1), approved=True)
        track = tracks.best_of(session)[0].id
        for item in (*queue.listing(session, "main"), *queue.taken(session, "main")):
            queue.begun(session, item.id)
        for what, which, where in steps:
            if what == "add":
                place = min(where, len(waiting))
                waiting.insert(place, queue.add(session, "main", track, place=place).id)
            elif what == "back":
                queue.give_back(session, "main")
                waiting, fetched = fetched + waiting, []
            elif what == "begun" and fetched:
                queue.begun(session, fetched.pop(which % len(fetched)))
            elif what == "take":
                fetch = queue.take_next(session, "main")
                assert (fetch.id if fetch else None) == (waiting[0] if waiting else None)
                fetched += [waiting.pop(0)] if waiting else []
            elif what == "move" and waiting:
                moved = waiting.pop(which % len(waiting))
                place = min(where, len(waiting))
                waiting.insert(place, moved)
                queue.move(session, moved, place)
            elif what == "remove" and waiting:
                queue.remove(session, waiting.pop(which % len(waiting)))
            assert [item.id for item in queue.listing(session, "main")] == waiting
            assert [item.place for item in queue.listing(session, "main")] == list(range(len(waiting)))
            assert [item.id for item in queue.taken(session, "main")] == fetched
