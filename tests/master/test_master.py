"""The master meets its target, on any material, and tells what it did."""

from dataclasses import replace
from functools import cache
from math import inf

import numpy as np
import orjson
import pytest

from sonicforge.genres.genre import Target
from sonicforge.master.master import Decision, carry_out, decide, master
from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.loudness import integrated, measure
from sonicforge.sound.spectrum import mid_side_octaves, octave_bands
from sonicforge.sound.stages import Master, Mixdown
from sonicforge.sound.true_peak import true_peak_db

RATE = 48_000
HOUSE = Target(
    lufs=-12.0,
    true_peak=-1.0,
    plr=(9, 12),
    lra=(3, 7),
    balance=(-8, 0, -1.5, -4.5, -7, -9, -11, -13.5, -16.5, -23),
    side_mid=(-36, -30, -20, -13, -10, -8, -7, -7, -7, -8),
)
TARGETS = {
    "quiet": replace(HOUSE, lufs=-18.0, true_peak=-1.5),
    "house": HOUSE,
    "loud": replace(HOUSE, lufs=-9.0),
}


@cache
def song(seconds: float = 12.0, *, level: float = 0.25, dc: float = 0.0, lead_s: float = 0.4) -> Mixdown:
    """A beat of pulses over shaped noise: natural spectrum, natural peaks, 0.4 s of waiting and a tail of 2 s."""
    rng = np.random.default_rng(11)
    length = round(seconds * RATE)
    hz = np.fft.rfftfreq(length, 1 / RATE)
    corners = np.log2([20, 60, 200, 1000, 5000, 16_000])
    shape = np.interp(np.log2(np.maximum(hz, 1)), corners, [-10, 0, -5, -13, -22, -34])
    shape = 10 ** (shape / 20) / np.sqrt(np.maximum(hz, 20))
    wide, middle = (np.fft.irfft(np.fft.rfft(rng.standard_normal(length)) * shape, length) for _ in range(2))
    t = np.arange(length) / RATE
    pulse = 0.7 + 0.8 * np.exp(-(t % 0.5) / 0.06)
    left, right = (pulse * (middle + sign * 0.4 * wide) for sign in (1, -1))
    body = np.stack([left, right])
    body *= level / np.sqrt(np.mean(body**2))
    body[:, : round(lead_s * RATE)] = 0
    body *= np.minimum(1, np.exp(-(t - (seconds - 3)) / 0.25))
    return Mixdown(Audio((body + dc).astype(np.float32)))


@cache
def house() -> Master:
    return master(song(), HOUSE, peak_spans_s=((4.0, 8.0),))


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("level", [0.003, 0.25])
def test_loudness_and_ceiling_are_met_from_any_level(name: str, level: float) -> None:
    target = TARGETS[name]
    made = master(song(level=level), target)
    assert measure(made.audio).integrated == pytest.approx(target.lufs, abs=0.2)
    for detector in ("sinc", "itu", "fine"):
        assert true_peak_db(made.audio, detector) <= target.true_peak  # type: ignore[arg-type]


def test_the_limiter_stays_gentle_on_ordinary_material() -> None:
    assert house().measures["gain_reduction_p95"] <= 3.5
    low, high = HOUSE.plr
    assert low - 1 <= house().measures["plr"] <= high + 1


def test_hot_material_is_clipped_and_glued_before_it_is_crushed() -> None:
    loud = master(song(), TARGETS["loud"])
    assert loud.decision["clip_db"] > -1.5
    assert loud.measures["gain_reduction_p95"] < 7


def test_material_that_fits_is_neither_clipped_nor_glued() -> None:
    gentle = master(song(), replace(HOUSE, lufs=-26.0))
    assert "clip_db" not in gentle.decision
    assert "glue_db" not in gentle.decision
    assert gentle.measures["gain_reduction_max"] == 0


def test_the_measures_are_those_of_the_audio() -> None:
    measured = measure(house().audio)
    assert house().measures["integrated"] == pytest.approx(measured.integrated, abs=1e-6)
    assert house().measures["true_peak"] == pytest.approx(measured.true_peak, abs=1e-6)
    assert house().measures["lra"] == pytest.approx(measured.range_lu, abs=1e-6)


def distance(audio: Audio, spans: tuple[tuple[float, float], ...] | None = None) -> float:
    off = octave_bands(audio, spans)[1:9] - np.array(HOUSE.balance[1:9])
    return float(np.sqrt(np.mean((off - off.mean()) ** 2)))


@pytest.mark.parametrize("tilt", [-1.5, 3.0])
def test_a_tilted_mix_comes_closer_to_the_balance(tilt: float) -> None:
    samples = song().audio.samples
    spectrum = np.fft.rfft(samples)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(samples.shape[1], 1 / RATE), 20) / 600)
    tilted = np.fft.irfft(spectrum * 10 ** (tilt * octaves / 20), samples.shape[1]).astype(np.float32)
    made = master(Mixdown(Audio(tilted)), HOUSE)
    assert distance(made.audio) < 0.7 * distance(Audio(tilted))


