"""The rule script is not blind: each rule, broken on purpose, is reported."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hls_reading import Folder
from hls_rules import Watch, check
from hls_station import EPOCH_UTC, SEGMENT, packager, play

from sonicforge.playout.block import RATE

FIRST = 10 * SEGMENT


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hls")
    station = packager(folder)
    play(station, FIRST, 62 * 7)
    station.close()
    assert check(Folder(folder)) == []
    return folder


@pytest.fixture
def spoilt(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "hls"))


def edit(folder: Path, file: str, pattern: str, new: str, count: int = 0) -> None:
    path = folder / file
    text, changes = re.subn(pattern, new, path.read_text(), count=count, flags=re.MULTILINE)
    assert changes
    path.write_text(text)


def swap(folder: Path) -> None:
    """Two segments change places in every rendition."""
    for name in ("aac64", "flac"):
        first, second = sorted((folder / name).glob("*.m4s"))[2:4]
        a, b = first.read_bytes(), second.read_bytes()
        first.write_bytes(b)
        second.write_bytes(a)


def forget(folder: Path) -> None:
    """The oldest segment leaves list and disk in the same moment."""
    oldest = min((folder / "aac64").glob("*.m4s"))
    number = int(oldest.stem)
    for name in ("aac64", "flac"):
        file = f"{name}/index.m3u8"
        edit(folder, file, rf"^#EXT-X-PROGRAM.*\n#EXTINF.*\n{number}.m4s\n", "")
        edit(folder, file, r"MEDIA-SEQUENCE:\d+", f"MEDIA-SEQUENCE:{number + 1}")
    oldest.unlink()


MEDIA = "aac64/index.m3u8"
Damage = Callable[[Path], None]

BREAKS: list[tuple[str, Damage]] = [
    ("R1", lambda f: edit(f, MEDIA, "^#EXTM3U", "#EXT")),
    ("R2", lambda f: edit(f, MEDIA, "VERSION:6", "VERSION:3")),
    ("R3", lambda f: edit(f, MEDIA, "TARGETDURATION:6", "TARGETDURATION:5")),
    ("R3", lambda f: edit(f, MEDIA, "EXTINF:5.952", "EXTINF:6.600", 1)),
    ("R5", lambda f: edit(f, MEDIA, r"(#EXTINF.*\n.*\n#EXT-X-PROGRAM.*\n){4}", "", 1)),
    ("R9", lambda f: edit(f, MEDIA, "EXTINF:5.952", "EXTINF:5.900", 1)),
    ("R10", swap),
    ("R11", lambda f: edit(f, MEDIA, "#EXT-X-DISCONTINUITY-SEQUENCE:0\n", "")),
    ("R11", lambda f: edit(f, MEDIA, "^#EXTINF", "#EXT-X-DISCONTINUITY\n#EXTINF", 1)),
    ("R12", lambda f: edit(f, MEDIA, "^#EXT-X-PROGRAM-DATE-TIME.*\n", "", 1)),
    ("R12", lambda f: edit(f, MEDIA, r"^#EXT-X-PROGRAM-DATE-TIME:(....)", "#EXT-X-PROGRAM-DATE-TIME:2020", 1)),
    ("R14", lambda f: edit(f, MEDIA, r"MEDIA-SEQUENCE:\d+", "MEDIA-SEQUENCE:7")),
    ("R15", lambda f: edit(f, MEDIA, "^#EXT-X-DATERANGE.*\n", "")),
    ("R15", lambda f: edit(f, MEDIA, ',X-TITLE="[^"]*"', "")),
    ("R16", lambda f: edit(f, "master.m3u8", ",AVERAGE-BANDWIDTH=[0-9]+", "")),
    ("R16", lambda f: edit(f, "master.m3u8", "mp4a.40.2", "mp4a.40.5")),
    ("R17", lambda f: edit(f, "master.m3u8", "AVERAGE-BANDWIDTH=[0-9]+", "AVERAGE-BANDWIDTH=50000")),
    ("R17", lambda f: edit(f, "master.m3u8", ":BANDWIDTH=[0-9]+", ":BANDWIDTH=50000")),
    ("R18", lambda f: edit(f, "master.m3u8", "CODECS=", 'AUDIO="none",CODECS=')),
    ("R20", lambda f: edit(f, "master.m3u8", ":BANDWIDTH=[0-9]+", ":BANDWIDTH=250000")),
]


@pytest.mark.parametrize(("rule", "damage"), BREAKS, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(BREAKS)])
def test_a_broken_rule_is_found(spoilt: Path, rule: str, damage: Damage) -> None:
    damage(spoilt)
    assert rule in {violation.rule for violation in check(Folder(spoilt))}


def test_a_playlist_without_declared_independence_is_found(spoilt: Path) -> None:
    for file in ("master.m3u8", MEDIA, "flac/index.m3u8"):
        edit(spoilt, file, "#EXT-X-INDEPENDENT-SEGMENTS\n", "")
    assert "R19" in {violation.rule for violation in check(Folder(spoilt))}


LATER: list[tuple[str, float, Damage]] = [
    ("R4", 6.0, lambda f: edit(f, MEDIA, r"MEDIA-SEQUENCE:\d+", "MEDIA-SEQUENCE:1")),
    ("R6", 6.0, forget),
    ("R7", 6.0, lambda f: max((f / "aac64").glob("*.m4s")).write_bytes(whole_of(f, -2))),
    ("R8", 1.0, lambda f: edit(f, MEDIA, "#EXT-X-VERSION:8", "#EXT-X-VERSION:7")),
    ("R8", 12.0, lambda f: None),
    ("R11", 6.0, lambda f: edit(f, MEDIA, "DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1")),
    ("R15", 6.0, lambda f: edit(f, MEDIA, 'X-TITLE="[^"]*"', 'X-TITLE="Another"')),
]


def whole_of(folder: Path, index: int) -> bytes:
    return sorted((folder / "aac64").glob("*.m4s"))[index].read_bytes()


@pytest.mark.parametrize(("rule", "after_s", "damage"), LATER, ids=[f"{n}-{one[0]}" for n, one in enumerate(LATER)])
def test_a_broken_rule_of_change_is_found(spoilt: Path, rule: str, after_s: float, damage: Damage) -> None:
    watch, now = Watch(Folder(spoilt)), EPOCH_UTC + FIRST / RATE + 60.0
    assert watch.look(now) == []
    watch.look(now + 5.9)
    edit(spoilt, MEDIA, "#EXT-X-VERSION:6", "#EXT-X-VERSION:8")
    watch.look(now + 6.0)
    watch.found.clear()
    damage(spoilt)
    watch.look(now + 6.0 + after_s)
    assert rule in {violation.rule for violation in watch.found}
