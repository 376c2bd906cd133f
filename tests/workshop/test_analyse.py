"""Analysing files: everything has an answer, bad files one line, pictures and JSON are whole."""

import json
from pathlib import Path

import numpy as np
import pytest
from songs import RATE, music, write
from typer.testing import CliRunner

from sonicforge.cli.analyse import in_words
from sonicforge.cli.app import app
from sonicforge.errors import UnreadableAudio
from sonicforge.sound.files import read
from sonicforge.sound.loudness import measure
from sonicforge.workshop.analyse import PICTURES, analyse, loudness_curve, write_analysis


def unheard(_stage: str, _share: float) -> None:
    """Nobody reads this report."""


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("song") / "song.wav", music(20.0))


def test_tempo_loudness_stereo_and_the_rest_of_a_song(song: Path) -> None:
    found = analyse(song, unheard).to_json()
    assert found["tempo"]["bpm"] == pytest.approx(120, rel=0.01)
    assert found["duration_s"] == pytest.approx(20)
    assert len(found["descriptor"]["values"]) == 64
    assert 30 < len(found["beats_s"]) < 45
    assert found["chords"][-1][1] == pytest.approx(20)
    assert found["sections"][0]["start_s"] == 0
    true = measure(read(song))
    assert found["loudness"]["integrated"] == pytest.approx(true.integrated, abs=0.01)
    assert found["loudness"]["true_peak"] == pytest.approx(true.true_peak, abs=0.01)
    assert len(found["loudness_curve"]) == 20
    assert 0.3 < found["stereo"]["correlation"]["full"] < 1
    json.dumps(found, allow_nan=False)


def test_json_and_pictures_are_written(song: Path, tmp_path: Path) -> None:
    files = write_analysis(analyse(song, unheard, pictures=True), tmp_path / "song.json", pictures=True)
    assert {path.name for path in files} == {"song.json", *(f"song.{name}.png" for name in PICTURES)}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in files}
    assert json.loads((tmp_path / "song.json").read_text())["beats_per_bar"] in (3, 4)


def test_surround_is_as_loud_as_the_meter_says(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(size=(6, 2 * RATE)) * 0.1
    path = write(tmp_path / "a.wav", sound.astype(np.float32))
    found, true = analyse(path, unheard).to_json()["loudness"], measure(read(path))
    assert found["integrated"] == pytest.approx(true.integrated, abs=0.01)
    assert found["true_peak"] == pytest.approx(true.true_peak, abs=0.01)


@pytest.mark.parametrize(
    ("rate", "channels", "length"), [(48_000, 2, 1), (8000, 1, 30_000), (192_000, 2, 96_000), (44_100, 6, 50_000)]
)
def test_any_rate_length_and_number_of_channels(tmp_path: Path, rate: int, channels: int, length: int) -> None:
    sound = np.random.default_rng(0).normal(size=(channels, length)) * 0.1
    found = analyse(write(tmp_path / "a.wav", sound.astype(np.float32), rate), unheard, pictures=True)
    told = found.to_json()
    assert told["sample_rate"] == rate
    assert told["channels"] == channels
    json.dumps(told, allow_nan=False)
    write_analysis(found, tmp_path / "a.json", pictures=True)


def test_silence_and_dc_say_so(tmp_path: Path) -> None:
    silent = analyse(write(tmp_path / "a.wav", np.zeros((2, 5 * RATE), np.float32)), unheard).to_json()
    assert silent["tempo"]["bpm"] is None
    assert silent["key"]["name"] is None
    assert silent["loudness"]["integrated"] is None
    assert [one["name"] for one in silent["defects"]] == ["silent"]
    dc = analyse(write(tmp_path / "b.wav", np.full((2, 5 * RATE), 0.2, np.float32)), unheard).to_json()
    assert "dc" in [one["name"] for one in dc["defects"]]
    json.dumps(dc, allow_nan=False)


def test_files_that_hold_no_sound_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    for path in (tmp_path / "a.wav", tmp_path / "missing.wav", tmp_path):
        with pytest.raises(UnreadableAudio):
            analyse(path, unheard)


def test_the_command_prints_words_or_one_object_and_goes_on_after_a_bad_file(song: Path, tmp_path: Path) -> None:
    write(tmp_path / "good.wav", music(3.0))
    (tmp_path / "bad.wav").write_text("no sound")
    both = CliRunner().invoke(app, ["analyse", str(tmp_path), "--json"])
    assert both.exit_code == 2
    told = json.loads(both.stdout)
    assert [Path(one["file"]).name for one in told["files"]] == ["good.wav"]
    assert [Path(one["file"]).name for one in told["failed"]] == ["bad.wav"]
    words = CliRunner().invoke(app, ["analyse", str(song), "--out", str(tmp_path / "out")])
    assert words.exit_code == 0
    assert "120.0 bpm" in words.stderr
    assert (tmp_path / "out" / "song.json").exists()


def test_the_loudness_curve_ends_at_the_level_of_its_window() -> None:
    power = np.concatenate([np.zeros(300), np.full(600, 10 ** ((-23 + 0.691) / 10))])
    curve = loudness_curve(power, 300, 1.0)
    assert len(curve) == 9
    assert curve[5] == pytest.approx(-23, abs=0.01)
    assert curve[2] == -120


def test_the_words_for_a_person_are_short_and_honest(tmp_path: Path) -> None:
    write(tmp_path / "silence.wav", np.zeros((1, RATE), np.float32))
    write(tmp_path / "scrap.wav", np.full((6, 100), 0.3, np.float32))
    told = CliRunner().invoke(app, ["analyse", str(tmp_path)]).stderr
    assert "None" not in told
    assert "1 channel\n" in told
    assert "6 channels\n" in told
    assert "too quiet for a loudness" in told
    assert "too short to be sure" in told
    found = analyse(tmp_path / "silence.wav", unheard).to_json() | {"file": "silence.wav"}
    found["sections"] = [{"start_s": 10.0 * k, "end_s": 10.0 * k + 10, "label": "A", "level": 0.5} for k in range(30)]
    (line,) = (line for line in in_words(found).splitlines() if "sections" in line)
    assert line.count("A ") == 24
    assert "and 6 more" in line
