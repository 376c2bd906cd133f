"""Twice and four times the rate and back: half-band FIRs in polyphase form, with state.

Linear phase, flat to 20 kHz at 48 kHz (within 0.01 dB) and 90 dB down from 28 kHz on; the second doubling has a
wide transition and is short. Every second tap of a half-band filter is zero (Vaidyanathan, "Multirate systems and
filter banks", 1993, 4.6.2), so a doubling costs one FIR of a quarter of the taps per output.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.errors import UnknownName
from sonicforge.sound.audio import Samples

FACTORS = (1, 2, 4)
STEEP, WIDE = 18, 7
"""Products per side of the first and the second doubling."""
_PIECE = 512


class Oversampler:
    """`up` and `down` belong together: what goes up comes down `latency` samples later, and nothing else changed.

    `factor` 1, 2 or 4. Works on any number of channels; every split into blocks gives the same samples.
    """

    def __init__(self, factor: int) -> None:
        if factor not in FACTORS:
            raise UnknownName("oversampling factor", factor, [str(one) for one in FACTORS])
        arms = {1: (), 2: (STEEP,), 4: (STEEP, WIDE)}[factor]
        self.factor = factor
        self._filters = [half_band(arm) for arm in arms]
        # A stage, up and down, delays 2 arms - 1 samples of its lower rate; in the second one more makes it whole.
        self._extra = range(len(arms))
        self.latency = sum((2 * arm - 1 + stage) >> stage for stage, arm in enumerate(arms))
        self.reset()

    def reset(self) -> None:
        self._up: list[Samples | None] = [None] * len(self._filters)
        self._down: list[Samples | None] = [None] * len(self._filters)

    def up(self, block: Samples) -> Samples:
        """(channels, n) -> (channels, n * factor)."""
        for stage, arm in enumerate(self._filters):
            behind = 2 * arm.size - 1 + self._extra[stage]
            line = _joined(self._up[stage], block, behind)
            self._up[stage] = line[:, line.shape[1] - behind :].copy()
            out = np.empty((block.shape[0], 2 * block.shape[1]), np.float32)
            for channel in range(block.shape[0]):
                _double(line[channel], arm, out[channel])
            block = out
        return block

    def down(self, block: Samples) -> Samples:
        """(channels, n * factor) -> (channels, n)."""
        for stage in reversed(range(len(self._filters))):
            arm = self._filters[stage]
            behind = 4 * arm.size - 2
            line = _joined(self._down[stage], block, behind)
            self._down[stage] = line[:, line.shape[1] - behind :].copy()
            out = np.empty((block.shape[0], block.shape[1] // 2), np.float32)
            for channel in range(block.shape[0]):
                _halve(line[channel], arm, out[channel])
            block = out
        return block


def half_band(arms: int) -> NDArray[np.float32]:
    """The odd taps of one side of a half-band filter with 4 `arms` - 1 taps (Kaiser window), summing to 1/4."""
    distance = np.arange(arms) * 2 + 1
    window = np.kaiser(4 * arms + 1, 9.0)[2 * arms + distance]
    arm = np.sinc(distance / 2) / 2 * window
    return (arm / (4 * arm.sum())).astype(np.float32)


def _joined(past: Samples | None, block: Samples, behind: int) -> Samples:
    kept = np.zeros((block.shape[0], behind), np.float32) if past is None else past
    return np.concatenate([kept, block], axis=1)


# No fast arithmetic in these loops: a sum must not depend on where in a vector its sample lies.
@njit(cache=True, nogil=True)
def _double(line, arm, out):  # type: ignore[no-untyped-def]
    arms, n = arm.size, out.size // 2
    pairs = out.reshape((n, 2))
    between = np.empty(_PIECE, np.float32)
    for first in range(0, n, _PIECE):
        count = min(_PIECE, n - first)
        between[:count] = np.float32(0.0)
        for k in range(arms):
            weight = np.float32(2.0) * arm[k]
            near, far = line[first + arms - 1 - k :], line[first + arms + k :]
            for j in range(count):
                between[j] += weight * (near[j] + far[j])
        for j in range(count):
            pairs[first + j, 0] = line[first + j + arms - 1]
            pairs[first + j, 1] = between[j]


@njit(cache=True, nogil=True)
def _halve(line, arm, out):  # type: ignore[no-untyped-def]
    arms = arm.size
    even, odd = np.empty(_PIECE + 2 * arms, np.float32), np.empty(_PIECE + 2 * arms, np.float32)
    total = np.empty(_PIECE, np.float32)
    for first in range(0, out.size, _PIECE):
        count = min(_PIECE, out.size - first)
        for j in range(count + 2 * arms - 1):
            even[j], odd[j] = line[2 * (first + j)], line[2 * (first + j) + 1]
        for j in range(count):
            total[j] = np.float32(0.5) * even[j + arms]
        for k in range(arms):
            weight = arm[k]
            near, far = odd[arms - 1 - k :], odd[arms + k :]
            for j in range(count):
                total[j] += weight * (near[j] + far[j])
        out[first : first + count] = total[:count]
