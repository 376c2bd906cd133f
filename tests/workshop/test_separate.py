"""Separating files: the parts add up to the input, bad wishes are refused, nothing unfinished stays."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import soundfile
from songs import RATE, music, write

from sonicforge.cli.app import main
from sonicforge.errors import Conflict, OutOfRange, UnknownName, UnreadableAudio
from sonicforge.sound.files import info, read
from sonicforge.workshop import demucs
from sonicforge.workshop.separate import Cut, separate


def unheard(_stage: str, _share: float) -> None:
    """Nobody reads this report."""


def parts(source: Path, folder: Path, cut: Cut) -> dict[str, Path]:
    told = separate(source, folder / source.name, cut, unheard)["parts"]
    assert isinstance(told, dict)
    return {name: Path(path) for name, path in told.items()}


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write(tmp_path / "song.wav", music(3.0))


@pytest.mark.parametrize(
    ("cut", "names"),
    [
        (Cut(), ["harmonic", "percussive"]),
        (Cut(margin=3.0), ["harmonic", "percussive", "residual"]),
        (Cut(bands_hz=(200.0, 2000.0)), ["below-200hz", "200-2000hz", "above-2000hz"]),
    ],
)
def test_the_parts_add_up_to_the_recording(song: Path, tmp_path: Path, cut: Cut, names: list[str]) -> None:
    made = parts(song, tmp_path / "out", cut) if (tmp_path / "out").mkdir() is None else {}
    assert list(made) == names
    total = sum(read(path).samples for path in made.values())
    original = read(song).samples
    assert total.shape == original.shape
    assert 20 * np.log10(np.abs(total - original).max()) < -100


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44_100, 2), (192_000, 2), (48_000, 6)])
def test_rate_channels_and_length_stay(tmp_path: Path, rate: int, channels: int) -> None:
    sound = np.random.default_rng(0).normal(size=(channels, rate // 2)) * 0.1
    path = write(tmp_path / "a.wav", sound.astype(np.float32), rate)
    for part in parts(path, tmp_path, Cut()).values():
        found = info(part)
        assert (found.sample_rate, found.channels, found.length) == (rate, channels, rate // 2)


@pytest.mark.parametrize("length", [1, 777])
def test_scraps_and_silence_pass(tmp_path: Path, length: int) -> None:
    path = write(tmp_path / "a.wav", np.zeros((2, length), np.float32))
    for part in parts(path, tmp_path, Cut()).values():
        assert not read(part).samples.any()
        assert read(part).length == length


def test_bass_goes_below_and_hats_above(tmp_path: Path) -> None:
    t = np.arange(2 * RATE) / RATE
    path = write(tmp_path / "a.wav", np.stack([np.sin(2 * np.pi * 60 * t), np.sin(2 * np.pi * 6000 * t)]) * 0.4)
    low, high = parts(path, tmp_path, Cut(bands_hz=(600.0,))).values()
    assert np.square(read(low).samples).mean(axis=1) == pytest.approx([0.08, 0], abs=1e-3)
    assert np.square(read(high).samples).mean(axis=1) == pytest.approx([0, 0.08], abs=1e-3)


def test_other_formats_keep_tags_and_name_the_part(tmp_path: Path) -> None:
    from sonicforge.sound.audio import Audio
    from sonicforge.sound.files import write as write_sound

    write_sound(tmp_path / "a.flac", Audio(music(1.0), RATE), tags={"title": "Rain", "artist": "Us"})
    made = parts(tmp_path / "a.flac", tmp_path, Cut(format="flac"))
    tags = info(made["percussive"]).tags
    assert (tags["title"], tags["artist"]) == ("Rain (percussive)", "Us")
    assert soundfile.info(made["harmonic"]).subtype == "PCM_24"


@pytest.mark.parametrize(
    ("cut", "error"),
    [
        (Cut(bands_hz=(2000.0, 200.0)), OutOfRange),
        (Cut(bands_hz=(5.0,)), OutOfRange),
        (Cut(bands_hz=tuple(float(100 * k) for k in range(1, 12))), OutOfRange),
        (Cut(margin=0.5), OutOfRange),
        (Cut(format="tape"), UnknownName),
        (Cut(bands_hz=(200.0,), model="htdemucs"), Conflict),
        (Cut(bands_hz=(23_000.0,)), OutOfRange),
    ],
)
def test_wishes_that_cannot_be_are_refused_and_leave_nothing(
    song: Path, tmp_path: Path, cut: Cut, error: type[Exception]
) -> None:
    with pytest.raises(error):
        parts(song, tmp_path, cut)
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]


def test_a_damaged_file_leaves_no_parts(tmp_path: Path) -> None:
    path = write(tmp_path / "song.wav", music(2.0))
    path.write_bytes(path.read_bytes()[:-100_000])
    with pytest.raises(UnreadableAudio):
        parts(path, tmp_path, Cut())
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(UnreadableAudio):
        parts(tmp_path / "text.wav", tmp_path, Cut())
    assert len(list(tmp_path.iterdir())) == 2


def test_without_demucs_one_line_says_what_is_missing(song: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="pip install demucs"):
        parts(song, tmp_path, Cut(model="htdemucs"))


class _Tensor(np.ndarray):
    """As much of a tensor as is used: an array that can be brought home."""

    def cpu(self) -> "_Tensor":
        return self

    def numpy(self) -> np.ndarray:
        return np.asarray(self)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for Demucs and torch: it calls the left half of what it hears drums, the rest voice."""
    recipes, hub = tmp_path / "remote", tmp_path / "hub"
    recipes.mkdir()
    (recipes / "halves.yaml").write_text("models: ['abc']\n")
    (hub / "checkpoints").mkdir(parents=True)
    model = SimpleNamespace(sources=["drums", "vocals"], samplerate=44_100, audio_channels=2, eval=lambda: None)

    def apply_model(_model: object, mix: np.ndarray, *, shifts: int, split: bool) -> np.ndarray:
        assert mix.shape[:2] == (1, 2)
        assert abs(float(mix.mean())) < 0.2
        return np.stack([mix * 0.25, mix * 0.75], axis=1).view(_Tensor)

    class NoGrad:
        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    names = {
        "demucs": {"__path__": []},
        "demucs.pretrained": {"REMOTE_ROOT": recipes, "get_model": lambda _name: model},
        "demucs.apply": {"apply_model": apply_model},
        "torch": {
            "hub": SimpleNamespace(get_dir=lambda: str(hub)),
            "no_grad": NoGrad,
            "from_numpy": lambda x: x.view(_Tensor),
        },
    }
    for name, content in names.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        module.__spec__ = SimpleNamespace(name=name)  # type: ignore[assignment]
        monkeypatch.setitem(sys.modules, name, module)
    return hub / "checkpoints"


