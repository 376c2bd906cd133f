"""How the speed of a transport wanders: rotation, drift, capstan, narrow noise, scrape; in weighted percent.

"Weighted percent" is what a meter after IEC 60386 / DIN 45507 / AES6-2008 shows: the speed deviation through a filter
that is most sensitive at 4 Hz, read as the value that is exceeded 5 % of the time (two sigma; for a sine its
amplitude). The speed is reckoned on the control grid and integrated into a delay.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from sonicforge import chance
from sonicforge.effects.white import hashed

Doubles = NDArray[np.float64]

MEASURED_S = 40.0
READ_SHARE = 95.0
MOST = 0.3
"""No transport runs more than 30 % off its speed, whatever percentage a slow line would need."""
LEAK_HZ = 0.04
"""What keeps the slowest drift from carrying the reading place away."""

WEIGHTING = (
    (0.1, -48.0), (0.2, -30.6), (0.315, -19.7), (0.4, -15.0), (0.63, -8.4), (0.8, -6.0), (1.0, -4.2), (1.6, -1.8),
    (2.0, -0.9), (4.0, 0.0), (6.3, -0.9), (10.0, -2.1), (20.0, -5.9), (40.0, -10.4), (63.0, -14.2), (100.0, -17.3),
    (200.0, -23.0),
)  # fmt: skip
"""Hz and dB, IEC 60386 table 1."""


@dataclass(frozen=True, slots=True)
class Motion:
    """One kind of unsteadiness: sine lines (Hz, relative speed) and noise bands (low Hz, high Hz, relative speed)."""

    lines: tuple[tuple[float, float], ...]
    bands: tuple[tuple[float, float, float], ...]


def wow(rotation_hz: float) -> Motion:
    """A reel or platter that is not quite round, and a slow drift."""
    return Motion(((rotation_hz, 1.0), (2 * rotation_hz, 0.12)), ((LEAK_HZ, 0.3, 0.25), (0.3, 1.5, 0.15)))


def flutter(capstan_hz: float) -> Motion:
    """A capstan with its harmonics, noise around it, and the tape scraping over the head."""
    lines = ((capstan_hz, 1.0), (2 * capstan_hz, 0.35), (3 * capstan_hz, 0.45))
    return Motion(lines, ((2.0, 9.0, 0.6), (90.0, 350.0, 0.35)))


def weighting_db(hz: ArrayLike) -> Doubles:
    """The weighting at each frequency, straight lines between the table's points on a logarithmic axis."""
    table = np.log(np.array([row[0] for row in WEIGHTING]))
    wanted = np.log(np.maximum(np.asarray(hz, np.float64), 1e-6))
    inside = np.interp(wanted, table, [row[1] for row in WEIGHTING])
    # Beyond the table: as steep as its last pieces (57 and 19 dB per decade).
    below, above = np.minimum(wanted - table[0], 0.0), np.maximum(wanted - table[-1], 0.0)
    return np.asarray(inside + below * 57.8 / math.log(10) - above * 19.0 / math.log(10))


def weighted_percent(speed: Doubles, rate: float) -> float:
    """The meter's reading of a speed deviation (1.0 = 100 %) given `rate` times a second; 0 for nothing."""
    if speed.size < 2:
        return 0.0
    spectrum = np.fft.rfft(speed - speed.mean())
    hz = np.fft.rfftfreq(speed.size, 1 / rate)
    weighted = np.fft.irfft(spectrum * 10 ** (weighting_db(hz) / 20), speed.size)
    return float(100 * np.percentile(np.abs(weighted), READ_SHARE))


class Wander:
    """The delay over time that one motion causes, in seconds around 0, point after point.

    Points come in order and never depend on how many are asked for at once; `percent` is the weighted reading.
    """

    def __init__(self, motion: Motion, percent: float, *, grid_hz: float, seed: int) -> None:
        self._lines, self._bands, self.reach_s = _calibrated(motion, percent, grid_hz, seed)
        self._grid_hz, self._seed = grid_hz, seed & 0xFFFFFFFF
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros((max(len(self._bands), 1), 2))
        self._at = 0

    def points(self, count: int) -> Doubles:
        """The next `count` points."""
        out = np.zeros(count)
        _move(out, self._at, self._grid_hz, self._lines, self._bands, self._state, self._seed)
        self._at += count
        return np.clip(out, -self.reach_s, self.reach_s)


@lru_cache(maxsize=64)
def _calibrated(motion: Motion, percent: float, grid_hz: float, seed: int) -> tuple[Doubles, Doubles, float]:
    """Lines (Hz, delay amplitude, phase), bands (two poles, noise gain), and how far the delay can stray."""
    draw = chance.choices(seed, "effects", "transport")
    lines = [(hz, part / (2 * math.pi * hz), draw.uniform(0, 2 * math.pi)) for hz, part in motion.lines]
    bands = [
        (low, high, part * math.sqrt(high / (high - low))) for low, high, part in motion.bands if high < grid_hz / 4
    ]
    rows = np.array(lines if percent > 0 else []).reshape(-1, 3)
    noises = np.array([_poles(low, high, part, grid_hz) for low, high, part in bands if percent > 0]).reshape(-1, 3)
    if not rows.size:
        return rows, noises, 0.0
    trial = np.zeros(round(MEASURED_S * grid_hz))
    _move(trial, 0, grid_hz, rows, noises, np.zeros((max(len(noises), 1), 2)), seed & 0xFFFFFFFF)
    reading = weighted_percent(np.diff(trial) * grid_hz, grid_hz)
    fastest = float(np.abs(np.diff(trial)).max()) * grid_hz
    scale = min(percent / max(reading, 1e-12), MOST / max(fastest, 1e-12))
    rows[:, 1] *= scale
    noises[:, 2] *= scale
    return rows, noises, 1.5 * scale * float(np.abs(trial).max())


def _poles(low: float, high: float, part: float, grid_hz: float) -> tuple[float, float, float]:
    """An Ornstein-Uhlenbeck process (exact at any rate) of corner `high`, integrated with a leak at `low`."""
    fast, slow = math.exp(-2 * math.pi * high / grid_hz), math.exp(-2 * math.pi * low / grid_hz)
    return fast, slow, part * math.sqrt(0.5 * (1 - fast * fast)) / grid_hz


@njit(cache=True, nogil=True)
def _move(out, at, grid_hz, lines, bands, state, seed):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        total = 0.0
        for k in range(lines.shape[0]):
            turn = (at + i) * (lines[k, 0] / grid_hz)
            total += lines[k, 1] * math.sin(2.0 * math.pi * (turn - math.floor(turn)) + lines[k, 2])
        for k in range(bands.shape[0]):
            bits = hashed(np.uint32(at + i), np.uint32(seed + 7919 * (k + 1)))
            push = np.float64(np.int32(bits)) * (1.7320508 / 2147483648.0)
            speed = bands[k, 0] * state[k, 0] + bands[k, 2] * push
            state[k, 0] = speed
            state[k, 1] = bands[k, 1] * state[k, 1] + speed
            total += state[k, 1]
        out[i] = total
