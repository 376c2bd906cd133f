"""What the critic's ears say of sounds whose answer is known."""

import numpy as np
import pytest

from sonicforge.critic.clicks import click_times
from sonicforge.critic.hearing import hear
from sonicforge.critic.listening import Listening, sliding_mean, target_balance, target_band, target_thirds
from sonicforge.genres.load import load
from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.loudness import integrated
from sonicforge.sound.spectrum import OCTAVES_HZ, octave_bands

RATE = 48_000


def tone(hz: float, seconds: float = 3.0, *, right: float = 1.0) -> Audio:
    wave = np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)
    return Audio(np.stack([wave, right * wave]).astype(np.float32))


def noise(seconds: float = 4.0, channels: int = 2) -> Audio:
    rng = np.random.default_rng(7)
    return Audio((0.1 * rng.standard_normal((channels, int(seconds * RATE)))).astype(np.float32))


@pytest.mark.parametrize("band", range(1, 10))
def test_a_tone_sounds_in_its_octave_with_its_power(band: int) -> None:
    power = hear(tone(OCTAVES_HZ[band])).octaves.mean(axis=0)
    assert power[band] == pytest.approx(0.5, rel=0.02)
    assert power.sum() == pytest.approx(0.5, rel=0.02)


def test_octaves_agree_with_the_meter() -> None:
    audio = noise()
    heard = 10 * np.log10(hear(audio).octaves.mean(axis=0))
    assert heard[2:] == pytest.approx(octave_bands(audio)[2:], abs=0.3)


def test_equal_channels_have_no_side_and_opposite_ones_no_middle() -> None:
    assert hear(tone(500)).side.max() < 1e-9
    assert hear(tone(500, right=-1.0)).mid.max() < 1e-9


def test_the_low_end_knows_left_from_right() -> None:
    mid, side, left, right = hear(tone(70, right=0.5)).low.mean(axis=0)
    assert left == pytest.approx(0.5, rel=0.02)
    assert right == pytest.approx(0.125, rel=0.02)
    assert mid == pytest.approx(0.28125, rel=0.02)
    assert side == pytest.approx(0.03125, rel=0.02)


def test_loudness_is_the_meter_s() -> None:
    audio = noise()
    assert hear(audio).loudness.integrated == pytest.approx(integrated(audio), abs=1e-9)
    assert hear(audio).lufs(0.0, 4.0) == pytest.approx(integrated(audio), abs=0.1)


def test_the_envelope_hears_the_middle_and_not_the_ends() -> None:
    middle, low, high = (hear(tone(hz)).envelope[100:].mean() for hz in (1000, 40, 16_000))
    assert middle == pytest.approx(0.5, rel=0.05)
    assert low < 0.01 * middle
    assert high < 0.05 * middle


def test_faults_are_counted_wherever_they_are() -> None:
    samples = noise().samples.copy()
    samples[0, 5], samples[1, -1], samples[1, 70_000] = np.nan, np.inf, -np.inf
    assert hear(Audio(samples)).faults == 3


def test_silence_is_silence() -> None:
    hearing = hear(silence(2, RATE))
    assert hearing.octaves.max() == 0.0
    assert hearing.loudness.integrated == float("-inf")
    assert hearing.faults == 0


def test_frames_and_pieces_of_any_stretch_exist() -> None:
    hearing = hear(noise())
    for start, end in ((0.0, 4.0), (3.99, 4.0), (-1.0, 0.0), (9.0, 10.0)):
        assert len(hearing.mid[hearing.frames(start, end)]) >= 1
        hearing.lufs(start, end)


def test_a_target_read_in_thirds_or_bands_keeps_its_octave_power() -> None:
    target = load("house_deep").target
    thirds = 10 ** (target_thirds(target)[12:15] / 10)
    octave = target_balance(target)[4]
    assert 10 * np.log10(thirds.sum()) == pytest.approx(octave, abs=1.0)
    assert target_band(target, 707.1, 1414.2) == pytest.approx(target_balance(target)[5], abs=0.5)


def test_a_listening_s_balance_is_free_of_level() -> None:
    audio = noise()
    quiet = Audio(audio.samples * np.float32(0.1))
    loud, soft = (Listening(hear(sound)).balance() for sound in (audio, quiet))
    assert loud == pytest.approx(soft, abs=0.01)
    assert loud[1:9].mean() == pytest.approx(0.0, abs=1e-9)


def test_sliding_means_of_short_material_are_one_mean() -> None:
    assert sliding_mean(np.array([1.0, 3.0]), 8) == pytest.approx([2.0])
    assert sliding_mean(np.array([1.0, 3.0, 5.0]), 2) == pytest.approx([2.0, 4.0])


def test_a_click_on_a_scheduled_onset_is_music() -> None:
    samples = tone(220, 4.0).samples.copy() * np.float32(0.1)
    samples[:, 2 * RATE] += 0.6
    audio = Audio(samples)
    assert click_times(audio, np.array([0.0, 1.0])) == pytest.approx([2.0], abs=0.001)
    assert len(click_times(audio, np.array([0.0, 2.001]))) == 0


def test_a_note_that_begins_is_not_a_click_in_unknown_music() -> None:
    samples = np.zeros((2, 4 * RATE), np.float32)
    times = np.arange(RATE) / RATE
    samples[:, 2 * RATE : 3 * RATE] = 0.3 * np.sin(2 * np.pi * 7000 * times)
    samples += 0.05 * np.sin(2 * np.pi * 200 * np.arange(4 * RATE) / RATE).astype(np.float32)
    assert len(click_times(Audio(samples), None)) == 0