def test_a_model_without_weights_is_told_and_nothing_is_fetched(installed: Path, song: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="weights of halves"):
        parts(song, tmp_path, Cut(model="halves"))
    with pytest.raises(UnknownName):
        parts(song, tmp_path, Cut(model="thirds"))


@pytest.mark.parametrize("channels", [1, 2])
def test_a_model_s_stems_are_written_at_its_rate(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    monkeypatch.setattr(demucs, "PIECE_S", 1.0)
    monkeypatch.setattr(demucs, "OVERLAP_S", 0.2)
    (installed / "abc-1234.th").touch()
    path = write(tmp_path / "long.wav", music(4.3)[:channels])
    made = parts(path, tmp_path, Cut(model="halves"))
    drums, voice = (read(made[name]) for name in ("drums", "vocals"))
    assert drums.sample_rate == 44_100
    assert drums.length == round(4.3 * 44_100)
    assert np.abs(voice.samples - 3 * drums.samples).max() < 1e-3
    from sonicforge.sound.resample import resample

    original = resample(read(path), 44_100).samples
    assert np.abs(drums.samples + voice.samples - original).max() < 1e-3


def test_parts_may_lie_beside_the_recording_but_never_take_the_place_of_another(
    song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["sonicforge", "separate", *map(str, words), "--out", str(tmp_path)])
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0)

    assert run(song) == 0
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["song.harmonic.wav", "song.percussive.wav", "song.wav"]
    before = (tmp_path / "song.harmonic.wav").read_bytes()
    assert run(song, tmp_path / "song.harmonic.wav") == 2
    assert "is the input itself" in capsys.readouterr().err
    assert (tmp_path / "song.harmonic.wav").read_bytes() == before
