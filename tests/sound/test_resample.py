"""Resampling: same sound, other rate."""

import numpy as np
import pytest

from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.resample import resample


@pytest.mark.parametrize(("before", "after"), [(44_100, 48_000), (48_000, 44_100), (48_000, 16_000), (22_050, 48_000)])
def test_a_tone_keeps_pitch_level_and_time(before: int, after: int) -> None:
    def tone(rate: int) -> Audio:
        return Audio(np.tile(0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate), (2, 1)).astype(np.float32), rate)

    converted = resample(tone(before), after)
    assert converted.sample_rate == after
    assert converted.length == after
    error = converted.samples - tone(after).samples
    assert np.abs(error[:, 500:-500]).max() < 1e-4


def test_what_the_new_rate_cannot_carry_is_gone() -> None:
    high = Audio(np.sin(2 * np.pi * 20_000 * np.arange(48_000) / 48_000).astype(np.float32)[None])
    assert np.abs(resample(high, 32_000).samples[:, 500:-500]).max() < 1e-4


def test_the_same_rate_is_the_same_object_and_silence_stays_silent() -> None:
    quiet = silence(2, 1000)
    assert resample(quiet, quiet.sample_rate) is quiet
    assert not resample(quiet, 44_100).samples.any()
