"""Lo-fi: presets load and keep the loudness, wishes reach the effects, files come out whole, repeatable and in time."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonicforge.cli.app import main
from sonicforge.effects.lofi import DATA, Step, build_chain, load, names
from sonicforge.effects.medium import CURVES
from sonicforge.errors import BadDataFile, BadInput, Conflict, OutOfRange, UnknownName
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import info, read, write
from sonicforge.sound.loudness import measure
from sonicforge.sound.true_peak import true_peak_db
from sonicforge.workshop.lofi import Wishes, age_file

RATE = 32_000
DOCS = Path(__file__).parent.parent.parent / "docs" / "lofi.md"


def song(seconds: float = 5.0, rate: int = RATE, height: float = 0.5) -> np.ndarray:
    """Bass, chords and a beat of noise: enough for every band of every medium."""
    rng = np.random.default_rng(1)
    t = np.arange(int(seconds * rate)) / rate
    beat = np.exp(-((t * 2) % 1.0) * 8)
    chord = sum(np.sin(2 * np.pi * hz * t + k) for k, hz in enumerate((220, 277, 330, 660, 1320, 2640))) / 6
    x = 0.4 * np.sin(2 * np.pi * 82 * t) + 0.5 * chord + 0.3 * beat * rng.standard_normal((2, t.size))
    return (height * x / np.abs(x).max()).astype(np.float32)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("in") / "song.wav"
    write(path, Audio(song(), RATE), tags={"title": "Old Song", "artist": "Somebody"})
    return path


def loudness(path: Path) -> float:
    return float(measure(read(path)).integrated)


# ---------------------------------------------------------------- presets


def test_there_are_at_least_twenty_presets_and_each_explains_itself() -> None:
    presets = [load(name) for name in names()]
    assert len(presets) >= 20
    assert len({preset.title for preset in presets}) == len(presets)
    for preset in presets:
        assert preset.about.endswith(".")
        assert preset.chain


@pytest.mark.parametrize("name", names())
def test_a_preset_keeps_loudness_length_and_ceiling(name: str, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    told = age_file(file, out, Wishes(preset=load(name), seed=3))
    aged, before = read(out), read(file)
    assert aged.samples.shape == before.samples.shape
    assert np.isfinite(aged.samples).all()
    assert loudness(out) == pytest.approx(loudness(file) + load(name).loudness_lu, abs=1.0)
    assert true_peak_db(aged, "certified") <= -1.0
    assert np.abs(aged.samples - before.samples).max() > 0.01
    assert told["chain"] == [{step.effect: dict(step.settings)} for step in load(name).chain]


def test_the_docs_list_every_preset_and_every_medium() -> None:
    text = DOCS.read_text()
    listed = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    assert listed == set(names())
    assert all(f"`{curve}`" in text for curve in CURVES)


def test_a_dash_counts_as_an_underscore() -> None:
    assert load("Lofi-HipHop") == load("lofi_hiphop") if "lofi_hiphop" in names() else False


def test_an_owner_s_preset_wins_and_new_ones_join(tmp_path: Path) -> None:
    for name in ("telephone", "my_radio"):
        (tmp_path / f"{name}.yaml").write_text(
            f"title: {name}\nabout: Mine.\nchain: [{{medium: {{curve: intercom}}}}]\n"
        )
    assert load("telephone", folder=tmp_path).about == "Mine."
    assert load("telephone").about != "Mine."
    assert "my_radio" in names(tmp_path)
    with pytest.raises(UnknownName, match="telephone"):
        load("telefone", folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("title: [", "file"),
        ("- a\n- b\n", "file"),
        ("title: A\nabout: B.\n", "chain"),
        ("title: A\nabout: B.\nchain: []\n", "chain"),
        ("title: A\nabout: 3\nchain: [{gain: }]\n", "about"),
        ("title: A\nabout: B.\nchain: [{gain: }]\ncolour: red\n", "colour"),
        ("title: A\nabout: B.\nchain: [{tape: {drive_db: 90}}]\n", r"chain\[0\].tape"),
        ("title: A\nabout: B.\nchain: [{tape: {}}, {tape: {speed: 3}}]\n", r"chain\[1\].tape"),
        ("title: A\nabout: B.\nchain: [{taep: {}}]\n", r"chain\[0\].taep"),
        ("title: A\nabout: B.\nchain: [{tape: 3}]\n", r"chain\[0\].tape"),
        ("title: A\nabout: B.\nchain: [3]\n", r"chain\[0\]"),
        ("title: A\nabout: B.\nchain: [{tape: }]\nloudness_lu: 40\n", "loudness_lu"),
    ],
)
def test_a_bad_preset_names_the_place_of_its_fault(text: str, place: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(BadDataFile, match=place):
        load("bad", folder=tmp_path)


def test_two_steps_of_one_kind_draw_different_chance() -> None:
    twice = build_chain([Step("hiss", {}), Step("hiss", {})], sample_rate=RATE, channels=1, seed=1)
    first, second = (part.process(np.zeros((1, 1000), np.float32)) for part in twice.processors)
    assert not np.array_equal(first, second)


# ---------------------------------------------------------------- wishes


def test_wishes_are_written_into_the_preset_or_added_behind_it() -> None:
    cassette = Wishes(preset=load("cassette_worn"), wow=0.7, hiss=-40, eq="telephone", bits=8).steps()
    tape = next(step for step in cassette if step.effect == "tape")
    assert tape.settings["wow_percent"] == 0.7
    assert tape.settings["hiss_db"] == -40
    assert tape.settings["flutter_percent"] == load("cassette_worn").chain[1].settings["flutter_percent"]
    assert [step.effect for step in cassette[-2:]] == ["converter", "medium"]


def test_wishes_alone_make_a_chain() -> None:
    steps = Wishes(wow=0.2, hiss=-50, dropouts=0.4, speed_ips=3.75, vinyl=0.5, rate=22_050).steps()
    assert [step.effect for step in steps] == ["converter", "vinyl", "wow_flutter", "hiss", "dropouts", "playback_loss"]
    assert steps[2].settings == {"wow_percent": 0.2, "flutter_percent": 0.0}
    tape = Wishes(tape=0.5, wow=0.2, hiss=-50, dropouts=0.4, speed_ips=3.75, model="light").steps()
    assert [step.effect for step in tape] == ["tape"]
    assert tape[0].settings == {
        "amount": 0.5, "wow_percent": 0.2, "hiss_db": -50, "dropouts": 0.4, "speed_ips": 3.75, "model": "light"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({}, BadInput),
        ({"tape": 2.0}, OutOfRange),
        ({"vinyl": -0.1}, OutOfRange),
        ({"bits": 0.5}, OutOfRange),
        ({"rate": 100.0}, OutOfRange),
        ({"wow": 50.0}, OutOfRange),
        ({"spin_down": 100.0}, OutOfRange),
        ({"eq": "tin can"}, UnknownName),
        ({"tape": 0.5, "model": "rk9"}, UnknownName),
    ],
)
def test_impossible_wishes_are_refused(
    wishes: dict[str, object], error: type[Exception], file: Path, tmp_path: Path
) -> None:
    with pytest.raises(error):
        age_file(file, tmp_path / "out.wav", Wishes(**wishes))  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- files


def test_the_same_seed_makes_the_same_file_and_another_another(file: Path, tmp_path: Path) -> None:
    made = []
    for number, seed in enumerate((1, 1, 2)):
        out = tmp_path / f"{number}.wav"
        age_file(file, out, Wishes(preset=load("lofi_hiphop"), seed=seed))
        made.append(out.read_bytes())
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_tags_stay_and_the_input_is_never_overwritten(file: Path, tmp_path: Path) -> None:
    age_file(file, tmp_path / "out.flac", Wishes(eq="vhs"))
    assert info(tmp_path / "out.flac").tags["title"] == "Old Song"
    with pytest.raises(Conflict):
        age_file(file, file, Wishes(eq="vhs"))


@pytest.mark.parametrize("name", ["sampler_12bit", "console_60s", "lp_33"])
def test_what_comes_out_is_in_time(name: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).standard_normal((1, 4 * RATE)).astype(np.float32) * 0.1
    write(tmp_path / "in.wav", Audio(noise, RATE))
    age_file(tmp_path / "in.wav", tmp_path / "out.wav", Wishes(preset=load(name)))
    y = read(tmp_path / "out.wav").samples[0]
    likeness = np.fft.irfft(np.fft.rfft(y) * np.conj(np.fft.rfft(noise[0])))
    lag = int(np.argmax(np.abs(likeness)))
    assert min(lag, y.size - lag) < 0.0025 * RATE


def test_a_quiet_file_gets_as_much_noise_for_its_music_as_a_loud_one(tmp_path: Path) -> None:
    ratios = []
    for height in (0.5, 0.02):
        x = song(height=height)
        x[:, 3 * RATE :] = 0
        write(tmp_path / "in.wav", Audio(x, RATE), bits="32f")
        age_file(tmp_path / "in.wav", tmp_path / "out.wav", Wishes(preset=load("lp_worn")))
        y = read(tmp_path / "out.wav").samples
        ratios.append(20 * np.log10(y[:, RATE : 2 * RATE].std() / y[:, 4 * RATE :].std()))
    assert ratios[0] == pytest.approx(ratios[1], abs=1.0)


def test_a_spin_down_ends_in_silence(file: Path, tmp_path: Path) -> None:
    age_file(file, tmp_path / "out.wav", Wishes(spin_down=2.0))
    y, x = read(tmp_path / "out.wav").samples, read(file).samples
    assert np.abs(y[:, -50:]).max() < 2e-3
    assert np.abs(y[:, : 2 * RATE]).std() == pytest.approx(np.abs(x[:, : 2 * RATE]).std(), rel=0.2)


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((2, RATE)),
        np.full((1, 1), 0.5),
        np.full((2, RATE), 0.25),
        np.clip(song(1.0) * 20, -1, 1),
        song(0.5)[:1],
    ],
    ids=["silence", "one sample", "DC", "clipped", "mono"],
)
@pytest.mark.parametrize("rate", [8000, 44_100])
def test_odd_files_come_through(x: np.ndarray, rate: int, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.wav", x.T, rate, subtype="FLOAT")
    age_file(tmp_path / "in.wav", tmp_path / "out.wav", Wishes(preset=load("cassette_worn"), spin_down=0.5))
    y = read(tmp_path / "out.wav")
    assert y.samples.shape == x.shape
    assert y.sample_rate == rate
    assert np.isfinite(y.samples).all()


# ---------------------------------------------------------------- the command


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sonicforge", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_the_command_lists_its_presets(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "lofi", "--list", "--json")
    assert code == 0
    assert {row["name"] for row in json.loads(out)["presets"]} >= {path.stem for path in DATA.glob("*.yaml")}
    assert "telephone" in run(capsys, "lofi", "--list")[1]


def test_the_command_ages_a_file_and_tells_how(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "phone.wav"
    code, told, _ = run(capsys, "lofi", file, "--preset", "telephone", "--seed", 3, "--out", out, "--json")
    assert code == 0
    made = json.loads(told)["files"][0]
    assert made["chain"][1] == {"medium": {"curve": "telephone"}}
    assert made["seed"] == 3
    assert out.exists()


def test_the_command_says_in_one_line_what_is_wrong(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, word in (
        (["--out", tmp_path / "x.wav"], "nothing to do"),
        (["--preset", "cassete_worn", "--out", tmp_path / "x.wav"], "cassette_worn"),
        (["--tape", "3", "--out", tmp_path / "x.wav"], "between 0 and 1"),
        (["--eq", "vhs"], "--out"),
    ):
        code, _, err = run(capsys, "lofi", file, *arguments)
        assert code == 2
        assert err.count("\n") == 1
        assert word in err
    assert not list(tmp_path.iterdir())
