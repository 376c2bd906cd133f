"""What the DJ plays: seams without a trace, beats on beats, even level, one low end, and a way out of everything."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dj_items import (
    RATE,
    Sound,
    bare,
    bass_and_hats,
    clicks,
    heard,
    loud_noise,
    noise,
    other_loud_noise,
    other_noise,
    programme,
    silence,
    tone,
)

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.dj.bridge import Bridge
from sonicforge.playout.dj.decide import Context, decide
from sonicforge.playout.dj.excerpt import read_excerpt
from sonicforge.playout.dj.inspection import inspect
from sonicforge.playout.dj.lanes import play_lane
from sonicforge.playout.dj.level import Sides, power_of, windows
from sonicforge.playout.dj.perform import perform, plain_fade
from sonicforge.playout.dj.transition import Lane, Method
from sonicforge.playout.dj.warp import read_along
from sonicforge.playout.item import Item
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.files import read, write


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which sound files stay from test to test."""
    return tmp_path_factory.mktemp("sounds")


EVERY: tuple[Method, ...] = ("B", "E", "A", "C", "S", "F")


def on_air(out: Item, into: Item, bridge: Bridge) -> tuple[Samples, int, int]:
    """The programme around a bridge and the samples at which it begins and ends."""
    leave, enter = round(bridge.leaves_out_at_s * RATE), round(bridge.enters_in_at_s * RATE)
    assert leave / RATE == bridge.leaves_out_at_s
    assert enter / RATE == bridge.enters_in_at_s
    sound = programme(read(out.path).samples, bridge.samples, read(into.path).samples, leave, enter)
    return sound, leave, leave + bridge.samples.shape[1]


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("bpm", [120.0, 123.0])
def test_a_bridge_begins_as_the_old_track_and_ends_as_the_new_one(sounds: Path, method: Method, bpm: float) -> None:
    out, into = heard(sounds, noise, "a"), heard(sounds, other_noise, "b", bpm=bpm)
    bridge = perform(decide(out, into, context=Context(wish=method)), out, into)
    assert bridge.transition.method in (method, "R")
    leave, enter = round(bridge.leaves_out_at_s * RATE), round(bridge.enters_in_at_s * RATE)
    old, new = read(out.path).samples[:, leave : leave + 32], read(into.path).samples[:, enter - 32 : enter]
    np.testing.assert_allclose(bridge.samples[:, 0], old[:, 0], atol=2e-4)
    np.testing.assert_allclose(bridge.samples[:, :32], old, atol=1e-2)
    np.testing.assert_allclose(bridge.samples[:, -32:], new, atol=2e-4)


@pytest.mark.parametrize("method", ["B", "E", "S", "C"])
@pytest.mark.parametrize("bpm", [120.0, 122.5])
def test_away_from_faders_and_filters_the_tracks_are_untouched(sounds: Path, method: Method, bpm: float) -> None:
    """Null test over whole bars: the first of the old track, the last quarter second of the new one."""
    out, into = heard(sounds, noise, "a"), heard(sounds, other_noise, "b", bpm=bpm)
    transition = decide(out, into, context=Context(wish=method))
    length = round(transition.length_s * RATE)
    old = read_excerpt(out, transition.out_at_s - 1, transition.out_at_s + 3)
    lane = Lane(transition.out.time_map, keeps_pitch=transition.out.keeps_pitch)
    leave, span = round(transition.out_at_s * RATE), round(0.5 * RATE)
    np.testing.assert_allclose(
        play_lane(lane, old, length)[:, :span], read(out.path).samples[:, leave : leave + span], atol=1e-6
    )
    new = read_excerpt(into, 0.0, transition.enters_in_at_s + 1)
    enter, tail = round(transition.enters_in_at_s * RATE), round(0.25 * RATE)
    lane = Lane(transition.into.time_map, keeps_pitch=transition.into.keeps_pitch)
    np.testing.assert_allclose(
        play_lane(lane, new, length)[:, -tail:], read(into.path).samples[:, enter - tail : enter], atol=1e-6
    )


@pytest.mark.parametrize("method", ["B", "F", "E"])
def test_a_steady_tone_passes_both_seams_without_a_click(sounds: Path, method: Method) -> None:
    out, into = heard(sounds, tone, "a"), heard(sounds, tone, "b")
    bridge = perform(decide(out, into, context=Context(wish=method)), out, into)
    sound, first, last = on_air(out, into, bridge)
    usual = np.abs(np.diff(read(out.path).samples[0, :RATE], n=3)).max()
    for seam in (first, last):
        assert np.abs(np.diff(sound[0, seam - 64 : seam + 64], n=3)).max() < 1.5 * usual
    assert bridge.facts["click"] < 1.5


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("sound", [noise, tone, bass_and_hats])
def test_the_same_steady_sound_on_both_sides_never_gets_louder(sounds: Path, method: Method, sound: Sound) -> None:
    out, into = heard(sounds, sound, "a"), heard(sounds, sound, "b")
    bridge = perform(decide(out, into, context=Context(wish=method)), out, into)
    heard_sound, first, last = on_air(out, into, bridge)
    for window in (300, 40):
        around = windows(power_of(heard_sound[:, first - 5 * RATE : last + 5 * RATE]), window)
        side = windows(power_of(heard_sound[:, first - 5 * RATE : first]), window).max()
        assert around.max() < side + 1.0
    assert bridge.facts["defects"] == []
    assert bridge.facts["silence_s"] <= 0.5


