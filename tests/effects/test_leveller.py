"""The station leveller: towards the target, slowly, within bounds, and patient."""

import numpy as np
import pytest

from sonicforge.effects.agc import Leveller
from sonicforge.sound.audio import Audio
from sonicforge.sound.loudness import integrated

RATE = 48_000


def programme(lufs: float, seconds: float, seed: int = 0) -> np.ndarray:
    """Noise of that loudness, stereo."""
    x = (np.random.default_rng(seed).standard_normal((2, round(seconds * RATE))) * 0.05).astype(np.float32)
    return x * np.float32(10 ** ((lufs - integrated(Audio(x))) / 20))


def gains_db(leveller: Leveller, x: np.ndarray) -> np.ndarray:
    """Gain after every tenth of a second."""
    found = []
    for at in range(0, x.shape[1], RATE // 10):
        leveller.process(x[:, at : at + RATE // 10])
        found.append(leveller.gain_db)
    return np.array(found)


def test_what_lies_within_the_dead_zone_passes_bit_for_bit() -> None:
    for lufs in (-17.3, -16.0, -14.7):
        x = programme(lufs, 10)
        assert np.array_equal(Leveller().process(x), x)


@pytest.mark.parametrize(("lufs", "rate"), [(-20.5, 0.5), (-12.0, -1.5)])
def test_it_moves_at_its_two_speeds_and_arrives(lufs: float, rate: float) -> None:
    gains = gains_db(Leveller(), programme(lufs, 16))
    moving = np.abs(np.diff(gains)) > 1e-9
    assert np.diff(gains)[moving][:-1] == pytest.approx(rate / 10, abs=1e-9)
    assert gains[-1] == pytest.approx(-16 - lufs, abs=0.6)
    assert np.abs(np.diff(gains[-20:])).max() < 0.06


def test_it_never_goes_beyond_its_range() -> None:
    assert gains_db(Leveller(), programme(-25.5, 20)).max() == pytest.approx(6, abs=0.51)
    assert gains_db(Leveller(), programme(-25.5, 20)).max() <= 6
    assert gains_db(Leveller(), programme(-4, 10)).min() == pytest.approx(-6, abs=0.51)


def test_pauses_and_fades_are_left_alone() -> None:
    x = np.concatenate([programme(-20, 12), programme(-50, 8), programme(-34, 8)], axis=1)
    gains = gains_db(Leveller(), x)
    assert gains[118] > 3
    assert np.abs(gains[126:] - gains[126]).max() == 0


def test_the_output_ends_within_the_dead_zone_of_the_target() -> None:
    y = Leveller().process(programme(-20.5, 20))
    assert integrated(Audio(np.ascontiguousarray(y[:, 14 * RATE :]))) == pytest.approx(-16, abs=1.5)


def test_the_gain_never_steps() -> None:
    x = np.full((1, 4 * RATE), 0.25, np.float32)
    x[0] += 0.5 * np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE)
    y = Leveller().process(x)
    gain = y / x
    assert np.abs(np.diff(gain[0][np.abs(x[0]) > 0.2])).max() < 1e-4


@pytest.mark.parametrize("channels", [1, 2, 5, 6])
def test_any_number_of_channels_keeps_its_balance(channels: int) -> None:
    x = np.repeat(programme(-22, 8)[:1], channels, axis=0) * np.linspace(1, 0.5, channels, dtype=np.float32)[:, None]
    y = Leveller().process(x)
    assert np.allclose(y[-1] * np.float32(2 if channels > 1 else 1), y[0], atol=1e-5)
