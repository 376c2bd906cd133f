"""The guard leaves good sound alone and lets nothing over the ceiling, whatever comes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sonicforge.chance import noise
from sonicforge.playout.block import BLOCK
from sonicforge.playout.guard import CEILING_DB, Guard
from sonicforge.sound.audio import Audio
from sonicforge.sound.true_peak import true_peak_db

COUNT = 40


def guarded(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    guard = Guard()
    parts = [guard.process(sound[:, first : first + BLOCK]) for first in range(0, sound.shape[1], BLOCK)]
    assert parts[0] is None
    return np.concatenate([part for part in parts if part is not None], axis=1)


def loud(level: float) -> NDArray[np.float32]:
    """Noise that swells in bursts, without its highest octave."""
    raw = noise(3, "guard").standard_normal((2, COUNT * BLOCK))
    smooth = (raw + np.roll(raw, 1, axis=1) + np.roll(raw, 2, axis=1)) / 3
    swell = 0.3 + 0.7 * np.maximum(0, np.sin(np.arange(COUNT * BLOCK) / 7000)) ** 4
    return (level * smooth * swell).astype(np.float32)


def test_mastered_sound_passes_bit_by_bit() -> None:
    sound = loud(0.15)
    assert np.array_equal(guarded(sound), sound[:, :-BLOCK])


@pytest.mark.parametrize("level", [0.5, 1.0, 3.0])
def test_nothing_passes_the_ceiling(level: float) -> None:
    sound = loud(level)
    assert true_peak_db(Audio(sound)) > CEILING_DB
    assert true_peak_db(Audio(guarded(sound))) <= CEILING_DB


@pytest.mark.parametrize("hertz", [50.0, 997.0, 6000.0, 11_990.0])
def test_a_tone_that_begins_far_too_loud_is_held(hertz: float) -> None:
    wave = 1.5 * np.sin(2 * np.pi * hertz * np.arange(COUNT * BLOCK) / 48_000 + 0.7)
    held = guarded(np.tile(wave, (2, 1)).astype(np.float32))
    # Between the samples of an edge is more than the tone itself holds, so the edges are left out softly.
    softly = np.clip(np.minimum(np.arange(held.shape[1]), np.arange(held.shape[1])[::-1]) / BLOCK, 0, 1)
    assert true_peak_db(Audio(held * softly.astype(np.float32))) <= CEILING_DB
    middle = held[0, 10 * BLOCK : 20 * BLOCK]
    assert np.sqrt((middle.astype(float) ** 2).mean()) > 0.5


def test_gain_returns_to_one() -> None:
    sound = loud(0.15)
    sound[:, 5 * BLOCK + 100] = 1.4
    held = guarded(sound)
    assert np.abs(held).max() < 0.9
    assert np.array_equal(held[:, 15 * BLOCK :], sound[:, 15 * BLOCK : -BLOCK])


def test_no_nan_gets_out() -> None:
    sound = loud(0.15)
    sound[0, 3 * BLOCK + 7] = np.nan
    sound[1, 9 * BLOCK] = np.inf
    held = guarded(sound)
    assert np.isfinite(held).all()
    assert np.abs(held).max() < 0.9
