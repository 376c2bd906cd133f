"""Curves without aliases: the antiderivative, the saturation at every rate, the exciter."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.effects.adaa import ln_cosh, mean_tanh
from sonicforge.effects.exciter import Exciter
from sonicforge.effects.oversampling import Oversampler
from sonicforge.effects.saturation import Saturation

RATE = 48_000


def tone(hz: float, amplitude: float = 1.0, seconds: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)[None]


def power(x: np.ndarray) -> np.ndarray:
    """Power spectrum with a window whose side lobes lie far below any alias."""
    y = x[0, len(x[0]) // 2 :].astype(np.float64)
    return np.abs(np.fft.rfft(y * np.kaiser(len(y), 24))) ** 2


def worst_alias_db(y: np.ndarray, hz: float) -> float:
    """Strongest line below 19.5 kHz that is no harmonic, against the fundamental."""
    spectrum = power(y)
    bins = np.linspace(0, RATE / 2, len(spectrum))
    harmonic = np.zeros(len(bins), bool)
    for k in range(6):
        harmonic |= np.abs(bins - k * hz) < 40
    return 10 * math.log10(spectrum[(bins < 19_500) & ~harmonic].max() / spectrum.max())


@settings(deadline=None)
@given(st.floats(-60, 60))
def test_ln_cosh_is_right_to_a_billionth(x: float) -> None:
    exact = abs(x) - math.log(2) + math.log1p(math.exp(-2 * abs(x)))
    assert ln_cosh(x) == pytest.approx(exact, abs=1e-9)


@settings(deadline=None)
@given(st.floats(-8, 8), st.floats(-1, 1))
def test_the_mean_of_tanh_lies_between_its_ends_and_is_right_to_a_millionth(start: float, step: float) -> None:
    end = start + step
    mean = mean_tanh(start, ln_cosh(start), end, ln_cosh(end))
    low, high = sorted((math.tanh(start), math.tanh(end)))
    assert low - 1e-6 <= mean <= high + 1e-6
    nodes, weights = np.polynomial.legendre.leggauss(24)
    exact = float(weights @ np.tanh(start + step * (nodes + 1) / 2)) / 2
    assert mean == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("hz", [5003.0, 9803.0])
@pytest.mark.parametrize(("times", "bound_db"), [(2, -55.0), (4, -85.0)])
def test_the_worst_alias_of_a_tone_driven_by_12_db_stays_below_its_bound(
    hz: float, times: int, bound_db: float
) -> None:
    assert worst_alias_db(Saturation(drive_db=12, shape="tanh", oversample=times).process(tone(hz)), hz) <= bound_db


@pytest.mark.parametrize("times", [1, 2, 4])
def test_the_antiderivative_beats_the_bare_curve_at_every_rate(times: int) -> None:
    hz, rate = 5003.0, Oversampler(times)
    bare = rate.down(np.tanh(np.float32(10 ** (12 / 20)) * rate.up(tone(hz))).astype(np.float32))
    ours = Saturation(drive_db=12, shape="tanh", oversample=times).process(tone(hz))
    assert worst_alias_db(ours, hz) < worst_alias_db(bare, hz) - 5


@pytest.mark.parametrize("shape", ["root", "tanh"])
@pytest.mark.parametrize("times", [1, 2, 4])
def test_quiet_sound_comes_back_as_late_as_stated(shape: str, times: int) -> None:
    saturation = Saturation(drive_db=0, shape=shape, oversample=times)
    quiet = tone(300, 1e-3)
    y = saturation.process(quiet)
    lag = saturation.latency
    assert np.abs(y[:, lag + 500 :] - quiet[:, 500 : quiet.shape[1] - lag]).max() < 5e-5


def test_the_exciter_adds_harmonics_above_and_nothing_below() -> None:
    x = tone(6000, 0.1) + tone(500, 0.1)
    before, after = power(x), power(Exciter(hz=5000, mix_db=-12).process(x))
    line = lambda spectrum, hz: 10 * math.log10(spectrum[round(hz / 2) - 8 : round(hz / 2) + 9].sum() + 1e-9)  # noqa: E731
    assert line(after, 500) - line(before, 500) == pytest.approx(0, abs=0.1)
    assert -60 < line(after, 12_000) - line(before, 6000) < -20
    assert -50 < line(after, 18_000) - line(before, 6000) < -20
    assert line(after, 1000) - line(before, 500) < -80


def test_the_exciter_does_the_same_to_soft_and_loud_sound() -> None:
    x = (np.random.default_rng(0).standard_normal((2, RATE)) * 0.1).astype(np.float32)
    loud, soft = Exciter(mix_db=-6).process(x), Exciter(mix_db=-6).process(x * np.float32(0.01))
    difference = loud[:, RATE // 2 :] - 100 * soft[:, RATE // 2 :]
    assert 20 * np.log10(difference.std() / loud.std()) < -60


def test_even_harmonics_come_with_their_setting() -> None:
    second = {even: power(Exciter(hz=2000, even=even, mix_db=0).process(tone(4000, 0.2)))[4000] for even in (0.0, 0.3)}
    assert second[0.3] > 1e3 * second[0.0]


@pytest.mark.parametrize("hz", [5003.0, 7001.0, 9803.0])
def test_the_excited_tone_has_no_alias_above_its_bound(hz: float) -> None:
    y = Exciter(hz=3000, even=0, mix_db=0).process(tone(hz, 0.3))
    assert worst_alias_db(y, hz) < -55
