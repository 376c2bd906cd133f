"""Requests: any words a listener can type are kept as one line, and what has ended stays ended."""

import pytest

from sonicforge.errors import BadInput, Conflict, NotFound, UnknownName
from sonicforge.library import requests, stations
from sonicforge.library.database import Database


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  more\r\nenergy\x00 please ", "more energy please"),
        ("ein ruhiges Stück für 🎹 und 🎻", "ein ruhiges Stück für 🎹 und 🎻"),
        ("'; DROP TABLE tracks; --", "'; DROP TABLE tracks; --"),
        ("bad \ud800 half", "bad half"),
        ("x" * 500, "x" * 500),
    ],
)
def test_words_are_kept_as_one_line(database: Database, said: str, kept: str) -> None:
    with database.write() as session:
        number = requests.add(session, "main", "anna", said).id
    with database.read() as session:
        assert requests.get(session, number).text == kept


@pytest.mark.parametrize("said", ["", " \n ", "x" * 501, "x" * 10_000, "🎹" * 65_536])
def test_no_words_and_too_many_are_refused(database: Database, said: str) -> None:
    with pytest.raises(BadInput, match="must have 1 to 500"), database.write() as session:
        requests.add(session, "main", "anna", said)


def test_what_became_of_a_wish_is_kept(database: Database) -> None:
    with database.write() as session:
        wish = requests.add(session, "main", "anna", "jazz", now=10.0)
        requests.change(session, wish.id, state="making", understood={"genre": "jazz_lounge"}, job_id=4, now=11.0)
        changed = requests.change(session, wish.id, state="queued", answer="coming up", track_id="abc", now=12.0)
        assert (changed.understood, changed.answer, changed.job_id) == ({"genre": "jazz_lounge"}, "coming up", 4)
        assert requests.of_job(session, 4) == changed
        assert requests.unfinished(session, "main") == (changed,)
        requests.change(session, wish.id, state="played", now=13.0)
        assert requests.unfinished(session, "main") == ()
        with pytest.raises(Conflict, match="stays so"):
            requests.change(session, wish.id, state="queued")
        with pytest.raises(UnknownName):
            requests.change(session, wish.id, state="lost")  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            requests.get(session, 99)
        with pytest.raises(NotFound):
            requests.add(session, "nowhere", "anna", "jazz")


def test_a_listeners_wishes_are_counted(database: Database) -> None:
    with database.write() as session:
        stations.add(session, "night", "Night")
        for i in range(4):
            requests.add(session, "main", "anna", f"wish {i}", now=float(i))
        requests.change(session, requests.add(session, "main", "anna", "no", now=9.0).id, state="refused")
        requests.add(session, "night", "anna", "wish", now=9.0)
        requests.add(session, "main", "bob", "wish", now=9.0)
        assert requests.count_since(session, "anna", 2.0, station="main") == 2
        assert requests.count_since(session, "anna", 2.0) == 3
        page = requests.listing(session, "main", limit=4)
        rest = requests.listing(session, "main", limit=4, after=page.next)
    assert [wish.text for wish in (*page.items, *rest.items)] == ["wish", "no", "wish 3", "wish 2", "wish 1", "wish 0"]
