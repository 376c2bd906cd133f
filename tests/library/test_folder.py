"""A folder under its final name is whole, whatever happens while it is written."""

import errno
from pathlib import Path

import pytest

from sonicforge.errors import CannotWrite, UnknownName
from sonicforge.library.folder import parse_formats, put_in_place, unfinished


def test_a_failure_inside_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), unfinished(tmp_path) as work:
        (work / "track.flac").write_bytes(b"half")
        raise ValueError("broken")
    assert not list(tmp_path.iterdir())


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), unfinished(tmp_path) as work:
        (work / "track.flac").write_bytes(b"half")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="disk is full"), unfinished(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_finished_folder_replaces_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "song"
    for words in (b"old", b"new"):
        with unfinished(tmp_path) as work:
            (work / "track.flac").write_bytes(words)
            put_in_place(work, target)
    assert [path.name for path in tmp_path.iterdir()] == ["song"]
    assert (target / "track.flac").read_bytes() == b"new"


def test_format_names_are_forgiving_and_unknown_ones_list_what_exists() -> None:
    assert parse_formats("FLAC, mp3 flac aac") == ("flac", "mp3", "m4a")
    with pytest.raises(UnknownName, match="opus"):
        parse_formats("flac,mp5")
    with pytest.raises(UnknownName):
        parse_formats("  ")
