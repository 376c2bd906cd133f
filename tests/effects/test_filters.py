"""Equaliser and sweep against theory and against SciPy."""

import numpy as np
import pytest
from scipy.signal import sosfilt

from sonicforge.effects.biquad import bell, high_shelf, highpass, low_shelf, lowpass, magnitude_db, tilt
from sonicforge.effects.control import points_for
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.sweep import Sweep


def gain_at(processor: Equaliser | Sweep, hz: float, length: int = 48_000) -> float:
    t = np.arange(length) / 48_000
    x = np.sin(2 * np.pi * hz * t).astype(np.float32)[None]
    y = processor.process(x)
    return float(20 * np.log10(y[0, length // 2 :].std() / x[0, length // 2 :].std()))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("count", range(1, 8))
def test_a_cascade_equals_scipy(channels: int, count: int) -> None:
    rows = [
        highpass(30),
        bell(60, 3),
        bell(300, -4),
        high_shelf(6000, 2),
        low_shelf(120, 1),
        bell(2500, 2),
        lowpass(8e3),
    ]
    sections = np.concatenate(rows[:count])
    x = np.random.default_rng(0).standard_normal((channels, 5000)).astype(np.float32)
    sos = np.insert(sections, 3, 1.0, axis=1)
    assert np.allclose(Equaliser([sections]).process(x), sosfilt(sos, x.astype(np.float64)), atol=1e-5)


def test_corner_frequencies_lie_3_db_down() -> None:
    for slope in (6, 12, 24):
        assert magnitude_db(highpass(200, slope=slope), 200) == pytest.approx(-3.01, abs=0.02)
        assert magnitude_db(lowpass(2000, slope=slope), 2000) == pytest.approx(-3.01, abs=0.02)


def test_slopes_are_what_they_are_called() -> None:
    for slope in (6, 12, 24):
        step = magnitude_db(highpass(2000, slope=slope), 100) - magnitude_db(highpass(2000, slope=slope), 50)
        assert step == pytest.approx(slope, rel=0.02)


def test_bells_and_shelves_reach_their_gain() -> None:
    assert magnitude_db(bell(1000, 4.0), 1000) == pytest.approx(4.0, abs=1e-6)
    assert magnitude_db(low_shelf(200, -5.0), 5) == pytest.approx(-5.0, abs=0.05)
    assert magnitude_db(high_shelf(3000, 6.0), 20_000) == pytest.approx(6.0, abs=0.1)
    assert magnitude_db(high_shelf(3000, 6.0), 3000) == pytest.approx(3.0, abs=0.05)


def test_tilt_turns_around_its_pivot() -> None:
    low, middle, high = magnitude_db(tilt(2.0), [40, 1000, 18_000])
    assert low == pytest.approx(-2.0, abs=0.4)
    assert middle == pytest.approx(0.0, abs=0.2)
    assert high == pytest.approx(2.0, abs=0.4)


def test_no_sections_pass_the_sound() -> None:
    x = np.random.default_rng(0).standard_normal((2, 100)).astype(np.float32)
    assert np.array_equal(Equaliser().process(x), x)


def test_a_still_sweep_filters_like_a_filter() -> None:
    corner = np.full(points_for(48_000), 1000, np.float32)
    assert gain_at(Sweep(corner, high=False, q=0.7071), 1000) == pytest.approx(-3.01, abs=0.05)
    assert gain_at(Sweep(corner, high=False, q=0.7071), 4000) == pytest.approx(-24.2, abs=0.6)
    assert gain_at(Sweep(corner, high=True, q=0.7071), 250) == pytest.approx(-24.1, abs=0.5)


def test_an_open_sweep_changes_nothing() -> None:
    x = np.random.default_rng(0).standard_normal((2, 9000)).astype(np.float32)
    for high, corner in ((False, 20_000), (True, 20)):
        sweep = Sweep(np.full(points_for(9000), corner, np.float32), high=high)
        assert sweep.idle
        assert np.array_equal(sweep.process(x), x)


def test_wild_sweeps_stay_bounded() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, (1, 96_000)).astype(np.float32)
    for high in (False, True):
        corner = np.exp(rng.uniform(np.log(20), np.log(20_000), points_for(96_000))).astype(np.float32)
        assert np.abs(Sweep(corner, high=high).process(x)).max() < 4.0


def test_a_tail_becomes_exact_zero_not_denormal() -> None:
    equaliser = Equaliser([highpass(30)])
    equaliser.process(np.ones((1, 100), np.float32))
    for _ in range(40):
        out = equaliser.process(np.zeros((1, 4800), np.float32))
    assert not out.any()
    assert equaliser.quiet
