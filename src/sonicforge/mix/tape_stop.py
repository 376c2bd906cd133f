"""Tape stop: the sound slows down to standstill and darkens with its speed."""

import numpy as np

from sonicforge.effects.control import CONTROL, points_for
from sonicforge.effects.sweep import Sweep
from sonicforge.sound.audio import Samples

BEND = 1.6
DARKEST_HZ = 60.0
BRIGHTEST_HZ = 12_000.0


def tape_stop(x: Samples, start: int, stop: int, *, sample_rate: int) -> None:
    """Replace x[:, start:stop] in place by its own beginning, played at (1 - t / T)^1.6 of its speed."""
    start, stop = max(start, 0), min(stop, x.shape[1])
    length = stop - start
    if length < 4 * CONTROL:
        return
    share = np.arange(length) / length
    place = length / (BEND + 1) * (1 - (1 - share) ** (BEND + 1))
    piece = np.empty((x.shape[0], length), np.float32)
    ahead = np.arange(length + 1)
    for channel, row in enumerate(x):
        piece[channel] = np.interp(place, ahead[: stop - start], row[start:stop])
    speed = (1 - np.arange(points_for(length)) * CONTROL / length).clip(0.0) ** BEND
    corner = np.maximum(speed * BRIGHTEST_HZ, DARKEST_HZ).astype(np.float32)
    slowed = Sweep(corner, high=False, sample_rate=sample_rate).process(piece)
    # A head hears the change of the field: below a fifth of the speed the level falls with it.
    slowed *= np.minimum(5 * (1 - share) ** BEND, 1).astype(np.float32)
    x[:, start:stop] = slowed
