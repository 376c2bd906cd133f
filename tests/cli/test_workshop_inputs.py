"""Every command of the workshop on strange and broken files: a correct result or one line, nothing half-written."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from strange_files import BROKEN, SOUND

from sonicforge.cli.app import app, main
from sonicforge.sound.files import info, read

Arguments = Callable[[Path, Path], list[object]]

MAKERS: dict[str, Arguments] = {
    "convert": lambda source, out: [source, out / "out.flac"],
    "lofi": lambda source, out: [source, "--tape", 0.5, "--vinyl", 0.3, "--seed", 3, "--out", out / "out.flac"],
    "master": lambda source, out: [source, "--preset", "streaming", "--report", "--out", out / "out.flac"],
    "process": lambda source, out: [source, "--effect", "compressor", "--out", out / "out.flac"],
    "restore": lambda source, out: [source, "--declick", "--dehum", 50, "--out", out / "out.flac"],
    "stretch": lambda source, out: [source, "--tempo", "104%", "--out", out / "out.flac"],
}
"""Commands that make one sound file of another."""

OTHERS: dict[str, Arguments] = {
    "analyse": lambda source, out: [source],
    "separate": lambda source, out: [source, "--out", out],
    "fingerprint": lambda source, out: [source],
    "duplicates": lambda source, out: [source],
    "judge": lambda source, out: [source],
    "measure": lambda source, out: [source],
}
"""Commands that only listen, or make many files of one."""

ALL = MAKERS | OTHERS
WITHOUT_FILES = {
    "generate",
    "batch",
    "interactive",
    "preview",
    "genres",
    "info",
    "version",
    "warmup",
    "effects",
    "serve",
}
ONLY_FOLDERS = {"duplicates"}
LOSSY = ("mp3", "opus", "m4a")
READERS = ("fingerprint", "judge", "process")
"""One command for each way of reading a file; lossy files need not be tried with all the others."""
ORDINARY = ("clipped", "mono", "5.1", "8 kHz", "44.1 kHz", "192 kHz", "8 bit", "mp3", "opus", "m4a")
"""What every command must be able to work on."""


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sonicforge", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def assert_one_line(code: int, out: str, err: str) -> None:
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_every_command_that_takes_files_is_tried_here() -> None:
    assert {command.name for command in app.registered_commands} - WITHOUT_FILES == set(ALL)


TRIALS = [
    (command, name)
    for command in sorted(set(ALL) - ONLY_FOLDERS)
    for name in SOUND
    if command in READERS or name not in LOSSY
]


@pytest.mark.parametrize(("command", "name"), TRIALS)
def test_strange_files_give_a_correct_result_or_one_line(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = SOUND[name](tmp_path)
    before, content = left(tmp_path), source.read_bytes()
    code, out, err = run(capsys, command, *ALL[command](source, tmp_path / "new"), "--json")
    assert source.read_bytes() == content
    if code:
        assert name not in ORDINARY, err
        assert_one_line(code, out, err)
        assert left(tmp_path) == before
        return
    assert err == ""
    told = json.loads(out)
    assert not [path for path in left(tmp_path) if ".part" in path]
    if command in MAKERS:
        was, after = info(source), read(told["files"][0]["out"])
        length = was.duration_s / 1.04 if command == "stretch" else was.duration_s
        assert after.sample_rate == was.sample_rate
        assert after.duration_s == pytest.approx(length, abs=0.001 if name not in ("mp3", "opus", "m4a") else 0.05)
        assert np.isfinite(after.samples).all()
        assert after.samples.any() or name in ("silent", "one sample")


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("command", sorted(ALL))
def test_broken_files_are_one_line_and_leave_nothing(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = BROKEN[name](tmp_path)
    before = left(tmp_path)
    code, out, err = run(capsys, command, *ALL[command](source, tmp_path / "new"), "--json")
    assert_one_line(code, out, err)
    assert left(tmp_path) == before


@pytest.mark.parametrize("command", sorted(MAKERS))
def test_the_input_is_never_overwritten(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = SOUND["mono"](tmp_path)
    content = source.read_bytes()
    (tmp_path / "link.wav").symlink_to(source)
    words = [
        tmp_path / "link.wav" if word == tmp_path / "out.flac" else word for word in MAKERS[command](source, tmp_path)
    ]
    assert_one_line(*run(capsys, command, *words, "--json"))
    assert source.read_bytes() == content
    assert left(tmp_path) == ["link.wav", "sound.wav"]


@pytest.mark.parametrize("command", sorted(MAKERS))
def test_a_folder_goes_through_though_one_file_is_broken(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    SOUND["mono"](tmp_path / "in")
    (tmp_path / "in" / "broken.mp3").write_bytes(b"no sound")
    words = [
        tmp_path / "out" if word == tmp_path / "out.flac" else word
        for word in MAKERS[command](tmp_path / "in", tmp_path)
    ]
    code, out, err = run(capsys, command, *words, "--json")
    assert code == 2
    assert err.count("\n") == 1
    assert "broken.mp3" in err
    told = json.loads(out)
    assert [Path(row["out"]).name for row in told["files"]] == ["sound.wav"]
    assert len(told["failed"]) == 1
    assert (tmp_path / "out" / "sound.wav").exists()
