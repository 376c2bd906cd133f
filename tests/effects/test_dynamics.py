"""Compressor, ducker, saturation."""

import math

import numpy as np
import pytest

from sonicforge.effects.compressor import Compressor, static_gain_db
from sonicforge.effects.control import CONTROL, ride, smooth
from sonicforge.effects.ducker import Ducker, duck_db, gate_curve
from sonicforge.effects.saturation import Saturation, drive_for


def sine(level_db: float, hz: float = 997.0, length: int = 48_000) -> np.ndarray:
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(length) / 48_000)).astype(np.float32)[None]


@pytest.mark.parametrize("level", [-40.0, -26.0, -22.0, -20.0, -18.0, -12.0, -3.0])
@pytest.mark.parametrize("ratio", [1.5, 2.0, 4.0, 10.0])
def test_the_static_curve_is_met_within_a_tenth_of_a_db(level: float, ratio: float) -> None:
    x = sine(level)
    y = Compressor(threshold_db=-20, ratio=ratio, attack_ms=5, release_ms=80).process(x)
    measured = 20 * math.log10(y[0, -9600:].std() / x[0, -9600:].std())
    assert measured == pytest.approx(static_gain_db(level, threshold_db=-20, ratio=ratio), abs=0.1)


def test_the_static_curve_bends_softly_and_continuously() -> None:
    levels = np.linspace(-30, 0, 3001)
    gains = np.array([static_gain_db(float(level), threshold_db=-18, ratio=4) for level in levels])
    assert np.abs(np.diff(gains)).max() <= 0.0076
    assert (np.diff(gains) <= 1e-12).all()
    assert gains[0] == 0
    assert gains[-1] == pytest.approx(-13.5)


@pytest.mark.parametrize("attack", [5.0, 20.0, 60.0])
def test_attack_reaches_63_percent_in_its_time(attack: float) -> None:
    x = np.concatenate([np.full(4800, 0.01, np.float32), np.full(48_000, 0.5, np.float32)])[None]
    y = Compressor(threshold_db=-20, ratio=4, attack_ms=attack).process(x)
    reduction = -20 * np.log10(y[0] / x[0])
    reached = int(np.argmax(reduction >= 0.632 * reduction[-1])) - 4800
    assert reached / 48 == pytest.approx(attack, rel=0.1, abs=1.5)


def test_look_ahead_delays_the_sound_and_says_so() -> None:
    compressor = Compressor(threshold_db=0, ratio=1, look_ahead_ms=3)
    x = sine(-12)
    y = compressor.process(x)
    assert compressor.latency == 144
    assert np.array_equal(y[:, 144:], x[:, :-144])


def test_an_outside_key_sets_the_gain() -> None:
    quiet, loud = sine(-40), sine(-2)
    compressed = Compressor(threshold_db=-20, ratio=4, attack_ms=2).process(quiet, loud)
    assert 20 * math.log10(compressed[0, -4800:].std() / quiet[0, -4800:].std()) == pytest.approx(-13.5, abs=0.2)


def test_channels_are_linked() -> None:
    x = np.concatenate([sine(-2), sine(-30)])
    y = Compressor(threshold_db=-20, ratio=4).process(x)
    assert np.allclose(y[0, 2000:] * 10 ** (-28 / 20), y[1, 2000:], atol=1e-5)


def test_a_bass_note_is_not_modulated_by_its_own_compressor() -> None:
    x = sine(-6, hz=80, length=96_000)
    y = Compressor(threshold_db=-20, ratio=4, attack_ms=10, release_ms=120).process(x)[0, 48_000:]
    spectrum = np.abs(np.fft.rfft(y * np.hanning(y.size))) ** 2
    bins = np.fft.rfftfreq(y.size, 1 / 48_000)
    other = spectrum[np.abs(bins - 80) > 8].sum()
    assert 10 * math.log10(other / spectrum.sum()) < -34


def test_a_duck_reaches_its_depth_at_the_onset_and_recovers_on_time() -> None:
    curve = duck_db([0.5], 48_000, depth_db=6, release_ms=120, attack_ms=3, hold_ms=8)
    at = lambda s: float(curve[round(s * 48_000 / CONTROL)])  # noqa: E731
    assert at(0.49) == 0
    assert at(0.501) == pytest.approx(-6, abs=0.01)
    assert at(0.508 + 0.06) == pytest.approx(-3, abs=0.1)
    assert at(0.508 + 0.125) == 0


