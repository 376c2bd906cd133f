"""True peak: the EBU cases on every detector, and the laws of interpolation."""

from math import inf

import ebu
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.true_peak import Detector, interpolators, sample_peak_db, true_peak, true_peak_db

DETECTORS: tuple[Detector, ...] = ("display", "itu", "fine", "certified")


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("case", ebu.PEAK_TONES)
def test_tech_3341_cases_15_to_19_find_the_crest_between_samples(case: int, detector: Detector) -> None:
    expected = ebu.PEAK_TONES[case][3]
    assert expected - 0.4 <= true_peak_db(ebu.peak_tone(case), detector) <= expected + 0.2


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("offset", range(4))
def test_tech_3341_cases_20_to_23_find_a_hidden_burst_at_any_decimation_phase(offset: int, detector: Detector) -> None:
    assert -0.4 <= true_peak_db(ebu.peak_burst(offset), detector) <= 0.2


def test_a_sample_peak_meter_would_miss_the_hidden_burst() -> None:
    assert sample_peak_db(ebu.peak_burst(2)) < -2


def test_the_certified_reading_is_the_highest_of_all_detectors() -> None:
    noise = Audio(np.random.default_rng(3).standard_normal((2, 20_000)).astype(np.float32))
    assert true_peak(noise, "certified") == max(true_peak(noise, one) for one in ("sinc", "itu", "fine"))


@pytest.mark.parametrize("name", ["sinc", "itu", "fine"])
def test_skipping_quiet_stretches_changes_no_reading(name: Detector) -> None:
    samples = np.random.default_rng(5).standard_normal(4000).astype(np.float32)
    samples[1000:3000] *= 0.01
    assert true_peak(Audio(samples[None]), name) == pytest.approx(_by_convolution(samples, name), rel=1e-5)


def _by_convolution(samples: np.ndarray, name: str) -> float:
    part = interpolators()[name]
    highest = float(np.abs(samples).max())
    for row, even in enumerate(part.even):
        odd = part.odd[row] if row < len(part.odd) else np.zeros_like(even)
        for sign in (1, -1):
            taps = np.concatenate([even + sign * odd, (even - sign * odd)[::-1]])
            highest = max(highest, float(np.abs(np.convolve(samples, taps[::-1])).max()))
    return highest


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 400))
def test_the_true_peak_is_never_below_the_sample_peak_nor_deaf_to_polarity(seed: int, length: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, (2, length)).astype(np.float32)
    audio = Audio(samples)
    assert true_peak_db(audio) >= sample_peak_db(audio)
    assert true_peak(Audio(-samples), "certified") == pytest.approx(true_peak(audio, "certified"), rel=1e-6)


def test_silence_and_nothing_have_no_peak() -> None:
    assert true_peak_db(silence(2, 1000)) == -inf
    assert true_peak_db(silence(2, 0)) == -inf
