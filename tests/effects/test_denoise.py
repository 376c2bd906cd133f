"""Denoise: less noise, the same music, no musical noise; and traps that other denoisers fell into."""

from functools import cache

import numpy as np
import pytest

from sonicforge.effects.restoration.denoise import Denoise, NoiseProfile
from sonicforge.effects.restoration.frames import Frames
from sonicforge.sound.audio import Samples

RATE = 48_000


@cache
def music(seconds: float = 8.0) -> Samples:
    """Notes with pauses between them, and a hit every second."""
    rng = np.random.default_rng(2)
    t = np.arange(int(seconds * RATE)) / RATE
    x = np.zeros((2, t.size))
    for start in np.arange(0, seconds, 0.5):
        late = np.maximum(t - start, 0)
        hz = rng.choice([196, 220, 262, 330, 392]) * np.arange(1, 12)
        x += sum(np.sin(2 * np.pi * f * late) * np.exp(-late * 8) / (k + 1) for k, f in enumerate(hz)) * (t >= start)
    x += rng.standard_normal((2, t.size)) * np.exp(-(t % 1.0) * 60) * 0.5
    return (0.5 * x / np.abs(x).max()).astype(np.float32)


@cache
def pink(seconds: float = 8.0) -> Samples:
    """Pink noise above 20 Hz, mean square 1."""
    spectrum = np.fft.rfft(np.random.default_rng(3).standard_normal((2, int(seconds * RATE))))
    hz = np.fft.rfftfreq(int(seconds * RATE), 1 / RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 20)) * (hz > 20))
    return (noise / noise.std()).astype(np.float32)


def noisy(snr_db: float) -> Samples:
    return music() + pink() * np.float32(music().std() / 10 ** (snr_db / 20))


def profile(x: Samples) -> NoiseProfile:
    heard = NoiseProfile(channels=len(x))
    heard.hear(x)
    return heard


def through(processor: Denoise, x: Samples) -> Samples:
    return processor.process(np.pad(x, ((0, 0), (0, processor.latency))))[:, processor.latency :]


def si_sdr(y: Samples) -> float:
    x, e = music().astype(np.float64).ravel(), y.astype(np.float64).ravel()
    wanted = (e @ x) / (x @ x) * x
    return float(10 * np.log10(np.square(wanted).sum() / np.square(e - wanted).sum()))


def decibels(x: Samples) -> float:
    return float(20 * np.log10(x.std()))


@pytest.mark.parametrize(("snr_db", "better_db"), [(10, 3.0), (20, 1.0)])
def test_music_in_pink_noise_gets_nearer_to_the_music(snr_db: float, better_db: float) -> None:
    x = noisy(snr_db)
    assert si_sdr(through(Denoise(noise=profile(x).power), x)) > si_sdr(x) + better_db
    assert si_sdr(through(Denoise(), x)) > si_sdr(x) + better_db / 2


def test_noise_alone_becomes_quieter_and_stays_noise() -> None:
    """The kurtosis of the power of a bin tells isolated tones, musical noise, from noise (Uemura et al., 2008)."""
    x = pink() * np.float32(0.03)
    y = through(Denoise(noise=profile(x).power), x)
    assert decibels(x) - decibels(y) > 10

    def kurtosis(z: Samples) -> float:
        frames = np.lib.stride_tricks.sliding_window_view(z[0, RATE:], 1024)[::512] * np.hanning(1024)
        power = np.abs(np.fft.rfft(frames)[:, 5:-5]) ** 2
        return float(((power**4).mean(axis=0) / np.square((power**2).mean(axis=0))).mean())

    assert kurtosis(y) < 1.3 * kurtosis(x)


def test_amount_says_how_much_is_left_of_the_noise() -> None:
    x = pink() * np.float32(0.03)
    levels = [decibels(through(Denoise(amount=a, noise=profile(x).power), x)) for a in (0.0, 0.2, 0.4)]
    assert levels[0] - levels[1] == pytest.approx(6, abs=1)
    assert levels[0] - levels[2] == pytest.approx(11, abs=2)


def test_no_amount_changes_nothing() -> None:
    assert np.abs(through(Denoise(amount=0.0), noisy(10)) - noisy(10)).max() < 1e-5


def test_attacks_stay_sharp() -> None:
    """The first 5 ms of each hit keep their energy within 1 dB."""
    x = noisy(20)
    y = through(Denoise(noise=profile(x).power), x)
    hits = np.concatenate([np.arange(s * RATE, s * RATE + 240) for s in range(1, 8)])
    change = 10 * np.log10(np.square(y[:, hits]).sum() / np.square(x[:, hits]).sum())
    assert abs(change) < 1


def test_clean_music_is_left_alone() -> None:
    y = through(Denoise(noise=profile(music()).power), music())
    assert si_sdr(y) > 30


def test_the_profile_reads_the_level_of_the_noise_under_music() -> None:
    x = noisy(20)
    assert profile(x).level_db == pytest.approx(decibels(music()) - 20, abs=2.5)
    assert profile(pink() * np.float32(0.01)).level_db == pytest.approx(-40, abs=1)
    assert profile(music()).steady_db < -80


def test_one_gain_for_both_channels_keeps_the_image() -> None:
    x = noisy(20)
    y = through(Denoise(noise=profile(x).power), np.stack([x[0], -0.5 * x[0]]))
    assert np.allclose(y[1], -0.5 * y[0], atol=1e-6)


def test_frames_give_the_sound_back_to_the_last_sample() -> None:
    """A stale buffer at the zero-padded end is a known trap."""
    x = noisy(10)[:, :50_001]
    frames = Frames(channels=2, size=2048)
    y = frames.process(np.pad(x, ((0, 0), (0, frames.latency))), lambda spectra, _: spectra)[:, frames.latency :]
    assert np.abs(y - x).max() < 1e-6


def test_nothing_is_left_over_after_the_sound_has_ended() -> None:
    denoise = Denoise(amount=0.5)
    denoise.process(noisy(10)[:, : 2 * RATE])
    assert not denoise.process(np.zeros((2, RATE), np.float32))[:, denoise.latency + 2048 :].any()


def test_gains_act_on_amplitude_not_on_power() -> None:
    """A gain meant for power, used on amplitude, would take twice as many decibels: known noise at the floor tells."""
    x = pink() * np.float32(0.03)
    known = profile(x).power * np.float32(100)
    y = through(Denoise(amount=0.4, noise=known), x)
    assert decibels(y) - decibels(x) == pytest.approx(-12, abs=0.3)


def test_long_and_wide_input_needs_little_memory() -> None:
    """Eight channels pass in frames; samples are never taken for channels."""
    x = np.zeros((8, RATE), np.float32)
    assert Denoise(channels=8).process(x).shape == (8, RATE)
