"""Mastering a file: loudness and ceiling are certain, tone finds its goal, decisions replay, bad files are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from songs import RATE, music, write

from sonicforge.effects.biquad import bell, high_shelf, low_shelf
from sonicforge.effects.equaliser import Equaliser
from sonicforge.errors import BadDataFile, Conflict, UnknownName, UnreadableAudio
from sonicforge.master.reference import distance_db
from sonicforge.sound.files import read
from sonicforge.sound.loudness import measure
from sonicforge.sound.true_peak import true_peak_db
from sonicforge.workshop.master import Mastered, Wishes, hear_reference, master_file
from sonicforge.workshop.mastering.compare import FADE_S, TURN_S, alternated
from sonicforge.workshop.mastering.decision import Decision, load_decision
from sonicforge.workshop.mastering.preset import load, names
from sonicforge.workshop.mastering.report import report
from sonicforge.workshop.mastering.spool import Spool

STREAMING = Wishes(load("streaming"))
DETECTORS = ("sinc", "itu", "fine")


def mastered(path: Path, out: Path, wishes: Wishes = STREAMING) -> Mastered:
    return master_file(path, out, wishes)


def highest(path: Path) -> float:
    """By whichever detector reads most."""
    audio = read(path)
    return max(true_peak_db(audio, detector) for detector in DETECTORS)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write(tmp_path / "song.wav", music())


@pytest.mark.parametrize(("target", "ceiling"), [(-14.0, -1.0), (-9.0, -0.3), (-23.0, -3.0)])
def test_loudness_is_met_and_no_detector_finds_a_peak_above_the_ceiling(
    song: Path, tmp_path: Path, target: float, ceiling: float
) -> None:
    wishes = replace(STREAMING, preset=load("streaming").at(lufs=target, ceiling_db=ceiling))
    told = mastered(song, tmp_path / "out.wav", wishes)
    found = measure(read(tmp_path / "out.wav"))
    assert found.integrated == pytest.approx(target, abs=0.1)
    assert told.loudness.integrated == pytest.approx(found.integrated, abs=0.01)
    assert highest(tmp_path / "out.wav") <= ceiling
    assert told.loudness.true_peak == pytest.approx(highest(tmp_path / "out.wav"), abs=0.01)


@pytest.mark.parametrize("ending", ["mp3", "opus"])
def test_a_lossy_file_keeps_the_ceiling_when_it_is_decoded(song: Path, tmp_path: Path, ending: str) -> None:
    wishes = replace(STREAMING, preset=load("loud"), bitrate=96_000)
    told = mastered(song, tmp_path / f"out.{ending}", wishes)
    assert highest(tmp_path / f"out.{ending}") <= load("loud").ceiling_db
    assert told.loudness.integrated == pytest.approx(load("loud").lufs, abs=0.2)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("name", "fault"),
    [("dull", high_shelf(2500, -8)), ("boomy", low_shelf(150, 7)), ("harsh", bell(3500, 7, q=1.0))],
)
def test_a_spoilt_version_is_drawn_to_its_reference(tmp_path: Path, name: str, fault: np.ndarray) -> None:
    reference = hear_reference(write(tmp_path / "reference.wav", music(12)))
    spoilt = write(tmp_path / f"{name}.wav", Equaliser([fault]).process(music(12, seed=2)))
    told = mastered(spoilt, tmp_path / "out.wav", replace(STREAMING, references=[reference]))
    assert told.wanted is not None
    before, after = (distance_db(profile, told.wanted) for profile in (told.before.profile, told.profile))
    assert after < 0.6 * before
    assert told.loudness.integrated == pytest.approx(reference.lufs, abs=0.1)


def test_a_narrow_version_gets_its_width_back(tmp_path: Path) -> None:
    def width(profile: object) -> float:
        middle, side = (10 ** (np.array(part) / 10) for part in (profile.middle_db, profile.side_db))  # type: ignore[attr-defined]
        return float(10 * np.log10(side.sum() / middle.sum()))

    reference = hear_reference(write(tmp_path / "reference.wav", music(12, side=1.0)))
    told = mastered(
        write(tmp_path / "narrow.wav", music(12, side=0.35)),
        tmp_path / "out.wav",
        replace(STREAMING, references=[reference]),
    )
    missing = width(reference.profile) - width(told.before.profile)
    assert width(told.profile) > width(told.before.profile) + 0.5 * missing


def test_several_references_ask_for_less_where_they_disagree(tmp_path: Path, song: Path) -> None:
    paths = [
        write(tmp_path / f"{gain}.wav", Equaliser([high_shelf(3000, gain)]).process(music(12))) for gain in (10, 14, -2)
    ]
    one = [hear_reference(paths[0])]
    three = [hear_reference(path) for path in paths]
    bright = mastered(song, tmp_path / "a.wav", replace(STREAMING, references=one)).decision.tone.middle_db
    unsure = mastered(song, tmp_path / "b.wav", replace(STREAMING, references=three)).decision.tone.middle_db
    assert max(bright) > max(unsure) + 1


def test_the_limiter_does_not_pump_at_streaming_level(song: Path, tmp_path: Path) -> None:
    told = mastered(song, tmp_path / "out.wav")
    assert np.percentile(told.reduction_db, 95) < 3.5


def test_the_bass_is_mono_behind_the_vinyl_preset(tmp_path: Path) -> None:
    t = np.arange(6 * RATE) / RATE
    wide = 0.2 * np.sin(2 * np.pi * 60 * t)
    path = write(tmp_path / "wide.wav", music() + np.stack([wide, -wide]).astype(np.float32))
    mastered(path, tmp_path / "out.wav", Wishes(load("vinyl")))
    shares = []
    for file in (path, tmp_path / "out.wav"):
        left, right = read(file).samples
        side, middle = (np.abs(np.fft.rfft(part))[60 * 6] for part in (left - right, left + right))
        shares.append(20 * np.log10(side / middle))
    assert shares[1] < shares[0] - 20


def test_silence_stays_silence(tmp_path: Path) -> None:
    told = mastered(write(tmp_path / "in.wav", np.zeros((2, RATE), np.float32)), tmp_path / "out.wav")
    assert not read(tmp_path / "out.wav").samples.any()
    assert report(told, tmp_path / "in.wav", tmp_path / "out.wav")["after"]["integrated"] is None


def test_dc_alone_becomes_silence(tmp_path: Path) -> None:
    mastered(write(tmp_path / "in.wav", np.full((2, RATE), 0.25, np.float32)), tmp_path / "out.wav")
    assert np.abs(read(tmp_path / "out.wav").samples).max() < 1e-6


@pytest.mark.parametrize("length", [1, 7, 1000, RATE // 3])
def test_a_recording_too_short_to_measure_keeps_its_length_and_the_ceiling(tmp_path: Path, length: int) -> None:
    samples = music(1.0)[:, :length] * np.float32(4)
    mastered(write(tmp_path / "in.wav", samples), tmp_path / "out.wav")
    assert read(tmp_path / "out.wav").length == length
    assert highest(tmp_path / "out.wav") <= -1


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
def test_any_rate_comes_back_at_its_own_rate_and_length(tmp_path: Path, rate: int) -> None:
    path = write(tmp_path / "in.wav", music(3, rate=rate), rate)
    mastered(path, tmp_path / "out.wav")
    out = read(tmp_path / "out.wav")
    assert (out.sample_rate, out.length) == (rate, 3 * rate)
    assert measure(out).integrated == pytest.approx(-14, abs=0.1)
    assert highest(tmp_path / "out.wav") <= -1


def test_mono_stays_mono_and_surround_becomes_stereo(tmp_path: Path) -> None:
    for channels, expected in ((1, 1), (6, 2)):
        path = write(tmp_path / "in.wav", np.repeat(music(3)[:1], channels, axis=0))
        mastered(path, tmp_path / "out.wav")
        out = read(tmp_path / "out.wav")
        assert out.channels == expected
        assert measure(out).integrated == pytest.approx(-14, abs=0.1)


def test_a_clipped_recording_is_told_of(tmp_path: Path) -> None:
    told = mastered(write(tmp_path / "in.wav", np.clip(music() * 6, -1, 1)), tmp_path / "out.wav")
    assert told.before.clipped_runs > 10
    assert any("declip" in line for line in report(told, Path("in"), Path("out"))["words"])


def test_a_decision_replays_to_the_same_samples(song: Path, tmp_path: Path) -> None:
    first = mastered(song, tmp_path / "a.wav", replace(STREAMING, preset=load("loud"), bits="32f"))
    file = tmp_path / "a.master.json"
    import orjson

    file.write_bytes(orjson.dumps(report(first, song, tmp_path / "a.wav")))
    again = replace(STREAMING, decision=load_decision(file), bits="32f")
    mastered(song, tmp_path / "b.wav", again)
    assert np.array_equal(read(tmp_path / "a.wav").samples, read(tmp_path / "b.wav").samples)


def test_an_edited_decision_is_obeyed_but_never_above_the_ceiling(song: Path, tmp_path: Path) -> None:
    told = mastered(song, tmp_path / "a.wav")
    level = replace(told.decision.level, gain_db=(told.decision.level.gain_db or 0) + 12, ceiling_db=-2.0)
    edited = replace(told.decision, level=level, image=replace(told.decision.image, width=0.0))
    mastered(song, tmp_path / "b.wav", replace(STREAMING, decision=edited))
    left, right = read(tmp_path / "b.wav").samples
    assert np.abs(left - right).max() < 1e-4
    assert highest(tmp_path / "b.wav") <= -2
    assert measure(read(tmp_path / "b.wav")).integrated > told.loudness.integrated + 3


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("excite", {"on": True, "hz": 5, "drive_db": 0, "mix_db": -20, "reason": ""}, "excite.hz"),
        ("strength", 7, "strength"),
        ("tone", {"middle_db": [0.0], "side_db": [0.0], "reason": ""}, "tone.middle_db"),
        ("dither", "pink", "dither"),
    ],
)
def test_a_broken_decision_is_refused_with_its_place(
    song: Path, tmp_path: Path, key: str, value: object, where: str
) -> None:
    stored = mastered(song, tmp_path / "a.wav").decision.to_json() | {key: value}
    with pytest.raises(BadDataFile, match=where):
        Decision.from_json(stored)


def test_every_preset_loads_and_an_owners_file_wins(tmp_path: Path) -> None:
    assert {"streaming", "club", "broadcast", "vinyl", "podcast", "gentle", "loud"} <= set(names())
    own = Path(load.__globals__["DATA"]) / "streaming.yaml"
    (tmp_path / "streaming.yaml").write_text(own.read_text().replace("lufs: -14", "lufs: -20"))
    assert load("streaming", folder=tmp_path).lufs == -20
    (tmp_path / "streaming.yaml").write_text(own.read_text().replace("lufs: -14", "lufs: 14"))
    with pytest.raises(BadDataFile, match="lufs"):
        load("streaming", folder=tmp_path)
    with pytest.raises(UnknownName):
        load("nosuch")


def test_the_input_is_never_overwritten_and_bad_files_leave_nothing(song: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict):
        mastered(song, song)
    (tmp_path / "text.wav").write_text("not sound")
    with pytest.raises(UnreadableAudio):
        mastered(tmp_path / "text.wav", tmp_path / "out.wav")
    with pytest.raises(UnreadableAudio, match="silent"):
        hear_reference(write(tmp_path / "silent.wav", np.zeros((2, RATE), np.float32)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["silent.wav", "song.wav", "text.wav"]


def test_tags_are_kept(song: Path, tmp_path: Path) -> None:
    from sonicforge.sound.files import info
    from sonicforge.sound.files import write as write_audio

    write_audio(tmp_path / "in.flac", read(song), tags={"title": "One", "artist": "Two"})
    mastered(tmp_path / "in.flac", tmp_path / "out.flac")
    assert info(tmp_path / "out.flac").tags == {"title": "One", "artist": "Two"}


def test_the_comparison_alternates_at_equal_loudness(song: Path, tmp_path: Path) -> None:
    long = write(tmp_path / "long.wav", music(24.0))
    mastered(long, tmp_path / "out.wav", replace(STREAMING, compare=tmp_path / "ab.wav"))
    both = read(tmp_path / "ab.wav")
    turn = round(TURN_S * RATE)
    turns = [measure(type(both)(both.samples[:, k * turn : (k + 1) * turn].copy(), RATE)).integrated for k in range(4)]
    assert np.ptp(turns) < 1.0
    assert both.length == 24 * RATE
    assert highest(tmp_path / "ab.wav") <= -1 + 0.01


def test_a_turn_is_all_of_one_and_fades_into_the_other() -> None:
    ones, twos = ([np.full((1, 1000), value, np.float32)] * 130 for value in (1.0, 2.0))
    out = np.concatenate(list(alternated(ones, twos, gains_db=(0.0, 0.0), sample_rate=10_000)), axis=1)[0]
    turn, fade = round(TURN_S * 10_000), round(FADE_S * 10_000)
    assert set(out[:turn]) == {1.0}
    assert set(out[turn + fade : 2 * turn - fade]) == {2.0}
    assert np.abs(np.diff(out)).max() < 2 / fade


def test_a_long_recording_is_spooled_to_disk_with_the_same_samples(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    parts = [rng.standard_normal((2, size)).astype(np.float32) for size in (70_000, 65_536, 1, 200_000)]
    whole = np.concatenate(parts, axis=1)
    with Spool(tmp_path, memory_bytes=600_000) as spool:
        spool.fill(iter(parts))
        assert np.array_equal(np.concatenate(list(spool.blocks()), axis=1), whole)
        spool.fill(block * np.float32(2) for block in spool.blocks())
        assert np.array_equal(np.concatenate(list(spool.blocks()), axis=1), 2 * whole)
        spool.cut(whole.shape[1] - 1)
        assert spool.length == whole.shape[1] - 1
    assert not list(tmp_path.iterdir())


def test_the_same_master_comes_from_memory_and_from_disk(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mastered(song, tmp_path / "a.wav")
    monkeypatch.setattr("sonicforge.workshop.mastering.spool.Spool.__init__.__kwdefaults__", {"memory_bytes": 1})
    mastered(song, tmp_path / "b.wav")
    assert np.array_equal(read(tmp_path / "a.wav").samples, read(tmp_path / "b.wav").samples)
    assert soundfile.info(tmp_path / "b.wav").subtype == "PCM_24"
