"""The tower's door to a real library: nothing fetched is lost, told twice counts once, damage is noticed."""

from pathlib import Path

import pytest
from pieces import DAY, piece

from sonicforge.errors import NotFound
from sonicforge.library import events, orders, plays, queue, requests, tracks
from sonicforge.library.database import Database
from sonicforge.library.objects import Objects
from sonicforge.library.values import Track, TrackFile
from sonicforge.playout.door import News
from sonicforge.playout.item import Item
from sonicforge.tasks.air import LibraryDoor
from sonicforge.tasks.items import gain_db


def shelve_with_sound(database: Database, count: int, genre: str = "lofi_hiphop") -> list[Track]:
    """Tracks whose file is there, though it is no sound."""
    objects = Objects(database.folder / "objects")
    made = []
    with database.write() as session:
        for n in range(1, count + 1):
            take = piece(n, genre=genre)
            name = objects.put(f"sound {n}".encode())
            object.__setattr__(take, "files", (TrackFile("track.flac", name, 8, "audio/flac"),))
            made.append(tracks.add_stored(session, take, approved=True, now=DAY))
    return made


def door(database: Database) -> LibraryDoor:
    return LibraryDoor(database, "main", clock=lambda: DAY)


def began(item: Item, position: int, kind: str = "track") -> News:
    told = {"id": item.id, "title": item.title, "artist": item.artist, "genre": item.genre, "ticket": item.ticket}
    return News("began", position, DAY + position / 48_000, {"kind": kind, "item": told, "transition": {"method": "B"}})


def test_items_carry_what_tower_and_dj_need(database: Database) -> None:
    (track,) = shelve_with_sound(database, 1)
    with database.write() as session:
        queue.add(session, "main", track.id, source="request", reason={"words": "asked for: rain"})
    item = door(database).next_item()
    assert item is not None
    assert item.path.read_bytes() == b"sound 1"
    assert item.barlines is not None
    assert item.tags == {"source": "request", "why": "asked for: rain"}
    assert item.gain_db == pytest.approx(-16.5 + 14.0)


@pytest.mark.parametrize(
    ("genre", "lufs", "peak", "gain"),
    [
        ("house_deep", -14.0, -1.0, -2.0),
        ("ambient", -14.0, -1.0, -4.0),
        ("house_deep", -20.0, -3.0, 2.0),
        ("house_deep", -20.0, -6.0, 4.0),
        ("house_deep", -20.0, 0.5, 0.0),
    ],
)
def test_gain_meets_the_station_loudness_and_never_lifts_peaks_over_the_ceiling(
    genre: str, lufs: float, peak: float, gain: float
) -> None:
    assert gain_db(genre, lufs, peak) == pytest.approx(gain)


def test_an_empty_queue_is_planned_on_the_spot(database: Database) -> None:
    shelve_with_sound(database, 5)
    item = door(database).next_item()
    assert item is not None
    assert item.ticket is not None
    assert "new piece" in item.tags["why"]


def test_an_empty_library_has_nothing(database: Database) -> None:
    assert door(database).next_item() is None
    assert door(database).best() == []


def test_a_new_door_gives_back_what_a_dead_tower_had_fetched(database: Database) -> None:
    shelve_with_sound(database, 5)
    first = door(database).next_item()
    again = door(database).next_item()
    assert first is not None
    assert again is not None
    assert (again.id, again.ticket) == (first.id, first.ticket)


def test_what_begins_leaves_the_queue_and_is_in_the_log_once(database: Database) -> None:
    shelve_with_sound(database, 5)
    out = door(database)
    item = out.next_item()
    assert item is not None
    for _ in range(2):
        out.report([began(item, 480_000)])
    with database.read() as session:
        assert queue.taken(session, "main") == ()
        (play,) = plays.listing(session, "main").items
        assert (play.track_id, play.kind, play.position) == (item.id, "track", 480_000)
        assert play.reason["words"]
        assert play.transition == {"method": "B"}
        assert tracks.get(session, item.id).plays == 1


def test_a_bridge_takes_nothing_out_of_the_queue_but_its_piece_does(database: Database) -> None:
    shelve_with_sound(database, 5)
    out = door(database)
    item = out.next_item()
    assert item is not None
    out.report([began(item, 0, "bridge")])
    with database.read() as session:
        assert len(queue.taken(session, "main")) == 1
    out.report([began(item, 48_000)])
    with database.read() as session:
        assert queue.taken(session, "main") == ()
        kinds = [play.kind for play in plays.listing(session, "main").items]
        assert kinds == ["track", "bridge"]
        assert tracks.get(session, item.id).plays == 1


