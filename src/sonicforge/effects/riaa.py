"""The playback curve of records since 1954: time constants 3180, 318 and 75 us, 0 dB at 1 kHz (IEC 60098)."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonicforge.effects.biquad import Sections, magnitude_db
from sonicforge.sound.audio import SAMPLE_RATE

BASS_S, MIDDLE_S, TREBLE_S = 3180e-6, 318e-6, 75e-6


def riaa_db(hz: ArrayLike) -> NDArray[np.float64]:
    """The curve itself, in dB: +19.3 at 20 Hz, 0 at 1 kHz, -19.6 at 20 kHz."""
    return _analogue(np.asarray(hz, np.float64)) - _analogue(np.float64(1000.0))


def riaa(sample_rate: int = SAMPLE_RATE) -> Sections:
    """The curve as one section, within 0.15 dB up to 0.4 times the rate.

    Poles and zero sit where they are in the continuous curve; a second zero, which the curve does not have, is put
    where it brings the treble back to the curve at 0.4 times the rate.
    """
    bass, middle, treble = (math.exp(-1 / (seconds * sample_rate)) for seconds in (BASS_S, MIDDLE_S, TREBLE_S))
    matched = np.array([1000.0, min(0.4 * sample_rate, 20_000.0)])
    target = float(riaa_db(matched[1]))
    low, high = 0.0, 0.95
    for _ in range(40):
        extra = (low + high) / 2
        section = _section(bass, middle, treble, extra)
        at = magnitude_db(section, matched, sample_rate=sample_rate)
        # The nearer the second zero comes to half the rate, the darker.
        low, high = (extra, high) if at[1] - at[0] > target else (low, extra)
    section[0, :3] /= 10 ** (at[0] / 20)
    return section


def _section(bass: float, middle: float, treble: float, extra: float) -> Sections:
    above, below = np.convolve([1, -middle], [1, extra]), np.convolve([1, -bass], [1, -treble])
    return np.array([[above[0], above[1], above[2], below[1], below[2]]])


def _analogue(hz: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    w = (2 * np.pi * hz) ** 2
    return np.asarray(10 * np.log10((1 + w * MIDDLE_S**2) / ((1 + w * BASS_S**2) * (1 + w * TREBLE_S**2))))
