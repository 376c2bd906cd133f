"""Fair rules: everybody's first wish before anybody's second, and room for the programme between wishes."""

from typing import Any

import pytest
from pieces import DAY, piece, shelve

from sonicforge.library import queue, requests
from sonicforge.library.database import Database
from sonicforge.library.values import QueueItem, Track
from sonicforge.tasks.fairness import fair_place, spread, spread_places, wait_s


def line(track: Track, *names: str) -> tuple[list[QueueItem], dict[int, str]]:
    """A queue: `.` is the programme's, any other letter a listener's wish."""
    nothing: Any = {}
    items = [QueueItem(n, "main", track, n, False, "waiting", "x", None, nothing, 0.0) for n in range(len(names))]
    return items, {n: name for n, name in enumerate(names) if name != "."}


def placed(track: Track, names: str, listener: str, share: float = 0.5, *, after_wish: bool = False) -> str:
    items, owners = line(track, *names)
    place = fair_place(items, owners, listener, share, after_wish=after_wish)
    return names[:place] + listener + names[place:]


@pytest.fixture
def track(database: Database) -> Track:
    return shelve(database, [piece(1)])[0]


@pytest.mark.parametrize(
    ("before", "listener", "share", "after"),
    [
        ("....", "a", 0.5, "a...."),
        ("", "a", 0.5, "a"),
        ("a...", "b", 0.5, "a.b.."),
        ("a...", "a", 0.5, "a.a.."),
        ("a...", "b", 1.0, "ab..."),
        ("a.....", "b", 0.25, "a...b.."),
        ("a.a.a.", "b", 1.0, "ab.a.a."),
        ("a.b.a.", "b", 0.5, "a.b.a.b"),
        ("a.b.", "c", 0.5, "a.b.c"),
    ],
)
def test_places_by_turns_and_share(track: Track, before: str, listener: str, share: float, after: str) -> None:
    assert placed(track, before, listener, share) == after


def test_a_wish_that_was_just_fetched_counts_for_the_share(track: Track) -> None:
    assert placed(track, "....", "a", after_wish=True) == ".a..."


@pytest.mark.parametrize(
    ("before", "between", "after_wish", "after"),
    [
        ("AB..", 1, False, "A.B."),
        (".AB.C..", 1, False, ".A.B.C."),
        ("A.B.", 1, False, "A.B."),
        ("A...", 1, True, ".A.."),
        ("ABC", 1, False, "ABC"),
        ("AB....", 3, False, "A...B."),
        ("AB..", 0, False, "AB.."),
        ("....A", 2, False, "....A"),
        ("", 1, False, ""),
    ],
)
def test_wishes_are_moved_back_until_there_is_room_between_them(
    before: str, between: int, after_wish: bool, after: str
) -> None:
    places = spread_places([letter != "." for letter in before], between, after_wish=after_wish)
    moved = dict(zip(places, before, strict=True))
    assert "".join(moved[place] for place in sorted(moved)) == after


def test_a_second_wish_makes_room_in_the_queue(database: Database) -> None:
    shelved = shelve(database, [piece(n) for n in range(1, 7)])
    with database.write() as session:
        for n, one in enumerate(shelved):
            wish = requests.add(session, "main", f"l{n}", "x", now=DAY).id if n < 3 else None
            queue.add(session, "main", one.id, request_id=wish, source="request" if wish else "programme")
        spread(session, "main", now=DAY)
        kinds = [item.source for item in queue.listing(session, "main")]
        assert [item.track.id for item in queue.listing(session, "main") if item.request_id] == [
            one.id for one in shelved[:3]
        ]
    assert kinds == ["request", "programme"] * 3


def test_waiting_is_what_plays_and_what_comes_before(database: Database) -> None:
    tracks = shelve(database, [piece(n, duration_s=100.0) for n in range(1, 5)])
    with database.write() as session:
        for one in tracks:
            queue.add(session, "main", one.id)
        assert wait_s(session, "main", 0, DAY) == 0.0
        assert wait_s(session, "main", 3, DAY) == 300.0
        assert requests.unfinished(session, "main") == ()
