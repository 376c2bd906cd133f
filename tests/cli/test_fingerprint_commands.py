"""`fingerprint` says what fpcalc says; `duplicates` groups copies; bad files are one line and stop nothing."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonicforge.analysis.fingerprint.text import from_text
from sonicforge.cli.app import main
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import write

RATE = 44_100


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sonicforge", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def music(seed: int, seconds: float = 14.0) -> Audio:
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    notes = rng.integers(40, 80, round(seconds * 2) + 1)[np.floor(t * 2).astype(int)]
    melody = 0.3 * np.sin(2 * np.pi * np.cumsum(440 * 2 ** ((notes - 69) / 12)) / RATE)
    sound = melody + 0.05 * rng.standard_normal((2, len(t)))
    return Audio(sound.astype(np.float32), RATE)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files of one recording, one of another, silence, a blip and words."""
    folder = tmp_path_factory.mktemp("shelf")
    song = music(1)
    write(folder / "song.wav", song, bits="16")
    (folder / "more").mkdir()
    write(folder / "more" / "song.mp3", song, bitrate=64_000)
    write(folder / "more" / "late.flac", Audio(np.ascontiguousarray(song.samples[:, 4 * RATE :]), RATE), bits="16")
    write(folder / "other.flac", music(2))
    soundfile.write(folder / "silence.wav", np.zeros((8 * RATE, 2)), RATE)
    soundfile.write(folder / "blip.wav", np.ones(100), RATE)
    (folder / "words.wav").write_text("these are words")
    return folder


def test_it_prints_what_fpcalc_prints(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "fingerprint", shelf / "song.wav")
    name, duration, text = out.splitlines()
    assert (code, name, duration) == (0, f"FILE={shelf / 'song.wav'}", "DURATION=14")
    codes = from_text(text.removeprefix("FINGERPRINT="))
    _, out, _ = run(capsys, "fingerprint", shelf / "song.wav", "--raw")
    assert out.splitlines()[2] == "FINGERPRINT=" + ",".join(map(str, codes))


def test_machines_get_one_object_with_what_failed(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "fingerprint", shelf, "--json")
    told = json.loads(out)
    facts = {Path(row["file"]).name: row for row in told["files"]}
    assert code == 2
    assert set(facts) == {"song.wav", "song.mp3", "late.flac", "other.flac", "silence.wav"}
    assert {Path(row["file"]).name for row in told["failed"]} == {"blip.wav", "words.wav"}
    assert facts["song.wav"]["duration"] == 14.0
    assert [name for name, row in facts.items() if row["silent"]] == ["silence.wav"]
    assert "too short" in err
    assert err.count("\n") == 2


def test_length_limits_what_is_heard(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {}
    for length in ("6", "0", "120"):
        _, out, _ = run(capsys, "fingerprint", shelf / "song.wav", "--length", length, "--raw", "--json")
        texts[length] = json.loads(out)["files"][0]["fingerprint"]
    assert texts["0"] == texts["120"]
    assert texts["6"] == texts["0"][: len(texts["6"])]
    assert len(texts["6"]) < len(texts["0"])


def test_an_index_knows_what_it_has_heard(shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = tmp_path / "index"
    _, _, err = run(capsys, "fingerprint", shelf / "song.wav", "--index", index)
    assert "song.wav: new" in err
    _, out, _ = run(capsys, "fingerprint", shelf / "more" / "late.flac", "--index", index, "--json")
    (known,) = json.loads(out)["files"][0]["known"]
    assert known["file"] == str(shelf / "song.wav")
    assert known["similarity"] > 0.8
    assert known["offset_s"] == pytest.approx(-4.0, abs=0.13)


def test_copies_are_grouped_with_their_offsets(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "duplicates", shelf, "--json")
    told = json.loads(out)
    assert code == 2
    (group,) = told["groups"]
    assert {Path(copy["file"]).name for copy in group[:2]} == {"song.wav", "song.mp3"}
    assert Path(group[2]["file"]).name == "late.flac"
    assert group[2]["offset_s"] == pytest.approx(4.0, abs=0.13)
    assert {Path(row["file"]).name for row in told["failed"]} == {"blip.wav", "words.wav"}
    assert [Path(name).name for name in told["silent"]] == ["silence.wav"]
    _, _, err = run(capsys, "duplicates", shelf)
    assert "recording 1, 3 files" in err
    assert "1 recordings are there more than once among 7 files" in err


def test_a_changed_file_is_heard_again_and_the_others_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, index = tmp_path / "shelf", tmp_path / "index"
    folder.mkdir()
    for name, seed in (("a.wav", 1), ("b.wav", 1), ("c.wav", 3)):
        write(folder / name, music(seed, 8.0), bits="16")
    _, out, _ = run(capsys, "duplicates", folder, "--index", index, "--json")
    assert [[Path(copy["file"]).name for copy in group] for group in json.loads(out)["groups"]] == [["a.wav", "b.wav"]]
    # A file that cannot be read any more but looks unchanged must not be read.
    facts = (folder / "a.wav").stat()
    (folder / "a.wav").write_bytes(bytes(facts.st_size))
    os.utime(folder / "a.wav", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    write(folder / "b.wav", music(3, 8.0), bits="16")
    code, out, _ = run(capsys, "duplicates", folder, "--index", index, "--json")
    assert code == 0
    assert [[Path(copy["file"]).name for copy in group] for group in json.loads(out)["groups"]] == [["b.wav", "c.wav"]]


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (["--threshold", "1.5"], "1.5"),
        (["--length", "-1"], "-1"),
        (["--index", "/proc/none/index"], "/proc/none/index"),
    ],
)
def test_a_bad_wish_is_one_line(
    shelf: Path, options: list[str], value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "duplicates", shelf, *options)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert value in err


def test_a_file_for_a_folder_and_an_empty_folder_are_one_line(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in (shelf / "song.wav", tmp_path, tmp_path / "nowhere"):
        code, _, err = run(capsys, "duplicates", target)
        assert code == 2
        assert err.count("\n") == 1
        assert str(target) in err
