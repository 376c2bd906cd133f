"""The as-run log: told twice or late, it says the same."""

import itertools

from shelf import shelve, take

from sonicforge.library import events, plays, requests, tracks
from sonicforge.library.database import Database
from sonicforge.library.values import Play

RATE = 48_000


def test_what_begins_ends_what_was_before(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        first = plays.started(session, "main", 0, kind="track", title="One", track_id=track.id, at=100.0)
        assert plays.current(session, "main") == first
        plays.started(session, "main", 10 * RATE, kind="bridge", title="One to Two", at=110.0)
        assert plays.get(session, first.id).ended_at == 110.0
        assert tracks.get(session, track.id).plays == 1
        assert tracks.get(session, track.id).last_played_at == 100.0
        heard = plays.heard_at(session, "main", 105.0)
        assert heard is not None
        assert heard.title == "One"
        assert plays.heard_at(session, "main", 99.0) is None
        plays.ended(session, "main", at=120.0)
        assert plays.current(session, "main") is None
        assert plays.heard_at(session, "main", 121.0) is None


def test_news_told_twice_and_in_any_order_make_the_same_log(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    told = [(i * 10 * RATE, 100.0 + 10 * i) for i in range(4)]
    logs: list[list[tuple[int, float, float | None]]] = []
    for number, order in enumerate(itertools.permutations(told)):
        station = f"s{number}"
        with database.write() as session:
            for position, at in (*order, *order):
                plays.started(session, station, position, kind="track", title="x", track_id=track.id, at=at)
            page = plays.listing(session, station)
        logs.append([(play.position, play.started_at, play.ended_at) for play in page.items])
    assert logs[0] == [(p, at, at + 10 if i < 3 else None) for i, (p, at) in enumerate(told)][::-1]
    assert all(log == logs[0] for log in logs)
    with database.read() as session:
        assert tracks.get(session, track.id).plays == 4 * len(logs)
        assert len(events.after(session, 0, 1000, kinds=["play.started"])) == 4 * len(logs)


def test_a_request_that_is_heard_is_played(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        request = requests.add(session, "main", "anna", "something calm")
        plays.started(session, "main", 0, kind="track", title="x", track_id=track.id, request_id=request.id, at=3.0)
        assert requests.get(session, request.id).state == "played"


def test_the_log_outlives_the_track(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        play = plays.started(session, "main", 0, kind="track", title="Gone", track_id=track.id, at=1.0)
        tracks.delete(session, track.id)
        assert plays.get(session, play.id).title == "Gone"


def test_the_export_holds_every_row_in_order(database: Database) -> None:
    with database.write() as session:
        for i in range(530):
            plays.started(session, "main", i, kind="track", title=f"T{i}", at=float(i))
    with database.read() as session:
        rows = list(plays.export(session, "main", since=10.0, until=520.0))
        paged: list[Play] = []
        after = None
        while True:
            page = plays.listing(session, "main", since=10.0, until=520.0, limit=200, after=after)
            paged += page.items
            after = page.next
            if after is None:
                break
    titles = [row[plays.COLUMNS.index("title")] for row in rows]
    assert titles == [f"T{i}" for i in range(10, 520)]
    assert [play.title for play in reversed(paged)] == titles
