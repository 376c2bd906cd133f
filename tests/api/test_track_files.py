"""Files: parts, names by content, caches; HLS from a folder that changes while it is served."""

import gzip
import os
from pathlib import Path

import pytest
from conftest import TRACK, Caller
from shelves import SOUND

from sonicforge.api.front import Front
from sonicforge.library.values import Track

PLAYLIST = "#EXTM3U\n#EXT-X-VERSION:7\n" + "#EXTINF:5.952,\nseg.m4s\n" * 100


@pytest.fixture
def hls(data: Path) -> Path:
    return on_air(data)


@pytest.fixture
def playing(still: Caller) -> Caller:
    if not still.front.desk.air("main").exists():
        on_air(still.front.desk.data)
    return still


def on_air(data: Path) -> Path:
    folder = data / "air" / "main" / "hls"
    (folder / "aac128").mkdir(parents=True)
    (folder / "master.m3u8").write_text(PLAYLIST)
    (folder / "aac128" / "index.m3u8").write_text(PLAYLIST)
    (folder / "aac128" / "seg7.m4s").write_bytes(SOUND)
    return folder


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-10", len(SOUND) - 10, None),
     ("bytes=5-5", 5, 5), (f"bytes=1-{10**15}", 1, None), ("bytes=-99999999", 0, None)],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["track", "segment"])
