"""Dither: steady noise of the right power, no distortion, rest in silence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.sound.dither import Quantiser

RATE = 48_000


def values(samples: np.ndarray, bits: int) -> np.ndarray:
    """Quantised samples on the scale of +-1."""
    whole = Quantiser(len(samples), bits, RATE).process(samples.astype(np.float32))
    return whole.T / 2**31


def test_the_error_of_16_bits_is_93_3_db_below_a_full_scale_sine() -> None:
    sine = 0.5 * np.sin(2 * np.pi * 441.7 * np.arange(10 * RATE) / RATE).astype(np.float32)[None]
    error = values(sine, 16) - sine
    assert 10 * np.log10(np.mean(error**2) / 0.5) == pytest.approx(-93.3, abs=0.1)


def test_the_error_is_noise_even_under_a_tone_of_one_step() -> None:
    quiet = np.sin(2 * np.pi * 1000 * np.arange(10 * RATE) / RATE).astype(np.float32)[None] / 32768
    spectrum = np.abs(np.fft.rfft(values(quiet, 16)[0])) ** 2
    harmonics = [10 * 1000 * k for k in (2, 3, 5, 7)]
    assert spectrum[10 * 1000] > 100 * spectrum.mean()
    assert max(spectrum[harmonics]) < 20 * spectrum.mean()


def test_two_channels_have_noises_of_their_own() -> None:
    same = np.tile(0.1 * np.sin(np.arange(RATE) * 0.1), (2, 1)).astype(np.float32)
    left, right = values(same, 16) - same
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.02


def test_digital_silence_stays_silent_and_dither_rests_after_half_a_second() -> None:
    assert not values(np.zeros((2, RATE)), 16).any()
    click = np.zeros((1, 2 * RATE))
    click[0, 0] = 0.5
    after = values(click, 16)[0]
    assert after[1 : RATE // 2].any()
    assert not after[RATE // 2 + 1 :].any()


@pytest.mark.parametrize("bits", [16, 24])
def test_overs_are_clipped_and_bad_numbers_become_silence(bits: int) -> None:
    out = values(np.array([[2.0, -2.0, np.nan, np.inf, -np.inf]]), bits)[0]
    top = 1 - 2.0 ** (1 - bits)
    assert out[[0, 1, 3, 4]] == pytest.approx([top, -1, top, -1])
    assert abs(out[2]) <= 2.0 ** (1 - bits)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 999), max_size=5), bits=st.sampled_from([16, 24]))
def test_any_split_into_blocks_gives_the_same_samples(cuts: list[int], bits: int) -> None:
    samples = np.random.default_rng(4).uniform(-1, 1, (2, 1000)).astype(np.float32)
    split = Quantiser(2, bits, RATE)
    parts = [split.process(part) for part in np.split(samples, sorted(set(cuts)), axis=1)]
    assert np.array_equal(np.concatenate(parts), Quantiser(2, bits, RATE).process(samples))
