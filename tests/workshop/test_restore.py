"""Restoring files: planted faults are found, told and mended; bad inputs get one line and leave nothing behind."""

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sonicforge.cli.app import main
from sonicforge.effects.restoration.repair import Box
from sonicforge.errors import BadInput, Conflict, OutOfRange, UnknownName, UnreadableAudio
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.files import info, read, write
from sonicforge.workshop.restore import Wishes, box_from, restore_file

RATE = 32_000


@cache
def music(seconds: float = 7.0) -> Samples:
    """Notes with pauses between them, peak 0.5."""
    rng = np.random.default_rng(5)
    t = np.arange(int(seconds * RATE)) / RATE
    x = np.zeros(t.size)
    for start in np.arange(0, seconds, 0.5):
        late = np.maximum(t - start, 0)
        hz = rng.choice([98, 131, 165, 220, 330]) * np.arange(1, 9)
        attack = 0.5 - 0.5 * np.cos(np.pi * np.minimum(late / 0.02, 1))
        x += attack * sum(np.sin(2 * np.pi * f * late) * np.exp(-late * (6 + k)) / (k + 1) for k, f in enumerate(hz))
    air = 1e-4 * rng.standard_normal((2, t.size))
    return (0.5 * np.stack([x, 0.8 * x]) / np.abs(x).max() + air).astype(np.float32)


def hum() -> Samples:
    t = np.arange(music().shape[1]) / RATE
    return (0.01 * sum(np.cos(2 * np.pi * 50 * k * t + k) / k for k in (1, 2, 3))).astype(np.float32)


def clicks(x: Samples) -> Samples:
    y = x.copy()
    y[:, np.arange(7000, x.shape[1] - 5000, 9001)] += 0.6
    return y


def restored(folder: Path, x: Samples, wishes: Wishes, rate: int = RATE) -> tuple[Samples, dict[str, object]]:
    source, out = folder / "in.wav", folder / "out.wav"
    write(source, Audio(x, rate), tags={"title": "Found on a Tape"})
    told = restore_file(source, out, wishes, lambda _stage, _share: None)
    return read(out).samples, dict(told)


def better_db(y: Samples, damaged: Samples, x: Samples) -> float:
    return float(10 * np.log10(np.square(damaged - x).sum() / np.square(y - x).sum()))


def test_auto_finds_and_mends_what_was_planted_and_nothing_else(tmp_path: Path) -> None:
    damaged = clicks(music() + hum())
    y, told = restored(tmp_path, damaged, Wishes(auto=True))
    assert told["steps"] == ["declick", "dehum"]
    assert better_db(y, damaged, music()) > 20


def test_a_sound_recording_passes_auto_untouched(tmp_path: Path) -> None:
    y, told = restored(tmp_path, music(), Wishes(auto=True))
    assert told["steps"] == []
    assert np.abs(y - music()).max() < 2e-5  # 24 bits and their dither


def test_the_report_says_where_the_clicks_were(tmp_path: Path) -> None:
    _, told = restored(tmp_path, clicks(music()), Wishes(steps=frozenset({"declick"})))
    done = told["done"]["declick"]  # type: ignore[index]
    places = np.arange(7000, music().shape[1] - 5000, 9001) / RATE
    told_places = np.array(done["positions_s"][0])
    assert sum(np.abs(told_places - place).min() < 2e-3 for place in places) >= 0.95 * len(places)
    assert max(done["clicks"]) <= len(places) + 1


def test_clipped_peaks_come_back_with_room_for_them(tmp_path: Path) -> None:
    damaged = np.clip(1.9 * music(), -0.6, 0.6)
    y, told = restored(tmp_path, damaged, Wishes(steps=frozenset({"declip"})))
    down = 10 ** (float(told["turned_down_db"]) / 20)  # type: ignore[arg-type]
    assert down > 1.3
    assert better_db(y * down, damaged, 1.9 * music()) > 6


