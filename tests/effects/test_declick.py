"""Declick: planted clicks are found and filled, music is left alone."""

from functools import cache

import numpy as np
import pytest

from sonicforge.effects.restoration.autoregression import correlate, fill_gaps, levinson
from sonicforge.effects.restoration.declick import Declick
from sonicforge.sound.audio import Samples

RATE = 48_000


@cache
def music(seconds: float = 12.0) -> Samples:
    """Bass, chords with vibrato, and drums of noise whose attacks take one sample."""
    rng = np.random.default_rng(1)
    t = np.arange(int(seconds * RATE)) / RATE
    chord = sum(
        np.sin(2 * np.pi * hz * t + 3 * np.sin(5 * t + k)) / (k + 2) for k, hz in enumerate((220, 277, 330, 880))
    )
    hats = rng.standard_normal((2, t.size)) * np.exp(-((t * 4) % 1.0) * 30)
    snare = rng.standard_normal((2, t.size)) * np.exp(-((t * 2 + 0.5) % 1.0) * 12)
    kick = np.sin(40 * (1 - np.exp(-((t * 2) % 1.0) * 20))) * np.exp(-((t * 2) % 1.0) * 8)
    x = 0.2 * chord + 0.3 * np.sin(2 * np.pi * 55 * t) + 0.05 * hats + 0.08 * snare + 0.3 * kick
    return (0.7 * x / np.abs(x).max()).astype(np.float32)


def planted(x: Samples, count: int, seed: int = 2) -> tuple[Samples, list[tuple[int, int]]]:
    """Clicks of 1 to 24 samples: rectangles, bursts of noise, ringing; 0.2 to 0.8 high."""
    rng = np.random.default_rng(seed)
    y, places = x.copy(), []
    for slot in rng.choice(x.shape[1] // 2400 - 4, count, replace=False) + 2:
        place, size = int(slot * 2400 + rng.integers(0, 1200)), int(np.exp(rng.uniform(0, np.log(25))))
        t, kind = np.arange(size), rng.integers(3)
        shape = (
            np.ones(size)
            if kind == 0
            else np.exp(-4 * t / size) * (rng.standard_normal(size), np.cos(0.9 * t))[kind - 1]
        )
        y[:, place : place + size] += (rng.uniform(0.2, 0.8) * shape / np.abs(shape).max()).astype(np.float32)
        places.append((place, size))
    return y, places


def mended(x: Samples, **settings: float) -> tuple[Declick, Samples]:
    declick = Declick(channels=len(x), **settings)
    flushed = np.pad(x, ((0, 0), (0, declick.latency)))
    return declick, declick.process(flushed)[:, declick.latency :]


def test_at_least_95_percent_of_planted_clicks_are_found_and_filled_20_db_better() -> None:
    x = music()
    y, places = planted(x, 100)
    declick, z = mended(y)
    found = declick.found[0]
    hits = sum(any(a < place + size + 4 and a + n > place - 4 for a, n in found) for place, size in places)
    assert hits >= 95
    around = np.concatenate([np.arange(place - 4, place + size + 4) for place, size in places])
    damaged, left = ((np.square((s - x)[:, around])).sum() for s in (y, z))
    assert 10 * np.log10(damaged / left) > 20


def test_drums_are_not_clicks() -> None:
    declick, z = mended(music())
    assert declick.counts.max() <= 1  # of 12 s with 100 hits
    assert np.abs(z - music()).max() < 0.05


def test_a_sawtooth_is_not_a_row_of_clicks() -> None:
    t = np.arange(4 * RATE) / RATE
    saw = sum(np.sin(2 * np.pi * 62 * k * t) / k for k in range(1, 300))[None].astype(np.float32) * 0.3
    declick, _ = mended(saw)
    assert declick.counts[0] == 0


def test_sound_without_clicks_passes_bit_for_bit() -> None:
    x = (np.random.default_rng(3).standard_normal((2, RATE)) * 0.1).astype(np.float32)
    assert np.array_equal(mended(x)[1], x)


def test_a_pop_loses_its_thump() -> None:
    x, rng = music().copy() * 0.3, np.random.default_rng(5)
    y, t = x.copy(), np.arange(4800) / RATE
    thump = 0.4 * np.exp(-t / 0.015) * np.cos(2 * np.pi * 18 * t)
    places = [int(s * RATE) for s in np.arange(0.8, 11, 1.13)]
    for place in places:
        y[:, place : place + 4800] += thump.astype(np.float32)
        y[:, place : place + 40] += (0.8 * rng.standard_normal(40)).astype(np.float32)
    _, z = mended(y)
    after = np.concatenate([np.arange(place + 100, place + 3000) for place in places])
    assert np.square((z - x)[:, after]).sum() < 0.25 * np.square((y - x)[:, after]).sum()


def test_more_sensitivity_finds_more() -> None:
    rng = np.random.default_rng(7)
    y = music().copy()
    y[:, rng.integers(5000, y.shape[1], 150)] += 0.02
    counts = [mended(y, sensitivity=s)[0].counts[0] for s in (0.0, 0.5, 1.0)]
    assert counts[0] < counts[1] < counts[2]


def test_what_was_found_is_told_in_samples_of_the_stream() -> None:
    x = music(2.0).copy()
    x[0, 33_333] += 0.9
    declick = Declick()
    for start in range(0, x.shape[1], 997):
        declick.process(x[:, start : start + 997])
    declick.process(np.zeros((2, declick.latency), np.float32))
    assert declick.found[0][:, 0].tolist() == [33_333]
    assert declick.counts.tolist() == [1, 0]


@pytest.mark.parametrize("size", [1, 8, 40])
def test_a_gap_in_a_sum_of_sines_is_filled_almost_exactly(size: int) -> None:
    t = np.arange(3000) / RATE
    whole = sum(np.sin(2 * np.pi * hz * t + hz) for hz in (210, 987, 3300, 6100))
    x, order = whole.copy(), 48
    r, a = np.empty(order + 1), np.empty(order + 1)
    correlate(x * np.hanning(x.size), order, r)
    levinson(r, a, order)
    gaps = np.arange(1500, 1500 + size)
    x[gaps] = 0
    assert fill_gaps(x, gaps, a)
    assert np.abs(x - whole).max() < 0.02
