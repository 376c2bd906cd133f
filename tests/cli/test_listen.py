"""`measure` and `judge` take several files, and a long file is measured as it is read."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonicforge.cli.app import main
from sonicforge.sound.files import read
from sonicforge.sound.loudness import measure


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sonicforge", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def write_noise(path: Path, seconds: float, rate: int = 8_000) -> Path:
    rng = np.random.default_rng(1)
    level = 0.05 + 0.2 * (np.arange(round(seconds * rate)) % (7 * rate) < 3 * rate)
    soundfile.write(path, level * np.clip(rng.standard_normal(len(level)), -3, 3), rate)
    return path


def test_a_long_file_reads_as_if_it_were_held_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_noise(tmp_path / "long.wav", 620)
    code, out, _ = run(capsys, "measure", path, "--json")
    told, whole = json.loads(out), measure(read(path)).to_json()
    assert code == 0
    assert {name: told[name] for name in whole} == pytest.approx(whole, abs=0.0101)
    assert told["duration_s"] == 620


def test_several_files_are_told_one_by_one_and_a_bad_one_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_noise(tmp_path / "a.wav", 3)
    (tmp_path / "b.wav").write_text("words")
    write_noise(tmp_path / "c.wav", 3)
    code, out, err = run(capsys, "measure", tmp_path, "--json")
    told = json.loads(out)
    assert code == 2
    assert [Path(row["file"]).name for row in told["files"]] == ["a.wav", "c.wav"]
    assert [Path(row["file"]).name for row in told["failed"]] == ["b.wav"]
    assert told["files"][0]["integrated"] == told["files"][1]["integrated"]
    assert err.count("\n") == 1
    code, out, err = run(capsys, "judge", tmp_path / "a.wav", tmp_path / "c.wav", "--json")
    assert code == 0
    assert [row["score"] for row in json.loads(out)["files"]] == [json.loads(out)["files"][0]["score"]] * 2


def test_hours_are_too_long_for_the_critic_and_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_noise(tmp_path / "hours.wav", 1900, rate=4_000)
    code, _, err = run(capsys, "judge", path)
    assert code == 2
    assert "1900" in err
    assert "1800" in err
    assert err.count("\n") == 1
