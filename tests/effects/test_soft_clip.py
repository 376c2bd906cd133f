"""The soft clipper: transparent below the knee, bounded above, few aliases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.effects.soft_clip import SoftClip, clipped_peak, curve, soft_clip

RATE = 48_000


def clipped(samples: np.ndarray, ceiling_db: float = -3.0) -> np.ndarray:
    out = np.ascontiguousarray(samples, np.float32).copy()
    soft_clip(out, ceiling_db=ceiling_db)
    return out


def sine(hz: float, amplitude: float, seconds: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE))[None].astype(np.float32)


def test_below_the_knee_everything_passes_bit_for_bit() -> None:
    quiet = sine(440, 0.59)
    assert np.array_equal(clipped(quiet), quiet)


def test_slow_peaks_end_on_the_static_curve() -> None:
    for amplitude in (0.6, 0.65, 0.7, 0.8, 1.5):
        expected = float(clipped_peak(np.array([amplitude], np.float32), -3.0)[0])
        assert np.abs(clipped(sine(50, amplitude))).max() == pytest.approx(expected, abs=1e-3)


def test_the_curve_rises_to_the_ceiling_and_never_above() -> None:
    peaks = np.linspace(0, 10, 5000, dtype=np.float32)
    out = clipped_peak(peaks, -3.0)
    assert (np.diff(out) >= 0).all()
    assert out[-1] == pytest.approx(10 ** (-3 / 20), rel=1e-6)
    start, _ = curve(-3.0)
    assert np.array_equal(out[peaks <= start], peaks[peaks <= start])


def test_it_is_odd_so_it_adds_no_dc_and_no_even_harmonics() -> None:
    hot = np.random.default_rng(1).standard_normal((1, 5000)).astype(np.float32)
    assert np.array_equal(clipped(-hot), -clipped(hot))


def test_aliases_of_a_high_tone_are_lower_than_those_of_a_bare_curve() -> None:
    hz, start = 6100.0, curve(-3.0)
    tone = sine(hz, 1.2)
    bare = np.clip(tone, -start[0] - start[1], start[0] + start[1])
    assert worst_alias_db(clipped(tone)[0], hz) < worst_alias_db(bare[0], hz) - 6


def worst_alias_db(samples: np.ndarray, hz: float) -> float:
    """Highest line that is not a harmonic, relative to the fundamental."""
    spectrum = np.abs(np.fft.rfft(samples * np.blackman(len(samples))))
    fundamental = spectrum[round(hz)]
    for harmonic in np.arange(hz, RATE / 2, hz):
        spectrum[max(0, round(harmonic) - 4) : round(harmonic) + 5] = 0
    return float(20 * np.log10(spectrum.max() / fundamental))


def test_silence_stays_silent() -> None:
    assert not clipped(np.zeros((2, 1000), np.float32)).any()


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 1999), max_size=6), seed=st.integers(0, 99))
def test_any_split_into_blocks_gives_the_offline_result_one_sample_later(cuts: list[int], seed: int) -> None:
    hot = np.random.default_rng(seed).standard_normal((2, 2000)).astype(np.float32)
    clip = SoftClip(ceiling_db=-3.0)
    parts = [clip.process(part) for part in np.split(hot, sorted(set(cuts)), axis=1)]
    whole = clipped(hot)
    assert np.array_equal(np.concatenate(parts, axis=1)[:, 1:], whole[:, :-1])
