"""Drive: tanh at two or four times the sample rate, between two linear-phase filters."""

from functools import lru_cache

import numpy as np
from numba import njit

from sonicforge.sound.audio import Samples

GENTLE_DB = 4.5
"""Up to this drive twice the rate is enough: what folds back lies 70 dB down."""


@lru_cache(maxsize=2)
def _phases(times: int) -> Samples:
    """A Kaiser low-pass for the higher rate, -6 dB at 20.6 kHz, as its phases (times, 26).

    Each phase is reversed and ends in a 0. The whole is 24 samples of the lower rate long, so that up and down delay by
    exactly 24 samples together, which are taken back.
    """
    taps = 24 * times + 1
    offset = np.arange(taps) - taps // 2
    whole = np.sinc(offset * (2 * 20_600.0 / (48_000.0 * times))) * np.kaiser(taps, 7.0)
    whole /= whole.sum()
    phases = np.zeros((times, 26), np.float32)
    for phase in range(times):
        part = whole[phase::times]
        phases[phase, 25 - len(part) : 25] = part[::-1]
    return phases


@njit(cache=True, nogil=True, fastmath=True)
def _filter_two(source, taps, other_taps, level, total, other):  # type: ignore[no-untyped-def]
    """Two filters over one source: total[i] = level * sum over j of taps[j] * source[i + j], four taps at a time."""
    total[:] = 0.0
    other[:] = 0.0
    for j in range(0, 24, 4):
        a, b, c, d = level * taps[j], level * taps[j + 1], level * taps[j + 2], level * taps[j + 3]
        k, m = level * other_taps[j], level * other_taps[j + 1]
        n, o = level * other_taps[j + 2], level * other_taps[j + 3]
        part = source[j : j + 259]
        for i in range(256):
            p, q, r, s = part[i], part[i + 1], part[i + 2], part[i + 3]
            total[i] += a * p + b * q + c * r + d * s
            other[i] += k * p + m * q + n * r + o * s
    a, k = level * taps[24], level * other_taps[24]
    part = source[24:280]
    for i in range(256):
        total[i] += a * part[i]
        other[i] += k * part[i]


@njit(cache=True, nogil=True, fastmath=True)
def _add_two(one, two, taps, other_taps, skip, level, total):  # type: ignore[no-untyped-def]
    """total[i] += level * sum over j of taps[j + skip] * one[i + j] + other_taps[j + 1] * two[i + j]."""
    for j in range(0, 24, 4):
        a, b, c, d = (
            level * taps[j + skip],
            level * taps[j + 1 + skip],
            level * taps[j + 2 + skip],
            level * taps[j + 3 + skip],
        )
        k, m = level * other_taps[j + 1], level * other_taps[j + 2]
        n, o = level * other_taps[j + 3], level * other_taps[j + 4]
        part, rest = one[j : j + 259], two[j : j + 259]
        for i in range(256):
            total[i] += (
                a * part[i]
                + b * part[i + 1]
                + c * part[i + 2]
                + d * part[i + 3]
                + k * rest[i]
                + m * rest[i + 1]
                + n * rest[i + 2]
                + o * rest[i + 3]
            )
    a, k = level * taps[24 + skip], level * other_taps[25]
    part, rest = one[24:280], two[24:280]
    for i in range(256):
        total[i] += a * part[i] + k * rest[i]


@njit(cache=True, nogil=True, fastmath=True)
def _bend(line):  # type: ignore[no-untyped-def]
    """tanh as a continued fraction."""
    for i in range(256):
        v = min(max(line[i], np.float32(-4.9)), np.float32(4.9))
        q = v * v
        line[i] = (
            v
            * (np.float32(135135.0) + q * (np.float32(17325.0) + q * (np.float32(378.0) + q)))
            / (np.float32(135135.0) + q * (np.float32(62370.0) + q * (np.float32(3150.0) + np.float32(28.0) * q)))
        )


@njit(cache=True, nogil=True, fastmath=True)
def _drive(x, gain, level, taps):  # type: ignore[no-untyped-def]
    """Chunks of 256: up by its phases, bent, down by the same phases read backwards in time."""
    channels, size = x.shape
    times = taps.shape[0]
    source = np.zeros(256 + 24, np.float32)
    fast = np.zeros((times, 256 + 24), np.float32)
    total = np.zeros(256, np.float32)
    for c in range(channels):
        source[:] = 0.0
        fast[:] = 0.0
        for start in range(0, size + 24, 256):
            for i in range(min(256, max(0, size - start))):
                source[24 + i] = x[c, start + i] * gain
            for i in range(max(0, size - start), 256):
                source[24 + i] = 0.0
            for p in range(0, times, 2):
                one, two = fast[p, 24:], fast[p + 1, 24:]
                _filter_two(source, taps[p], taps[p + 1], np.float32(times), one, two)
                _bend(one)
                _bend(two)
            total[:] = 0.0
            for p in range(0, times, 2):
                _add_two(fast[p], fast[p + 1], taps[(times - p) % times], taps[times - p - 1], p > 0, level, total)
            for i in range(256):
                at = start + i - 24
                if 0 <= at < size:
                    x[c, at] = total[i]
            for i in range(24):
                source[i] = source[256 + i]
                for p in range(times):
                    fast[p, i] = fast[p, 256 + i]


def drive(x: Samples, drive_db: float, *, dark: bool = False) -> None:
    """Bends x (channels, n) in place through tanh, `drive_db` louder into the curve; peaks of 1 stay near 1, no DC.

    `dark` says that x has little above 8 kHz, so that twice the rate is enough.
    """
    if drive_db <= 0.0:
        return
    gain = 10 ** (drive_db / 20)
    times = 2 if dark or drive_db <= GENTLE_DB else 4
    _drive(x, np.float32(gain), np.float32(1.0 / np.tanh(gain)), _phases(times))
    _unbias(x)


@njit(cache=True, nogil=True, fastmath=True)
def _unbias(x):  # type: ignore[no-untyped-def]
    """Takes out the direct current that bending an uneven wave leaves: one pole at 12 Hz."""
    channels, size = x.shape
    left, right = x[0], x[channels - 1]
    a = b = 0.0
    for i in range(size):
        v = left[i]
        a = 0.99843 * a + 0.00157 * v
        if channels == 2:
            w = right[i]
            b = 0.99843 * b + 0.00157 * w
            right[i] = w - np.float32(b)
        left[i] = v - np.float32(a)
