"""Peaks read eight places at once, and what may be skipped without missing any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.effects.limiter_gain import GROUP, bounds_of, group_peaks
from sonicforge.sound.true_peak import Interpolator, chosen, raise_envelope

NAMES = ("sinc", "itu", "fine")


def envelope(x: np.ndarray, part: Interpolator, lead: int) -> np.ndarray:
    """The detector's readings between all samples of x with `lead` samples of silence on both sides."""
    half = part.taps // 2
    window = np.pad(x, lead + half)[1:].astype(np.float32)
    found = np.zeros(x.size + 2 * lead, np.float32)
    raise_envelope(window, part.even, part.odd, np.zeros((part.taps + 2, found.size), np.float32), found)
    return found


def expected(x: np.ndarray, part: Interpolator) -> np.ndarray:
    """Highest reading or sample of each group; what rings beyond the ends counts for the outermost."""
    lead = 4 * GROUP
    found = envelope(x, part, lead)
    found[lead : lead + x.size] = np.maximum(found[lead : lead + x.size], np.abs(x))
    groups = -(-x.size // GROUP)
    home = np.clip((np.arange(found.size) - lead) // GROUP, 0, groups - 1)
    peaks = np.zeros(groups, np.float32)
    np.maximum.at(peaks, home, found)
    return peaks


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 700), smooth=st.integers(1, 40), floor=st.floats(0, 1.2))
def test_every_reading_above_the_floor_is_found(name: str, seed: int, length: int, smooth: int, floor: float) -> None:
    x = np.convolve(np.random.default_rng(seed).standard_normal(length + smooth), np.ones(smooth), "valid")[:length]
    x = (x / np.abs(x).max()).astype(np.float32)
    part = chosen(name)[0]  # type: ignore[arg-type]
    found, truth = group_peaks(x[None], (part,), floor)[: -(-length // GROUP)], expected(x, part)
    above = truth > floor * 1.00001
    assert found[above] == pytest.approx(truth[above], rel=1e-5)
    assert (found <= truth * 1.00001).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_bounds_hold_for_the_worst_of_signals(name: str) -> None:
    part = chosen(name)[0]  # type: ignore[arg-type]
    straight, near, far = bounds_of(part)
    rng = np.random.default_rng(4)
    for _ in range(300):
        x = np.sign(rng.standard_normal(part.taps)).astype(np.float32) * rng.uniform(0, 1, part.taps).astype(np.float32)
        half = part.taps // 2
        reading = np.zeros(1, np.float32)
        raise_envelope(x, part.even, part.odd, np.zeros((part.taps + 2, 1), np.float32), reading)
        bend = np.abs(np.diff(x, 2)).max()
        assert reading[0] <= straight * np.abs(x[half - 1 : half + 1]).max() + (near + far) * bend


def test_smooth_sound_is_hardly_interpolated_at_all() -> None:
    """The bound of a 200 Hz tone lies within a thousandth of its samples."""
    x = np.sin(2 * np.pi * 200 * np.arange(4800) / 48_000)
    bend = np.abs(np.diff(x, 2)).max()
    assert all(sum(bounds_of(part)[1:]) * bend < 1e-3 for part in chosen("certified"))