def test_dehum_leaves_sound_without_hum_alone(tmp_path: Path) -> None:
    y, told = restored(tmp_path, music(), Wishes(steps=frozenset({"dehum"})))
    assert told["steps"] == []
    assert np.abs(y - music()).max() < 2e-5


def test_tags_rate_and_length_stay(tmp_path: Path) -> None:
    restored(tmp_path, music()[:, :100_001], Wishes(steps=frozenset({"declick", "denoise", "agc"})))
    about = info(tmp_path / "out.wav")
    assert (about.sample_rate, about.length, about.channels) == (RATE, 100_001, 2)
    assert about.tags["title"] == "Found on a Tape"


@pytest.mark.parametrize(
    ("channels", "rate", "length"), [(1, 8_000, 1), (1, 96_000, 5_000), (6, 48_000, 9_000), (2, 192_000, 30_000)]
)
def test_any_channels_rate_and_length_come_back_in_shape(tmp_path: Path, channels: int, rate: int, length: int) -> None:
    x = np.full((channels, length), 0.1, np.float32)
    steps = frozenset({"declip", "declick", "dehum", "denoise", "gate", "agc"})
    y, _ = restored(tmp_path, x, Wishes(steps=steps), rate)
    assert y.shape == x.shape
    assert np.isfinite(y).all()


def test_silence_stays_silence(tmp_path: Path) -> None:
    y, told = restored(tmp_path, np.zeros((2, 3 * RATE), np.float32), Wishes(auto=True))
    assert told["steps"] == []
    assert np.abs(y).max() < 1e-6


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        (Wishes(), BadInput),
        (Wishes(steps=frozenset({"polish"})), UnknownName),
        (Wishes(auto=True, amount=1.5), OutOfRange),
        (Wishes(auto=True, sensitivity=-0.1), OutOfRange),
        (Wishes(auto=True, mains="55"), UnknownName),
        (Wishes(boxes=(Box(2, 1),)), OutOfRange),
    ],
)
def test_impossible_wishes_are_refused(wishes: Wishes, error: type[Exception]) -> None:
    with pytest.raises(error):
        wishes.checked()


@pytest.mark.parametrize("words", ["", "1", "a-b", "1-2@3", "1-2@3-x", "1-2-3"])
def test_a_box_in_other_words_is_refused(words: str) -> None:
    with pytest.raises(BadInput):
        box_from(words)


def test_a_box_behind_the_end_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutOfRange):
        restored(tmp_path, music(), Wishes(boxes=(box_from("30-30.1@100-500"),)))
    assert not (tmp_path / "out.wav").exists()


def test_a_recording_never_replaces_itself(tmp_path: Path) -> None:
    source = tmp_path / "in.wav"
    write(source, Audio(music(), RATE))
    before = source.read_bytes()
    with pytest.raises(Conflict):
        restore_file(source, source, Wishes(auto=True), lambda _stage, _share: None)
    assert source.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"just words, no sound", b"RIFF\0\0\0\0WAVE"])
def test_a_file_without_sound_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "in.wav"
    source.write_bytes(content)
    with pytest.raises(UnreadableAudio):
        restore_file(source, tmp_path / "out.wav", Wishes(auto=True), lambda _stage, _share: None)
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]


def test_a_folder_is_mended_file_by_file_and_a_bad_one_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    (folder / "side a").mkdir(parents=True)
    write(folder / "side a" / "one.wav", Audio(clicks(music())[:, :60_000], RATE))
    (folder / "two.wav").write_text("words")
    monkeypatch.setattr(
        sys, "argv", ["sonicforge", "restore", str(folder), "--declick", "--json", "--out", str(tmp_path / "out")]
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr()
    assert stopped.value.code == 2
    assert (tmp_path / "out" / "side a" / "one.wav").exists()
    assert not (tmp_path / "out" / "two.wav").exists()
    assert "two.wav" in said.err
    assert "Traceback" not in said.err
    assert json.loads(said.out)
