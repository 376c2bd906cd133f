"""Second-order sections: design by bilinear transform, and what they do to a frequency.

Shapes after R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients"; the cascades of
Butterworth quality factors are textbook. A filter is an array of rows (b0, b1, b2, a1, a2), a0 = 1.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonicforge.sound.audio import SAMPLE_RATE

Sections = NDArray[np.float64]
"""Rows (b0, b1, b2, a1, a2), in series."""

BUTTERWORTH = {6: (), 12: (math.sqrt(0.5),), 24: (0.54119610, 1.30656296)}
"""Quality factors of the second-order sections for a slope in dB per octave."""


def highpass(hz: float, *, slope: int = 12, q: float | None = None, sample_rate: int = SAMPLE_RATE) -> Sections:
    """Butterworth high-pass of 6, 12 or 24 dB/oct; `q` replaces the quality of a 12 dB/oct one."""
    if slope == 6:
        k = math.tan(_angle(hz, sample_rate) / 2)
        return _rows((1 / (1 + k), -1 / (1 + k), 0.0, 1.0, (k - 1) / (1 + k), 0.0))
    qualities = BUTTERWORTH[slope] if q is None else (q,)
    return np.concatenate([_second_order(hz, quality, sample_rate, high=True) for quality in qualities])


def lowpass(hz: float, *, slope: int = 12, q: float | None = None, sample_rate: int = SAMPLE_RATE) -> Sections:
    """Butterworth low-pass of 6, 12 or 24 dB/oct; `q` replaces the quality of a 12 dB/oct one."""
    if slope == 6:
        k = math.tan(_angle(hz, sample_rate) / 2)
        return _rows((k / (1 + k), k / (1 + k), 0.0, 1.0, (k - 1) / (1 + k), 0.0))
    qualities = BUTTERWORTH[slope] if q is None else (q,)
    return np.concatenate([_second_order(hz, quality, sample_rate, high=False) for quality in qualities])


def bell(hz: float, gain_db: float, *, q: float = 0.9, sample_rate: int = SAMPLE_RATE) -> Sections:
    """Peaking band: `gain_db` at `hz`, half of it at the edges that `q` sets."""
    w = _angle(hz, sample_rate)
    a, alpha, cos = 10 ** (gain_db / 40), math.sin(w) / (2 * q), math.cos(w)
    return _rows((1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a))


def low_shelf(hz: float, gain_db: float, *, q: float = 0.7, sample_rate: int = SAMPLE_RATE) -> Sections:
    """`gain_db` below `hz`, half of it at `hz`, nothing above."""
    return _shelf(hz, gain_db, q, sample_rate, 1.0)


def high_shelf(hz: float, gain_db: float, *, q: float = 0.7, sample_rate: int = SAMPLE_RATE) -> Sections:
    """`gain_db` above `hz`, half of it at `hz`, nothing below."""
    return _shelf(hz, gain_db, q, sample_rate, -1.0)


def tilt(gain_db: float, *, hz: float = 1000.0, sample_rate: int = SAMPLE_RATE) -> Sections:
    """Turns the spectrum around `hz`: `gain_db` more in the treble, as much less in the bass."""
    low = low_shelf(hz, -gain_db, q=0.4, sample_rate=sample_rate)
    return np.concatenate([low, high_shelf(hz, gain_db, q=0.4, sample_rate=sample_rate)])


def magnitude_db(sections: Sections, hz: ArrayLike, *, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float64]:
    """Gain in dB at each frequency; 0 for no sections."""
    z = np.exp(-2j * np.pi * np.asarray(hz, np.float64) / sample_rate)
    gain = np.ones_like(z)
    for b0, b1, b2, a1, a2 in sections:
        gain = gain * (b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z)
    return np.asarray(20 * np.log10(np.maximum(np.abs(gain), 1e-12)))


def _angle(hz: float, sample_rate: int) -> float:
    return 2 * math.pi * min(max(hz, 1.0), 0.49 * sample_rate) / sample_rate


def _second_order(hz: float, q: float, sample_rate: int, *, high: bool) -> Sections:
    w = _angle(hz, sample_rate)
    alpha, cos = math.sin(w) / (2 * q), math.cos(w)
    edge = (1 + cos) / 2 if high else (1 - cos) / 2
    middle = -(1 + cos) if high else 1 - cos
    return _rows((edge, middle, edge, 1 + alpha, -2 * cos, 1 - alpha))


def _shelf(hz: float, gain_db: float, q: float, sample_rate: int, side: float) -> Sections:
    w = _angle(hz, sample_rate)
    a, cos = 10 ** (gain_db / 40), side * math.cos(w)
    edge = 2 * math.sqrt(a) * math.sin(w) / (2 * q)
    return _rows(
        (
            a * ((a + 1) - (a - 1) * cos + edge),
            side * 2 * a * ((a - 1) - (a + 1) * cos),
            a * ((a + 1) - (a - 1) * cos - edge),
            (a + 1) + (a - 1) * cos + edge,
            side * -2 * ((a - 1) + (a + 1) * cos),
            (a + 1) + (a - 1) * cos - edge,
        )
    )


def _rows(six: tuple[float, float, float, float, float, float]) -> Sections:
    b0, b1, b2, a0, a1, a2 = six
    return np.array([[b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0]])
