"""Loudness: the EBU and ITU cases, known answers, an independent meter, and the edges."""

import dataclasses
import warnings
from math import inf

import ebu
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.sound import loudness
from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.k_curve import coefficients
from sonicforge.sound.meter import Meter


@pytest.mark.parametrize("case", ebu.INTEGRATED)
def test_tech_3341_cases_1_to_5_integrate_as_published(case: int) -> None:
    pieces, expected = ebu.INTEGRATED[case]
    assert loudness.integrated(ebu.tone(pieces)) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("case", [1, 2])
def test_steady_tones_read_the_same_momentary_short_term_and_integrated(case: int) -> None:
    pieces, expected = ebu.INTEGRATED[case]
    measured = loudness.measure(ebu.tone(pieces))
    figures = (measured.integrated, measured.max_momentary, measured.max_short_term)
    assert figures == pytest.approx((expected,) * 3, abs=0.1)


def test_tech_3341_case_6_weighs_the_surround_channels() -> None:
    assert loudness.integrated(ebu.case_6()) == pytest.approx(-23.0, abs=0.1)


def test_tech_3341_case_9_short_term_stays_constant_after_three_seconds() -> None:
    curve = loudness.short_term_curve(ebu.tone(ebu.CASE_9))
    assert np.abs(curve[29:] + 23.0).max() <= 0.1


@pytest.mark.parametrize("i", range(20))
def test_tech_3341_case_10_finds_the_loudest_three_seconds_wherever_they_begin(i: int) -> None:
    assert loudness.measure(ebu.case_10(i)).max_short_term == pytest.approx(-23.0, abs=0.1)


def test_tech_3341_case_11_follows_the_short_term_maximum_live() -> None:
    curve = loudness.short_term_curve(ebu.case_11())
    maxima = [curve[i * 60 : (i + 1) * 60].max() for i in range(20)]
    assert np.abs(np.array(maxima) - np.arange(-38, -18)).max() <= 0.1


def test_tech_3341_case_12_momentary_stays_constant_after_one_second() -> None:
    curve = loudness.momentary_curve(ebu.tone(ebu.CASE_12), hop_s=0.01)
    assert np.abs(curve[99:] + 23.0).max() <= 0.1


@pytest.mark.parametrize("i", range(20))
def test_tech_3341_case_13_finds_the_loudest_400_ms_wherever_they_begin(i: int) -> None:
    assert loudness.measure(ebu.case_13(i)).max_momentary == pytest.approx(-23.0, abs=0.1)


def test_tech_3341_case_14_follows_the_momentary_maximum_live() -> None:
    curve = loudness.momentary_curve(ebu.case_14(), hop_s=0.01)
    maxima = [curve[i * 80 : (i + 1) * 80].max() for i in range(20)]
    assert np.abs(np.array(maxima) - np.arange(-38, -18)).max() <= 0.1


@pytest.mark.parametrize("case", ebu.RANGES)
def test_tech_3342_cases_1_to_4_have_their_published_range(case: int) -> None:
    pieces, expected = ebu.RANGES[case]
    assert loudness.measure(ebu.tone(pieces)).range_lu == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("level", [-23.0, -24.0])
@pytest.mark.parametrize("hz", ebu.BS_2217_TONES)
def test_bs_2217_tones_read_their_loudness_at_every_frequency(hz: int, level: float) -> None:
    peak = ebu.BS_2217_TONES[hz] + level + 23.0
    assert loudness.integrated(ebu.tone([(20, peak)], hz=hz)) == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize(("channel", "expected"), list(enumerate([-24.0, -24.0, -24.0, -inf, -22.5, -22.5])))
def test_bs_2217_channels_of_5_1_count_with_their_weights_and_the_lfe_not_at_all(channel: int, expected: float) -> None:
    levels = [-inf] * 6
    levels[channel] = -21.0
    assert loudness.integrated(ebu.channel_tones(levels, 5)) == pytest.approx(expected, abs=0.1)


def test_bs_2217_relative_gate_drops_what_is_ten_lu_below() -> None:
    loud_then_soft = ebu.tone([(10, -10), (10, -25)])
    assert loudness.integrated(loud_then_soft) == pytest.approx(-10.0, abs=0.1)


def test_bs_2217_absolute_gate_drops_what_is_below_minus_70() -> None:
    assert loudness.integrated(ebu.tone([(10, -69.5), (30, -80)])) == pytest.approx(-69.5, abs=0.1)


def test_the_filter_at_48_khz_is_the_table_of_the_standard() -> None:
    table = [
        *(1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585),
        *(-1.99004745483398, 0.99007225036621),
    ]
    assert coefficients(48_000) == pytest.approx(table, abs=1e-13)


def test_the_filter_at_44_1_khz_comes_from_the_same_prototype() -> None:
    table = [
        *(1.53084123005035, -2.65097999515473, 1.16907907992159, -1.66365511325602, 0.71259542807323),
        *(-1.98916967362980, 0.98919903578704),
    ]
    assert coefficients(44_100) == pytest.approx(table, abs=1e-12)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 32000, 44100, 48000, 88200, 96000])