@pytest.mark.parametrize("bpm", [120.5, 123.0, 60.7, 179.0])
def test_beats_meet_within_two_milliseconds_over_the_whole_blend(sounds: Path, bpm: float) -> None:
    out, into = heard(sounds, clicks, "a"), heard(sounds, clicks, "b", bpm=bpm, drums=bpm != 179.0)
    transition = decide(out, into, context=Context(wish="B"))
    assert transition.method in "BRH"
    length = round(transition.length_s * RATE)
    old = read_along(transition.out, read_excerpt(out, transition.out_at_s - 1, out.duration_s), length)
    new = read_along(transition.into, read_excerpt(into, 0, transition.enters_in_at_s + 1), length)
    ahead = beats_of(old)
    behind = beats_of(new)
    few, many = sorted((ahead, behind), key=len)
    shared = few[:: 2 if bpm == 179.0 else 1]
    distances = np.abs(shared[:, None] - many[None, :]).min(axis=1)
    assert len(shared) >= 15
    assert distances.max() < 0.002 * RATE


def beats_of(samples: Samples) -> np.ndarray:
    """Samples at which clicks are strongest."""
    level = np.convolve(np.abs(samples[0]), np.hanning(96), "same")
    strong = np.flatnonzero((level > 0.3 * level.max()) & (level >= np.maximum(np.roll(level, 1), np.roll(level, -1))))
    starts = strong[np.diff(strong, prepend=-RATE) > 0.1 * RATE]
    return np.array([start + np.argmax(level[start : start + 400]) for start in starts])


def test_a_stretched_track_keeps_its_pitch_and_a_nudged_one_hardly_moves(sounds: Path) -> None:
    out = heard(sounds, tone, "a")
    for bpm, worst_cents in ((124.0, 3.0), (120.9, 16.0)):
        into = heard(sounds, tone, "b", bpm=bpm)
        transition = decide(out, into)
        new = read_along(transition.into, read_excerpt(into, 0, 40), round(transition.length_s * RATE))
        spectrum = np.abs(np.fft.rfft(new[0, RATE : 5 * RATE] * np.hanning(4 * RATE), 16 * RATE))
        found = np.argmax(spectrum) / 16
        assert abs(1200 * np.log2(found / 440)) < worst_cents


def test_the_low_end_changes_hands_and_never_doubles(sounds: Path) -> None:
    out, into = heard(sounds, bass_and_hats, "a"), heard(sounds, bass_and_hats, "b")
    transition = decide(out, into)
    assert transition.bass_swap_s is not None
    length, swap = round(transition.length_s * RATE), round(transition.bass_swap_s * RATE)
    old = play_lane(transition.out, read_excerpt(out, transition.out_at_s, out.duration_s), length)
    new = play_lane(transition.into, read_excerpt(into, 0, transition.enters_in_at_s), length)
    assert lows(new[:, : swap - RATE]) < lows(old[:, : swap - RATE]) - 20
    assert lows(old[:, swap + RATE :]) < lows(new[:, swap + RATE :]) - 20
    assert perform(transition, out, into).facts["bass_db"] < 1.0


def lows(samples: Samples) -> float:
    """dB of the band around 55 Hz."""
    spectrum = np.abs(np.fft.rfft(samples.mean(axis=0)))
    return float(
        20 * np.log10(spectrum[round(50 / RATE * samples.shape[1]) : round(60 / RATE * samples.shape[1])].max())
    )


def test_two_loud_tracks_are_faded_below_the_bump(sounds: Path) -> None:
    """Both fully open for half a minute: only a hand on the fader keeps it even."""
    out, into = heard(sounds, noise, "a"), heard(sounds, other_noise, "b")
    transition = decide(out, into)
    shouting = replace(transition.into, fader=((0.0, 0.0), (0.5, 1.0)))
    bridge = perform(replace(transition, into=shouting), out, into)
    assert bridge.facts["lowered_db"] > 1.5
    assert bridge.facts["bump_db"] <= 1.0
    assert bridge.transition.method == "B"


def test_a_defective_result_is_replaced_by_the_plain_fade(sounds: Path) -> None:
    out, into = heard(sounds, noise, "a"), heard(sounds, other_noise, "b")
    transition = decide(out, into, context=Context(wish="F"))
    hole = ((0.0, 1.0), (0.5, 0.0), (4.0, 0.0), (5.0, 1.0))
    broken = replace(
        transition,
        method="E",
        out=replace(transition.out, fader=hole[:2]),
        into=replace(transition.into, fader=hole[1:]),
    )
    bridge = perform(broken, out, into)
    assert bridge.transition.method == "F"
    assert any("silence" in reason for reason in bridge.transition.reasons)
    assert bridge.facts["defects"] == []


