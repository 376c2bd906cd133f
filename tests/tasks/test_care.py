"""Disliked pieces retire, space is made from the least loved, nothing that is wanted goes."""

import time
from dataclasses import replace

import pytest
from pieces import DAY, piece, shelve

from sonicforge.library import catalogue, plays, queue, requests, tracks, votes
from sonicforge.library.database import Database
from sonicforge.library.objects import Disk, Objects
from sonicforge.library.programme import Programme
from sonicforge.library.stations import change, get
from sonicforge.tasks.care import care, clear_work
from sonicforge.tasks.disk import GB, budget, thin
from sonicforge.tasks.retire import disliked, retire_disliked


def left(database: Database) -> set[str]:
    with database.read() as session:
        return {track.title for track in catalogue.listing(session, catalogue.EVERYTHING, limit=200).items}


def test_enough_skips_retire_a_piece(database: Database) -> None:
    (track, other) = shelve(database, [piece(1), piece(2)])
    with database.write() as session:
        votes.skip(session, "main", 1, "ann", track.id)
        assert retire_disliked(session, Programme(skip_least=2), now=DAY) == ()
        votes.skip(session, "main", 2, "bob", track.id)
        (gone,) = retire_disliked(session, Programme(skip_least=2), now=DAY)
        assert gone.id == track.id
        assert "2 of 2" in gone.retired_because
        assert tracks.get(session, other.id).state == "ready"


@pytest.mark.parametrize(
    ("likes", "skips", "stars", "votes_", "goes"),
    [
        (0, 2, None, 0, True),
        (3, 2, None, 0, False),
        (2, 2, None, 0, True),
        (0, 1, None, 0, False),
        (0, 0, 1.5, 3, True),
        (0, 0, 1.5, 2, False),
        (0, 0, 2.5, 9, False),
    ],
)
def test_the_rule_of_retirement(
    database: Database, likes: int, skips: int, stars: float | None, votes_: int, goes: bool
) -> None:
    (track,) = shelve(database, [piece(1)])
    told = replace(track, likes=likes, skips=skips, stars=stars, stars_count=votes_)
    assert bool(disliked(told, Programme(skip_share=0.5, skip_least=2))) is goes


def test_the_least_worthy_go_first_and_what_is_wanted_stays(database: Database) -> None:
    names = ["queued", "liked", "starred", "on air", "poor", "fine", "good"]
    scores = [5.0, 5.0, 5.0, 5.0, 6.0, 9.0, 9.9]
    shelved = shelve(database, [piece(n, title=name, score=scores[n], bytes_=100) for n, name in enumerate(names)])
    with database.write() as session:
        queue.add(session, "main", shelved[0].id)
        votes.like(session, shelved[1].id, "ann")
        votes.rate(session, shelved[2].id, "ann", 5)
        plays.started(session, "main", 1, kind="track", title="x", track_id=shelved[3].id, at=DAY)
        done = thin(session, 600, now=DAY)
    assert [track.title for track in done.deleted] == ["poor", "fine"]
    assert done.fits
    assert left(database) == set(names) - {"poor", "fine"}


def test_retired_ones_go_before_all_others_even_if_once_liked(database: Database) -> None:
    shelved = shelve(database, [piece(1, title="old love", score=9.9, bytes_=100), piece(2, title="poor", bytes_=100)])
    with database.write() as session:
        votes.like(session, shelved[0].id, "ann")
        tracks.retire(session, shelved[0].id, because="x")
        thin(session, 150, now=DAY)
    assert left(database) == {"poor"}


def test_nothing_goes_while_there_is_room_and_too_little_room_is_told(database: Database) -> None:
    (track,) = shelve(database, [piece(1, bytes_=100)])
    with database.write() as session:
        assert thin(session, 100, now=DAY).deleted == ()
        queue.add(session, "main", track.id)
        assert not thin(session, 50, now=DAY).fits


def test_the_budget_is_the_owners_wish_or_what_the_disk_can_give(database: Database) -> None:
    with database.write() as session:
        change(session, "main", programme=replace(get(session, "main").programme, disk_gb=2.0))
        assert budget(session, Disk(GB, 1, 500 * GB, 1000 * GB)) == 2 * GB
        assert budget(session, Disk(GB, 1, 5 * GB, 1000 * GB)) == GB
        assert budget(session, Disk(GB, 1, 4 * GB, 20 * GB)) == 2 * GB
        assert budget(session, Disk(0, 0, 0, 1000 * GB)) == 0


def test_a_disk_that_others_have_filled_does_not_cost_the_whole_library(database: Database) -> None:
    with database.read() as session:
        assert budget(session, Disk(8 * GB, 200, 0, 1000 * GB)) == 3 * GB
        assert budget(session, Disk(2 * GB, 50, 0, 1000 * GB)) == 2 * GB


def test_care_sweeps_files_that_nobody_wants_and_answers_lost_wishes(database: Database) -> None:
    objects = Objects(database.folder / "objects")
    name = objects.put(b"nobody's")
    with database.write() as session:
        wish = requests.add(session, "main", "ann", "x", now=DAY)
        requests.change(session, wish.id, state="making", job_id=12345)
    done = care(database, objects, time.time())
    assert done.fits
    assert name in objects, "whoever put it has an hour to say whose it is"
    with database.read() as session:
        assert requests.get(session, wish.id).state == "failed"


def test_what_a_killed_worker_left_half_made_is_cleared(database: Database) -> None:
    half = database.folder / "work" / ".sonicforge-1-abcd.part"
    half.mkdir(parents=True)
    (half / "track.flac").write_bytes(b"half")
    clear_work(database.folder)
    assert half.exists(), "another worker may be at it"
    clear_work(database.folder, older_than_s=-1.0)
    assert not half.exists()
