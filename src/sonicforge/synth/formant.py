"""Formant filter: four resonances in parallel that follow a path of vowels.

Formant frequencies of adult speech after Peterson & Barney, "Control methods used in a study of the vowels" (1952);
the fourth formant and the levels are set by ear.
"""

from functools import lru_cache

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
LEVEL = 1.9
CHEST_DB = -16.0
"""What passes beside the resonances below 250 Hz, so that low notes keep their fundamental."""


STEPS = 128
"""Positions between one vowel and the next."""


@lru_cache(maxsize=32)
def _positions(path: tuple[str, ...], resonance: float) -> tuple[Doubles, Doubles, Doubles]:
    """Tuning, damping and level (4, positions) of the resonances all the way round the path.

    Frequencies move geometrically between vowels, gains in dB, both smoothly. A source that falls with 6 dB per octave
    gives open vowels less; that is made up for.
    """
    blend = np.linspace(0.0, 1.0, STEPS, endpoint=False)
    blend = np.tile(blend * blend * (3 - 2 * blend), len(path))
    low = np.repeat(np.arange(len(path)), STEPS)
    high = (low + 1) % len(path)
    log_hz = np.log(np.array([FORMANTS[vowel][0] for vowel in path], np.float64)).T
    db = np.array([FORMANTS[vowel][1] for vowel in path], np.float64).T
    hz = np.exp(log_hz[:, low] + (log_hz[:, high] - log_hz[:, low]) * blend)
    level = (hz[0] / 500.0) ** 0.9 * LEVEL * 10 ** ((db[:, low] + (db[:, high] - db[:, low]) * blend) / 20)
    width = np.array(BANDWIDTHS) * 3.2 ** (1.25 - 1.3 * resonance)
    rows = np.tan(np.pi / SAMPLE_RATE * hz), width[:, None] / hz, level
    return tuple(np.ascontiguousarray(row) for row in rows)  # type: ignore[return-value]


def apply_formants(x: Samples, path: tuple[str, ...], position: Doubles, resonance: float) -> None:
    """Filters x (channels, n) in place along a path of vowels.

    position holds one point every 32 samples: 0 is the first vowel, 1 the second, cyclic. `resonance` 0 gives wide,
    soft vowels, 1 narrow and nasal ones.
    """
    tuning, damping, level = _positions(path, resonance)
    place = (position * STEPS).astype(np.int64) % tuning.shape[1]
    _formants(x, place, tuning, damping, level, LEVEL * 10 ** (CHEST_DB / 20))


@njit(cache=True, nogil=True, fastmath=True)
def _formants(x, place, tuning, damping, level, chest):  # type: ignore[no-untyped-def]
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
        for b in range(place.size):
            at = place[b]
            for f in range(4):
                g = tuning[f, at]
                r = 1.0 / (1.0 + g * (g + damping[f, at]))
                a[f] = 2.0 * r - 1.0
                p[f] = 2.0 * r * g
                gp[f] = g * p[f]
                gain[f] = 0.5 * level[f, at] * damping[f, at] * (1.0 if f % 2 == 0 else -1.0)
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
