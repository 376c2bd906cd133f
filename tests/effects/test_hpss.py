"""Running medians are medians, masks share everything, and the parts add up to the sound."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import median_filter

from sonicforge.effects.hpss import Hpss, Separation, hpss_masks
from sonicforge.effects.running_median import RunningMedian, median_along_lanes, median_along_rows
from sonicforge.errors import OutOfRange

RATE = 24_000


def rows(seed: int, shape: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = np.abs(rng.standard_normal(shape)).astype(np.float32)
    x[rng.random(shape) < 0.2] = 0.5
    return x


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([3, 5, 17, 31]), st.integers(1, 60), st.integers(1, 70))
def test_running_medians_are_those_of_scipy(seed: int, size: int, length: int, lanes: int) -> None:
    x = rows(seed, (length, lanes))
    if 2 * length > size:
        assert np.array_equal(median_along_rows(x, size), median_filter(x, (size, 1), mode="reflect"))
    if 2 * lanes > size:
        assert np.array_equal(median_along_lanes(x, size), median_filter(x, (1, size), mode="reflect"))


def test_a_running_median_goes_on_where_it_was() -> None:
    x = rows(1, (200, 300))
    whole, cut = RunningMedian(31, 300), RunningMedian(31, 300)
    assert np.array_equal(np.concatenate([cut.push(x[:7]), cut.push(x[7:8]), cut.push(x[8:])]), whole.push(x))


@pytest.mark.parametrize("size", [1, 2, 30, 257])
def test_sizes_that_cannot_be_are_refused(size: int) -> None:
    with pytest.raises(OutOfRange):
        RunningMedian(size, 4)


def test_masks_add_up_and_silence_is_shared() -> None:
    x = rows(2, (80, 513))
    x[40:70] = 0
    harmonic, percussive = hpss_masks(x)
    assert np.allclose(harmonic + percussive, 1, atol=1e-6)
    assert np.isclose(harmonic, 0.5).any()


def test_a_margin_leaves_a_residual() -> None:
    harmonic, percussive = hpss_masks(rows(3, (80, 513)), margin=3)
    assert (harmonic + percussive).max() <= 1 + 1e-6
    assert (harmonic + percussive).mean() < 0.7
    with pytest.raises(OutOfRange):
        hpss_masks(rows(3, (80, 513)), margin=0.5)


def test_other_powers_sharpen_the_masks() -> None:
    x = rows(4, (60, 200))
    soft, sharp = hpss_masks(x)[0], hpss_masks(x, power=4.0)[0]
    assert (np.abs(sharp - 0.5) >= np.abs(soft - 0.5) - 1e-5).all()


def pieces(seconds: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """A held chord, and clicks."""
    t = np.arange(int(seconds * RATE)) / RATE
    held = sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277.2, 329.6, 1200)) * 0.1
    clicks = np.zeros_like(held)
    clicks[:: RATE // 3] = 0.9
    return held.astype(np.float32)[None], clicks.astype(np.float32)[None]


@pytest.mark.parametrize(("margin", "count"), [(1.0, 2), (2.0, 3)])
def test_the_parts_add_up_to_the_delayed_sound(margin: float, count: int) -> None:
    held, clicks = pieces()
    separation = Separation(sample_rate=RATE, margin=margin)
    parts = separation.split(held + clicks)
    late = np.pad(held + clicks, ((0, 0), (separation.latency, 0)))[:, : held.shape[1]]
    assert len(parts) == count
    assert np.abs(sum(parts) - late).max() < 1e-6


def test_a_chord_is_harmonic_and_clicks_are_percussive() -> None:
    held, clicks = pieces()
    separation = Separation(sample_rate=RATE)
    harmonic, percussive = separation.split(
        np.concatenate([held + clicks, np.zeros((1, separation.latency), np.float32)], 1)
    )
    late = separation.latency
    middle = slice(late + RATE, late + 3 * RATE)
    true_held, true_clicks = held[:, RATE : 3 * RATE], clicks[:, RATE : 3 * RATE]
    for part, true in ((harmonic, true_held), (percussive, true_clicks)):
        off = np.square(part[:, middle] - true).sum()
        assert 10 * np.log10(np.square(true).sum() / off) > 15


def test_zero_gains_change_nothing_and_minus_sixty_takes_a_part_away() -> None:
    held, clicks = pieces()
    plain = Hpss(sample_rate=RATE)
    late = np.pad(held + clicks, ((0, 0), (plain.latency, 0)))[:, : held.shape[1]]
    assert np.abs(plain.process(held + clicks) - late).max() < 1e-6
    drums = Hpss(harmonic_db=-60, sample_rate=RATE).process(held)
    assert np.abs(drums[:, plain.latency + RATE :]).max() < 1e-3


def test_any_split_gives_the_same_parts() -> None:
    x = np.random.default_rng(5).standard_normal((2, 60_000)).astype(np.float32) * 0.1
    whole = Separation(sample_rate=RATE).split(x)[0]
    cut, at = Separation(sample_rate=RATE), [0, 1, 2, 511, 512, 9000, 9001, 40_000, 60_000]
    assert np.array_equal(np.concatenate([cut.split(x[:, a:b])[0] for a, b in pairwise(at)], 1), whole)
