"""`sonicforge master` at the door: files, folders, references, reports, decisions, and refusals in one line."""

import json
import sys
from pathlib import Path

import numpy as np
import orjson
import pytest
import soundfile

from sonicforge.cli.app import main

RATE = 48_000


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sonicforge", "master", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def tune(path: Path, hz: float = 220.0, seconds: float = 2.0) -> Path:
    """A decaying chord over soft noise."""
    t = np.arange(round(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * hz * k * t) / k for k in (1, 2, 3, 4, 5)) * np.exp(-2 * (t % 0.5))
    noise = np.random.default_rng(1).standard_normal((len(t), 2)) * 0.02
    soundfile.write(path, 0.1 * (chord[:, None] + noise), RATE, subtype="PCM_24")
    return path


def test_a_file_is_mastered_with_its_report_picture_and_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    song, other = tune(tmp_path / "song.wav"), tune(tmp_path / "other.wav", 300.0)
    out = tmp_path / "out.flac"
    code, printed, _ = run(
        capsys, str(song), "--reference", str(other), "--out", str(out), "--report", "--compare", "--json"
    )
    assert code == 0
    told = json.loads(printed)["files"][0]
    written = orjson.loads((tmp_path / "out.master.json").read_bytes())
    assert written["decision"]["references"] == ["other.wav"]
    assert told["after"] == written["after"]
    assert (tmp_path / "out.master.png").read_bytes().startswith(b"\x89PNG")
    assert soundfile.info(tmp_path / "out.compare.flac").frames == 2 * RATE
    assert len(written["words"]) == 7


def test_a_report_replays_to_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    song = tune(tmp_path / "song.wav")
    assert run(capsys, str(song), "--out", str(tmp_path / "a.wav"), "--report", "--preset", "podcast")[0] == 0
    code, _, _ = run(capsys, str(song), "--out", str(tmp_path / "b.wav"), "--decision", str(tmp_path / "a.master.json"))
    assert code == 0
    first, second = (soundfile.read(tmp_path / name)[0] for name in ("a.wav", "b.wav"))
    assert np.array_equal(first, second)


def test_a_folder_is_mastered_and_a_bad_file_does_not_stop_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    tune(tmp_path / "in" / "deep" / "one.wav")
    tune(tmp_path / "in" / "two.wav")
    (tmp_path / "in" / "bad.wav").write_text("words")
    code, _, err = run(capsys, str(tmp_path / "in"), "--out", str(tmp_path / "done"))
    assert code == 2
    assert [line for line in err.splitlines() if line.startswith("error")] == [
        f"error: {tmp_path / 'in' / 'bad.wav'} is not a sound file that can be read"
    ]
    found = sorted(
        str(path.relative_to(tmp_path / "done")) for path in (tmp_path / "done").rglob("*") if path.is_file()
    )
    assert found == ["deep/one.wav", "two.wav"]


def test_options_win_over_the_preset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    song = tune(tmp_path / "song.wav")
    code, printed, _ = run(
        capsys, str(song), "--out", str(tmp_path / "out.wav"), "--preset", "club", "--target-lufs", "-20",
        "--ceiling", "-4", "--width", "0", "--bits", "16", "--dither", "shaped", "--json",
    )  # fmt: skip
    assert code == 0
    after = json.loads(printed)["files"][0]["after"]
    assert after["integrated"] == pytest.approx(-20, abs=0.1)
    assert after["true_peak"] <= -4
    sound, _ = soundfile.read(tmp_path / "out.wav")
    assert np.abs(sound[:, 0] - sound[:, 1]).max() < 40 / 32768
    assert soundfile.info(tmp_path / "out.wav").subtype == "PCM_16"


BAD_WISHES = {
    "too loud": (["--target-lufs", "3"], "3"),
    "ceiling above full scale": (["--ceiling", "1"], "1"),
    "too strong": (["--strength", "140"], "140"),
    "too wide": (["--width", "9"], "9"),
    "unknown preset": (["--preset", "polka"], "polka"),
    "unknown dither": (["--dither", "blue"], "blue"),
    "unknown format": (["--format", "mp5"], "mp5"),
    "unknown depth": (["--bits", "12"], "12"),
    "reference that is not there": (["--reference", "nowhere.wav"], "nowhere.wav"),
    "decision that is not there": (["--decision", "nowhere.json"], "nowhere.json"),
    "decision and preset": (["--decision", "x.json", "--preset", "club"], "decision"),
}


@pytest.mark.parametrize("name", BAD_WISHES)
def test_a_bad_wish_is_one_line_and_leaves_nothing_behind(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    song = tune(tmp_path / "song.wav", seconds=0.2)
    options, value = BAD_WISHES[name]
    code, out, err = run(capsys, str(song), "--out", str(tmp_path / "done" / "out.wav"), *options)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert value in err
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]