def test_a_mix_in_balance_is_left_alone() -> None:
    made = master(Mixdown(house().audio), HOUSE)
    again = master(Mixdown(made.audio), HOUSE)
    assert np.abs(again.decision["eq_db"][1:9]).max() < 1.0


def test_corrections_stay_within_their_bounds_on_absurd_material() -> None:
    t = np.arange(5 * RATE) / RATE
    whistle = np.tile(0.3 * np.sin(2 * np.pi * 3000 * t), (2, 1)).astype(np.float32)
    made = master(Mixdown(Audio(whistle)), HOUSE)
    assert np.abs(made.decision["eq_db"]).max() <= 9
    assert np.abs(made.decision["eq_db"][:-1]).max() <= 6
    assert np.abs(made.decision["side_db"]).max() <= 3


def test_the_bass_becomes_mono_and_dc_goes() -> None:
    mixdown = song(dc=0.02)
    samples = mixdown.audio.samples.copy()
    t = np.arange(samples.shape[1]) / RATE
    samples += (0.2 * np.sin(2 * np.pi * 50 * t) * np.array([[1], [-1]])).astype(np.float32)
    made = master(Mixdown(Audio(samples)), HOUSE)
    before, after = ((side - mid)[1] for mid, side in map(mid_side_octaves, (Audio(samples), made.audio)))
    assert after < before - 12
    assert np.abs(made.audio.samples[:, RATE:-RATE].mean(axis=1)).max() < 1e-3


def test_a_lopsided_mix_moves_to_the_middle() -> None:
    lopsided = song().audio.samples * np.array([[1.0], [0.87]], np.float32)
    made = master(Mixdown(Audio(lopsided)), HOUSE)
    left, right = (integrated(Audio(channel[None].copy())) for channel in made.audio.samples)
    assert abs(left - right) < 0.4


def test_waiting_is_trimmed_and_the_tail_ends_in_silence() -> None:
    samples = house().audio.samples
    loud = np.flatnonzero(np.abs(samples).max(axis=0) > 1e-3)
    assert loud[0] <= 0.06 * RATE
    assert 0.3 * RATE <= samples.shape[1] - loud[-1] <= 0.6 * RATE
    assert np.abs(samples[:, -10:]).max() < 1e-6


def test_sound_that_stops_abruptly_is_faded() -> None:
    cut = Audio(np.ascontiguousarray(song().audio.samples[:, : 6 * RATE]))
    samples = master(Mixdown(cut), HOUSE).audio.samples
    assert np.abs(samples[:, -48:]).max() < 0.01


def test_deciding_then_doing_is_the_same_as_mastering() -> None:
    decision = decide(song(), HOUSE, peak_spans_s=((4.0, 8.0),))
    done = carry_out(song(), decision)
    assert done.measures["integrated"] == pytest.approx(house().measures["integrated"], abs=0.2)


@pytest.mark.parametrize("name", ["house", "loud"])
def test_a_stored_decision_makes_the_same_master_again(name: str) -> None:
    made = master(song(), TARGETS[name])
    stored = orjson.loads(orjson.dumps(made.decision))
    again = carry_out(song(), Decision.from_mapping(stored))
    assert np.array_equal(again.audio.samples, made.audio.samples)


def test_the_gain_reduction_is_told_twenty_times_a_second() -> None:
    curve = house().decision["gain_reduction_db"]
    assert house().decision["gain_reduction_rate"] == 20
    assert len(curve) == pytest.approx(house().audio.duration_s * 20, abs=2)
    assert max(curve) == pytest.approx(house().measures["gain_reduction_max"], abs=0.01)


def test_the_mixdown_is_left_untouched() -> None:
    before = song().audio.samples.copy()
    master(song(), TARGETS["loud"])
    assert np.array_equal(song().audio.samples, before)


def test_the_same_mixdown_gives_the_same_master() -> None:
    assert np.array_equal(master(song(), HOUSE).audio.samples, master(song(), HOUSE).audio.samples)


@pytest.mark.parametrize("length", [0, 100, RATE])
def test_silence_comes_back_as_silence(length: int) -> None:
    made = master(Mixdown(silence(2, length)), HOUSE)
    assert made.audio.length == length
    assert not made.audio.samples.any()
    assert made.measures["integrated"] == -inf


@pytest.mark.parametrize("length", [50, 3000, 12_000])
def test_a_blip_too_short_to_measure_is_not_blown_up(length: int) -> None:
    blip = Audio(np.random.default_rng(1).standard_normal((2, length)).astype(np.float32) * np.float32(0.1))
    made = master(Mixdown(blip), HOUSE)
    assert np.isfinite(made.audio.samples).all()
    assert true_peak_db(made.audio, "certified") <= HOUSE.true_peak


def test_mono_and_other_rates_are_mastered_too() -> None:
    mono = Audio(np.ascontiguousarray(song().audio.samples[:1]), 44_100)
    made = master(Mixdown(mono), HOUSE)
    assert made.audio.channels == 1
    assert made.measures["integrated"] == pytest.approx(HOUSE.lufs, abs=0.2)
    assert true_peak_db(made.audio, "certified") <= HOUSE.true_peak
