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
def _add_filtered(source, taps, skip, level, total):  # type: ignore[no-untyped-def]
    """total[i] += level * sum over j of taps[j + skip] * source[i + j], four taps at a time."""
    for j in range(0, 24, 4):
        a = level * taps[j + skip]
        b = level * taps[j + 1 + skip]
        c = level * taps[j + 2 + skip]
        d = level * taps[j + 3 + skip]
        part = source[j : j + 259]
        for i in range(256):
            total[i] += a * part[i] + b * part[i + 1] + c * part[i + 2] + d * part[i + 3]
    last = level * taps[24 + skip]
    if last != np.float32(0.0):
        part = source[24:280]
        for i in range(256):
            total[i] += last * part[i]


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
            for p in range(times):
                total[:] = 0.0
                _add_filtered(source, taps[p], 0, np.float32(times), total)
                for i in range(256):
                    v = min(max(total[i], np.float32(-4.9)), np.float32(4.9))
                    q = v * v
                    fast[p, 24 + i] = (
                        v
                        * (np.float32(135135.0) + q * (np.float32(17325.0) + q * (np.float32(378.0) + q)))
                        / (
                            np.float32(135135.0)
                            + q * (np.float32(62370.0) + q * (np.float32(3150.0) + np.float32(28.0) * q))
                        )
                    )
            total[:] = 0.0
            for p in range(times):
                _add_filtered(fast[p], taps[(times - p) % times], 0 if p == 0 else 1, level, total)
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
