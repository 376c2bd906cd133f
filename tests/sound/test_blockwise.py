"""Measured in blocks or whole, sound has the same figures."""

from dataclasses import astuple
from itertools import pairwise
from math import inf

import numpy as np
import pytest

from sonicforge.sound.audio import Audio
from sonicforge.sound.blockwise import measure_blocks
from sonicforge.sound.loudness import measure
from sonicforge.sound.meter import Meter
from sonicforge.sound.true_peak import PeakMeter, true_peak


def music(sample_rate: int, channels: int, seconds: float, seed: int = 1) -> Audio:
    """Loud and soft stretches of clipped tones and noise, with peaks between the samples."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    sound = np.sin(2 * np.pi * 0.23 * sample_rate * t + rng.random((channels, 1))) + 0.3 * rng.standard_normal(
        (channels, len(t))
    )
    loud = np.where(t % 4 < 2, 0.9, 0.1)
    return Audio((loud * np.clip(sound, -1, 1)).astype(np.float32), sample_rate)


def pieces(audio: Audio, seed: int = 2) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    cuts = [0, 0, 1, *sorted(rng.integers(0, audio.length, 25).tolist()), audio.length]
    return [audio.samples[:, first:last] for first, last in pairwise(cuts)]


@pytest.mark.parametrize(("sample_rate", "channels"), [(48_000, 2), (44_100, 1), (44_100, 3), (48_000, 6), (8_000, 2)])
def test_blocks_and_the_whole_have_the_same_figures(sample_rate: int, channels: int) -> None:
    audio = music(sample_rate, channels, 9.0)
    assert astuple(measure_blocks(pieces(audio), sample_rate)) == pytest.approx(astuple(measure(audio)), abs=0.001)


@pytest.mark.parametrize("length", [0, 1, 100, 479, 481, 9_000])
def test_short_sound_has_the_same_figures(length: int) -> None:
    audio = Audio(music(48_000, 2, 1.0).samples[:, :length])
    assert astuple(measure_blocks([audio.samples], 48_000)) == pytest.approx(astuple(measure(audio)), abs=0.001)


def test_nothing_and_silence_are_minus_infinity() -> None:
    for blocks in ([], [np.zeros((2, 48_000), np.float32)] * 3):
        found = measure_blocks(blocks, 48_000)
        assert (found.integrated, found.true_peak, found.sample_peak) == (-inf, -inf, -inf)


def test_samples_that_are_no_numbers_count_as_in_the_whole() -> None:
    audio = music(48_000, 2, 3.0)
    audio.samples[:, 5_000:5_003] = np.nan
    assert measure_blocks(pieces(audio), 48_000).integrated == pytest.approx(measure(audio).integrated, abs=0.001)


def test_a_wave_that_runs_across_blocks_has_no_peak_at_the_seam() -> None:
    wave = (0.9 * np.sin(2 * np.pi * 100 * np.arange(9_600) / 48_000)).astype(np.float32)[None]
    meter = Meter(48_000, 1)
    for first in range(0, wave.shape[1], 600):
        meter.process(wave[:, first : first + 600])
    assert meter.loudness.true_peak == pytest.approx(20 * np.log10(0.9), abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_a_peak_is_found_wherever_blocks_end(seed: int) -> None:
    audio = music(48_000, 2, 0.4, seed)
    meter = PeakMeter(2)
    for block in pieces(audio, seed):
        meter.process(block)
    assert meter.true_peak == pytest.approx(true_peak(audio), abs=1e-6)
    assert meter.sample_peak == np.abs(audio.samples).max()


def test_a_sound_that_breaks_off_rings_as_the_whole_does() -> None:
    audio = Audio(np.full((1, 700), 0.8, np.float32))
    meter = PeakMeter(1)
    meter.process(audio.samples[:, :300])
    meter.process(audio.samples[:, 300:])
    assert meter.true_peak == pytest.approx(true_peak(audio), abs=1e-6)
    assert meter.true_peak > 0.82
