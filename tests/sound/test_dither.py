"""Dither: steady noise of the right power, no distortion, rest in silence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.errors import UnknownName
from sonicforge.sound.dither import DITHERS, Quantiser, noise_gain_db, shape

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


def error_spectrum_db(rate: int, dither: str) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and power of the error at 16 bits, relative to that of plain triangular dither."""
    rng = np.random.default_rng(7)
    sound = (0.1 * rng.standard_normal((1, 2**18))).astype(np.float32)
    error = Quantiser(1, 16, rate, dither=dither).process(sound).T[0] / 2**31 - sound[0]
    frames = error.reshape(-1, 1024) * np.hanning(1024)
    power = np.mean(np.abs(np.fft.rfft(frames)) ** 2, axis=0)[4:-4]
    flat = np.sum(np.hanning(1024) ** 2) / 4 / 32768**2
    return np.fft.rfftfreq(1024, 1 / rate)[4:-4], 10 * np.log10(power / flat)


@pytest.mark.parametrize("rate", [44_100, 48_000, 88_200, 96_000, 192_000])
def test_the_error_of_shaped_dither_has_the_spectrum_of_its_shape(rate: int) -> None:
    hz, found = error_spectrum_db(rate, "shaped")
    assert np.abs(found - noise_gain_db(shape(rate), hz, rate)).max() < 2.0
    assert found[(hz > 2000) & (hz < 5000)].max() < -12
    assert 10 * np.log10(np.mean(10 ** (found / 10))) < 12.5


def test_plain_dither_is_white_and_no_dither_is_softer_by_its_noise() -> None:
    assert np.abs(error_spectrum_db(RATE, "tpdf")[1]).max() < 2.0
    assert np.mean(error_spectrum_db(RATE, "none")[1]) == pytest.approx(-10 * np.log10(3), abs=0.3)


@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000, 96_000, 192_000])
def test_every_shape_can_be_undone_and_stays_stable(rate: int) -> None:
    assert np.abs(np.roots([1, *(-tap for tap in shape(rate))])).max() < 1
    loud = np.full((1, RATE), 2.0, np.float32)
    assert Quantiser(1, 16, rate, dither="shaped").process(loud).min() > 0.999 * 2**31


def test_low_rates_have_no_shape_because_there_is_nowhere_to_hide_noise() -> None:
    assert shape(22_050) == ()


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 999), max_size=5), dither=st.sampled_from(DITHERS))
def test_any_split_gives_the_same_samples_with_every_dither(cuts: list[int], dither: str) -> None:
    samples = np.random.default_rng(4).uniform(-1, 1, (2, 1000)).astype(np.float32)
    split = Quantiser(2, 16, RATE, dither=dither)
    parts = [split.process(part) for part in np.split(samples, sorted(set(cuts)), axis=1)]
    assert np.array_equal(np.concatenate(parts), Quantiser(2, 16, RATE, dither=dither).process(samples))


@pytest.mark.parametrize("dither", DITHERS)
def test_every_dither_rests_in_silence(dither: str) -> None:
    click = np.zeros((1, 2 * RATE), np.float32)
    click[0, 0] = 0.5
    out = Quantiser(1, 16, RATE, dither=dither).process(click)
    assert not out[RATE // 2 + 1 :].any()


def test_an_unknown_dither_is_refused() -> None:
    with pytest.raises(UnknownName, match="shaped"):
        Quantiser(1, 16, RATE, dither="blue")
