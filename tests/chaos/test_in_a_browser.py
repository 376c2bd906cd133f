"""The page in a real browser: it plays, follows what is heard, and passes on what the listener says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser
from whole_station import Station, until

pytestmark = pytest.mark.slow


@pytest.fixture
def page(station: Station, tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(f"http://127.0.0.1:{station.port}/")
        browser.until("(document.getElementById('title')?.textContent ?? 'One moment') !== 'One moment'")
        yield browser
    finally:
        browser.close()


def test_one_press_plays_the_station_without_a_stop(page: Browser) -> None:
    page.run("document.getElementById('sound').addEventListener('waiting', () => window.waits = (window.waits||0) + 1)")
    page.run("document.getElementById('play').click()")
    page.until("document.getElementById('sound').currentTime > 1", 15)
    page.run("window.waits = 0")
    page.until("document.getElementById('sound').currentTime > 12", 30)
    assert page.run("window.waits") == 0
    assert page.run("document.getElementById('trouble').textContent") == ""


def test_it_shows_what_is_on_air_and_its_cover(page: Browser, station: Station) -> None:
    until(lambda: station.ask("/now-playing", station="main")["track"], 90, "a track of the library on air")
    page.until("document.getElementById('cover').src.includes('/api/v1/tracks/')", 30)
    page.until("document.getElementById('cover').naturalWidth > 100")
    page.until("document.getElementById('air').dataset.health === 'green'")


def test_a_vote_and_a_wish_reach_the_station(page: Browser, station: Station) -> None:
    until(lambda: station.ask("/now-playing", station="main")["track"], 90, "a track of the library on air")
    page.until("document.getElementById('cover').src.includes('/api/v1/tracks/')", 30)
    page.run("document.querySelector('input[name=stars][value=\"5\"]').click()")
    page.until("document.getElementById('said').textContent === 'Noted: 5 of 5 stars.'")
    page.run("document.getElementById('request-words').value = 'something calm with piano'")
    page.run("document.querySelector('#request button').click()")
    page.until("document.getElementById('answer').textContent.length > 20")
    told = station.ask("/requests", station="main")["items"][0]
    assert told["text"] == "something calm with piano"
    assert told["answer"]
