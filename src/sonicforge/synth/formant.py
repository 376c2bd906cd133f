"""Formant filter: four resonances in parallel that follow a path of vowels.

Formant frequencies of adult speech after Peterson & Barney, "Control methods used in a study of the vowels" (1952);
the fourth formant and the levels are set by ear.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import SAMPLE_RATE, Samples

Doubles = NDArray[np.float64]

FORMANTS = {
    "ah": ((730, 1090, 2440, 3500), (0, -3, -13, -20)),
    "ee": ((290, 2300, 3010, 3600), (0, -11, -15, -22)),
    "eh": ((530, 1840, 2480, 3500), (0, -7, -13, -21)),
    "oh": ((570, 840, 2410, 3300), (0, -4, -19, -25)),
    "oo": ((320, 800, 2240, 3200), (0, -9, -23, -28)),
    "ow": ((450, 880, 2400, 3300), (0, -6, -20, -26)),
}
BANDWIDTHS = (80.0, 100.0, 150.0, 220.0)
CHEST_DB = -16.0
"""What passes beside the resonances below 250 Hz, so that low notes keep their fundamental."""


def vowel_curve(path: tuple[str, ...], position: Doubles) -> tuple[Doubles, Doubles]:
    """Frequencies and gains (4, points) along `path`; position 0 is the first vowel, 1 the second, cyclic.

    Frequencies move geometrically between vowels, gains in dB.
    """
    hz = np.log(np.array([FORMANTS[vowel][0] for vowel in path], np.float64))
    db = np.array([FORMANTS[vowel][1] for vowel in path], np.float64)
    at = position % len(path)
    low = at.astype(np.int64) % len(path)
    high = (low + 1) % len(path)
    blend = at - np.floor(at)
    blend = blend * blend * (3 - 2 * blend)
    frequencies = np.exp(hz[low] + (hz[high] - hz[low]) * blend[:, None])
    gains = 10 ** ((db[low] + (db[high] - db[low]) * blend[:, None]) / 20)
    return np.ascontiguousarray(frequencies.T), np.ascontiguousarray(gains.T)


def apply_formants(x: Samples, frequencies: Doubles, gains: Doubles, resonance: float) -> None:
    """Filters x (channels, n) in place; curves (4, points) one point every 32 samples and one beyond the end.

    `resonance` 0 gives wide, soft vowels, 1 narrow and nasal ones.
    """
    hz = np.clip(frequencies, 60.0, 16_000.0)
    width = np.array(BANDWIDTHS) * 3.2 ** (1.0 - 1.6 * resonance)
    tuning = np.tan(np.pi / SAMPLE_RATE * hz)
    damping = width[:, None] / hz
    level = gains * 1.9
    _formants(x, tuning, np.ascontiguousarray(damping), np.ascontiguousarray(level), 10 ** (CHEST_DB / 20) * 1.9)


@njit(cache=True, nogil=True, fastmath=True)
def _formants(x, tuning, damping, level, chest):  # type: ignore[no-untyped-def]
    channels, size = x.shape
    one = np.zeros(4)
    two = np.zeros(4)
    a = np.zeros(4)
    p = np.zeros(4)
    gp = np.zeros(4)
    gain = np.zeros(4)
    for c in range(channels):
        one[:] = 0.0
        two[:] = 0.0
        body = 0.0
        for b in range(tuning.shape[1] - 1):
            for f in range(4):
                g = tuning[f, b]
                r = 1.0 / (1.0 + g * (g + damping[f, b]))
                a[f] = 2.0 * r - 1.0
                p[f] = 2.0 * r * g
                gp[f] = g * p[f]
                gain[f] = 0.5 * level[f, b] * damping[f, b] * (1.0 if f % 2 == 0 else -1.0)
            for i in range(b * 32, min(b * 32 + 32, size)):
                v0 = x[c, i]
                body += 0.032 * (v0 - body)
                total = chest * body
                for f in range(4):
                    v = v0 - two[f]
                    up = a[f] * one[f] + p[f] * v
                    two[f] += p[f] * one[f] + gp[f] * v
                    total += gain[f] * (up + one[f])
                    one[f] = up
                x[c, i] = np.float32(total)
