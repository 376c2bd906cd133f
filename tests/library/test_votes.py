"""Votes: one of each per listener and track, and the sums are always the sum of the votes."""

import random

import pytest
from shelf import shelve, take
from sqlalchemy import select

from sonicforge.errors import BadInput, NotFound
from sonicforge.library import events, tracks, votes
from sonicforge.library.database import Database
from sonicforge.library.tables import SkipRow, VoteRow
from sonicforge.library.worth import worth_of


def test_saying_it_twice_is_saying_it_once(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        for _ in range(2):
            assert votes.like(session, track.id, "anna").likes == 1
            assert votes.rate(session, track.id, "anna", 4).stars == 4.0
            assert votes.skip(session, "main", 7, "anna", track.id) == 1
        assert votes.rate(session, track.id, "anna", 2).stars == 2.0
        assert votes.rate(session, track.id, "anna", None).stars is None
        assert votes.like(session, track.id, "anna", liked=False).likes == 0
        assert votes.skip(session, "main", 7, "bob", track.id) == 2
        assert votes.skip(session, "main", 8, "bob", track.id) == 1
        assert votes.of_listener(session, "anna", [track.id])[track.id].liked is False


def test_sums_are_the_sum_of_the_votes_whatever_is_said(database: Database) -> None:
    shelved = shelve(database, [take(1), take(2, genre="ambient")])
    dice = random.Random(1)
    with database.write() as session:
        for _ in range(200):
            track, listener = dice.choice(shelved).id, dice.choice("abcdef")
            act = dice.randrange(3)
            if act == 0:
                votes.like(session, track, listener, liked=dice.random() < 0.7)
            elif act == 1:
                votes.rate(session, track, listener, dice.choice([None, 1, 2, 3, 4, 5]))
            else:
                votes.skip(session, "main", dice.randrange(5), listener, track)
        for shelf in shelved:
            track_now = tracks.get(session, shelf.id)
            rows = list(session.scalars(select(VoteRow).where(VoteRow.track_id == shelf.id)))
            stars = [row.stars for row in rows if row.stars is not None]
            assert track_now.likes == sum(row.liked for row in rows)
            assert track_now.stars_count == len(stars)
            assert track_now.stars == pytest.approx(sum(stars) / len(stars))
            assert track_now.skips == len(list(session.scalars(select(SkipRow).where(SkipRow.track_id == shelf.id))))
            row = tracks.row_of(session, shelf.id)
            assert track_now.worth == worth_of(
                track_now.score,
                likes=row.likes,
                stars_sum=sum(stars),
                stars_count=len(stars),
                skips=row.skips,
            )
            liking = votes.by_genre(session)[shelf.genre]
            assert (liking.tracks, liking.likes, liking.skips) == (1, track_now.likes, track_now.skips)
            assert liking.stars == track_now.stars


def test_worth_is_the_critics_word_until_listeners_speak() -> None:
    silent = worth_of(9.0, likes=0, stars_sum=0, stars_count=0, skips=0)
    assert silent == 0.9
    assert worth_of(9.0, likes=3, stars_sum=0, stars_count=0, skips=0) > silent
    assert worth_of(9.0, likes=0, stars_sum=0, stars_count=0, skips=3) < silent
    assert worth_of(9.0, likes=0, stars_sum=100 * 5, stars_count=100, skips=0) == pytest.approx(1.0, abs=0.01)
    assert worth_of(9.0, likes=0, stars_sum=100, stars_count=100, skips=0) == pytest.approx(0.0, abs=0.04)


@pytest.mark.parametrize("stars", [0, 6, -1, True, 2.5, "5"])
def test_stars_are_one_to_five(database: Database, stars: int) -> None:
    (track,) = shelve(database, [take(1)])
    with pytest.raises(BadInput, match="1 to 5"), database.write() as session:
        votes.rate(session, track.id, "anna", stars)


def test_bad_listeners_and_tracks_are_refused(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        for listener in ("", " x", "a\nb", "x" * 201, "\ud800"):
            with pytest.raises(BadInput):
                votes.like(session, track.id, listener)
        with pytest.raises(NotFound):
            votes.like(session, "nobody", "anna")


def test_news_of_votes_names_no_listener(database: Database) -> None:
    (track,) = shelve(database, [take(1)])
    with database.write() as session:
        votes.like(session, track.id, "anna-secret", station="main")
        (event,) = events.after(session, 0, kinds=["track.voted"])
    assert event.data["likes"] == 1
    assert "anna-secret" not in str(event)
