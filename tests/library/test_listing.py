"""Lists of tracks: every page in order, nothing twice, nothing missing, whatever happens between two pages."""

import random
from collections.abc import Callable

import pytest
from shelf import shelve, take

from sonicforge.errors import BadInput, OutOfRange, UnknownName
from sonicforge.library import plays, tracks, votes
from sonicforge.library.catalogue import EVERYTHING, SORTS, Filter, count, listing
from sonicforge.library.database import Database
from sonicforge.library.stored import StoredTake
from sonicforge.library.values import Track

GENRES = ("lofi_hiphop", "ambient", "jazz_lounge")


def mixed(many: int) -> list[StoredTake]:
    dice = random.Random(4)
    return [
        take(
            number,
            genre=dice.choice(GENRES),
            title=dice.choice(("Über Nacht", "über nacht", "Neon", "Zebra", "a b")),
            moods=tuple(dice.sample(("calm", "dark", "warm"), dice.randint(0, 2))),
            key=dice.choice(("F minor", "C major")),
            bpm=dice.choice((70.0, 80.5, 90.25)),
            energy=dice.choice((0.1, 0.5, 0.9)),
            score=dice.choice((8.5, 9.0, 9.5)),
        )
        for number in range(many)
    ]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_every_order_hold_each_track_once_and_in_order(database: Database, sort: str) -> None:
    shelve(database, mixed(37))
    column, descending = SORTS[sort]
    with database.read() as session:
        seen: list[Track] = []
        after = None
        while True:
            page = listing(session, sort=sort, limit=5, after=after)
            seen += page.items
            after = page.next
            if after is None:
                break
        assert len({track.id for track in seen}) == len(seen) == 37
        rows = [getattr(tracks.row_of(session, track.id), column.key) for track in seen]
    assert rows == sorted(rows, reverse=descending)


def test_what_is_added_between_two_pages_disturbs_neither(database: Database) -> None:
    shelve(database, mixed(10))
    with database.read() as session:
        first = listing(session, limit=5)
    shelve(database, [take(99)], now=5000.0)
    with database.write() as session:
        tracks.delete(session, first.items[-1].id)
        second = listing(session, limit=50, after=first.next)
    assert len(second.items) == 5
    assert not {track.id for track in first.items} & {track.id for track in second.items}


def test_filters_let_through_what_they_say(database: Database) -> None:
    everything = shelve(database, mixed(40))
    with database.write() as session:
        votes.like(session, everything[0].id, "anna")
        votes.like(session, everything[1].id, "bob")
        plays.started(session, "main", 0, kind="track", title="x", track_id=everything[2].id, at=1.0)
        tracks.retire(session, everything[3].id, because="old")
    cases: list[tuple[Filter, Callable[[Track], bool]]] = [
        (Filter(genres=("ambient",)), lambda t: t.genre == "ambient"),
        (Filter(genres=("ambient", "jazz_lounge")), lambda t: t.genre != "lofi_hiphop"),
        (Filter(moods=("calm",)), lambda t: "calm" in t.moods),
        (Filter(moods=("calm", "dark")), lambda t: {"calm", "dark"} <= set(t.moods)),
        (Filter(key="F minor"), lambda t: t.key == "F minor"),
        (Filter(bpm=(75.0, None)), lambda t: t.bpm >= 75.0),
        (Filter(bpm=(70.0, 80.5), energy=(None, 0.5)), lambda t: t.bpm <= 80.5 and t.energy <= 0.5),
        (Filter(text="ÜBER"), lambda t: "ber" in t.title),
        (Filter(text="uber ambient"), lambda t: "ber" in t.title and t.genre == "ambient"),
        (Filter(text="%_'\"\\"), lambda t: True),
        (Filter(text="nothing like it"), lambda t: False),
    ]
    with database.read() as session:
        ready = [track for track in tracks.some(session, [t.id for t in everything]).values() if track.state == "ready"]
        for wanted, fits in cases:
            found = {track.id for track in listing(session, wanted, limit=200).items}
            assert found == {track.id for track in ready if fits(track)}, wanted
            assert count(session, wanted) == len(found)
        assert count(session, EVERYTHING) == 40
        assert count(session, Filter(state="retired")) == 1
        assert [track.id for track in listing(session, Filter(liked_by="anna")).items] == [everything[0].id]
        assert count(session, Filter(liked=True)) == 2
        assert [track.id for track in listing(session, Filter(played=True)).items] == [everything[2].id]


def test_bad_pages_and_orders_are_refused(database: Database) -> None:
    shelve(database, mixed(5))
    with database.read() as session:
        cursor = listing(session, sort="title", limit=2).next
        assert cursor is not None
        for after in (cursor, "", "x" * 5000, "!!", "bnVsbA", "WzEsMiwzXQ", "WyJuZXdlc3QiLCJ4IiwieCJd", "é"):
            with pytest.raises(BadInput):
                listing(session, sort="newest", after=after)
        with pytest.raises(UnknownName, match="newest"):
            listing(session, sort="loudest")
        for limit in (0, -1, 201):
            with pytest.raises(OutOfRange):
                listing(session, limit=limit)
    for wrong in ({"bpm": (100.0, 50.0)}, {"energy": (float("nan"), None)}, {"state": "lost"}):
        with pytest.raises(BadInput):
            Filter(**wrong)
