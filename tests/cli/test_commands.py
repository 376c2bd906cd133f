"""What a person meets at the door: errors of one line, clean folders, one JSON object."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import orjson
import pytest
import soundfile

from sonicforge.cli.app import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sonicforge", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


BAD_WISHES = {
    "unknown genre": (["--genre", "polka_metal"], "polka_metal"),
    "unknown mood": (["--mood", "greenish"], "greenish"),
    "unknown key": (["--key", "H# wobbly"], "H# wobbly"),
    "unknown format": (["--format", "mp5"], "mp5"),
    "tempo of nothing": (["--bpm", "0"], "0"),
    "tempo too fast": (["--bpm", "900"], "900"),
    "no length": (["--minutes", "0"], "0"),
    "endless": (["--minutes", "600"], "600"),
    "negative seed": (["--seed", "-1"], "-1"),
    "too much energy": (["--energy", "3"], "3"),
    "no candidates": (["--candidates", "0"], "0"),
    "not a number": (["--bpm", "fast"], "fast"),
    "unknown option": (["--loudness", "3"], "--loudness"),
}


@pytest.mark.parametrize("name", BAD_WISHES)
def test_a_bad_wish_is_one_line_with_the_value_and_leaves_nothing_behind(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, value = BAD_WISHES[name]
    code, out, err = run(capsys, "generate", "--out", str(tmp_path / "tracks"), "--json", *options)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert value in err
    assert not list(tmp_path.rglob("*.*"))


def test_an_unwritable_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wall = tmp_path / "a file"
    wall.write_text("")
    code, _, err = run(capsys, "generate", "--seed", "1", "--minutes", "0.5", "--out", str(wall / "tracks"))
    assert code == 2
    assert str(wall) in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["judge", "measure"])
@pytest.mark.parametrize("content", [b"", b"these are words, not sound", b"RIFF\x00\x00\x00\x00WAVEfmt "])
def test_a_file_without_sound_is_one_line(
    command: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sound.wav"
    file.write_bytes(content)
    code, _, err = run(capsys, command, str(file))
    assert code == 2
    assert err.startswith("error: ")
    assert "sound.wav" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["judge", "measure"])
def test_a_missing_file_and_a_folder_are_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in (tmp_path / "nothing.flac", tmp_path):
        code, _, err = run(capsys, command, str(target))
        assert code == 2
        assert err.count("\n") == 1


def test_measure_reads_a_tone_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wave = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * np.arange(48_000 * 5) / 48_000)
    soundfile.write(tmp_path / "tone.wav", np.stack([wave, wave], 1), 48_000, subtype="FLOAT")
    code, out, _ = run(capsys, "measure", str(tmp_path / "tone.wav"), "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["integrated"] == pytest.approx(-23.0, abs=0.1)
    assert facts["true_peak"] == pytest.approx(-23.0, abs=0.2)


def test_a_tenth_of_a_second_is_measured_or_refused_clearly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "blip.wav", np.full(4800, 0.1, np.float32), 48_000)
    for command in ("measure", "judge"):
        code, out, err = run(capsys, command, str(tmp_path / "blip.wav"), "--json")
        assert "Traceback" not in err
        assert (code == 0 and json.loads(out)) or err.startswith("error: ")


def test_genres_lists_all_and_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "genres", "--json")
    assert code == 0
    assert len(json.loads(out)["genres"]) >= 16
    code, out, _ = run(capsys, "genres", "ambient", "--json")
    assert json.loads(out)["name"] == "ambient"
    code, _, err = run(capsys, "genres", "ambience")
    assert code == 2
    assert "ambient" in err


def test_info_and_version_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "version")[1].strip().count(".") == 2
    assert json.loads(run(capsys, "info", "--json")[1])["genres"] >= 16


@pytest.mark.slow
def test_generate_makes_a_whole_folder_and_tells_it_as_one_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [
        "--seed",
        "3",
        "--minutes",
        "0.6",
        "--format",
        "flac,mp3,opus,ogg,m4a,wav16",
        "--stems",
        "--pictures",
        "--json",
    ]
    code, out, err = run(capsys, "generate", "calm lo-fi", *options, "--out", str(tmp_path))
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert {"id", "files", "concept", "verdict", "seconds", "realtime_factor", "peak_memory_mb"} <= set(told)
    assert {"score", "passed", "measures", "reasons"} <= set(told["verdict"])
    names = {Path(file).name for file in told["files"]}
    wanted = "track.flac track.mp3 track.opus track.ogg track.m4a track-wav16.wav cover.png concept.json score.json"
    assert set(wanted.split()) | {"score.mid", "verdict.json", "waveform.png", "spectrogram.png"} <= names
    assert all(Path(file).stat().st_size > 0 for file in told["files"])
    assert any("stems" in file for file in told["files"])
    assert not list(tmp_path.glob(".*"))
    assert told["concept"]["genre"] == "lofi_hiphop"


@pytest.mark.slow
def test_a_batch_passes_over_a_bad_line_and_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        {"genre": "chiptune", "seed": 1, "length_s": 30},
        "not json",
        {"genre": "polka"},
        {"text": "30 seconds chiptune"},
    ]
    file = tmp_path / "concepts.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else orjson.dumps(line).decode() for line in lines))
    out = tmp_path / "tracks"
    code, told, _ = run(capsys, "batch", str(file), "--out", str(out), "--json")
    assert code == 1
    assert json.loads(told)["done"] == 2
    assert [row["line"] for row in sorted(json.loads(told)["failed"], key=lambda row: row["line"])] == [2, 3]
    code, told, _ = run(capsys, "batch", str(file), "--out", str(out), "--json")
    assert json.loads(told)["skipped"] == 2
    assert json.loads(told)["done"] == 0


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sonicforge", "generate", "--genre", "ambient", "--seed", "4", "--out", "tracks"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a shell may have muted it
    )
    folder = tmp_path / "tracks"
    until = time.monotonic() + 60
    while not folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "nothing unfinished was kept" in said
    assert "Traceback" not in said
    assert not list(folder.iterdir())
