"""Channel counts: surround folded down to stereo, stereo to mono, mono doubled.

Surround after ITU-R BS.775-4, annex 4: centre and surrounds join the sides at -3 dB, the effects channel is left out.
Both sums are then lowered alike, so that no input can overload them. Channels stand in the order of WAVE files: left,
right, centre, low-frequency effects, rear left, rear right (rear centre: one channel for both), side left, side right.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sonicforge.errors import Conflict, OutOfRange
from sonicforge.sound.audio import Samples

MOST = 8

_HALF = math.sqrt(0.5)
_SIDES = {
    3: ((1, 0, _HALF), (0, 1, _HALF)),
    4: ((1, 0, _HALF, 0), (0, 1, 0, _HALF)),
    5: ((1, 0, _HALF, _HALF, 0), (0, 1, _HALF, 0, _HALF)),
    6: ((1, 0, _HALF, 0, _HALF, 0), (0, 1, _HALF, 0, 0, _HALF)),
    7: ((1, 0, _HALF, 0, 0.5, _HALF, 0), (0, 1, _HALF, 0, 0.5, 0, _HALF)),
    8: ((1, 0, _HALF, 0, _HALF, 0, _HALF, 0), (0, 1, _HALF, 0, 0, _HALF, 0, _HALF)),
}


def fold(channels: int) -> NDArray[np.float32]:
    """The matrix (2, channels) that makes stereo of 3 to 8 channels."""
    sides = np.array(_SIDES[channels], np.float32)
    return sides / sides.sum(axis=1, keepdims=True)


def channel_change(source: int, target: int) -> Callable[[Samples], Samples]:
    """What turns blocks of `source` channels into blocks of `target`, 1 or 2, or as many as there are.

    Stereo to mono is the mean, mono to stereo the same on both sides. Raises `OutOfRange` for more than 8 channels
    to fold, `Conflict` for a number of channels that cannot be made.
    """
    if target == source:
        return lambda block: block
    if target not in (1, 2):
        raise Conflict(f"{target} channels cannot be made of {source}; 1 and 2 can")
    if source > MOST:
        raise OutOfRange("number of channels", source, 1, MOST)
    if source == 1:
        return lambda block: np.repeat(block, 2, axis=0)
    matrix = np.eye(2, dtype=np.float32) if source == 2 else fold(source)
    if target == 1:
        matrix = matrix.mean(axis=0, keepdims=True)
    return lambda block: np.ascontiguousarray(_weighted(matrix, block))


def _weighted(matrix: NDArray[np.float32], block: Samples) -> Samples:
    """matrix @ block, sample by sample in one order, so that the cut into blocks does not show."""
    out = np.zeros((len(matrix), block.shape[1]), np.float32)
    for row, weights in zip(out, matrix, strict=True):
        for weight, channel in zip(weights, block, strict=True):
            if weight:
                row += weight * channel
    return out
