"""Frequency modulation: sine modulators with falling indices drive a sine carrier.

Chowning, "The synthesis of complex audio spectra by means of frequency modulation" (1973).
"""

from math import gamma

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.genres.timbre import Fm
from sonicforge.sound.audio import SAMPLE_RATE, Samples

Doubles = NDArray[np.float64]

HIGHEST_HZ = 21_000.0
HELD = 0.45
"""Share of an index that a growl keeps."""
STEREO_TURN = 0.07
"""Modulators of the right channel start this part of a cycle later: same pitch and level, another spectrum."""


def play_fm(
    spec: Fm, inc: Doubles, *, velocity: float, gain: float, starts: list[int], growl: Doubles | None, out: Samples
) -> None:
    """Adds the voice to `out` (channels, n), less its direct current (below 12 Hz).

    inc (hops) cycles per sample, velocity 0..1, `starts` strike samples. `growl` (hops + 1) keeps the indices up and
    moves them. An index that would throw sidebands beyond 21 kHz is lowered.
    """
    ratios = np.array([modulator.ratio for modulator in spec.modulators])
    index = np.array([m.index * (1 - m.velocity * (1 - velocity) * 0.9) for m in spec.modulators])
    tau = np.array([max(m.decay_ms, 5.0) * SAMPLE_RATE / 3000.0 for m in spec.modulators])
    room = HIGHEST_HZ / SAMPLE_RATE / max(float(inc.max()), 1e-6) - spec.ratio
    index = np.minimum(index, [_most_index(int(max(room / ratio, 0.0))) for ratio in ratios])
    hits = np.array(starts, np.int64)
    hold = 0.0 if growl is None else HELD
    motion = np.ones(len(inc) + 1) if growl is None else growl
    for c in range(out.shape[0]):
        _fm(inc, spec.ratio, ratios, index, tau, hold, motion, STEREO_TURN * c, gain * spec.level, hits, out[c])


def _most_index(orders: int) -> float:
    """The index at which the first sideband beyond `orders` is 60 dB below the carrier (small-argument Bessel)."""
    beyond = orders + 1
    return float(2 * (0.001 * gamma(beyond + 1)) ** (1 / beyond)) if beyond < 40 else 40.0


@njit(cache=True, nogil=True, fastmath=True)
def _sine(x):  # type: ignore[no-untyped-def]
    """sin(2 pi x) for float32 x, error below 1e-6."""
    x -= np.floor(x + np.float32(0.5))
    y = abs(x)
    y = min(y, np.float32(0.5) - y) * np.float32(6.2831853)
    q = y * y
    s = y * (
        np.float32(1.0)
        + q
        * (
            np.float32(-0.16666658)
            + q * (np.float32(0.0083330255) + q * (np.float32(-0.00019807414) + q * np.float32(2.6019031e-6)))
        )
    )
    return s if x >= np.float32(0.0) else -s


@njit(cache=True, nogil=True, fastmath=True)
def _fm(inc, ratio, ratios, index, tau, hold, motion, turn, gain, hits, out):  # type: ignore[no-untyped-def]
    size = out.size
    count = ratios.size
    place = np.full(count, turn)
    carrier = 0.0
    bend = np.zeros(32, np.float32)
    following = 1
    origin = 0
    mean = 0.0
    for b in range(inc.size):
        start = b * 32
        many = min(32, size - start)
        if following < hits.size and hits[following] <= start:
            origin = hits[following]
            following += 1
        bend[:] = 0.0
        for m in range(count):
            fallen = np.exp(-(start - origin) / tau[m])
            depth = index[m] * motion[b] * (hold + (1.0 - hold) * fallen) * 0.15915494
            then = index[m] * motion[b + 1] * (hold + (1.0 - hold) * fallen * np.exp(-32.0 / tau[m])) * 0.15915494
            step = inc[b] * ratios[m]
            if depth > 1e-5 or then > 1e-5:
                level = np.float32(depth)
                fall = np.float32((then - depth) / 32.0)
                base = np.float32(place[m])
                pace = np.float32(step)
                for i in range(32):
                    t = np.float32(i)
                    bend[i] += (level + fall * t) * _sine(base + pace * t)
            place[m] += 32.0 * step
            place[m] -= np.floor(place[m])
        base = np.float32(carrier)
        pace = np.float32(inc[b] * ratio)
        loud = np.float32(gain)
        for i in range(32):
            bend[i] = loud * _sine(base + pace * np.float32(i) + bend[i])
        for i in range(many):
            mean += 0.0016 * (bend[i] - mean)
            out[start + i] += bend[i] - np.float32(mean)
        carrier += 32.0 * inc[b] * ratio
        carrier -= np.floor(carrier)
