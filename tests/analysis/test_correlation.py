"""Stereo measures of signals whose answer follows from how they were made."""

from itertools import pairwise

import numpy as np
import pytest

from sonicforge.analysis.correlation import CURVE_HZ, StereoImage, StereoStream

RATE = 48_000


def image(samples: np.ndarray, rate: int = RATE) -> StereoImage:
    stream = StereoStream(rate)
    stream.process(samples.astype(np.float32))
    return stream.finish()


def noise(seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=int(seconds * RATE)) * 0.1


@pytest.mark.parametrize("degrees", [0, 30, 60, 90, 120, 180])
def test_correlation_is_the_cosine_of_the_phase_between_two_tones(degrees: int) -> None:
    t = np.arange(3 * RATE) / RATE
    both = np.stack([np.sin(2 * np.pi * 1000 * t), np.sin(2 * np.pi * 1000 * t + np.radians(degrees))])
    found = image(both)
    assert found.correlation["full"] == pytest.approx(np.cos(np.radians(degrees)), abs=0.01)
    assert found.octaves[5] == pytest.approx(np.cos(np.radians(degrees)), abs=0.01)
    assert found.curves[0, 20] == pytest.approx(np.cos(np.radians(degrees)), abs=0.02)


def test_bands_are_told_apart() -> None:
    t = np.arange(3 * RATE) / RATE
    low, high = np.sin(2 * np.pi * 80 * t), np.sin(2 * np.pi * 9000 * t)
    found = image(np.stack([low + high, low - high]))
    assert found.correlation["low"] > 0.99
    assert found.correlation["high"] < -0.99


def test_mono_loss_and_width_of_independent_channels() -> None:
    found = image(np.stack([noise(seed=1), noise(seed=2)]))
    assert found.mono_loss_lu == pytest.approx(3.01, abs=0.15)
    assert found.side_db == pytest.approx(0, abs=0.2)
    assert abs(found.correlation["full"]) < 0.05


def test_nothing_is_left_of_opposite_channels_and_they_are_trouble() -> None:
    found = image(np.stack([noise(), -noise()]))
    assert found.mono_loss_lu == np.inf
    assert found.trouble_s[0][0] < 0.2
    assert sum(last - first for first, last in found.trouble_s) > 3.5


def test_equal_channels_are_mono() -> None:
    found = image(np.stack([noise(), noise()]))
    assert found.mono
    assert found.mono_loss_lu == pytest.approx(0, abs=1e-6)
    assert not found.trouble_s


def test_balance_is_the_level_between_the_channels() -> None:
    assert image(np.stack([noise(), 0.5 * noise()])).balance_db == pytest.approx(6.02, abs=0.05)


def test_any_split_into_blocks_gives_the_same_curves() -> None:
    x = np.stack([noise(seed=1), noise(seed=2)]).astype(np.float32)
    cut = StereoStream(RATE)
    for a, b in pairwise([0, 1, 5000, 5001, 90_000, x.shape[1]]):
        cut.process(x[:, a:b])
    assert np.array_equal(cut.finish().curves, image(x).curves)


@pytest.mark.parametrize("samples", [np.zeros((2, RATE)), np.zeros((1, RATE)), np.zeros((2, 0)), np.full((2, 1), 0.5)])
def test_silence_and_scraps_are_in_phase(samples: np.ndarray) -> None:
    found = image(samples)
    assert found.correlation["full"] == 1
    assert np.isfinite(found.curves).all()


def test_a_quiet_tail_out_of_phase_troubles_nobody() -> None:
    loud, quiet = noise(3), 1e-4 * noise(3)
    found = image(np.concatenate([np.stack([loud, loud]), np.stack([quiet, -quiet])], axis=1))
    assert not found.trouble_s
    assert found.curves.shape[1] == pytest.approx(6 * CURVE_HZ, abs=2)
