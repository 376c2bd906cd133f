"""Crossovers that add up, and compressors between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.effects.compressor import Compressor, static_gain_db
from sonicforge.effects.crossover import Crossover, LinearCrossover, LinearSplit
from sonicforge.effects.multiband import BANDS, SPLITS_HZ, Band, Multiband
from sonicforge.errors import Conflict, OutOfRange, UnknownName

RATE = 48_000
FLAT = tuple(Band(ratio=1.0) for _ in range(4))


def sine(hz: float, level_db: float, seconds: float = 2.0) -> np.ndarray:
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def impulse(length: int = 1 << 16) -> np.ndarray:
    x = np.zeros((1, length), np.float32)
    x[0, 64] = 1
    return x


def magnitude_db(x: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.abs(np.fft.rfft(x[0].astype(np.float64))) + 1e-12)


def at(hz: float, spectrum_db: np.ndarray) -> float:
    return float(np.interp(hz, np.linspace(0, RATE / 2, len(spectrum_db)), spectrum_db))


def level_db(x: np.ndarray) -> float:
    return 20 * float(np.log10(np.sqrt(np.mean(np.square(x, dtype=np.float64))) * np.sqrt(2)))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(40, 16_000), min_size=1, max_size=6))
def test_linkwitz_riley_bands_add_up_to_a_flat_magnitude(splits: list[float]) -> None:
    rising = sorted(splits)
    spread = [hz for k, hz in enumerate(rising) if k == 0 or hz > 1.05 * rising[k - 1]]
    bands = Crossover(tuple(spread)).split(impulse())
    assert len(bands) == len(spread) + 1
    heard = magnitude_db(np.sum(bands, axis=0, dtype=np.float64))
    assert np.abs(heard).max() < 0.01


@pytest.mark.parametrize("kind", [Crossover, LinearCrossover])
def test_neighbours_meet_at_minus_six_db(kind: type[Crossover] | type[LinearCrossover]) -> None:
    spectra = [magnitude_db(band) for band in kind(SPLITS_HZ).split(impulse())]
    for k, hz in enumerate(SPLITS_HZ):
        assert at(hz, spectra[k]) == pytest.approx(-6.02, abs=0.15)
        assert at(hz, spectra[k + 1]) == pytest.approx(-6.02, abs=0.15)
        assert at(2.5 * hz, spectra[k]) < -30
        assert at(hz / 2.5, spectra[k + 1]) < -30


def test_linear_bands_add_up_to_the_delayed_input() -> None:
    x = np.random.default_rng(0).standard_normal((2, 60_000)).astype(np.float32)
    crossover = LinearCrossover(SPLITS_HZ)
    total = np.sum(crossover.split(x), axis=0, dtype=np.float64)[:, crossover.latency :]
    error = total - x[:, : -crossover.latency]
    assert 20 * np.log10(error.std() / x.std()) < -140


def test_linear_bands_have_symmetric_impulse_responses() -> None:
    crossover = LinearCrossover(SPLITS_HZ)
    middle = 64 + crossover.latency
    for band in crossover.split(impulse()):
        before, after = band[0, middle - 1000 : middle], band[0, middle + 1 : middle + 1001][::-1]
        assert np.abs(before - after).max() < 1e-6


def test_a_short_split_adds_up_and_keeps_the_low_out_of_the_high() -> None:
    split = LinearSplit(5000)
    delayed, high = split.split(impulse())
    assert np.array_equal(delayed[:, split.latency :], impulse()[:, : -split.latency])
    assert at(1000, magnitude_db(high)) < -55
    assert at(5000, magnitude_db(high)) == pytest.approx(-6, abs=0.1)
    assert at(12_000, magnitude_db(high)) == pytest.approx(0, abs=0.01)


def test_splits_that_do_not_rise_are_refused() -> None:
    for splits in ((700.0, 120.0), (0.0,), (-5.0,), (300.0, 300.0), (float("nan"),)):
        with pytest.raises(OutOfRange, match="split_hz"):
            Crossover(splits)


def test_bands_and_splits_must_fit_each_other() -> None:
    with pytest.raises(Conflict, match="4 bands need 3 splits"):
        Multiband(BANDS, splits_hz=(120.0, 700.0))
    with pytest.raises(UnknownName, match="crossover phase"):
        Multiband(phase="quadratic")


def test_ratios_of_one_leave_the_live_magnitude_flat() -> None:
    multiband = Multiband(FLAT)
    heard = magnitude_db(multiband.process(impulse()))
    assert np.abs(heard).max() < 0.05


def test_ratios_of_one_leave_the_linear_sound_alone() -> None:
    x = np.random.default_rng(1).standard_normal((2, 40_000)).astype(np.float32) * 0.3
    multiband = Multiband(FLAT, phase="linear")
    error = multiband.process(x)[:, multiband.latency :] - x[:, : -multiband.latency]
    assert 20 * np.log10(error.std() / x.std()) < -140


@pytest.mark.parametrize("phase", ["live", "linear"])
@pytest.mark.parametrize(("band", "hz"), [(0, 55.0), (1, 300.0), (2, 1800.0), (3, 11_000.0)])
def test_each_band_meets_its_static_curve_within_a_tenth_of_a_db(band: int, hz: float, phase: str) -> None:
    settings = Band(threshold_db=-24, ratio=2.5, knee_db=8, most_db=30)
    multiband = Multiband((settings,) * 4, phase=phase)
    crossover = (Crossover if phase == "live" else LinearCrossover)(SPLITS_HZ)
    for level in (-30.0, -25.0, -18.0, -6.0):
        multiband.reset()
        crossover.reset()
        x = sine(hz, level)
        multiband.process(x)
        inside = level_db(crossover.split(x)[band][:, -24_000:])
        assert inside == pytest.approx(level, abs=1.0)
        expected = -static_gain_db(inside, threshold_db=-24, ratio=2.5, knee_db=8)
        assert multiband.reductions_db[band] == pytest.approx(expected, abs=0.1)


def test_a_tone_inside_a_linear_band_comes_out_by_that_much_softer() -> None:
    x = sine(1800, -6)
    y = Multiband((Band(threshold_db=-24, ratio=2.5, most_db=30),) * 4, phase="linear").process(x)
    expected = static_gain_db(-6, threshold_db=-24, ratio=2.5, knee_db=8)
    assert level_db(y[:, -24_000:]) + 6 == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("band", "hz"), [(0, 60.0), (1, 300.0), (2, 1800.0), (3, 11_000.0)])
def test_attack_reaches_63_percent_of_the_way_in_its_time(band: int, hz: float) -> None:
    """From where the gain begins to move; the tone steps by 20 dB, and the gain is read from a second pass."""
    numbers = BANDS[band]
    step = np.concatenate([sine(hz, -40, 0.5), sine(hz, -14, 1.0)], axis=1)
    compressor = Compressor(
        threshold_db=-30, ratio=3, attack_ms=numbers.attack_ms, release_ms=numbers.release_ms, look_ahead_ms=0
    )
    carrier = np.ones((1, step.shape[1]), np.float32)
    reduction = -20 * np.log10(compressor.process(carrier, np.abs(step)))[0]
    final = reduction[-1000:].mean()
    begins = int(np.argmax(reduction > 0.01 * final))
    reached = int(np.argmax(reduction >= 0.632 * final))
    assert (reached - begins) / RATE * 1000 == pytest.approx(numbers.attack_ms, rel=0.1)


def test_a_loud_bass_does_not_duck_the_treble() -> None:
    treble = sine(9000, -40)
    x = sine(60, -3) + treble
    y = Multiband().process(x)
    spectrum = np.abs(np.fft.rfft(y[0, RATE:] * np.hanning(RATE)))
    quiet = np.abs(np.fft.rfft(treble[0, RATE:] * np.hanning(RATE)))
    assert 20 * np.log10(spectrum[9000] / quiet[9000]) == pytest.approx(0, abs=0.05)
    one_band = Compressor(threshold_db=-20, ratio=2.5).process(x)
    ducked = np.abs(np.fft.rfft(one_band[0, RATE:] * np.hanning(RATE)))
    assert 20 * np.log10(ducked[9000] / quiet[9000]) < -5


def test_no_band_is_reduced_by_more_than_its_bound() -> None:
    multiband = Multiband()
    multiband.process((np.random.default_rng(2).standard_normal((2, RATE))).astype(np.float32))
    assert all(0 < reduction <= 4 + 1e-9 for reduction in multiband.reductions_db)


def test_a_compressor_has_a_bound_a_mix_and_a_deaf_ear_for_bass() -> None:
    loud = sine(1000, 0)
    bounded = Compressor(threshold_db=-30, ratio=10, most_db=4).process(loud)
    assert level_db(bounded[:, RATE:]) == pytest.approx(-4, abs=0.02)
    half = Compressor(threshold_db=-20, ratio=4, mix=0.5).process(loud)
    whole = Compressor(threshold_db=-20, ratio=4).process(loud)
    assert np.abs(half - (loud + whole) / 2).max() < 1e-6
    bass = sine(40, -3)
    deaf = Compressor(threshold_db=-30, ratio=10, key_highpass_hz=400).process(bass)
    assert np.array_equal(deaf[:, -24_000:], bass[:, -24_000:])


def test_every_channel_of_many_is_heard() -> None:
    x = np.zeros((6, RATE), np.float32)
    x[3] = sine(500, 0)[0, :RATE]
    for detector in ("peak", "rms"):
        y = Compressor(threshold_db=-30, ratio=4, detector=detector).process(x)
        assert level_db(y[3, RATE // 2 :]) < -10
    with pytest.raises(UnknownName, match="detector"):
        Compressor(threshold_db=-30, detector="feelings")


def test_moving_every_setting_of_a_compressor_makes_no_step() -> None:
    x = sine(100, -6, 1.0)
    compressor = Compressor(threshold_db=-20, ratio=2)
    out = [compressor.process(x[:, : RATE // 2])]
    compressor.move(threshold_db=-30, ratio=8, makeup_db=9, attack_ms=30, knee_db=2, mix=0.7)
    out.append(compressor.process(x[:, RATE // 2 :]))
    y = np.concatenate(out, axis=1)
    gain = (y[0] / np.where(np.abs(x[0]) > 0.2, x[0], np.nan))[20_000:30_000]
    assert np.nanmax(np.abs(np.diff(gain))) < 0.005
    anew = Compressor(threshold_db=-30, ratio=8, makeup_db=9, attack_ms=30, knee_db=2, mix=0.7).process(x)
    assert level_db(y[0, -9600:]) == pytest.approx(level_db(anew[0, -9600:]), abs=0.05)
    with pytest.raises(UnknownName, match="movable setting"):
        compressor.move(colour=3.0)
