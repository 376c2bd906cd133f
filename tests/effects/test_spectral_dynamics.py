"""De-esser, dynamic equaliser, transient shaper: dynamics that know what they listen to."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from sonicforge.effects.deesser import DeEsser
from sonicforge.effects.dynamic_eq import DynamicBand, DynamicEqualiser
from sonicforge.effects.transient import Transient
from sonicforge.errors import UnknownName

RATE = 48_000


def vowel(seconds: float, level: float = 0.2) -> np.ndarray:
    """A buzz at 140 Hz with three formants."""
    t = np.arange(round(seconds * RATE)) / RATE
    wave = np.zeros(t.size)
    for k in range(1, 60):
        hz = 140 * k
        shape = sum(np.exp(-((hz - centre) ** 2) / (2 * width**2)) for centre, width in ((600, 150), (1100, 200)))
        wave += (shape + 0.02 / k) * np.sin(2 * np.pi * hz * t + k * k)
    return (level * wave / np.abs(wave).max())[None].astype(np.float32)


def ess(seconds: float, level: float = 0.2) -> np.ndarray:
    """Noise around 7 kHz."""
    noise = np.random.default_rng(3).standard_normal(round(seconds * RATE))
    band = sosfilt(butter(2, [5500, 9500], "bandpass", fs=RATE, output="sos"), noise)
    return (level * band / np.abs(band).max())[None].astype(np.float32)


def speech() -> tuple[np.ndarray, slice, slice]:
    """Vowel, s, vowel, and where the s and the second vowel are."""
    x = np.concatenate([vowel(0.5), ess(0.15), vowel(0.5)], axis=1)
    return x, slice(round(0.52 * RATE), round(0.64 * RATE)), slice(round(1.05 * RATE), round(1.14 * RATE))


def in_time(processor: DeEsser | DynamicEqualiser | Transient, x: np.ndarray) -> np.ndarray:
    return processor.process(np.pad(x, ((0, 0), (0, processor.latency))))[:, processor.latency :]


def change_db(x: np.ndarray, y: np.ndarray, where: slice) -> float:
    return 20 * float(np.log10(y[:, where].std() / x[:, where].std()))


def test_an_s_is_softened_and_vowels_pass_bit_for_bit() -> None:
    x, s, after = speech()
    y = in_time(DeEsser(threshold_db=-12), x)
    assert change_db(x, y, s) < -5
    settled = slice(round(0.46 * RATE), round(0.49 * RATE))
    assert np.array_equal(y[:, settled], x[:, settled])
    assert np.array_equal(y[:, after], x[:, after])


@pytest.mark.parametrize("gain", [0.003, 0.05, 4.0])
def test_a_whisper_and_a_shout_are_treated_alike(gain: float) -> None:
    x, s, _ = speech()
    loud = in_time(DeEsser(threshold_db=-12), x)
    other = in_time(DeEsser(threshold_db=-12), x * np.float32(gain))
    assert change_db(x * gain, other, s) == pytest.approx(change_db(x, loud, s), abs=0.01)


def test_no_more_than_the_bound_is_taken_from_the_band() -> None:
    x = (0.2 * np.sin(2 * np.pi * 10_000 * np.arange(RATE) / RATE))[None].astype(np.float32)
    for most in (3.0, 6.0, 10.0):
        y = in_time(DeEsser(threshold_db=-30, most_db=most), x)
        assert change_db(x, y, slice(RATE // 2, RATE)) == pytest.approx(-most, abs=0.05)


def test_the_low_band_under_an_s_is_left_alone() -> None:
    low = vowel(1.0, 0.05)
    x = low + ess(1.0, 0.4)
    y = in_time(DeEsser(threshold_db=-12), x)
    before, after = (np.abs(np.fft.rfft(part[0, RATE // 2 :] * np.hanning(RATE // 2))) for part in (x, y))
    fundamental = slice(65, 75)
    assert 20 * np.log10(after[fundamental].max() / before[fundamental].max()) == pytest.approx(0, abs=0.05)


def test_the_reduction_is_there_before_the_s_begins() -> None:
    x, _, _ = speech()
    y = in_time(DeEsser(threshold_db=-12), x)
    first = slice(round(0.503 * RATE), round(0.507 * RATE))
    assert change_db(x, y, first) < -3


def test_a_dynamic_bell_meets_its_static_curve_at_its_centre() -> None:
    for level in (-50.0, -30.0, -20.0, -6.0):
        x = (10 ** (level / 20) * np.sin(2 * np.pi * 3000 * np.arange(2 * RATE) / RATE))[None].astype(np.float32)
        y = DynamicEqualiser((DynamicBand(3000, threshold_db=-30, ratio=4, range_db=12),)).process(x)
        expected = -min(max((level + 30) * 0.75, 0.0), 12.0)
        assert change_db(x, y, slice(RATE, 2 * RATE)) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("shape", ["bell", "low_shelf", "high_shelf"])
def test_a_band_at_rest_passes_everything_bit_for_bit(shape: str) -> None:
    x = (np.random.default_rng(0).standard_normal((2, RATE)) * 0.01).astype(np.float32)
    assert np.array_equal(DynamicEqualiser((DynamicBand(1000, shape, threshold_db=-6),)).process(x), x)


def test_only_the_bands_own_part_of_the_spectrum_is_cut() -> None:
    t = np.arange(2 * RATE) / RATE
    x = (0.3 * np.sin(2 * np.pi * 3000 * t) + 0.3 * np.sin(2 * np.pi * 200 * t))[None].astype(np.float32)
    y = DynamicEqualiser((DynamicBand(3000, q=2, threshold_db=-40, ratio=20, range_db=9),)).process(x)
    before, after = (np.abs(np.fft.rfft(part[0, RATE:] * np.hanning(RATE))) for part in (x, y))
    assert 20 * np.log10(after[3000] / before[3000]) == pytest.approx(-9, abs=0.2)
    assert 20 * np.log10(after[200] / before[200]) == pytest.approx(0, abs=0.1)


def test_a_negative_range_lifts_what_is_loud() -> None:
    x = (0.5 * np.sin(2 * np.pi * 100 * np.arange(2 * RATE) / RATE))[None].astype(np.float32)
    y = DynamicEqualiser((DynamicBand(100, threshold_db=-40, ratio=20, range_db=-6),)).process(x)
    assert change_db(x, y, slice(RATE, 2 * RATE)) == pytest.approx(6, abs=0.1)


def test_a_relative_band_finds_harshness_at_any_loudness() -> None:
    x, s, _ = speech()
    band = DynamicBand(7000, q=1.0, threshold_db=-15, relative=True, range_db=9)
    loud = change_db(x, DynamicEqualiser((band,)).process(x), s)
    soft = change_db(x / 100, DynamicEqualiser((band,)).process(x / np.float32(100)), s)
    assert loud < -2
    assert soft == pytest.approx(loud, abs=0.01)


def test_a_shelf_reaches_to_the_end_of_the_spectrum() -> None:
    x = (np.random.default_rng(0).standard_normal((1, 2 * RATE)) * 0.2).astype(np.float32)
    y = DynamicEqualiser((DynamicBand(2000, "high_shelf", threshold_db=-60, ratio=20, range_db=6),)).process(x)
    before, after = (np.abs(np.fft.rfft(part[0, RATE:])) ** 2 for part in (x, y))
    assert 10 * np.log10(after[15_000:].sum() / before[15_000:].sum()) == pytest.approx(-6, abs=0.3)
    assert 10 * np.log10(after[20:200].sum() / before[20:200].sum()) == pytest.approx(0, abs=0.2)
    with pytest.raises(UnknownName, match="shape of a dynamic band"):
        DynamicEqualiser((DynamicBand(2000, "cliff"),))


def hits() -> np.ndarray:
    t = np.arange(2 * RATE) / RATE
    beat = t % 0.5
    return (0.5 * np.exp(-beat / 0.12) * np.sin(2 * np.pi * 180 * t))[None].astype(np.float32)


def parts(x: np.ndarray) -> tuple[float, float]:
    """RMS of the first 15 ms and of 120 to 300 ms after each hit but the first, in dB."""
    starts = [round(k * RATE / 2) for k in (1, 2, 3)]
    attack = np.concatenate([x[0, s : s + 720] for s in starts])
    tail = np.concatenate([x[0, s + 5760 : s + 14_400] for s in starts])
    return 20 * float(np.log10(attack.std())), 20 * float(np.log10(tail.std()))


def test_attack_and_sustain_are_moved_apart_from_each_other() -> None:
    attack, tail = parts(hits())
    sharp = parts(in_time(Transient(attack_db=8), hits()))
    soft = parts(in_time(Transient(attack_db=-8), hits()))
    assert sharp[0] - attack > 3
    assert soft[0] - attack < -3
    assert abs(sharp[1] - tail) < 0.5
    long = parts(in_time(Transient(attack_db=0, sustain_db=12), hits()))
    short = parts(in_time(Transient(attack_db=0, sustain_db=-12), hits()))
    assert long[1] - tail > 3
    assert short[1] - tail < -3
    assert abs(long[0] - attack) < 1.0


def test_shaping_does_not_depend_on_the_level() -> None:
    shaped = in_time(Transient(attack_db=6, sustain_db=-6), hits())
    soft = in_time(Transient(attack_db=6, sustain_db=-6), hits() * np.float32(0.1))
    assert np.abs(10 * soft - shaped)[:, RATE // 2 :].max() < 0.01 * np.abs(shaped).max()


def test_a_steady_bass_note_is_not_modulated() -> None:
    x = (0.5 * np.sin(2 * np.pi * 50 * np.arange(3 * RATE) / RATE))[None].astype(np.float32)
    y = in_time(Transient(attack_db=12, sustain_db=12), x)
    spectrum = np.abs(np.fft.rfft(y[0, RATE:] * np.hanning(2 * RATE)))
    others = np.delete(spectrum, range(90, 111))
    assert 20 * np.log10(others.max() / spectrum.max()) < -40
