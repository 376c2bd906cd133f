"""Fixed filters: biquads in series, two in one loop."""

import numpy as np
from numba import njit

from sonicforge.sound.audio import SAMPLE_RATE, Samples

Section = tuple[float, float, float, float, float]
"""b0 b1 b2 a1 a2, a0 = 1."""


def peak(hz: float, q: float, gain_db: float) -> Section:
    """A bell (Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients")."""
    a = 10 ** (gain_db / 40)
    w = 2 * np.pi * hz / SAMPLE_RATE
    alpha = np.sin(w) / (2 * q)
    norm = 1 + alpha / a
    middle = -2 * np.cos(w) / norm
    return (1 + alpha * a) / norm, middle, (1 - alpha * a) / norm, middle, (1 - alpha / a) / norm


def highpass(hz: float) -> Section:
    """Butterworth, 12 dB per octave."""
    return _edge(hz, -1.0)


def lowpass(hz: float) -> Section:
    """Butterworth, 12 dB per octave."""
    return _edge(hz, 1.0)


def one_pole(hz: float) -> Section:
    """Low-pass, 6 dB per octave."""
    g = np.tan(np.pi * hz / SAMPLE_RATE)
    return g / (1 + g), g / (1 + g), 0.0, (g - 1) / (g + 1), 0.0


def _edge(hz: float, sign: float) -> Section:
    w = 2 * np.pi * min(hz, 20_000.0) / SAMPLE_RATE
    alpha = np.sin(w) / np.sqrt(2)
    b1 = sign * (1 - sign * np.cos(w)) / (1 + alpha)
    return abs(b1) / 2, b1, abs(b1) / 2, -2 * np.cos(w) / (1 + alpha), (1 - alpha) / (1 + alpha)


def filter_sections(x: Samples, sections: list[Section]) -> None:
    """Biquads in series on x (channels, n), in place."""
    rows = np.array(sections, np.float64).reshape(-1, 5)
    for first in range(0, len(rows), 2):
        pair = rows[first : first + 2]
        if len(pair) == 1:
            pair = np.concatenate([pair, [[1.0, 0.0, 0.0, 0.0, 0.0]]])
        _biquads(x, np.ascontiguousarray(pair))


@njit(cache=True, nogil=True, fastmath=True)
def _biquads(x, rows):  # type: ignore[no-untyped-def]
    channels, size = x.shape
    b0, b1, b2, a1, a2 = rows[0]
    d0, d1, d2, c1, c2 = rows[1]
    for c in range(channels):
        s1 = s2 = t1 = t2 = 0.0
        for i in range(size):
            v = x[c, i]
            y = b0 * v + s1
            s1 = b1 * v - a1 * y + s2
            s2 = b2 * v - a2 * y
            z = d0 * y + t1
            t1 = d1 * y - c1 * z + t2
            t2 = d2 * y - c2 * z
            x[c, i] = np.float32(z)
