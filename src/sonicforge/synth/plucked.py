"""Plucked string: a filtered noise burst in a tuned loop with losses that grow with frequency.

Karplus & Strong (1983) with the extensions of Jaffe & Smith (1983): pluck position, dynamics, exact tuning. The loop
filter has one pole, set so that the decay at the pitch and at 3 kHz are both as asked.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.genres.timbre import String
from sonicforge.sound.audio import SAMPLE_RATE, Samples

Doubles = NDArray[np.float64]


def pluck(spec: String, hz: float, length: int, *, velocity: float, rng: np.random.Generator) -> Samples:
    """One note of `length` samples, RMS of its first 50 ms near 0.35. velocity 0..1 opens the plectrum's spectrum."""
    omega = 2 * np.pi * hz / SAMPLE_RATE
    t60 = spec.t60_ms / 1000 * (130.81 / hz) ** 0.5
    gain, pole = _losses(hz, t60, spec.bright)
    delay = np.arctan2(pole * np.sin(omega), 1 - pole * np.cos(omega)) / omega
    rest = SAMPLE_RATE / hz - delay
    whole = int(rest - 0.6)
    part = rest - whole
    tuning = np.sin((1 - part) * omega / 2) / np.sin((1 + part) * omega / 2)
    burst = _burst(spec, SAMPLE_RATE / hz, velocity, rng)
    out = np.zeros(length, np.float32)
    _string(burst.astype(np.float32), whole, tuning, gain * (1 - pole), pole, out)
    start = out[: SAMPLE_RATE // 20]
    out *= np.float32(0.35 / max(float(np.sqrt(np.mean(start * start))), 1e-9))
    return out


def _losses(hz: float, t60: float, bright: float) -> tuple[float, float]:
    """Loop gain at DC and pole so that the string falls 60 dB in t60 at `hz` and faster at 3 kHz, as bright asks."""
    high = max(3000.0, 3 * hz)
    wanted = t60 / (1 + (high / (500 + 5200 * bright**1.5)) ** 1.5)
    low_gain = 10 ** (-3 / (hz * t60))
    ratio = min(10 ** (-3 / (hz * wanted)) / low_gain, 0.9999)
    cosine = np.cos(2 * np.pi * min(high, 15_000.0) / SAMPLE_RATE)
    square = ratio * ratio
    half = (1 - square * cosine) / (1 - square)
    pole = half - np.sqrt(half * half - 1)
    omega = 2 * np.pi * hz / SAMPLE_RATE
    droop = (1 - pole) / np.sqrt(1 + pole * pole - 2 * pole * np.cos(omega))
    return float(min(low_gain / droop, 0.99999)), float(pole)


def _burst(spec: String, period: float, velocity: float, rng: np.random.Generator) -> Doubles:
    """One period of smoothed noise, combed by the pluck position, without direct current."""
    size = max(8, int(period))
    spectrum = np.fft.rfft(rng.standard_normal(size) * 0.5 + _displacement(size, spec.pick) * 1.6)
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE) * (size / period)
    corner = (900 + 9000 * spec.bright) * (0.25 + 0.75 * velocity)
    spectrum *= 1 / (1 + (hz / corner) ** 2)
    spectrum *= 2 * np.abs(np.sin(np.pi * np.arange(len(spectrum)) * max(spec.pick, 0.02))) * 0.85 + 0.15
    spectrum[0] = 0
    return np.fft.irfft(spectrum, size)


def _displacement(size: int, pick: float) -> Doubles:
    """Velocity wave of a string pulled aside at `pick`: gives every note the same firm fundamental."""
    place = np.arange(size) / size
    edge = float(np.clip(pick, 0.05, 0.5))
    return np.where(place < edge, 1.0, -edge / (1 - edge))


@njit(cache=True, nogil=True, fastmath=True)
def _string(burst, whole, tuning, feed, pole, out):  # type: ignore[no-untyped-def]
    line = np.zeros(whole, np.float64)
    for i in range(min(burst.size, whole)):
        line[i] = burst[i]
    at = 0
    smooth = before = allpass = 0.0
    for i in range(out.size):
        y = line[at]
        out[i] = np.float32(y)
        smooth = feed * y + pole * smooth
        allpass = tuning * (smooth - allpass) + before
        before = smooth
        line[at] = allpass + 1e-20
        at += 1
        if at == whole:
            at = 0
