"""Mid/side enhancer: the guard keeps mono safe, the bass goes to the middle, the middle is never touched."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.effects.enhancer import LEAST_WIDTH, Enhancer

RATE = 48_000


def stereo(side: float, seconds: float = 4.0, *, hz: float | None = None) -> np.ndarray:
    """Independent noises, or tones of `hz`, as middle and side."""
    if hz is None:
        middle, wide = np.random.default_rng(1).standard_normal((2, round(seconds * RATE))) * 0.1
    else:
        at = 2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE
        middle, wide = 0.1 * np.sin(at), 0.1 * np.cos(at)
    return np.stack([middle + side * wide, middle - side * wide]).astype(np.float32)


def middle_and_side(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (x[0] + x[1]) / 2, (x[0] - x[1]) / 2


def fold_loss_db(x: np.ndarray) -> float:
    """How much softer the sound becomes in mono."""
    middle, side = middle_and_side(x[:, RATE:])
    return float(10 * np.log10(1 + np.mean(side**2) / np.mean(middle**2)))


@settings(max_examples=20, deadline=None)
@given(side=st.floats(0, 2), width=st.floats(0, 2), spread=st.floats(0, 1), air=st.floats(-6, 6))
def test_the_mono_sum_is_never_changed(side: float, width: float, spread: float, air: float) -> None:
    x = stereo(side, 0.5)
    out = Enhancer(width=width, spread=spread, air_db=air).process(x)
    assert np.allclose(out[0] + out[1], x[0] + x[1], atol=1e-6)


@pytest.mark.parametrize("side", [0.1, 0.4, 0.6, 1.0])
def test_however_wide_it_is_asked_to_be_mono_loses_no_more_than_one_and_a_half_decibels(side: float) -> None:
    assert fold_loss_db(Enhancer(width=2.0).process(stereo(side))) < 1.55


def test_without_the_guard_the_width_is_what_was_asked() -> None:
    x = stereo(0.5)
    _, side = middle_and_side(Enhancer(width=1.5, mono_below_hz=10, guard="off").process(x))
    assert np.std(side) == pytest.approx(1.5 * np.std(middle_and_side(x)[1]), rel=0.01)


def test_sound_that_is_all_side_is_never_taken_below_half() -> None:
    x = stereo(1.0)
    anti = np.stack([x[0], -x[0]])
    out = Enhancer(mono_below_hz=10).process(anti)
    assert np.std(out[:, RATE:]) == pytest.approx(LEAST_WIDTH * np.std(anti), rel=0.05)


def test_the_side_loses_its_bass_and_keeps_its_middle() -> None:
    for hz, least, most in ((30, -60, -22), (120, -4, -2), (1000, -0.2, 0.2)):
        x = stereo(0.2, hz=hz)
        _, side = middle_and_side(Enhancer(mono_below_hz=120, guard="off").process(x))
        change = 20 * np.log10(np.std(side[RATE:]) / np.std(middle_and_side(x)[1][RATE:]))
        assert least < change < most


def test_the_low_band_stays_almost_mono() -> None:
    x = stereo(0.8, 5.0, hz=60)
    out = Enhancer(width=1.5, mono_below_hz=10).process(x)[:, 2 * RATE :]
    assert np.corrcoef(out)[0, 1] > 0.88
    assert np.corrcoef(x)[0, 1] < 0.3


def test_spread_makes_a_side_for_mono_that_vanishes_in_the_sum() -> None:
    x = stereo(0.0)
    out = Enhancer(spread=0.4).process(x)
    assert np.corrcoef(out)[0, 1] < 0.9
    assert np.array_equal(Enhancer(width=2.0).process(x), x)


def test_mono_and_surround_pass_untouched() -> None:
    for channels in (1, 6):
        x = np.repeat(stereo(0.5)[:1], channels, axis=0)
        assert np.array_equal(Enhancer(width=0.0).process(x), x)
