"""Loudness of the layers before their envelopes: noise, metal and claps at RMS 0.33, clicks at RMS 1, sines at 0.7.

The gains follow from the filters' power responses, so that no hit has to be measured.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import SAMPLE_RATE, Samples

SINE = 0.7
NOISE_RMS = 0.33
CLICK_RMS = 0.75
"""Not 1: so the kicks' centroids land where they were measured to belong."""
METAL_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
METAL_CENTRE_HZ = 7100.0
METAL_LOWER_HZ = 3400.0
NYQUIST_SHARE = 0.46
"""Corners are kept below this share of the sample rate."""


def amplitude(level_db: float) -> float:
    return float(10.0 ** (level_db / 20.0))


def cycles(hz: float) -> float:
    """Hertz as cycles per sample, inside what the filters can do."""
    return min(max(hz, 5.0) / SAMPLE_RATE, NYQUIST_SHARE)


def _warped(w: NDArray[np.float64], corner: float) -> NDArray[np.float64]:
    return np.tan(w / 2) / np.tan(np.pi * corner)


def _low(w: NDArray[np.float64], corner: float) -> NDArray[np.float64]:
    return 1.0 / (1.0 + _warped(w, corner) ** 4)


def _high(w: NDArray[np.float64], corner: float) -> NDArray[np.float64]:
    return 1.0 - _low(w, corner)


def _band(w: NDArray[np.float64], corner: float, q: float) -> NDArray[np.float64]:
    x = _warped(w, corner)
    return (x / q) ** 2 / ((1.0 - x * x) ** 2 + (x / q) ** 2)


def _grid() -> NDArray[np.float64]:
    return (np.arange(1024) + 0.5) * np.pi / 1024


@lru_cache(maxsize=512)
def noise_gain(low: float, high: float) -> float:
    """Gain that brings white noise of variance 1 between two corners to the layer level."""
    power = float(np.mean(_high(_grid(), low) * _low(_grid(), high)))
    return NOISE_RMS / max(power, 1e-9) ** 0.5


@lru_cache(maxsize=128)
def click_gain(band_passed: bool, corner: float) -> float:
    """Gain that brings white noise through the click's filter to `CLICK_RMS`."""
    response = _band(_grid(), corner, 1.2) if band_passed else _high(_grid(), corner)
    return CLICK_RMS / max(float(np.mean(response)), 1e-9) ** 0.5


@lru_cache(maxsize=64)
def metal_gain(multiplier: float, lower_gain: float) -> float:
    """Gain for six unit squares through the metal band-passes (of gain Q = 1 at their centres)."""
    power = 0.0
    for hz in METAL_HZ:
        k = np.arange(1, int(0.5 * SAMPLE_RATE / (hz * multiplier)), 2, dtype=np.float64)
        w = 2 * np.pi * k * hz * multiplier / SAMPLE_RATE
        through = _band(w, METAL_CENTRE_HZ / SAMPLE_RATE, 1.0) ** 0.5
        through += lower_gain * _band(w, METAL_LOWER_HZ / SAMPLE_RATE, 1.0) ** 0.5
        power += float(np.sum(8.0 / (np.pi * k) ** 2 * through**2))
    return NOISE_RMS / power**0.5


@lru_cache(maxsize=1)
def resampling_taps() -> Samples:
    """Low-pass for work at four times the rate: flat to 18 kHz, 80 dB down from 28 kHz."""
    span = 97
    ideal = 0.24 * np.sinc(0.24 * (np.arange(span) - (span - 1) / 2))
    window = np.kaiser(span, 8.0)
    taps = ideal * window
    return (taps / taps.sum()).astype(np.float32)


@lru_cache(maxsize=1)
def resampling_phases() -> Samples:
    """The same low-pass as four phases (4, 26): every fourth tap, backwards, the last place 0."""
    taps = resampling_taps()
    phases = np.zeros((4, 26), np.float32)
    for phase in range(4):
        part = taps[phase::4][::-1]
        phases[phase, 25 - part.size : 25] = part
    return phases
