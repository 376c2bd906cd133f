"""Wow and flutter read what was asked for on a meter after IEC 60386, and never click."""

import numpy as np
import pytest

from sonicforge.effects.transport import MOST, WEIGHTING, weighted_percent, weighting_db
from sonicforge.effects.wow_flutter import WowFlutter

RATE = 48_000
TEST_TONE_HZ = 3150


def carrier(seconds: float, rate: int = RATE) -> np.ndarray:
    return np.sin(2 * np.pi * TEST_TONE_HZ * np.arange(int(seconds * rate)) / rate).astype(np.float32)[None]


def speed(y: np.ndarray, rate: int = RATE) -> tuple[np.ndarray, float]:
    """Relative speed deviation of a recorded test tone by its analytic signal, and how often a second."""
    spectrum = np.fft.fft(y.astype(np.float64))
    hz = np.fft.fftfreq(y.size, 1 / rate)
    spectrum[np.abs(hz - TEST_TONE_HZ) > 900] = 0
    deviation = np.diff(np.unwrap(np.angle(np.fft.ifft(spectrum)))) * rate / (2 * np.pi * TEST_TONE_HZ) - 1
    every = max(rate // 1500, 1)
    return deviation[: deviation.size // every * every].reshape(-1, every).mean(axis=1), rate / every


def reading(machine: WowFlutter, rate: int, seconds: float = 20.0) -> float:
    y = machine.process(carrier(seconds, rate))[0]
    deviation, per_s = speed(y[2 * machine.latency + rate // 2 : -rate // 2], rate)
    return weighted_percent(deviation, per_s)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("wow", "flutter"), [(0.05, 0.0), (0.15, 0.0), (1.0, 0.0), (0.0, 0.08), (0.0, 0.5), (0.0, 2.0)]
)
def test_the_meter_reads_the_percentage_that_was_asked_for(wow: float, flutter: float, seed: int) -> None:
    machine = WowFlutter(wow_percent=wow, flutter_percent=flutter, seed=seed, sample_rate=24_000)
    assert reading(machine, 24_000) == pytest.approx(wow + flutter, rel=0.1)


@pytest.mark.parametrize("rate", [16_000, RATE])
def test_it_reads_the_same_at_other_rates(rate: int) -> None:
    machine = WowFlutter(wow_percent=0.3, flutter_percent=0.0, sample_rate=rate)
    assert reading(machine, rate) == pytest.approx(0.3, rel=0.1)


@pytest.mark.parametrize("rpm_hz", [0.556, 0.75, 1.3])
def test_wow_comes_with_the_rotation(rpm_hz: float) -> None:
    y = WowFlutter(wow_percent=0.3, flutter_percent=0.0, wow_hz=rpm_hz).process(carrier(30.0))[0]
    deviation, per_s = speed(y[RATE:-RATE])
    level = np.abs(np.fft.rfft(deviation * np.hanning(deviation.size)))
    hz = np.fft.rfftfreq(deviation.size, 1 / per_s)
    assert hz[1:][np.argmax(level[1:])] == pytest.approx(rpm_hz, abs=0.05)


@pytest.mark.parametrize(("hz", "gain_db"), WEIGHTING)
def test_the_weighting_goes_through_its_table(hz: float, gain_db: float) -> None:
    assert weighting_db(hz) == pytest.approx(gain_db, abs=1e-9)


def test_a_sine_at_four_hertz_reads_its_amplitude_and_one_at_half_a_hertz_a_quarter() -> None:
    t = np.arange(40 * 1500) / 1500
    assert weighted_percent(0.01 * np.sin(2 * np.pi * 4 * t), 1500) == pytest.approx(1.0, rel=0.01)
    assert weighted_percent(0.01 * np.sin(2 * np.pi * 0.556 * t), 1500) == pytest.approx(0.31, abs=0.03)


def test_nothing_clicks_when_flutter_leaves_zero() -> None:
    machine = WowFlutter(wow_percent=1.0, flutter_percent=1.0)
    machine.move(0.0)
    x = carrier(3.0)
    still = machine.process(x[:, :RATE])
    machine.move(1.0)
    moving = machine.process(x[:, RATE:])
    y = np.concatenate([still, moving], axis=1)[0, 2 * machine.latency + RATE // 2 :]
    bend = np.diff(y, 2) + (2 - 2 * np.cos(2 * np.pi * TEST_TONE_HZ / RATE)) * y[1:-1]
    settled = np.abs(bend[-RATE // 2 :]).max()
    assert np.abs(bend).max() < 1.5 * settled


def test_standing_still_passes_the_sound_delayed_and_nothing_else() -> None:
    machine = WowFlutter(wow_percent=0.5, flutter_percent=0.2)
    machine.move(0.0)
    machine.process(np.zeros((1, RATE), np.float32))
    x = carrier(0.5)
    y = machine.process(x)
    assert np.abs(y[:, machine.latency + 50 :] - x[:, 50 : x.shape[1] - machine.latency]).max() < 1e-3


def test_zero_percent_is_no_delay_and_no_change() -> None:
    machine = WowFlutter(wow_percent=0.0, flutter_percent=0.0)
    x = carrier(0.1)
    assert machine.latency == 0
    assert np.array_equal(machine.process(x), x)


def test_both_channels_move_together() -> None:
    x = np.repeat(carrier(1.0), 2, axis=0)
    y = WowFlutter(wow_percent=0.5).process(x)
    assert np.array_equal(y[0], y[1])


def test_another_seed_wanders_elsewhere() -> None:
    first, again, other = (WowFlutter(wow_percent=0.5, seed=s).process(carrier(1.0)) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert first.shape == other.shape
    assert not np.array_equal(first, other)


def test_noise_stays_bounded_at_the_highest_rate() -> None:
    machine = WowFlutter(wow_percent=5.0, flutter_percent=5.0, wow_hz=0.3, sample_rate=192_000)
    y = machine.process(np.ones((1, 5 * 192_000), np.float32))
    assert np.abs(y[0, 2 * machine.latency :] - 1).max() < 0.01


def test_no_transport_runs_away() -> None:
    y = WowFlutter(wow_percent=5.0, flutter_percent=0.0, wow_hz=0.3).process(carrier(20.0))[0]
    # Slow enough that the carrier stays inside the demodulator's band.
    deviation, _ = speed(y[4 * RATE :])
    assert np.abs(deviation[100:-100]).max() < 1.2 * MOST
