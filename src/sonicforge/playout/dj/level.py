"""Loudness around a seam, and a hand on the fader that keeps it even."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from sonicforge.playout.block import RATE
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.k_weighting import PIECES_PER_SECOND
from sonicforge.sound.loudness import piece_power, power_to_lufs

SHORT, MOMENTARY = 300, 40
"""Pieces of 10 ms in a short-term (3 s) and a momentary (400 ms) window."""
PIECE = RATE // PIECES_PER_SECOND
HEADROOM_LU = {SHORT: 0.5, MOMENTARY: 0.6}
"""How far above the louder side a window may come before the fader goes down."""
_ROUNDS = 4
_EDGE_S = 0.5

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sides:
    """What is heard before and after a bridge, and both tracks alone close to it: the measure of what is loud.

    `before` ends where the bridge begins, `after` begins where it ends; `out_alone` and `in_alone` are the same tracks
    going on into the bridge, untouched. All (2, n).
    """

    before: Samples
    after: Samples
    out_alone: Samples
    in_alone: Samples

    def loudest(self, window: int) -> float:
        """LUFS of the loudest window of either side."""
        sides = (self.before, self.out_alone), (self.in_alone, self.after)
        return max(float(windows(power_of(np.concatenate(side, axis=1)), window).max(initial=-120.0)) for side in sides)


def power_of(samples: Samples) -> Curve:
    """K-weighted power of every 10 ms."""
    return piece_power(Audio(np.ascontiguousarray(samples)))


def windows(power: Curve, size: int) -> Curve:
    """LUFS of every whole window of `size` pieces; of all there is where that is less."""
    size = min(size, len(power))
    if size == 0:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(power)])
    return power_to_lufs(np.maximum(total[size:] - total[:-size], 0.0) / size)


def even_out(bridge: Samples, sides: Sides) -> float:
    """Lower in place what would stand out above the louder side; returns the deepest move in dB (0: none).

    The fader moves over seconds, rests at both ends of the bridge and never lifts.
    """
    length = bridge.shape[1]
    lead = sides.before.shape[1] // PIECE
    limits = {window: sides.loudest(window) + room for window, room in HEADROOM_LU.items()}
    power = power_of(np.concatenate([sides.before[:, -lead * PIECE :], bridge, sides.after], axis=1))
    pieces = -(-length // PIECE)
    edge = np.clip(np.minimum(np.arange(pieces), pieces - 1 - np.arange(pieces)) / (_EDGE_S * 100), 0, 1)
    cut_db = np.zeros(pieces)
    for _ in range(_ROUNDS):
        gains = np.ones(len(power))
        gains[lead : lead + pieces] = 10 ** (-cut_db[: len(power) - lead] / 10)
        more = _excess(power * gains, limits)[lead : lead + pieces]
        if more.max(initial=0.0) < 0.05:
            break
        cut_db[: len(more)] += more
        cut_db *= edge
    _apply(bridge, cut_db)
    return round(float(cut_db.max(initial=0.0)), 2)


def _excess(power: Curve, limits: dict[int, float]) -> Curve:
    """dB that each piece must come down for no window around it to pass its limit, moving smoothly."""
    worst = np.zeros(len(power))
    for window, limit in limits.items():
        loud = windows(power, window)
        over = np.zeros(len(power))
        over[: len(loud)] = np.maximum(loud - limit, 0.0)
        # Window i covers pieces i .. i + size - 1: all of them feel it, and the fader needs as long to get there.
        felt = maximum_filter1d(over, 2 * window, origin=window // 2, mode="constant")
        worst = np.maximum(worst, uniform_filter1d(felt, window, mode="nearest"))
    return worst


def _apply(bridge: Samples, cut_db: Curve) -> None:
    if cut_db.max(initial=0.0) <= 0:
        return
    centres = (np.arange(len(cut_db)) + 0.5) * PIECE
    decibels = np.interp(np.arange(bridge.shape[1]), [0.0, *centres, bridge.shape[1]], [0.0, *cut_db, 0.0])
    bridge *= (10 ** (-decibels / 20)).astype(np.float32)
