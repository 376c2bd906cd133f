"""Drive: tanh at four times the sample rate, between two linear-phase half-band-like filters."""

from functools import lru_cache

import numpy as np
from numba import njit

from sonicforge.sound.audio import Samples

TAPS = 97
"""At 192 kHz; the two filters together delay by exactly 24 samples, which are taken back."""


@lru_cache(maxsize=1)
def _phases() -> Samples:
    """A Kaiser low-pass for 192 kHz, -6 dB at 20.6 kHz, as its four phases, each reversed (4, 26; the last is 0)."""
    offset = np.arange(TAPS) - TAPS // 2
    taps = np.sinc(offset * (2 * 20_600.0 / 192_000.0)) * np.kaiser(TAPS, 7.0)
    taps /= taps.sum()
    phases = np.zeros((4, 26), np.float32)
    for phase in range(4):
        part = taps[phase::4]
        phases[phase, 25 - len(part) : 25] = part[::-1]
    return phases


@njit(cache=True, nogil=True, fastmath=True)
def _add_filtered(source, taps, skip, level, total):  # type: ignore[no-untyped-def]
    """total[i] += level * sum over j of taps[j + skip] * source[i + j], five taps at a time."""
    for j in range(0, 25, 5):
        a = level * taps[j + skip]
        b = level * taps[j + 1 + skip]
        c = level * taps[j + 2 + skip]
        d = level * taps[j + 3 + skip]
        e = level * taps[j + 4 + skip]
        one = source[j : j + 260]
        for i in range(256):
            total[i] += a * one[i] + b * one[i + 1] + c * one[i + 2] + d * one[i + 3] + e * one[i + 4]


@njit(cache=True, nogil=True, fastmath=True)
def _drive(x, gain, level, taps):  # type: ignore[no-untyped-def]
    """Chunks of 256: up by four phases, bent, down by the same phases read backwards in time."""
    channels, size = x.shape
    source = np.zeros(256 + 24, np.float32)
    fast = np.zeros((4, 256 + 24), np.float32)
    total = np.zeros(256, np.float32)
    for c in range(channels):
        source[:] = 0.0
        fast[:] = 0.0
        for start in range(0, size + 24, 256):
            for i in range(min(256, max(0, size - start))):
                source[24 + i] = x[c, start + i] * gain
            for i in range(max(0, size - start), 256):
                source[24 + i] = 0.0
            for p in range(4):
                total[:] = 0.0
                _add_filtered(source, taps[p], 0, np.float32(4.0), total)
                for i in range(256):
                    v = min(max(total[i], np.float32(-4.9)), np.float32(4.9))
                    q = v * v
                    fast[p, 24 + i] = v * (
                        np.float32(135135.0) + q * (np.float32(17325.0) + q * (np.float32(378.0) + q))
                    ) / (
                        np.float32(135135.0)
                        + q * (np.float32(62370.0) + q * (np.float32(3150.0) + np.float32(28.0) * q))
                    )
            total[:] = 0.0
            for p in range(4):
                _add_filtered(fast[p], taps[(4 - p) % 4], 0 if p == 0 else 1, level, total)
            for i in range(256):
                at = start + i - 24
                if 0 <= at < size:
                    x[c, at] = total[i]
            for i in range(24):
                source[i] = source[256 + i]
                for p in range(4):
                    fast[p, i] = fast[p, 256 + i]


def drive(x: Samples, drive_db: float) -> None:
    """Bends x (channels, n) in place through tanh, `drive_db` louder into the curve; peaks of 1 stay near 1, no DC."""
    if drive_db <= 0.0:
        return
    gain = 10 ** (drive_db / 20)
    _drive(x, np.float32(gain), np.float32(1.0 / np.tanh(gain)), _phases())
    _unbias(x)


@njit(cache=True, nogil=True, fastmath=True)
def _unbias(x):  # type: ignore[no-untyped-def]
    """Takes out the direct current that bending an uneven wave leaves: one pole at 12 Hz."""
    channels, size = x.shape
    for c in range(channels):
        mean = 0.0
        for i in range(size):
            mean += 0.00157 * (x[c, i] - mean)
            x[c, i] -= np.float32(mean)
