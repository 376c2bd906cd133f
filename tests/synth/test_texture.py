"""Textures sound where their notes are, wander, and fold to mono."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from drum_scores import BAR, hits, rms, score_of

from sonicforge.genres.load import load, names
from sonicforge.music.score import Note, Part
from sonicforge.music.time import Clock
from sonicforge.synth.beds.curves import activity, points, swells, walk
from sonicforge.synth.texture import BUILT_IN, is_texture, render_texture

SECOND = 48_000
TEXTURES = [(g, v) for g in names() for v, patch in load(g).patches.items() if "texture" in patch]


def _texture(voice: str, *spans: tuple[int, int], velocity: int = 90) -> Part:
    notes = tuple(Note(first * BAR, (last - first) * BAR, 60, velocity) for first, last in spans)
    return Part(voice, "x", "texture", voice, False, notes)


def _sound(genre: str, part: Part, *, bars: int = 16, seed: int = 3, tail_s: float = 4.0):
    score = score_of(genre, part, bars=bars, seed=seed)
    clock = Clock.of(score)
    return render_texture(part, load(genre), score, clock, int((clock.duration_s + tail_s) * SECOND)).samples


@pytest.mark.parametrize(("genre", "voice"), TEXTURES)
def test_every_texture_is_stereo_finite_and_alive(genre, voice):
    assert is_texture(voice, load(genre))
    sound = _sound(genre, _texture(voice, (0, 16)))
    assert sound.shape[0] == 2
    assert np.isfinite(sound).all()
    assert 1e-4 < rms(sound) < 0.2
    assert np.abs(sound).max() < 1.0
    assert abs(float(sound.mean())) < 1e-4


@pytest.mark.parametrize("voice", BUILT_IN)
def test_the_built_in_beds_need_no_patch(voice):
    assert is_texture(voice, load("house_deep"))
    assert rms(_sound("house_deep", _texture(voice, (0, 8)))) > 1e-4


def test_no_notes_are_silence():
    assert not _sound("lofi_hiphop", _texture("texture")).any()


def test_it_is_silent_away_from_its_notes():
    sound = _sound("house_deep", _texture("noise_bed", (4, 8)))
    assert not sound[:, : 8 * SECOND - 480].any()
    assert not sound[:, 19 * SECOND + 1000 :].any()
    assert rms(sound[:, 12 * SECOND : 15 * SECOND]) > 1e-3


def test_notes_that_touch_sound_as_one():
    part = _texture("noise_bed", (0, 4), (4, 8))
    clock = Clock.of(score_of("house_deep", part, bars=8))
    level = activity(part, clock, 20 * SECOND)
    assert np.ptp(level[500:1500]) < 1e-9


def test_fades_last_from_half_a_second_to_three():
    for bars, low, high in ((1, 0.3, 0.7), (30, 2.0, 3.0)):
        part = _texture("noise_bed", (0, bars))
        level = activity(part, Clock.of(score_of("house_deep", part, bars=bars)), (2 * bars + 8) * SECOND)
        rising = np.flatnonzero(level >= 0.98 * level.max())[0] / 100
        assert low <= rising <= high


def test_velocity_sets_the_level():
    loud, soft = (rms(_sound("house_deep", _texture("noise_bed", (0, 8), velocity=v))) for v in (120, 60))
    assert 5 < 20 * np.log10(loud / soft) < 9


def test_same_seed_same_samples_and_another_seed_other_noise():
    part = _texture("texture", (0, 4))
    first, again, other = (_sound("lofi_hiphop", part, bars=4, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("genre", "voice"), TEXTURES)
def test_the_sides_differ_but_the_fold_to_mono_loses_little(genre, voice):
    sound = _sound(genre, _texture(voice, (0, 16)))
    middle, side = sound.mean(axis=0), (sound[0] - sound[1]) / 2
    ratio = 20 * np.log10(rms(side) / rms(middle))
    assert -20 < ratio < -1
    assert abs(20 * np.log10(rms(sound[0]) / rms(sound[1]))) < 1.5


def test_rumble_is_mono():
    sound = _sound("future_garage", _texture("rain", (0, 8)), bars=8)
    hz = np.fft.rfftfreq(sound.shape[1], 1 / SECOND)
    side, middle = (np.abs(np.fft.rfft(x)) ** 2 for x in (sound[0] - sound[1], sound[0] + sound[1]))
    low = hz < 100
    assert 10 * np.log10(side[low].sum() / middle[low].sum()) < -24


def test_vinyl_crackles_a_few_times_a_second_and_ducks_under_the_kick():
    part = _texture("VINYL", (0, 16), velocity=127)
    sound = _sound("house_deep", part)
    jumps = np.abs(np.diff(sound[0], 2))
    frames = jumps[: jumps.size // 480 * 480].reshape(-1, 480).max(axis=1)
    clicks = (frames > 5 * np.median(frames)).sum() / (frames.size / 100)
    assert 1 < clicks < 20
    kick = hits("kick", list(range(0, 256, 4)), code="k", stem="kick")
    score = score_of("house_deep", part, kick, bars=16)
    clock = Clock.of(score)
    ducked = render_texture(part, load("house_deep"), score, clock, sound.shape[1]).samples
    at = 10 * SECOND
    ratios = [
        rms(ducked[:, at + beat * 24_000 : at + beat * 24_000 + 1500])
        / rms(sound[:, at + beat * 24_000 : at + beat * 24_000 + 1500])
        for beat in range(20)
    ]
    assert -3.3 < 20 * np.log10(np.median(ratios)) < -1.5


def test_rain_wanders_by_some_decibels_and_never_jumps():
    sound = _sound("lofi_hiphop", _texture("texture", (0, 30)), bars=30)
    seconds = sound[:, 4 * SECOND : 56 * SECOND].reshape(2, -1, SECOND // 2)
    level = 20 * np.log10(np.median(np.abs(seconds), axis=2).mean(axis=0))
    assert 2 < np.ptp(level) < 12
    assert np.abs(np.diff(level)).max() < 4


def test_waves_rise_faster_than_they_fall():
    level = swells(Random(1), 12_000, 3.0, 8.0)
    rising = (np.diff(level) > 0).mean()
    assert 0.2 < rising < 0.35
    assert level.min() >= 0.14
    assert level.max() <= 1.0


def test_a_walk_stays_inside_its_span_and_moves_smoothly():
    steps = walk(Random(4), 20_000, 4.0, (3.0, 8.0))
    assert np.abs(steps).max() <= 4.0
    assert np.abs(np.diff(steps)).max() < 8.0 * np.pi / 2 / 300 * 1.01


def test_no_step_in_the_noise_between_two_blocks():
    sound = _sound("house_deep", _texture("noise_bed", (0, 8)))
    jumps = np.abs(np.diff(sound[0], 2))
    edges = np.arange(128 * 480, jumps.size - 480, 128 * 480)
    assert max(jumps[e - 3 : e + 3].max() for e in edges) < 2.5 * np.percentile(jumps, 99.9)


def test_an_unused_length_is_covered():
    part = _texture("noise_bed", (0, 2))
    score = replace(score_of("house_deep", part, bars=2), seed=9)
    for extra in (0, 1, 479, 480, 481):
        length = 2 * SECOND + extra
        assert points(length) * 480 >= length
        assert render_texture(part, load("house_deep"), score, Clock.of(score), length).length == length