def test_a_part_is_the_part(playing: Caller, kind: str, asked: str, first: int, last: int | None) -> None:
    path = f"/api/v1/tracks/{TRACK}/audio" if kind == "track" else "/hls/main/aac128/seg7.m4s"
    answer = playing.get(path, headers={"Range": asked})
    end = len(SOUND) - 1 if last is None else last
    assert answer.status_code == 206
    assert answer.content == SOUND[first : end + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{end}/{len(SOUND)}"
    assert answer.headers["content-length"] == str(end + 1 - first)


@pytest.mark.parametrize("path", ["/api/v1/tracks/000000000001/audio", "/hls/main/aac128/seg7.m4s"])
def test_what_is_no_part_is_all_and_what_lies_behind_the_end_is_refused(playing: Caller, path: str) -> None:
    for odd in ("bytes=a-b", "bytes=9-3", "lines=1-2", "bytes=", "bytes=0-1,5-6", "x" * 500):
        answer = playing.get(path, headers={"Range": odd})
        assert (answer.status_code, answer.content) == (200, SOUND)
    beyond = playing.get(path, headers={"Range": f"bytes={len(SOUND)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(SOUND)}"
    assert playing.get(path, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/tracks/000000000001/audio", "/hls/main/aac128/seg7.m4s", "/"])
def test_what_is_known_is_not_sent_again_and_a_head_has_no_body(playing: Caller, path: str) -> None:
    answer = playing.get(path)
    again = playing.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = playing("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


def test_every_file_of_a_track_has_its_kind(call: Caller, shelf: list[Track]) -> None:
    root = f"/api/v1/tracks/{shelf[0].id}"
    kinds = {"audio": "audio/flac", "cover": "image/png", "midi": "audio/midi", "score": "application/json"}
    kinds |= {"pictures/waveform": "image/png", "stems/bass": "audio/flac"}
    for name, kind in kinds.items():
        answer = call.get(f"{root}/{name}")
        assert answer.headers["content-type"] == kind
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert call.get(f"{root}/pictures/spectrogram").status_code == 404
    assert call.get(f"{root}/pictures/photo").status_code == 422
    assert [stem["name"] for stem in call.get(f"{root}/stems").json()] == ["stems/bass.flac"]


def test_a_download_is_named_by_its_title_whatever_it_holds(call: Caller, front: Front) -> None:
    from shelves import tracks_on_a_shelf

    track = tracks_on_a_shelf(front.desk.database, front.desk.objects, 1, title='Re: "Süß"/..\\x; 🎹')[0]
    told = call.get(f"/api/v1/tracks/{track.id}/audio?download=true").headers["content-disposition"]
    assert told == (
        'attachment; filename="Re: _S___-..-x; _.flac"; '
        "filename*=UTF-8''Re%3A%20%22S%C3%BC%C3%9F%22-..-x%3B%20%F0%9F%8E%B9.flac"
    )


def test_an_object_that_is_gone_is_a_404_and_no_fault(call: Caller, shelf: list[Track], front: Front) -> None:
    for path in front.desk.objects.folder.rglob("*"):
        if path.is_file():
            path.unlink()
    assert call.get(f"/api/v1/tracks/{shelf[0].id}/audio").status_code == 404


def test_playlists_are_fresh_and_packed_segments_are_kept_for_ever(call: Caller, hls: Path) -> None:
    master = call.get("/hls/main/master.m3u8", headers={"Accept-Encoding": "gzip"})
    assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert master.headers["content-encoding"] == "gzip"
    assert int(master.headers["content-length"]) == len(gzip.compress(PLAYLIST.encode(), 6))
    assert master.text == PLAYLIST
    assert master.headers["cache-control"] == "public, max-age=1, must-revalidate"
    assert master.headers["vary"] == "Accept-Encoding"
    plain = call.get("/hls/main/master.m3u8", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    segment = call.get("/hls/main/aac128/seg7.m4s")
    assert segment.headers["content-type"] == "audio/mp4"
    assert segment.headers["cache-control"] == "public, max-age=3600, immutable"
    assert "content-encoding" not in segment.headers


def test_pages_of_other_hosts_may_play_but_not_speak(call: Caller, hls: Path, shelf: list[Track]) -> None:
    origin = {"Origin": "http://elsewhere.example"}
    assert call.get("/hls/main/master.m3u8", headers=origin).headers["access-control-allow-origin"] == "*"
    assert call("OPTIONS", "/hls/main/master.m3u8", headers=origin).status_code == 204
    assert "access-control-allow-origin" not in call.get("/api/v1/now-playing", headers=origin).headers
    assert "access-control-allow-credentials" not in call.get("/hls/main/master.m3u8", headers=origin).headers
    assert call("PUT", f"/api/v1/tracks/{shelf[0].id}/vote", json={"stars": 1}, headers=origin).status_code == 403


def test_a_playlist_that_was_replaced_is_seen_at_the_next_look(call: Caller, front: Front, hls: Path) -> None:
    now = [0.0]
    front.shelf._clock = lambda: now[0]
    assert call.get("/hls/main/master.m3u8").text == PLAYLIST
    fresh = hls / "fresh"
    fresh.write_text("#EXTM3U\n")
    os.replace(fresh, hls / "master.m3u8")  # noqa: PTH105
    assert call.get("/hls/main/master.m3u8").text == PLAYLIST
    now[0] = 0.21
    assert call.get("/hls/main/master.m3u8").text == "#EXTM3U\n"
    (hls / "master.m3u8").unlink()
    now[0] = 0.42
    assert call.get("/hls/main/master.m3u8").status_code == 404
    (hls / "master.m3u8").write_text(PLAYLIST)
    assert call.get("/hls/main/master.m3u8").text == PLAYLIST


def test_the_shelf_keeps_no_more_than_it_may(call: Caller, front: Front, hls: Path) -> None:
    front.shelf._most = 3 * len(SOUND)
    for number in range(10):
        (hls / "aac128" / f"seg{number}.m4s").write_bytes(SOUND)
        assert call.get(f"/hls/main/aac128/seg{number}.m4s").content == SOUND
    assert front.shelf._bytes == sum(len(held.body) for held in front.shelf._held.values()) == 3 * len(SOUND)


def test_a_link_out_of_the_folder_is_not_followed(call: Caller, data: Path, hls: Path) -> None:
    (hls / "out.m3u8").symlink_to(data / "station.db")
    assert call.get("/hls/main/out.m3u8").status_code == 404


def test_who_plays_hls_is_counted_and_written_down(call: Caller, front: Front, hls: Path) -> None:
    for place in ("198.51.100.1", "198.51.100.2", "198.51.100.2"):
        call.away("GET", "/hls/main/aac128/index.m3u8", place=place)
    told = call.get("/api/v1/listeners").json()
    assert told == {"station": "main", "listeners": 2, "outputs": {"hls": 2}}
    write = front.audience.to_write()
    assert write is not None
    with front.desk.database.write() as session:
        write(session)
    sessions = call.get("/api/v1/listeners/sessions").json()
    assert len(sessions) == 2
    assert "198.51" not in str(sessions)
    assert [minute["listeners"] for minute in call.get("/api/v1/listeners/history").json()] == [2]
