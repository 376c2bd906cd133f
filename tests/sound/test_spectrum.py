"""Spectrum: known powers in the right bands."""

import numpy as np
import pytest

from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.spectrum import (
    FLOOR_DB,
    OCTAVES_HZ,
    THIRDS_HZ,
    mid_side_octaves,
    octave_bands,
    power_spectrum,
    stft_power,
    third_octaves,
)

RATE = 48_000


def sine(hz: float, seconds: float = 2.0, channels: int = 1) -> Audio:
    wave = np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return Audio(np.tile(wave.astype(np.float32), (channels, 1)))


@pytest.mark.parametrize("band", range(1, 10))
def test_a_full_scale_sine_reads_minus_three_in_its_octave_and_nowhere_else(band: int) -> None:
    levels = octave_bands(sine(OCTAVES_HZ[band]))
    assert levels[band] == pytest.approx(-3.01, abs=0.05)
    assert max(np.delete(levels, band)) < -45


def test_a_sine_falls_into_its_third() -> None:
    band = THIRDS_HZ.index(1000.0)
    levels = third_octaves(sine(1000))
    assert levels[band] == pytest.approx(-3.01, abs=0.05)
    assert max(np.delete(levels, band)) < -60


def test_octave_powers_of_white_noise_rise_three_db_an_octave() -> None:
    noise = Audio(np.random.default_rng(1).standard_normal((2, 20 * RATE)).astype(np.float32))
    steps = np.diff(octave_bands(noise)[2:9])
    assert steps == pytest.approx([3.01] * len(steps), abs=0.35)


def test_bins_sum_to_the_mean_square() -> None:
    noise = np.random.default_rng(2).standard_normal((2, 8192 * 20)).astype(np.float32)
    assert power_spectrum(Audio(noise)).sum(axis=1) == pytest.approx((noise.astype(float) ** 2).mean(axis=1), rel=0.05)
    assert stft_power(Audio(noise)).sum(axis=2).mean() == pytest.approx(1.0, rel=0.05)


def test_only_the_wanted_spans_are_heard() -> None:
    low, high = sine(125), sine(4000)
    both = Audio(np.concatenate([low.samples, high.samples], axis=1))
    assert octave_bands(both, [(0.2, 1.8)])[2] == pytest.approx(-3.01, abs=0.05)
    assert octave_bands(both, [(0.2, 1.8)])[7] < -60
    assert octave_bands(both, [(2.1, 4.0)])[7] == pytest.approx(-3.01, abs=0.05)


def test_a_signal_shorter_than_a_window_is_still_measured() -> None:
    assert octave_bands(sine(1000, 0.05))[5] > -20


def test_mid_and_side_are_told_apart() -> None:
    mid, side = sine(500).samples[0], sine(2000).samples[0] * np.float32(0.5)
    levels = mid_side_octaves(Audio(np.stack([mid + side, mid - side])))
    assert levels[0][4] == pytest.approx(-3.01, abs=0.05)
    assert levels[1][6] == pytest.approx(-9.03, abs=0.05)
    assert levels[1][4] < -60
    assert (mid_side_octaves(sine(500))[1] == FLOOR_DB).all()


def test_silence_and_nothing_read_the_floor() -> None:
    assert (octave_bands(silence(2, RATE)) == FLOOR_DB).all()
    assert (octave_bands(silence(2, 0)) == FLOOR_DB).all()
    assert (third_octaves(silence(1, 100)) == FLOOR_DB).all()
    assert stft_power(silence(1, 10)).shape == (1, 1, 1025)
