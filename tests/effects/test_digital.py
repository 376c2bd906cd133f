"""Old converters, raw crushing, media bands, fading, spin-down."""

import math

import numpy as np
import pytest

from sonicforge.effects.bitcrush import Bitcrush
from sonicforge.effects.digital import Converter
from sonicforge.effects.fading import Fading
from sonicforge.effects.medium import CURVES, Medium
from sonicforge.effects.spin_down import SpinDown
from sonicforge.errors import UnknownName

RATE = 48_000


def tone(hz: float, height: float, seconds: float = 1.0) -> np.ndarray:
    return (height * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)[None]


def spectrum(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hz and dB; a full-scale sine reads 0."""
    window = np.blackman(y.size)
    return np.fft.rfftfreq(y.size, 1 / RATE), 20 * np.log10(
        np.abs(np.fft.rfft(y * window)) / (window.sum() / 2) + 1e-12
    )


def noise_to_signal_db(x: np.ndarray, y: np.ndarray) -> float:
    gain = float(np.vdot(x, y) / np.vdot(x, x))
    return 20 * math.log10((y - gain * x).std() / (abs(gain) * x.std()))


# ---------------------------------------------------------------- bits


@pytest.mark.parametrize("bits", [4.0, 6.5, 8.0, 12.0])
def test_the_error_is_at_most_half_a_step(bits: float) -> None:
    x = np.random.default_rng(0).uniform(-0.9, 0.9, (1, 20_000)).astype(np.float32)
    for crusher in (Bitcrush(bits=bits, rate_hz=RATE), Converter(bits=bits, rate_hz=RATE)):
        step = 2.0 ** -(bits - 1)
        assert np.abs(crusher.process(x) - x).max() <= step / 2 + 1e-6


def test_companding_keeps_quiet_sounds_that_straight_bits_lose() -> None:
    x = tone(440, 0.01)
    straight, mu, a = (
        noise_to_signal_db(x, Converter(bits=8, rate_hz=RATE, law=k).process(x)) for k in ("linear", "mu", "a")
    )
    assert straight > -13
    assert mu < -28
    assert a < -25


@pytest.mark.parametrize("law", ["mu", "a"])
@pytest.mark.parametrize("height", [0.9, 0.3, 0.1, 0.03])
def test_eight_companded_bits_hold_35_decibels_over_a_wide_range(law: str, height: float) -> None:
    x = tone(441, height)
    assert noise_to_signal_db(x, Converter(bits=8, rate_hz=RATE, law=law).process(x)) < -34


def test_dither_turns_distortion_into_noise() -> None:
    x = tone(1000, 0.6 / 2**7)
    plain, dithered = (Converter(bits=8, rate_hz=RATE, dither=d).process(x)[0] for d in (0.0, 1.0))
    third = [spectrum(y)[1][3000] - spectrum(y)[1][1000] for y in (plain, dithered)]
    assert third[0] > -20
    assert third[1] < -30


def test_full_scale_clips() -> None:
    assert np.abs(Converter(bits=16, rate_hz=RATE).process(tone(100, 4.0))).max() <= 1.0


# ---------------------------------------------------------------- clock


def test_the_front_filter_prevents_folding_and_the_one_behind_images() -> None:
    folding = {
        f: spectrum(Converter(bits=16, rate_hz=12_000, filters=f).process(tone(10_000, 0.5))[0])
        for f in ("both", "behind")
    }
    images = {
        f: spectrum(Converter(bits=16, rate_hz=12_000, filters=f).process(tone(2000, 0.5))[0])
        for f in ("both", "front")
    }
    assert folding["behind"][1][2000] > -20
    assert folding["both"][1][2000] < -48
    assert images["front"][1][10_000] > -30
    assert images["both"][1][10_000] < -60


@pytest.mark.parametrize("rate_hz", [8000.0, 11_025.0, 26_040.0])
def test_any_clock_keeps_pitch_and_level(rate_hz: float) -> None:
    hz, level = spectrum(Converter(bits=16, rate_hz=rate_hz).process(tone(1000, 0.5))[0])
    assert hz[np.argmax(level)] == pytest.approx(1000, abs=1)
    assert level.max() == pytest.approx(-6.02, abs=0.3)


def test_a_shaky_clock_adds_noise_but_keeps_the_pitch() -> None:
    readings = []
    for jitter in (0.0, 0.05, 0.2):
        hz, level = spectrum(Converter(bits=16, rate_hz=16_000, jitter=jitter).process(tone(3000, 0.5))[0])
        assert hz[np.argmax(level)] == pytest.approx(3000, abs=1)
        readings.append(float(np.median(level[(hz > 500) & (hz < 6000)])))
    assert readings[0] + 10 < readings[1] < readings[2] - 6


def test_the_stated_latency_of_a_hold_is_half_its_length() -> None:
    crusher = Bitcrush(bits=24, rate_hz=RATE / 9)
    x = tone(100, 0.5)
    y = crusher.process(x)
    assert crusher.latency == 4
    assert noise_to_signal_db(x[:, : -crusher.latency], y[:, crusher.latency :]) < -20


def test_wrong_names_are_refused() -> None:
    with pytest.raises(UnknownName, match="mu"):
        Converter(law="ulaw")
    with pytest.raises(UnknownName, match="front"):
        Converter(filters="left")
    with pytest.raises(UnknownName, match="telephone"):
        Medium(curve="phone")


# ---------------------------------------------------------------- media


@pytest.mark.parametrize("name", CURVES)
def test_a_medium_is_three_decibels_down_at_its_edges(name: str) -> None:
    curve = CURVES[name]
    x = np.zeros((2, RATE), np.float32)
    x[:, 100] = 1
    hz = np.fft.rfftfreq(RATE, 1 / RATE)
    gain = 20 * np.log10(np.abs(np.fft.rfft(Medium(curve=name).process(x)[0])) + 1e-9)
    low, high = curve.highpass[0], curve.lowpass[0]
    middle = gain[(hz > 2 * low) & (hz < high / 2)]
    assert -3.1 - 1.0 < gain[int(low)] < 3.5
    assert gain[int(low / 4)] < middle.mean() - 18
    if high < 12_000:
        assert gain[int(min(4 * high, 22_000))] < middle.mean() - 12


def test_the_telephone_is_narrow_steep_and_one_channel() -> None:
    rng = np.random.default_rng(0)
    y = Medium(curve="telephone").process(rng.standard_normal((2, RATE)).astype(np.float32))
    assert np.allclose(y[0], y[1], atol=1e-6)
    power = np.abs(np.fft.rfft(y[0])) ** 2
    hz = np.fft.rfftfreq(RATE, 1 / RATE)
    assert power[(hz > 250) & (hz < 3700)].sum() > 0.98 * power.sum()


@pytest.mark.parametrize("name", CURVES)
def test_none_of_a_medium_is_nothing(name: str) -> None:
    x = np.random.default_rng(0).standard_normal((2, 4000)).astype(np.float32)
    assert np.array_equal(Medium(curve=name, amount=0.0).process(x), x)


def test_fading_only_takes_away_and_wanders() -> None:
    x = np.repeat(tone(500, 0.5, 60.0), 2, axis=0)
    y = Fading(depth_db=12, rate_hz=0.3, seed=2).process(x)
    level = 20 * np.log10(y[0].reshape(-1, RATE // 2).std(axis=1) / x[0].std())
    assert level.max() < 0.1
    assert level.min() > -12.6
    assert np.ptp(level) > 5
    assert np.array_equal(y[0], y[1])


# ---------------------------------------------------------------- spin-down


def test_a_spin_down_passes_everything_before_and_nothing_after() -> None:
    machine = SpinDown(at_s=1.0, length_s=0.5)
    x = tone(500, 0.5, 2.0)
    y = machine.process(np.pad(x, ((0, 0), (0, machine.latency))))[:, machine.latency :]
    assert np.array_equal(y[:, :RATE], x[:, :RATE])
    assert not y[:, round(1.5 * RATE) :].any()


@pytest.mark.parametrize("bend", [1.0, 1.6, 3.0])
def test_the_pitch_falls_with_the_speed(bend: float) -> None:
    machine = SpinDown(at_s=0.5, length_s=2.0, bend=bend)
    y = machine.process(tone(2000, 0.5, 3.0))[0, machine.latency + RATE // 2 :]
    for share in (0.1, 0.3, 0.5):
        centre = round(share * 2 * RATE)
        piece = y[centre - 1200 : centre + 1200].astype(np.float64)
        crossings = np.flatnonzero(np.diff(np.signbit(piece)))
        heard = (crossings.size - 1) / 2 / ((crossings[-1] - crossings[0]) / RATE)
        assert heard == pytest.approx(2000 * (1 - share) ** bend, rel=0.03)


def test_a_spin_down_does_not_click() -> None:
    machine = SpinDown(at_s=0.5, length_s=1.0)
    x = tone(200, 0.5, 2.0)
    y = machine.process(x)[0]
    assert np.abs(np.diff(y)).max() < 1.05 * np.abs(np.diff(x[0])).max()


def test_a_spin_down_that_never_comes_changes_nothing() -> None:
    x = np.random.default_rng(0).standard_normal((2, 5000)).astype(np.float32)
    for machine in (SpinDown(length_s=0.0), SpinDown(at_s=60.0)):
        assert np.array_equal(machine.process(x)[:, machine.latency :], x[:, : x.shape[1] - machine.latency])
