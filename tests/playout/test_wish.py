"""Wishes for outputs are checked at the door and survive their file."""

import json
from pathlib import Path
from typing import Any

import pytest

from sonicforge.errors import BadInput, Conflict, OutOfRange, UnknownName
from sonicforge.playout.outputs.table import make
from sonicforge.playout.outputs.wish import DEFAULT, Wish, checked_wishes, read_wishes

GOOD = (
    Wish("hls", "hls"),
    Wish("icecast", "main-mount", "icecast://source:hack%20me@radio.example:8000/live.mp3", {"bitrate": 128_000}),
    Wish("rtmp", "tube", "rtmps://a.rtmp.example/live2/secret-key"),
    Wish("srt", "studio", "srt://10.0.0.7:9000"),
    Wish("recording", "tape"),
)


@pytest.mark.parametrize("wish", GOOD, ids=lambda wish: wish.kind)
def test_a_wish_survives_json(wish: Wish) -> None:
    assert Wish.from_json(json.loads(json.dumps(wish.to_json()))) == wish


def test_passwords_and_keys_are_not_shown() -> None:
    assert GOOD[1].shown_url == "icecast://radio.example:8000/live.mp3"
    assert GOOD[2].shown_url == "rtmps://a.rtmp.example/live2"


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ("hls", BadInput),
        ({"kind": "fax", "name": "a"}, UnknownName),
        ({"kind": "hls", "name": "../../etc"}, BadInput),
        ({"kind": "hls", "name": "Main"}, BadInput),
        ({"kind": "hls", "name": "a\n"}, BadInput),
        ({"kind": "hls", "name": 7}, BadInput),
        ({"kind": "hls", "name": "a" * 41}, BadInput),
        ({"kind": "hls", "name": "a", "url": "http://x"}, BadInput),
        ({"kind": "hls", "name": "a", "colour": 1}, UnknownName),
        ({"kind": "hls", "name": "a", "options": [1]}, BadInput),
        ({"kind": "hls", "name": "a", "options": {"x": float("nan")}}, BadInput),
        ({"kind": "hls", "name": "a", "options": {"x": "y" * 5000}}, OutOfRange),
        ({"kind": "icecast", "name": "a"}, BadInput),
        ({"kind": "icecast", "name": "a", "url": "file:///etc/passwd"}, BadInput),
        ({"kind": "icecast", "name": "a", "url": "icecast://host:99999/m"}, BadInput),
        ({"kind": "rtmp", "name": "a", "url": "rtmp://host/a b"}, BadInput),
        ({"kind": "rtmp", "name": "a", "url": "rtmp:///nohost"}, BadInput),
        ({"kind": "srt", "name": "a", "url": "srt://host\n:1"}, BadInput),
    ],
)
def test_what_is_no_wish_is_refused(told: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Wish.from_json(told)


def test_two_outputs_of_one_name_are_refused() -> None:
    with pytest.raises(Conflict):
        checked_wishes([{"kind": "hls", "name": "a"}, {"kind": "http", "name": "a"}])


@pytest.mark.parametrize("told", [None, 5, "hls", {"kind": "hls"}, [[]], [{"kind": "hls", "name": "a"}] * 40])
def test_what_is_no_list_of_wishes_is_refused(told: Any) -> None:
    with pytest.raises(BadInput):
        checked_wishes(told)


def test_a_station_without_wishes_sends_hls_and_http(tmp_path: Path) -> None:
    assert read_wishes(tmp_path / "outputs.json") == DEFAULT
    (tmp_path / "outputs.json").write_text("[]")
    assert read_wishes(tmp_path / "outputs.json") == ()
    (tmp_path / "outputs.json").write_text("{broken")
    with pytest.raises(BadInput):
        read_wishes(tmp_path / "outputs.json")


@pytest.mark.parametrize("wish", GOOD, ids=lambda wish: wish.kind)
def test_the_table_knows_every_kind(wish: Wish, tmp_path: Path) -> None:
    output = make(wish, tmp_path / "air" / "main", "Night Radio")
    assert output.name == wish.name
    assert output.state.kind == wish.kind
    assert output.state.state == "off"


def test_options_that_a_kind_does_not_know_are_refused_with_those_it_does(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="renditions"):
        make(Wish("hls", "a", options={"colour": "red"}), tmp_path, "x")
    with pytest.raises(BadInput):
        make(Wish("hls", "a", options={"window_s": "long"}), tmp_path, "x")
    with pytest.raises(BadInput):
        make(Wish("recording", "a", options={"folder": "/etc"}), tmp_path, "x")
