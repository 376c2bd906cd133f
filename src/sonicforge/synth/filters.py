"""Filters of a voice: state-variable, ladder and comb, driven by one cutoff point every 32 samples.

Zero-delay-feedback forms after Zavalishin, "The Art of VA Filter Design"; between points the tuning moves linearly.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.genres.timbre import Filter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

Doubles = NDArray[np.float64]

LOWEST_HZ = 25.0
HIGHEST_HZ = 20_000.0


def apply_filter(x: Samples, spec: Filter, cutoff_hz: Doubles) -> None:
    """Filters x (channels, n) in place. cutoff_hz holds one point every 32 samples and one beyond the end."""
    hz = np.clip(cutoff_hz, LOWEST_HZ, HIGHEST_HZ)
    if spec.kind == "cmb":
        _comb(x, SAMPLE_RATE / hz, 0.5 + 0.46 * spec.resonance)
        return
    tuning = np.tan(np.pi / SAMPLE_RATE * hz)
    if spec.kind == "lad24":
        _ladder(x, tuning, 3.9 * spec.resonance)
        return
    q = 0.70711 * 12.0**spec.resonance
    if spec.kind == "lp24":
        _svf24(x, tuning, 1 / 0.5412, 1 / (1.8478 * q))
        return
    low, band, high = {"lp12": (1, 0, 0), "hp12": (0, 0, 1), "bp12": (0, 1, 0), "nt": (1, 0, 1)}[spec.kind]
    _svf(x, tuning, 1 / q, float(low), band / q, float(high))


def sweep_notch(x: Samples, hz: Doubles, q: float) -> None:
    """A moving notch on x (channels, n) in place; hz holds one point every 32 samples and one beyond the end."""
    _svf(x, np.tan(np.pi / SAMPLE_RATE * np.clip(hz, LOWEST_HZ, HIGHEST_HZ)), 1 / q, 1.0, 0.0, 1.0)


@njit(cache=True, nogil=True, fastmath=True)
def _svf(x, tuning, damping, low, band, high):  # type: ignore[no-untyped-def]
    """One section as a state update, so that a sample waits for two multiply-adds; both channels share the division."""
    channels, size = x.shape
    a1 = a2 = b1 = b2 = 0.0
    left = x[0]
    right = x[channels - 1]
    for b in range(tuning.size - 1):
        g = tuning[b]
        slope = (tuning[b + 1] - g) / 32.0
        for i in range(b * 32, min(b * 32 + 32, size)):
            r = 2.0 / (1.0 + g * (g + damping))
            v = left[i]
            y, one, two = _state(v, a1, a2, r, g)
            a1, a2 = one, two
            if channels == 2:
                w = right[i]
                z, one, two = _state(w, b1, b2, r, g)
                b1, b2 = one, two
                right[i] = np.float32(low * z[1] + band * z[0] + high * (w - damping * z[0] - z[1]))
            left[i] = np.float32(low * y[1] + band * y[0] + high * (v - damping * y[0] - y[1]))
            g += slope


@njit(cache=True, nogil=True, fastmath=True)
def _state(v, one, two, r, g):  # type: ignore[no-untyped-def]
    """Band-pass and low-pass of a section, and its next state; r is twice the inverse of its loop."""
    next_one = (r - 1.0) * one + r * g * (v - two)
    next_two = r * g * one + two + g * r * g * (v - two)
    return (0.5 * (next_one + one), 0.5 * (next_two + two)), next_one, next_two


@njit(cache=True, nogil=True, fastmath=True)
def _section(x, one, two, r, p, gp):  # type: ignore[no-untyped-def]
    """Low-pass output and next state of a section as above."""
    v = x - two
    next_one = r * one + p * v
    next_two = p * one + two + gp * v
    return 0.5 * (next_two + two), next_one, next_two


@njit(cache=True, nogil=True, fastmath=True)
def _svf24(x, tuning, first, second):  # type: ignore[no-untyped-def]
    """Two low-pass sections and both channels in one loop: four short recursions overlap."""
    channels, size = x.shape
    a1 = a2 = b1 = b2 = 0.0
    c1 = c2 = d1 = d2 = 0.0
    left = x[0]
    right = x[channels - 1]
    for b in range(tuning.size - 1):
        g = tuning[b]
        slope = (tuning[b + 1] - g) / 32.0
        for i in range(b * 32, min(b * 32 + 32, size)):
            d = 1.0 + g * (g + first)
            e = 1.0 + g * (g + second)
            both = 2.0 / (d * e)
            r = e * both
            q = d * both
            y, a1, a2 = _section(left[i], a1, a2, r - 1.0, r * g, g * r * g)
            y, b1, b2 = _section(y, b1, b2, q - 1.0, q * g, g * q * g)
            if channels == 2:
                z, c1, c2 = _section(right[i], c1, c2, r - 1.0, r * g, g * r * g)
                z, d1, d2 = _section(z, d1, d2, q - 1.0, q * g, g * q * g)
                right[i] = np.float32(z)
            left[i] = np.float32(y)
            g += slope


@njit(cache=True, nogil=True, fastmath=True)
def _ladder_step(x, s1, s2, s3, s4, h, p, feedback, solve, makeup):  # type: ignore[no-untyped-def]
    y1 = h * s1
    y2 = p * y1 + h * s2
    y3 = p * y2 + h * s3
    y4 = p * y3 + h * s4
    u = (makeup * x - feedback * y4) * solve
    v = min(max(u, -2.7), 2.7)
    u = v - 0.0457247370827618 * v * v * v
    y1 += p * u
    y2 += p * p * u
    y3 += p * p * p * u
    y4 += p * p * p * p * u
    return y4, 2.0 * y1 - s1, 2.0 * y2 - s2, 2.0 * y3 - s3, 2.0 * y4 - s4


@njit(cache=True, nogil=True, fastmath=True)
def _ladder(x, tuning, feedback):  # type: ignore[no-untyped-def]
    """Four one-pole stages with saturated feedback. The linear loop is solved without delay, then its input is bent.

    Half of the bass that feedback takes is given back. Bending is the cubic of a transistor pair at moderate level.
    """
    channels, size = x.shape
    makeup = 1.0 + 0.5 * feedback
    a1 = a2 = a3 = a4 = 0.0
    b1 = b2 = b3 = b4 = 0.0
    left = x[0]
    right = x[channels - 1]
    for b in range(tuning.size - 1):
        g = tuning[b]
        slope = (tuning[b + 1] - g) / 32.0
        for i in range(b * 32, min(b * 32 + 32, size)):
            h = 1.0 / (1.0 + g)
            p = g * h
            solve = 1.0 / (1.0 + feedback * p * p * p * p)
            y, a1, a2, a3, a4 = _ladder_step(left[i], a1, a2, a3, a4, h, p, feedback, solve, makeup)
            if channels == 2:
                z, b1, b2, b3, b4 = _ladder_step(right[i], b1, b2, b3, b4, h, p, feedback, solve, makeup)
                right[i] = np.float32(z)
            left[i] = np.float32(y)
            g += slope


@njit(cache=True, nogil=True, fastmath=True)
def _comb(x, period, feedback):  # type: ignore[no-untyped-def]
    """Feedback comb with a damped loop; `period` in samples per point."""
    channels, size = x.shape
    line = np.zeros(4096, np.float64)
    level = 1.0 - 0.55 * feedback
    for c in range(channels):
        line[:] = 0.0
        damped = 0.0
        for b in range(period.size - 1):
            lag = period[b]
            slope = (period[b + 1] - lag) / 32.0
            for i in range(b * 32, min(b * 32 + 32, size)):
                whole = int(lag)
                part = lag - whole
                near = line[(i - whole) & 4095]
                far = line[(i - whole - 1) & 4095]
                damped += 0.6 * (near + part * (far - near) - damped)
                y = level * x[c, i] + feedback * damped
                line[i & 4095] = y
                x[c, i] = np.float32(y)
                lag += slope