def test_the_inspection_finds_what_it_is_there_for() -> None:
    steady, low = noise(20, 0.5), bass_and_hats(20, 0.5)
    cut = [part.copy() for part in np.split(steady, [6 * RATE, 14 * RATE], axis=1)]
    sides = Sides(cut[0], cut[2], cut[1][:, : 3 * RATE], cut[1][:, -3 * RATE :])
    tracks = cut[1], cut[1]
    assert inspect(cut[1], sides, tracks, cut[1]).defects == ()
    assert "louder" in inspect(cut[1] * np.float32(1.2), sides, tracks, cut[1]).defects[0]
    silent = cut[1].copy()
    silent[:, 2 * RATE : 3 * RATE] = 0
    assert inspect(silent, sides, tracks, silent).silence_s == pytest.approx(1.0, abs=0.03)
    doubled = low[:, 6 * RATE : 14 * RATE]
    bassy = Sides(low[:, : 6 * RATE], low[:, 14 * RATE :], doubled[:, : 3 * RATE], doubled[:, -3 * RATE :])
    assert any("low end" in words for words in inspect(doubled, bassy, (doubled, doubled), 1.5 * doubled).defects)
    smooth = tone(20, 0.5)
    step = smooth[:, 6 * RATE : 14 * RATE] + np.float32(0.05)
    around = Sides(smooth[:, : 6 * RATE], smooth[:, 14 * RATE :], step[:, :RATE], step[:, -RATE:])
    assert "a click at a seam" in inspect(step, around, (step, step), step).defects


def test_gain_brings_both_tracks_to_station_level(sounds: Path) -> None:
    out, into = heard(sounds, noise, "a", gain_db=-6.0), heard(sounds, noise, "b", gain_db=3.0)
    bridge = perform(decide(out, into), out, into)
    leave, enter = round(bridge.leaves_out_at_s * RATE), round(bridge.enters_in_at_s * RATE)
    for got, item, at in ((bridge.samples[:, :2], out, leave), (bridge.samples[:, -64:], into, enter - 64)):
        raw = read(item.path).samples[:, at : at + got.shape[1]]
        np.testing.assert_allclose(got, raw * 10 ** (item.gain_db / 20), atol=2e-4)


def test_the_plain_fade_works_with_anything_that_sounds(sounds: Path, tmp_path: Path) -> None:
    short = replace(bare("short", bars=False, path=tmp_path / "short.flac"), duration_s=0.4)
    mono = np.sin(np.arange(17_640) / 20).astype(np.float32)[None] * np.float32(0.1)
    write(short.path, Audio(mono, 44_100))
    long = heard(sounds, noise, "long", bars=False)
    silent = heard(sounds, silence, "silent", bars=False)
    for out in (short, long, silent):
        for into in (short, long, silent):
            bridge = plain_fade(out, into)
            assert np.isfinite(bridge.samples).all()
            assert 0 <= bridge.leaves_out_at_s + bridge.length_s <= out.duration_s + 1e-6
            assert 0 < bridge.enters_in_at_s <= into.duration_s
    skipped = plain_fade(long, short, leave_at_s=10.0, length_s=1.0)
    assert skipped.leaves_out_at_s == 10.0
    with pytest.raises(UnreadableAudio, match="does not exist"):
        plain_fade(long, bare("gone"))


def test_the_same_decision_gives_the_same_samples(sounds: Path) -> None:
    out, into = heard(sounds, bass_and_hats, "a"), heard(sounds, noise, "b", bpm=122)
    for method in ("A", "C"):
        transition = decide(out, into, context=Context(wish=method))
        assert np.array_equal(perform(transition, out, into).samples, perform(transition, out, into).samples)


def test_no_peak_passes_the_ceiling(sounds: Path) -> None:
    from sonicforge.sound.true_peak import true_peak_db

    out = heard(sounds, loud_noise, "a")
    into = heard(sounds, other_loud_noise, "b")
    transition = decide(out, into)
    bridge = perform(transition, out, into)
    middle = np.ascontiguousarray(bridge.samples[:, 4096:-4096])
    assert true_peak_db(Audio(middle)) <= -0.9


@pytest.mark.parametrize("late", [0.0, 0.4, -0.3])
def test_the_new_first_bar_lands_on_the_old_bar_line(sounds: Path, late: float) -> None:
    out, into = heard(sounds, silence, "a"), heard(sounds, clicks, "b", bpm=131)
    assert out.barlines is not None
    assert into.barlines is not None
    lines = replace(into.barlines, bars_s=tuple(second + late for second in into.barlines.bars_s))
    transition = decide(out, replace(into, barlines=lines))
    assert transition.method == "E"
    new = read_along(transition.into, read_excerpt(into, 0, 20), round(transition.length_s * RATE))
    sample = transition.into.time_map[0]
    one = sample[0] + late - sample[1]
    assert min(abs(one + transition.out_at_s - line) for line in out.barlines.bars_s) < 1.5 / RATE
    assert np.abs(new).max() > 0.1
