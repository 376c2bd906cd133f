"""Chains, tempo and pitch on files: in time, in length, in flat memory, with clear refusals."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonicforge.cli.app import main
from sonicforge.cli.stretch import speed_in
from sonicforge.effects.chain_file import Step
from sonicforge.errors import BadInput, Conflict, OutOfRange
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import info, read, write
from sonicforge.workshop.process import Treatment, process_file
from sonicforge.workshop.stretch import Change, stretch_file

RATE = 44_100


def unheard(_stage: str, _share: float) -> None:
    """Nobody listens."""


def wav(folder: Path, seconds: float = 1.5, name: str = "in.wav", channels: int = 2) -> Path:
    t = np.arange(int(seconds * RATE)) / RATE
    x = np.repeat((0.4 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)[None], channels, axis=0)
    write(folder / name, Audio(x, RATE), tags={"title": "Tone"})
    return folder / name


def peak_hz(path: Path) -> float:
    audio = read(path)
    x = audio.samples[0, 4000:-4000].astype(np.float64)
    return float(np.abs(np.fft.rfft(x * np.hanning(x.size), 1 << 20)).argmax() * audio.sample_rate / (1 << 20))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sonicforge", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_a_chain_with_latency_comes_out_in_time_and_as_long_as_it_was(tmp_path: Path) -> None:
    source = wav(tmp_path)
    told = process_file(source, tmp_path / "out.flac", Treatment((Step("limiter", {}), Step("gain", {}))), unheard)
    before, after = read(source), read(tmp_path / "out.flac")
    assert after.samples.shape == before.samples.shape
    assert np.allclose(after.samples, before.samples, atol=0.02)
    assert told["effects"] == ["limiter", "gain"]
    assert info(tmp_path / "out.flac").tags["title"] == "Tone"


def test_a_tail_is_added_for_what_rings_on(tmp_path: Path) -> None:
    source = wav(tmp_path, 1.0)
    treatment = Treatment((Step("plate", {"mix": 0.5}),), tail_s=2.0)
    told = process_file(source, tmp_path / "out.wav", treatment, unheard)
    after = read(tmp_path / "out.wav")
    assert after.length == 3 * RATE
    assert told["duration_s"] == 3.0
    assert np.abs(after.samples[:, int(1.5 * RATE) : 2 * RATE]).max() > 1e-3


def test_clipping_is_told_except_where_nothing_clips(tmp_path: Path) -> None:
    source, louder = wav(tmp_path), (Step("gain", {"gain_db": 12.0}),)
    told = process_file(source, tmp_path / "out.wav", Treatment(louder), unheard)
    assert told["clipped"] is True
    assert told["peak_db"] == pytest.approx(20 * np.log10(0.4) + 12, abs=0.1)
    assert process_file(source, tmp_path / "f.wav", Treatment(louder, bits="32f"), unheard)["clipped"] is False
    assert np.abs(read(tmp_path / "f.wav").samples).max() > 1.5


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    source = wav(tmp_path, 0.5)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        process_file(source, tmp_path / f"{name}.wav", Treatment((Step("hiss", {}),), seed=seed, bits="32f"), unheard)
    a, b, c = (read(tmp_path / f"{name}.wav").samples for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_an_empty_chain_an_endless_tail_and_the_input_as_output_are_refused(tmp_path: Path) -> None:
    source = wav(tmp_path)
    with pytest.raises(BadInput, match="nothing to do"):
        Treatment(()).checked()
    with pytest.raises(OutOfRange, match="tail is 61"):
        Treatment((Step("gain", {}),), tail_s=61).checked()
    with pytest.raises(Conflict, match="the input itself"):
        process_file(source, source, Treatment((Step("gain", {}),)), unheard)
    with pytest.raises(Conflict, match="the input itself"):
        stretch_file(source, source, Change(speed=1.1), unheard)


@pytest.mark.parametrize(
    ("change", "seconds", "hz"),
    [
        (Change(speed=1.04), 1.5 / 1.04, 440.0),
        (Change(speed=0.5), 3.0, 440.0),
        (Change(semitones=-3.0), 1.5, 440.0 * 2 ** (-3 / 12)),
        (Change(speed=0.9, semitones=2.0), 1.5 / 0.9, 440.0 * 2 ** (2 / 12)),
        (Change(speed=1.25, varispeed=True), 1.2, 550.0),
    ],
)
def test_tempo_and_pitch_become_what_was_asked(change: Change, seconds: float, hz: float, tmp_path: Path) -> None:
    told = stretch_file(wav(tmp_path), tmp_path / "out.wav", change, unheard)
    after = read(tmp_path / "out.wav")
    assert after.sample_rate == RATE
    assert after.duration_s == pytest.approx(seconds, abs=0.001)
    assert told["duration_s"] == pytest.approx(seconds, abs=0.001)
    assert abs(1200 * np.log2(peak_hz(tmp_path / "out.wav") / hz)) < 1.5


def test_changes_that_cannot_be_are_refused() -> None:
    for change, words in (
        (Change(speed=2.5), "tempo is 250"),
        (Change(semitones=13.0), "between -12"),
        (Change(speed=0.6, semitones=12.0), "need together"),
    ):
        with pytest.raises(OutOfRange, match=words):
            change.checked()
    with pytest.raises(Conflict, match="varispeed"):
        Change(speed=1.1, semitones=1.0, varispeed=True).checked()
    with pytest.raises(BadInput, match="nothing to do"):
        Change().checked()


def test_a_tempo_is_a_percentage() -> None:
    assert speed_in("104%") == 1.04
    assert speed_in("+4%") == pytest.approx(1.04)
    assert speed_in(" -3.5% ") == pytest.approx(0.965)
    for wrong in ("104", "", "%", "fast", "nan%", "1e999%"):
        with pytest.raises(BadInput, match="percentage"):
            speed_in(wrong)


@pytest.mark.parametrize("name", ["one.wav", "mono.flac", "eight.wav"])
def test_strange_files_pass(name: str, tmp_path: Path) -> None:
    length, channels, rate = {"one.wav": (1, 2, 48_000), "mono.flac": (5000, 1, 8000), "eight.wav": (900, 6, 96_000)}[
        name
    ]
    soundfile.write(tmp_path / name, np.full((length, channels), 0.25, np.float32), rate)
    process_file(tmp_path / name, tmp_path / f"p-{name}", Treatment((Step("reverb", {}),)), unheard)
    stretch_file(tmp_path / name, tmp_path / f"s-{name}", Change(speed=0.8), unheard)
    assert read(tmp_path / f"p-{name}").samples.shape == (channels, length)
    assert abs(read(tmp_path / f"s-{name}").length - length / 0.8) <= 1


def test_the_commands_work_on_several_files_and_say_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = [wav(tmp_path, 0.3, "a.wav"), wav(tmp_path, 0.3, "b.wav")]
    code, out, err = run(
        capsys, "process", *sources, "--effect", "gain", "gain_db=-6", "--out", tmp_path / "o", "--json"
    )
    assert (code, err) == (0, "")
    assert [told["effects"] for told in json.loads(out)["files"]] == [["gain"], ["gain"]]
    assert np.abs(read(tmp_path / "o" / "a.wav").samples).max() == pytest.approx(0.2, abs=0.01)
    code, out, err = run(capsys, "stretch", sources[0], "--tempo", "+5%", "--out", tmp_path / "s.flac")
    assert code == 0
    for arguments, words in (
        (("process", sources[0], "--out", "x.wav"), "either --chain FILE or --effect NAME"),
        (("process", "a=b", "--effect", "gain", "--out", "x.wav"), "say which files"),
        (("process", sources[0], "--effect", "gian", "--out", "x.wav"), "did you mean gain"),
        (("stretch", sources[0], "--out", "x.wav"), "nothing to do"),
        (("stretch", sources[0], "--tempo", "5", "--out", "x.wav"), "percentage"),
    ):
        code, out, err = run(capsys, *arguments)
        assert (code, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1
