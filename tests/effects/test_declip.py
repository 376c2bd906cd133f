"""Declip: cut-off peaks come back, everything else stays."""

from functools import cache

import numpy as np
import pytest

from sonicforge.effects.restoration.clipping import clip_levels
from sonicforge.effects.restoration.declip import Declip
from sonicforge.sound.audio import Samples

RATE = 48_000


@cache
def music() -> Samples:
    """Three seconds of plucked chords, peak 1."""
    rng = np.random.default_rng(4)
    t = np.arange(3 * RATE) / RATE
    x = np.zeros((2, t.size))
    for start in np.arange(0, 3, 0.25):
        late = np.maximum(t - start, 0)
        hz = rng.choice([110, 165, 220, 277, 330, 440, 554]) * np.arange(1, 9)
        note = sum(np.sin(2 * np.pi * f * late) * np.exp(-late * (2 + k)) / (k + 1) for k, f in enumerate(hz))
        x += note * (t >= start) * rng.uniform(0.4, 1, (2, 1))
    return (x / np.abs(x).max()).astype(np.float32)


def clipped_to(sdr_db: float) -> Samples:
    low, high, x = 1e-3, 1.0, music()
    for _ in range(40):
        level = np.sqrt(low * high)
        if quality(np.clip(x, -level, level)) > sdr_db:
            high = level
        else:
            low = level
    return np.clip(x, -level, level)


def quality(y: Samples) -> float:
    x = music().astype(np.float64)
    return float(10 * np.log10(np.square(x).sum() / (np.square(x - y).sum() + 1e-20)))


def mended(x: Samples, **settings: float) -> Samples:
    declip = Declip(channels=len(x), **settings)
    return declip.process(np.pad(x, ((0, 0), (0, declip.latency))))[:, declip.latency :]


@pytest.mark.parametrize(("sdr_db", "better_db"), [(3, 8), (7, 10), (15, 10), (25, 8)])
def test_clipped_music_gets_better_by_many_decibels(sdr_db: float, better_db: float) -> None:
    y = clipped_to(sdr_db)
    assert quality(mended(y)) - quality(y) > better_db


def test_samples_that_were_not_cut_off_stay_and_the_others_only_grow() -> None:
    y = clipped_to(10)
    z = mended(y)
    level = np.abs(y).max()
    whole = np.abs(y) < 0.998 * level
    assert np.array_equal(z[whole], y[whole])
    assert (np.abs(z[~whole]) >= 0.998 * level).all()
    assert (np.sign(z[~whole]) == np.sign(y[~whole])).all()


def test_music_that_is_not_clipped_passes_bit_for_bit() -> None:
    assert np.array_equal(mended(music()), music())


def test_levels_are_found_for_each_channel_and_polarity() -> None:
    x = music()
    y = np.stack([np.clip(x[0], -0.5, 2), np.clip(x[1], -0.4, 0.3)])
    levels = clip_levels(y)
    assert levels[0, 0] == np.inf
    assert np.allclose([levels[0, 1], levels[1, 1], levels[1, 0]], [0.5, 0.4, 0.3], rtol=0.003)


def test_a_level_is_found_through_dither() -> None:
    y = np.clip(music(), -0.4, 0.4) + np.random.default_rng(1).uniform(-2e-4, 2e-4, music().shape).astype(np.float32)
    assert np.allclose(clip_levels(y), 0.4, rtol=0.01)


@pytest.mark.parametrize("kind", ["sine", "square", "steady", "silence", "noise"])
def test_sounds_that_live_at_their_peaks_are_not_taken_for_clipped(kind: str) -> None:
    t = np.arange(RATE) / RATE
    sounds = {
        "sine": np.sin(2 * np.pi * 50 * t),
        "square": np.sign(np.sin(2 * np.pi * 220 * t)),
        "steady": np.ones(RATE),
        "silence": np.zeros(RATE),
        "noise": np.random.default_rng(0).standard_normal(RATE) * 0.1,
    }
    assert np.isinf(clip_levels(sounds[kind][None].astype(np.float32))).all()


def test_headroom_turns_everything_down() -> None:
    x = music()
    assert np.allclose(mended(x, headroom_db=6.0), x * 10 ** (-6 / 20), atol=1e-6)