def test_overlapping_ducks_take_the_deeper_one() -> None:
    both = duck_db([0.1, 0.15], 24_000, depth_db=6, release_ms=200)
    one, other = (duck_db([t], 24_000, depth_db=6, release_ms=200) for t in (0.1, 0.15))
    assert np.array_equal(both, np.minimum(one, other))


def test_ducks_outside_the_signal_do_nothing() -> None:
    assert not duck_db([-3.0, 9.0], 4800, depth_db=6, release_ms=100).any()
    x = np.ones((1, 4800), np.float32)
    assert np.array_equal(Ducker([], depth_db=6, release_ms=100).process(x), x)


def test_a_gate_opens_for_its_hold_and_closes() -> None:
    curve = gate_curve([0.2], 48_000, hold_ms=180, release_ms=40)
    assert curve[round(0.3 * 1500)] == pytest.approx(1)
    assert curve[round(0.1 * 1500)] == 0
    assert curve[round(0.45 * 1500)] == 0


def test_a_control_curve_is_joined_linearly() -> None:
    x = np.ones((1, 65), np.float32)
    ride(x, np.array([0.0, 1.0, 0.0], np.float32))
    assert np.allclose(x[0, :33], np.arange(33) / 32)
    assert np.allclose(x[0, 32:], 1 - np.arange(33) / 32)


def test_smoothing_keeps_flat_parts_and_rounds_steps() -> None:
    curve = np.concatenate([np.zeros(100), np.ones(100)]).astype(np.float32)
    smoothed = smooth(curve)
    assert smoothed.shape == curve.shape
    assert np.abs(np.diff(smoothed)).max() < 0.15
    assert smoothed[0] == 0
    assert smoothed[-1] == pytest.approx(1)


def test_saturation_leaves_quiet_sounds_and_bounds_loud_ones() -> None:
    for shape in ("root", "tanh"):
        quiet = sine(-60, hz=100)
        assert np.abs(Saturation(drive_db=6, shape=shape).process(quiet) - quiet).max() < 2e-5
        loud = Saturation(drive_db=6, shape=shape).process(sine(40, hz=100))
        assert np.abs(loud).max() <= 10 ** (-6 / 20) * 1.0001


def test_a_drive_takes_the_wanted_decibels_off_a_peak() -> None:
    for peak, wanted in ((0.5, 1.0), (0.9, 3.0), (0.1, 2.0)):
        x = (peak * np.sin(2 * np.pi * 50 * np.arange(9600) / 48_000)).astype(np.float32)[None]
        y = Saturation(drive_db=drive_for(peak, wanted)).process(x)
        assert 20 * math.log10(peak / np.abs(y).max()) == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize(("shape", "bound_db"), [("root", -24.0), ("tanh", -24.0)])
def test_antialiasing_lowers_the_worst_alias_of_a_driven_tone(shape: str, bound_db: float) -> None:
    hz, n = 4_999.5, 48_000
    x = np.sin(2 * np.pi * hz * np.arange(n) / 48_000).astype(np.float32)[None]
    y = Saturation(drive_db=12, shape=shape).process(x)[0].astype(np.float64)
    power = np.abs(np.fft.rfft(y * np.hanning(n))) ** 2
    bins = np.fft.rfftfreq(n, 1 / 48_000)
    harmonic = np.zeros(bins.size, bool)
    for k in range(1, 5):
        harmonic |= np.abs(bins - k * hz) < 6
    alias = power[(bins < 19_500) & ~harmonic & (bins > 20)].max()
    assert 10 * math.log10(alias / power.max()) < bound_db


def test_bias_adds_even_harmonics_but_no_dc() -> None:
    x = sine(-6, hz=300, length=96_000)
    y = Saturation(drive_db=6, bias=0.3).process(x)[0, 48_000:].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(y * np.hanning(y.size)))
    assert spectrum[600] > 0.02 * spectrum[300]
    assert abs(y.mean()) < 1e-3