def test_a_wish_is_played_when_its_piece_is_heard(database: Database) -> None:
    (track,) = shelve_with_sound(database, 1)
    with database.write() as session:
        wish = requests.add(session, "main", "ann", "rain please", now=DAY)
        queue.add(session, "main", track.id, source="request", request_id=wish.id)
    out = door(database)
    item = out.next_item()
    assert item is not None
    out.report([began(item, 0)])
    with database.read() as session:
        assert requests.get(session, wish.id).state == "played"


def test_what_the_tower_passed_over_does_not_stay_in_the_queue(database: Database) -> None:
    shelve_with_sound(database, 3)
    out = door(database)
    items = [out.next_item(), out.next_item()]
    assert items[1] is not None
    out.report([began(items[1], 0)])
    with database.read() as session:
        assert queue.taken(session, "main") == ()
        assert any(event.kind == "queue.passed_over" for event in events.after(session, 0, 1000))


def test_a_track_without_its_file_is_passed_over_and_never_offered_again(database: Database) -> None:
    shelved = shelve_with_sound(database, 2)
    objects = Objects(database.folder / "objects")
    with database.write() as session:
        for track in shelved:
            queue.add(session, "main", track.id)
        objects.delete(tracks.file(session, shelved[0].id).hash)
    out = door(database)
    item = out.next_item()
    assert item is not None
    assert item.id == shelved[1].id
    with database.read() as session:
        assert not tracks.get(session, shelved[0].id).approved
    assert [item.id for item in out.best()] == [shelved[1].id]


@pytest.mark.parametrize("damaged", [True, False])
def test_a_fault_withdraws_a_track_only_if_its_file_is_damaged(database: Database, damaged: bool) -> None:
    (track,) = shelve_with_sound(database, 1)
    out = door(database)
    item = out.next_item()
    assert item is not None
    if damaged:
        item.path.write_bytes(b"rubbish")
    told = {"what": "item", "item": {"id": track.id}, "words": "cannot be read", "unplayable": True}
    out.report([News("fault", 0, DAY, told)])
    with database.read() as session:
        assert tracks.get(session, track.id).approved is not damaged
        assert (queue.taken(session, "main") == ()) is damaged


def test_orders_reach_the_tower_and_their_outcome_comes_back(database: Database) -> None:
    out = door(database)
    with database.write() as session:
        number = orders.leave(session, "main", "skip", {"position": 5}, now=DAY).number
        orders.leave(session, "main", "dance", now=DAY)
    (order,) = out.orders()
    assert (order.number, order.kind, dict(order.data)) == (number, "skip", {"position": 5})
    out.carried_out(number, "done")
    assert out.orders() == []
    with database.read() as session:
        told = [event.data for event in events.after(session, 0, 1000, kinds=["order.carried_out"])]
    assert {one["kind"]: one["outcome"] for one in told} == {
        "skip": "done",
        "dance": "the tower knows no order 'dance'",
    }


def test_after_a_reload_what_was_fetched_waits_again(database: Database) -> None:
    shelve_with_sound(database, 3)
    out = door(database)
    first = out.next_item()
    assert first is not None
    with database.write() as session:
        number = orders.leave(session, "main", "reload", now=DAY).number
    out.carried_out(number, "done")
    with database.read() as session:
        assert queue.taken(session, "main") == ()
        assert queue.listing(session, "main")[0].id == first.ticket


def test_outputs_and_faults_become_news(database: Database) -> None:
    door(database).report(
        [News("output", 7, DAY, {"name": "hls", "state": "ok"}), News("fault", 8, DAY, {"what": "x"})]
    )
    with database.read() as session:
        told = {event.kind: event.data for event in events.after(session, 0, 1000, station="main")}
    assert told["output.changed"] == {"position": 7, "name": "hls", "state": "ok"}
    assert told["station.fault"] == {"position": 8, "what": "x"}


def test_a_door_to_a_station_that_is_not_there_is_refused(database: Database) -> None:
    with pytest.raises(NotFound):
        LibraryDoor(database, "elsewhere")


def test_the_reserve_may_play_what_no_library_knows(database: Database) -> None:
    item = Item("reserve-1", "Spare", "SonicForge", "ambient", Path("x"), 60.0, -16.0, 0.0, 60.0, "C major", 0.2)
    door(database).report([began(item, 0, "reserve")])
    with database.read() as session:
        (play,) = plays.listing(session, "main").items
    assert (play.kind, play.track_id, play.title) == ("reserve", None, "Spare")
