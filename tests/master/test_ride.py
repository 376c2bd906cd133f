"""Rides bring the loudness range towards the genre's and leave the rest alone."""

import numpy as np
import pytest

from sonicforge.master.ride import MOST_RIDE_DB, Ride, apply_ride, decide_ride, ridden
from sonicforge.sound.audio import Audio
from sonicforge.sound.loudness import loudness_range, piece_power

RATE = 48_000


def passages(*levels_db: float, seconds: float = 15.0) -> Audio:
    """Noise whose level changes from passage to passage."""
    size = round(seconds * RATE)
    noise = np.random.default_rng(3).standard_normal(size * len(levels_db)) * 0.1
    noise *= np.repeat(10 ** (np.array(levels_db) / 20), size)
    return Audio(np.stack([noise, noise]).astype(np.float32))


def after_ride(audio: Audio, wanted: tuple[float, float]) -> float:
    ridden_audio = Audio(audio.samples.copy(), RATE)
    apply_ride(ridden_audio.samples, decide_ride(piece_power(audio), wanted), RATE)
    return loudness_range(piece_power(ridden_audio))


def test_a_range_inside_the_wanted_one_is_not_ridden() -> None:
    audio = passages(-6, 0, -6, 0)
    assert decide_ride(piece_power(audio), (4.0, 8.0)) == Ride()


def test_a_wide_range_is_drawn_together() -> None:
    audio = passages(-10, 0, -8, 0)
    before = loudness_range(piece_power(audio))
    assert before > 8
    assert 5.0 < after_ride(audio, (4.0, 7.0)) < before - 1.5


def test_a_narrow_range_is_drawn_apart_in_the_same_order() -> None:
    audio = passages(-3, -1.5, 0, -3)
    assert loudness_range(piece_power(audio)) < 4 <= after_ride(audio, (4.0, 8.0)) + 0.3
    gains = np.array(decide_ride(piece_power(audio), (4.0, 8.0)).ride_db)
    assert gains[3] < gains[11] < gains[18]


def test_a_ride_moves_at_most_four_decibels_and_no_faster_than_a_listener_follows() -> None:
    gains = np.array(decide_ride(piece_power(passages(-30, 0, -15, 0)), (3.0, 5.0)).ride_db)
    assert np.abs(gains).max() <= MOST_RIDE_DB
    assert np.abs(np.diff(gains)).max() < 6.0


@pytest.mark.parametrize("length", [0, 100, RATE])
def test_silence_and_short_sound_are_not_ridden(length: int) -> None:
    power = piece_power(Audio(np.zeros((2, length), np.float32)))
    assert decide_ride(power, (4.0, 8.0)) == Ride()


def test_no_ride_is_a_factor_of_one() -> None:
    assert np.array_equal(ridden(Ride(), np.arange(4.0)), np.ones(4))
