"""Periodicity: how alike the onsets are to themselves a while later, window by window."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.analysis.features import FAST_HZ, Features
from sonicforge.analysis.onsets import at_fast, band_flux, peaked, pitch_flux

Floats = NDArray[np.float64]

WINDOW, STEP = 2400, 1200
"""Frames of a window (24 s) and from one to the next (12 s)."""
LAGS = 1200
"""Longest lag in frames (12 s), exclusive."""

_TOLERANCE = 0.012


def envelopes(features: Features) -> Floats:
    """Onset envelopes (6, fast frames): five groups of bands, then the pitches."""
    flux = band_flux(features)
    pitches = at_fast(pitch_flux(features).sum(axis=1), len(flux))
    return np.array([peaked(curve) for curve in (*flux.T, pitches)])


def autocorrelations(curves: Floats) -> NDArray[np.float32]:
    """Normalised autocorrelation (windows, curves, LAGS) of curves (curves, frames), at least one window.

    Lag 0 is 1 where a window holds anything, and 0 where it is silent.
    """
    import scipy.fft

    frames = curves.shape[1]
    starts = range(0, max(1, frames - WINDOW // 2), STEP)
    out = np.zeros((len(starts), len(curves), LAGS), np.float32)
    for index, start in enumerate(starts):
        part = curves[:, start : start + WINDOW]
        if part.shape[1] < 2:
            continue
        part = part - part.mean(axis=1, keepdims=True)
        power = np.abs(scipy.fft.rfft(part, 2 * WINDOW, axis=1)) ** 2
        raw = scipy.fft.irfft(power, 2 * WINDOW, axis=1)[:, :LAGS]
        fair = raw / np.maximum(1 - np.arange(LAGS) / part.shape[1], 0.15)
        out[index] = fair / np.maximum(fair[:, :1], 1e-9)
    return out


def at_multiples(curves: NDArray[np.float32], periods: Floats, multiples: Floats) -> NDArray[np.float32]:
    """Highest autocorrelation within 1.2 % of each multiple of each period (frames).

    `curves` (curves, LAGS) gives (periods, curves, multiples); 0 beyond the longest lag.
    """
    out = np.zeros((len(periods), len(curves), len(multiples)), np.float32)
    _highest(np.ascontiguousarray(curves), periods, multiples, _TOLERANCE, out)
    return out


def refined(curve: Floats, period: float, *, reach: float = 0.03) -> float:
    """The period near `period` whose multiples up to 12 s lie on the highest ground of one autocorrelation."""
    tried = period * np.exp(np.linspace(-reach, reach, 241))
    total = np.zeros(len(tried))
    for multiple in (1, 2, 3, 4, 6, 8, 12, 16):
        lags = tried * multiple
        if lags[-1] < len(curve) - 1:
            total += np.interp(lags, np.arange(len(curve)), curve)
    nearness = np.exp(-0.5 * (np.linspace(-1, 1, 241) / 0.8) ** 2)
    return float(tried[int(np.argmax((total - total.min()) * nearness))]) if np.ptp(total) > 0 else period


def frames_of(bpm: Floats | float) -> Floats:
    """Frames from beat to beat."""
    return np.asarray(60.0 * FAST_HZ / np.asarray(bpm, np.float64))


@njit(cache=True, nogil=True)
def _highest(curves, periods, multiples, tolerance, out):  # type: ignore[no-untyped-def]
    for p in range(periods.size):
        for m in range(multiples.size):
            lag = periods[p] * multiples[m]
            reach = max(2, int(lag * tolerance + 0.5))
            first, last = max(0, int(lag) - reach), int(lag) + reach + 2
            if last > curves.shape[1]:
                continue
            for c in range(curves.shape[0]):
                best = curves[c, first]
                for k in range(first + 1, last):
                    best = max(best, curves[c, k])
                out[p, c, m] = best