def test_a_tone_is_as_loud_at_every_sample_rate(rate: int) -> None:
    assert loudness.integrated(ebu.tone([(5, -20)], rate=rate)) == pytest.approx(-20.0, abs=0.05)


def test_a_full_scale_997_hz_tone_in_one_channel_reads_minus_3_01() -> None:
    full = ebu.tone([(10, 0)], hz=997, channels=1)
    assert loudness.integrated(full) == pytest.approx(-3.01, abs=0.01)


def test_pyloudnorm_agrees_on_changing_noise() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyloudnorm
    rng = np.random.default_rng(7)
    samples = rng.standard_normal((2, 30 * ebu.RATE)) * np.repeat([0.05, 0.3, 0.01], 10 * ebu.RATE)
    meter = pyloudnorm.Meter(ebu.RATE, filter_class="DeMan")
    audio = Audio(samples.astype(np.float32))
    assert loudness.integrated(audio) == pytest.approx(meter.integrated_loudness(samples.T), abs=0.02)


def test_silence_is_minus_infinity_and_draws_at_the_floor() -> None:
    measured = loudness.measure(silence(2, 5 * ebu.RATE))
    assert (measured.integrated, measured.max_momentary, measured.true_peak) == (-inf, -inf, -inf)
    assert (measured.range_lu, measured.plr, measured.too_short) == (0.0, 0.0, False)
    assert (loudness.short_term_curve(silence(2, ebu.RATE)) == loudness.FLOOR_LUFS).all()
    assert measured.to_json()["integrated"] is None


def test_no_samples_at_all_are_silence() -> None:
    assert loudness.measure(silence(2, 0)).integrated == -inf
    assert len(loudness.short_term_curve(silence(2, 0))) == 0


@pytest.mark.parametrize("seconds", [0.002, 0.05, 0.399])
def test_under_400_ms_the_plain_level_is_given_and_marked(seconds: float) -> None:
    measured = loudness.measure(ebu.tone([(seconds, -20)]))
    assert measured.too_short
    assert -45 < measured.integrated < -15


def test_one_bad_sample_does_not_poison_the_measurement() -> None:
    audio = ebu.tone([(20, -23)])
    samples = audio.samples.copy()
    samples[0, 100_000], samples[1, 300_000] = np.nan, np.inf
    assert loudness.integrated(Audio(samples)) == pytest.approx(-23.0, abs=0.1)


@settings(max_examples=20, deadline=None)
@given(gain_db=st.floats(-40, 20), seed=st.integers(0, 1000))
def test_gain_moves_loudness_by_itself_and_range_not_at_all(gain_db: float, seed: int) -> None:
    samples = np.random.default_rng(seed).standard_normal((2, 4 * ebu.RATE)).astype(np.float32) * np.float32(0.05)
    before = loudness.measure(Audio(samples))
    after = loudness.measure(Audio(samples * np.float32(10 ** (gain_db / 20))))
    assert after.integrated - before.integrated == pytest.approx(gain_db, abs=1e-3)
    assert after.true_peak - before.true_peak == pytest.approx(gain_db, abs=1e-3)
    assert after.range_lu == pytest.approx(before.range_lu, abs=1e-3)


def test_energy_pieces_average_to_the_loudness_of_the_whole() -> None:
    audio = ebu.tone([(10, -23)])
    power = loudness.k_weighted_energy(audio, hop_s=0.1)
    assert len(power) == 100
    assert float(loudness.power_to_lufs(power.mean())) == pytest.approx(-23.0, abs=0.05)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_streaming_meter_reads_the_same_for_any_split(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = (rng.standard_normal((2, 6 * 44_100)) * np.linspace(0.001, 0.4, 6 * 44_100)).astype(np.float32)
    whole = loudness.measure(Audio(samples, 44_100))
    meter, at = Meter(44_100, 2), 0
    while at < samples.shape[1]:
        size = int(rng.integers(1, 30_000))
        meter.process(samples[:, at : at + size])
        at += size
    streamed = meter.loudness
    assert streamed.integrated == pytest.approx(whole.integrated, abs=0.05)
    assert streamed.max_momentary == pytest.approx(whole.max_momentary, abs=1e-6)
    assert streamed.max_short_term == pytest.approx(whole.max_short_term, abs=0.1)
    assert streamed.true_peak == pytest.approx(whole.true_peak, abs=1e-3)
    assert streamed.range_lu == pytest.approx(whole.range_lu, abs=0.3)


def test_the_streaming_meter_does_not_grow() -> None:
    meter = Meter(ebu.RATE, 2)
    tone = ebu.tone([(1, -23)]).samples
    meter.process(tone)
    kept = {name: getattr(value, "nbytes", 0) for name, value in vars(meter).items()}
    for _ in range(30):
        meter.process(tone)
    assert {name: getattr(value, "nbytes", 0) for name, value in vars(meter).items()} == kept
    assert meter.loudness.integrated == pytest.approx(-23.0, abs=0.1)
    assert dataclasses.asdict(meter.loudness)["duration_s"] == pytest.approx(31)
