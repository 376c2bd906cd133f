"""The limiter's promise: no detector ever finds a peak above the ceiling, and nothing else is touched."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.effects.limiter import Limiter, limit
from sonicforge.effects.limiter_gain import DEFAULT, GROUP, GainComputer
from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.loudness import integrated
from sonicforge.sound.true_peak import Detector, true_peak_db

RATE = 48_000
DETECTORS: tuple[Detector, ...] = ("sinc", "itu", "fine")


def noise(seconds: float, level: float, seed: int = 0, channels: int = 2) -> Audio:
    samples = np.random.default_rng(seed).standard_normal((channels, round(seconds * RATE))) * level
    return Audio(samples.astype(np.float32))


def squares(seconds: float = 1.0) -> Audio:
    """Bursts of a square wave at four times full scale."""
    t = np.arange(round(seconds * RATE)) / RATE
    wave = 4 * np.sign(np.sin(2 * np.pi * 997 * t)) * (t % 0.1 < 0.03)
    return Audio(np.stack([wave, -wave]).astype(np.float32))


def quarter_tone(seconds: float = 1.0) -> Audio:
    """fs/4 at 45 degrees: every sample is 3 dB below the crest."""
    wave = 2 * np.sin(np.pi / 2 * np.arange(round(seconds * RATE)) + np.pi / 4)
    return Audio(np.stack([wave, wave]).astype(np.float32))


def music(seconds: float = 4.0, level: float = 1.0) -> Audio:
    """Kick, bass, and noise bursts: the peaks of loud music."""
    t = np.arange(round(seconds * RATE)) / RATE
    beat = t % 0.5
    kick = np.exp(-beat / 0.1) * np.sin(2 * np.pi * (50 * beat + 3 * (1 - np.exp(-beat / 0.02))))
    snare = np.random.default_rng(2).standard_normal(len(t)) * np.exp(-((t + 0.25) % 0.5) / 0.05)
    return Audio((level * np.stack([kick + 0.4 * snare, kick + 0.3 * snare])).astype(np.float32))


def held(audio: Audio, ceiling_db: float) -> bool:
    return all(true_peak_db(audio, detector) <= ceiling_db for detector in DETECTORS)


@pytest.mark.parametrize("ceiling_db", [-0.1, -1.0, -1.5])
@pytest.mark.parametrize("audio", [noise(2, 1.0), squares(), quarter_tone(), music(), music(level=8.0)], ids=str)
def test_all_three_detectors_stay_below_the_ceiling(audio: Audio, ceiling_db: float) -> None:
    limited, reduction = limit(audio, ceiling_db)
    assert held(limited, ceiling_db)
    assert limited.samples.shape == audio.samples.shape
    assert reduction.max_db > 0


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    gain_db=st.floats(-6, 30),
    ceiling_db=st.floats(-12, 0),
    length=st.integers(1, 20_000),
    density=st.floats(0.001, 1),
)
def test_the_ceiling_holds_on_hot_random_signals(
    seed: int, gain_db: float, ceiling_db: float, length: int, density: float
) -> None:
    rng = np.random.default_rng(seed)
    spikes = rng.standard_normal((2, length)) * (rng.random((2, length)) < density)
    hot = Audio((10 ** (gain_db / 20) * spikes).astype(np.float32))
    assert held(limit(hot, ceiling_db)[0], ceiling_db)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), hz=st.floats(1, 24_000))
def test_the_ceiling_holds_on_hot_tones_of_any_pitch(seed: int, hz: float) -> None:
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 4) / RATE
    wave = rng.uniform(0.5, 10) * np.sin(2 * np.pi * hz * t + rng.uniform(0, 6))
    assert held(limit(Audio(wave[None].astype(np.float32)), -1.0)[0], -1.0)


def test_what_never_exceeds_the_ceiling_passes_bit_for_bit() -> None:
    quiet = music(level=0.3)
    limited, reduction = limit(quiet, -1.0)
    assert np.array_equal(limited.samples, quiet.samples)
    assert reduction.max_db == reduction.p95_db == reduction.trim_db == 0


def test_only_the_neighbourhood_of_a_peak_is_touched() -> None:
    audio = noise(4, 0.05)
    audio.samples[:, RATE] = 3.0
    limited, _ = limit(audio, -1.0)
    changed = np.flatnonzero((limited.samples != audio.samples).any(axis=0))
    assert changed[0] >= RATE - 0.007 * RATE
    assert changed[-1] <= RATE + 3 * RATE
    assert np.abs(limited.samples[:, 2 * RATE :] - audio.samples[:, 2 * RATE :]).max() < 0.01


def test_the_input_is_left_untouched() -> None:
    audio = music(level=4.0)
    before = audio.samples.copy()
    limit(audio, -1.0)
    assert np.array_equal(audio.samples, before)


def test_both_channels_get_one_gain_so_the_image_does_not_move() -> None:
    audio = music(level=4.0)
    left_only = Audio(np.stack([audio.samples[0], 0.1 * audio.samples[0]]))
    limited, _ = limit(left_only, -1.0)
    assert np.abs(limited.samples[1] - 0.1 * limited.samples[0]).max() < 1e-6


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-6, 24), min_size=2, max_size=4))
def test_more_gain_in_never_means_less_reduction(gains_db: list[float]) -> None:
    curves = [limit(music(1.0, level=10 ** (gain / 20)), -1.0)[1].curve_db for gain in sorted(gains_db)]
    for softer, louder in pairwise(curves):
        assert (louder >= softer - 1e-4).all()


def test_steady_bass_is_not_distorted() -> None:
    t = np.arange(4 * RATE) / RATE
    bass = Audio((2 * np.sin(2 * np.pi * 60 * t))[None].astype(np.float32))
    limited, _ = limit(bass, -1.0)
    spectrum = np.abs(np.fft.rfft(limited.samples[0, 2 * RATE :] * np.hanning(2 * RATE)))
    harmonics = [spectrum[k * 120 - 4 : k * 120 + 5].max() for k in (3, 5, 7)]
    assert 20 * np.log10(max(harmonics) / spectrum[120]) < -45


def test_it_recovers_quickly_after_one_peak_and_slowly_after_a_loud_stretch() -> None:
    def time_to_recover(loud_s: float) -> float:
        audio = noise(6, 0.02)
        audio.samples[:, RATE : RATE + max(1, round(loud_s * RATE))] = 2.0
        _, reduction = limit(audio, -1.0)
        after = reduction.curve_db[round((1 + loud_s) * reduction.rate) + 10 :]
        return float(np.flatnonzero(after > 1.0).max(initial=0)) / reduction.rate

    assert time_to_recover(0) < 0.3
    assert time_to_recover(1.0) > 2 * time_to_recover(0)


def test_the_curve_tells_the_reduction_a_millisecond() -> None:
    _, reduction = limit(music(level=4.0), -1.0)
    assert reduction.rate == 1000
    assert len(reduction.curve_db) == pytest.approx(4000, abs=2)
    assert reduction.p50_db <= reduction.p95_db <= reduction.max_db
    small = reduction.resampled(20)
    assert len(small) == pytest.approx(80, abs=2)
    assert max(small) == pytest.approx(reduction.max_db, abs=0.01)


def test_loud_music_keeps_most_of_its_loudness() -> None:
    audio = music(level=2.0)
    limited, reduction = limit(audio, -1.0)
    assert integrated(limited) > integrated(audio) - reduction.max_db
    assert true_peak_db(limited, "certified") > -1.05


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 127, 129])
def test_any_length_is_fine_and_silence_stays_silent(length: int) -> None:
    limited, reduction = limit(silence(2, length), -1.0)
    assert limited.length == length
    assert not limited.samples.any()
    assert reduction.max_db == 0


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
def test_the_ceiling_holds_at_other_rates(rate: int) -> None:
    assert held(limit(Audio(music(level=4.0).samples, rate), -1.0)[0], -1.0)


def streamed(audio: Audio, sizes: list[int], ceiling_db: float = -1.0) -> np.ndarray:
    """The whole sound through the streaming limiter in blocks of those sizes (repeated), latency removed."""
    limiter = Limiter(ceiling_db, channels=audio.channels)
    padded = np.concatenate([audio.samples, np.zeros((audio.channels, limiter.latency), np.float32)], axis=1)
    out, at, turn = [], 0, 0
    while at < padded.shape[1]:
        size = sizes[turn % len(sizes)]
        out.append(limiter.process(padded[:, at : at + size]))
        at, turn = at + size, turn + 1
    return np.concatenate(out, axis=1)[:, limiter.latency :]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=6))
def test_any_split_into_blocks_gives_the_same_samples(sizes: list[int]) -> None:
    audio = music(0.5, level=4.0)
    sizes = [max(size, 50) for size in sizes]
    assert np.array_equal(streamed(audio, sizes), streamed(audio, [audio.length]))


@pytest.mark.parametrize("audio", [noise(2, 1.0), squares(), quarter_tone(), music(level=8.0)], ids=str)
def test_the_stream_holds_the_ceiling_too(audio: Audio) -> None:
    assert held(Audio(streamed(audio, [512])), -1.0)


def test_a_stream_below_the_ceiling_passes_bit_for_bit() -> None:
    quiet = music(1.0, level=0.3)
    assert np.array_equal(streamed(quiet, [480]), quiet.samples)


def test_the_stream_forgets_everything_at_reset() -> None:
    limiter = Limiter(-1.0)
    first = limiter.process(music(1.0, level=4.0).samples)
    limiter.reset()
    assert np.array_equal(limiter.process(music(1.0, level=4.0).samples), first)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), density=st.floats(0.001, 0.5))
def test_smoothing_never_gives_less_reduction_than_a_peak_needs(seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    needed = (rng.random(3000) * (rng.random(3000) < density)).astype(np.float32)
    reduction = GainComputer(DEFAULT, RATE).whole(needed)
    assert len(reduction) == len(needed) + 1
    assert (reduction[:-1] >= needed - 1e-6).all()
    assert (reduction[1:] >= needed - 1e-6).all()
    assert reduction.max() <= 1
    assert GROUP == 8
