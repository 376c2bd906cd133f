"""Frames, bands and pitches: counted, placed and scaled right, however the stream was cut."""

from itertools import pairwise

import numpy as np
import pytest
from analysis_sounds import RATE, audio, tone

from sonicforge.analysis.chroma import tuning_cents
from sonicforge.analysis.features import FAST_HZ, FeatureStream, features, spectral_shape
from sonicforge.analysis.frames import Frames, magnitudes
from sonicforge.analysis.mel import cepstra, hertz_to_mel, mel_bands, mel_filters, mel_to_hertz
from sonicforge.analysis.onsets import onset_times, peak_places
from sonicforge.analysis.pitches import LOWEST, STEPS
from sonicforge.sound.audio import Audio, silence


def sine(hz: float, seconds: float = 2.0, rate: int = 48_000, level: float = 0.5) -> Audio:
    t = np.arange(int(seconds * rate)) / rate
    return Audio((level * np.sin(2 * np.pi * hz * t)).astype(np.float32)[None], rate)


@pytest.mark.parametrize("length", [1, 99, 100, 101, 4321])
def test_frames_are_one_more_than_whole_hops_and_keep_every_sample(length: int) -> None:
    row = np.random.default_rng(length).normal(size=length).astype(np.float32)
    frames = Frames(200, 100)
    whole = np.concatenate([frames.push(row), frames.finish()])
    assert len(whole) == 1 + length // 100
    assert np.array_equal(whole[0, 100:], np.pad(row, (0, 200))[:100])


def test_no_samples_give_no_frames() -> None:
    frames = Frames(200, 100)
    assert len(frames.push(np.zeros(0, np.float32))) == 0
    assert len(frames.finish()) == 0


def test_a_full_scale_sine_on_a_bin_reads_one() -> None:
    t = np.arange(1024)
    row = np.sin(2 * np.pi * 32 * t / 1024).astype(np.float32)
    assert magnitudes(row[None])[0, 32] == pytest.approx(1, abs=1e-3)


def test_mel_and_hertz_are_inverse_and_1000_hz_is_1000_mel() -> None:
    hz = np.array([0.0, 100.0, 1000.0, 8000.0])
    assert np.allclose(mel_to_hertz(hertz_to_mel(hz)), hz)
    assert hertz_to_mel(np.array([1000.0]))[0] == pytest.approx(1000, abs=0.1)


def test_mel_bands_of_a_flat_spectrum_are_flat() -> None:
    flat = np.ones((3, 513), np.float32)
    assert np.allclose(mel_bands(flat, RATE), 1, atol=1e-5)
    assert np.allclose(mel_bands(flat, RATE), flat @ mel_filters(RATE, 1024), atol=1e-5)


def test_cepstra_are_an_orthonormal_transform() -> None:
    levels = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)
    assert np.allclose(np.square(cepstra(levels, 40)).sum(axis=1), np.square(levels).sum(axis=1), rtol=1e-4)
    assert np.allclose(cepstra(levels + 2, 13)[:, 1:], cepstra(levels, 13)[:, 1:], atol=1e-4)


def test_any_split_into_blocks_gives_the_same_features() -> None:
    x = np.random.default_rng(1).normal(size=(2, 100_000)).astype(np.float32) * 0.1
    whole = FeatureStream(44_100)
    whole.process(x)
    cut = FeatureStream(44_100)
    for a, b in pairwise([0, 1, 2, 700, 30_000, 30_001, 100_000]):
        cut.process(x[:, a:b])
    one, other = whole.finish(), cut.finish()
    assert np.array_equal(one.mel, other.mel)
    assert np.array_equal(one.pitches, other.pitches)


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_features_do_not_depend_on_the_rate_of_the_file(rate: int) -> None:
    known = features(sine(440, rate=rate))
    assert known.duration_s == pytest.approx(2)
    assert len(known.mel) == pytest.approx(2 * FAST_HZ + 1, abs=1)
    middle = known.pitches[len(known.pitches) // 2]
    assert middle.argmax() == (69 - LOWEST) * STEPS + 1
    assert known.shape[10, 0] == pytest.approx(440, abs=15)


@pytest.mark.parametrize("cents", [-40, -15, 0, 20, 45])
def test_tuning_is_found(cents: int) -> None:
    notes = [tone(pitch + cents / 100, 1.0) for pitch in (50, 57, 62, 65, 69)]
    found = tuning_cents(features(audio(*notes)))
    assert abs((found - cents + 50) % 100 - 50) < 8


def test_silence_has_no_pitch_no_shape_and_no_onsets() -> None:
    known = features(silence(2, 48_000 * 3))
    assert not known.pitches.any()
    assert not known.shape.any()
    assert not len(onset_times(known))


@pytest.mark.parametrize("length", [0, 1, 100, 30_000])
def test_short_sounds_are_no_trouble(length: int) -> None:
    known = features(Audio(np.full((1, length), 0.1, np.float32), 48_000))
    assert len(known.mel) <= 70
    assert np.isfinite(known.mel).all()


def test_samples_that_are_no_numbers_count_as_silence() -> None:
    x = np.full((1, 48_000), np.nan, np.float32)
    x[0, 1000:2000] = np.inf
    assert np.isfinite(features(Audio(x, 48_000)).shape).all()


def test_noise_is_flat_and_a_tone_is_not() -> None:
    noise = np.abs(np.random.default_rng(2).normal(size=(1, 2049))).astype(np.float32)
    line = np.full((1, 2049), 1e-5, np.float32)
    line[0, 100] = 1
    assert spectral_shape(noise, 48_000)[0, 3] > 0.25
    assert spectral_shape(line, 48_000)[0, 3] < 0.01


def test_onsets_are_found_where_they_were_planted_at_any_level() -> None:
    planted = np.array([0.5, 0.9, 1.35, 2.0, 2.8])
    x = np.zeros(4 * RATE, np.float32)
    for second in planted:
        x[int(second * RATE) :][:2000] += np.random.default_rng(3).normal(size=2000) * np.exp(-np.arange(2000) / 300)
    for level in (0.5, 0.005):
        found = onset_times(features(Audio((level * x)[None], RATE)))
        assert len(found) == len(planted)
        assert np.abs(found - planted).max() < 0.03


def test_of_peaks_close_together_the_highest_stays() -> None:
    curve = np.array([0, 1, 0, 3, 0, 0, 0, 0, 2, 0], np.float64)
    assert peak_places(curve, 0.5, 4).tolist() == [3, 8]
