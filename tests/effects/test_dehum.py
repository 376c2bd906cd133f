"""Dehum: the hum goes, the music on the same notes stays."""

from functools import cache

import numpy as np
import pytest

from sonicforge.effects.restoration.dehum import Dehum
from sonicforge.effects.restoration.hum import HumFinder
from sonicforge.sound.audio import Samples

RATE = 16_000
SECONDS = 24


@cache
def music() -> Samples:
    """Bass notes, some of them on 49 and 98 Hz, and chords."""
    rng = np.random.default_rng(6)
    t = np.arange(SECONDS * RATE) / RATE
    x = np.zeros(t.size)
    for start in np.arange(0, SECONDS, 0.5):
        late = np.maximum(t - start, 0)
        for low in (rng.choice([41.2, 49.0, 55.0, 61.7, 98.0]), rng.choice([196.0, 220.0, 261.6])):
            tone = sum(np.sin(2 * np.pi * low * k * late) / k**1.5 for k in range(1, 8))
            x += tone * np.exp(-late * 5) * (t >= start) * np.minimum(late * 200, 1)
    return np.stack([x, 0.7 * x]).astype(np.float32) * np.float32(0.3 / np.abs(x).max())


def hum(hz: float, level: float = 0.01, drift_hz: float = 0.0) -> Samples:
    t = np.arange(SECONDS * RATE) / RATE
    turn = 2 * np.pi * (hz * t + drift_hz * 5 * np.sin(2 * np.pi * t / 31))
    return (level * sum(np.cos(k * turn + k) / k for k in (1, 2, 3, 5, 7))).astype(np.float32)


def mended(x: Samples, hz: float) -> Samples:
    dehum = Dehum(mains_hz=hz, channels=len(x), sample_rate=RATE)
    return dehum.process(np.pad(x, ((0, 0), (0, dehum.latency))))[:, dehum.latency :]


def found(x: Samples, near_hz: float | None = None) -> HumFinder:
    finder = HumFinder(channels=len(x), sample_rate=RATE)
    for start in range(0, x.shape[1], 5000):
        finder.hear(x[:, start : start + 5000])
    return finder


def removed_db(y: Samples, h: Samples) -> float:
    """How much smaller the part of y - music is that is like the hum."""
    error = (y - music())[0].astype(np.float64)
    return float(-20 * np.log10(abs(error @ h) / (h @ h.astype(np.float64))))


@pytest.mark.parametrize(("hz", "drift_hz"), [(50.0, 0.0), (59.96, 0.0), (50.03, 0.01)])
def test_hum_is_removed_by_30_db_and_the_music_around_it_changes_by_less_than_half_a_decibel(
    hz: float, drift_hz: float
) -> None:
    h = hum(hz, drift_hz=drift_hz)
    y = mended(music() + h, hz)
    assert removed_db(y, h) > 30
    lines = np.fft.rfftfreq(y.shape[1], 1 / RATE)
    power = [np.abs(np.fft.rfft(s[0])) ** 2 for s in (music(), y)]
    for centre in (41, 50, 55, 60, 100, 150, 200):
        band = (lines > centre / 1.1) & (lines < centre * 1.1)
        assert abs(10 * np.log10(power[1][band].sum() / power[0][band].sum())) < 0.5


def test_music_without_hum_hardly_changes() -> None:
    error = mended(music(), 50.0) - music()
    assert 10 * np.log10(np.square(music()).sum() / np.square(error).sum()) > 30


def test_digital_silence_gets_no_hum() -> None:
    x = music() + hum(50.0)
    x[:, 10 * RATE : 14 * RATE] = 0
    assert not mended(x, 50.0)[:, round(10.5 * RATE) : round(13.5 * RATE)].any()


@pytest.mark.parametrize("hz", [50.0, 49.95, 60.0, 60.08, 50.5])
def test_the_finder_tells_the_frequency_to_a_hundredth_and_the_level_to_a_decibel(hz: float) -> None:
    h = hum(hz)
    heard = found(music() + h).hum()
    assert heard is not None
    assert heard.hz == pytest.approx(hz, abs=0.01)
    assert heard.level_db == pytest.approx(10 * np.log10(np.square(h).mean()), abs=1)
    assert len(heard.harmonics_db) >= 8


def test_the_finder_looks_where_it_is_told() -> None:
    heard = found(music() + hum(50.0)).hum(60.0)
    assert heard is None
    assert found(music() + hum(50.0)).hum(50.0) is not None


def test_music_is_not_hum() -> None:
    assert found(music()).hum() is None


def test_too_little_sound_says_nothing() -> None:
    assert found(hum(50.0)[None, : 3 * RATE]).hum() is None
    assert found(np.zeros((2, 0), np.float32)).hum() is None
