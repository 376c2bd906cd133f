"""The plain page: whole, its own host only, usable by keyboard and by ear."""

import json
import re
import shutil
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import Caller
from serving import served
from shelves import tracks_on_a_shelf

from sonicforge.api import plain_page
from sonicforge.api.app import make_app
from sonicforge.library import plays, queue
from sonicforge.settings import Settings

Tags = list[tuple[str, dict[str, str]]]


class Reader(HTMLParser):
    """Tags with their attributes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Tags = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


@pytest.fixture
def tags(still: Caller) -> Tags:
    reader = Reader()
    reader.feed(still.get("/").text)
    return reader.tags


def test_everything_the_page_needs_comes_from_this_host(still: Caller, tags: Tags) -> None:
    assert still.get("/").headers["content-type"] == "text/html; charset=utf-8"
    for name in plain_page.TYPES:
        text = still.get(f"/page/{name}").text
        assert text
        assert not re.findall(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[a-z0-9]", text.replace("// ", ""))
    for _, attributes in tags:
        for place in (attributes.get("src"), attributes.get("href")):
            if place and place.startswith("/page/"):
                assert still.get(place).status_code == 200


def test_the_policy_lets_only_own_scripts_run_and_the_page_has_no_others(still: Caller, tags: Tags) -> None:
    policy = still.get("/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    for tag, attributes in tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes), (tag, attributes)
        assert tag != "script" or attributes["src"] == "/page/page.js"
        assert tag != "style"


def test_every_control_has_a_name_and_every_id_is_one(tags: Tags, still: Caller) -> None:
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in tags:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert attributes.get(name, ids[0]) in ids
    labelled = {attributes.get("for") for tag, attributes in tags if tag == "label"}
    wrapped = "".join(re.findall(r"<label>?.*?</label>", still.get("/").text, re.DOTALL))
    for tag, attributes in tags:
        if tag == "input":
            own = attributes.get("value") or attributes["id"]
            assert attributes.get("id") in labelled or f'"{own}"' in wrapped, attributes
        assert tag != "img" or "alt" in attributes
    assert ("html", {"lang": "en"}) in tags
    assert any(attributes.get("aria-live") == "polite" for _, attributes in tags)


def test_the_script_speaks_only_of_what_the_page_and_the_api_have(still: Caller, tags: Tags) -> None:
    script = still.get("/page/page.js").text
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    used = set(re.findall(r'(?:byId|write)\("([a-z0-9-]+)"', script))
    assert used <= ids
    paths = still.get("/api/v1/openapi.json").json()["paths"]
    known = {path.removeprefix("/api/v1/").partition("/")[0] for path in paths}
    asked = set(re.findall(r'(?:call\(|send\("[A-Z]+", )["`]([a-z-]+)', script))
    assert asked >= {"now-playing", "history", "health", "requests", "skip-votes", "tracks"}
    assert asked <= known


def test_the_script_shows_what_is_heard_and_passes_on_what_is_said(data: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is needed to run the page's script (Debian: nodejs)")
    app = make_app(data, settings=Settings(data, 2))
    front = app.state.front
    tracks = tracks_on_a_shelf(front.desk.database, front.desk.objects, 5)
    with front.desk.database.write() as session:
        for number, ago in ((1, 200.0), (0, 20.0)):
            track, at = tracks[number], time.time() - ago
            plays.started(session, "main", 1000 - int(ago), kind="track", title=track.title, track_id=track.id, at=at)
        queue.add(session, "main", tracks[3].id, reason={"words": "a new piece"})
    with served(app) as base:
        command = [node, str(Path(__file__).parent / "page_dom.mjs"), base, str(plain_page.FOLDER)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    assert told.pop("answer").startswith("'Song 3' is in the library.")
    assert told == {
        "title": "Song 1",
        "next": "a new piece",
        "past": ["Song 2"],
        "cover": f"/api/v1/tracks/{tracks[0].id}/cover",
        "liked": "true",
        "stars": [False, False, False, True, False],
        "skip": "1 of 2 wishes to skip it.",
        "playing": "/live/main.mp3",
        "again": True,
        "stopped": True,
        "after": "Song 1",
    }


def test_contrast_is_enough_in_both_themes() -> None:
    style = (plain_page.FOLDER / "page.css").read_text()
    for theme in re.findall(r":root \{(.*?)\}", style, re.DOTALL):
        colour = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", theme))
        for text in ("text", "faint", "warm", "bad"):
            for ground in ("ground", "card"):
                assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground)
        assert contrast(colour["on-warm"], colour["warm"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """As WCAG 2.1 defines it."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
