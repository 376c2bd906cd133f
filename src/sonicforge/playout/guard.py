"""Station guard: true-peak look -> smallest gain that is needed -> look-ahead smoothing. No NaN passes.

Tracks come mastered, so nearly every block passes untouched; the guard is for a quiet track that was raised and for two
tracks whose peaks meet in a seam.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonicforge.playout.block import BLOCK
from sonicforge.sound.audio import Samples

CEILING_DB: Final = -1.0
"""Highest true peak that leaves the station (0.4 dB of reserve for the four-times oversampled look lie inside)."""

_LIMIT: Final = 10 ** ((CEILING_DB - 0.4) / 20)
_NEAR: Final = 10 ** (-3.5 / 20)
"""Below this sample peak the wave between the samples of mastered music stays under the ceiling."""

_STEP: Final = 48
_STEPS: Final = BLOCK // _STEP
_HALF: Final = 3
"""Gain falls over six steps of a millisecond before a peak and is held six after it."""

_RELEASE: Final = 0.01
_TAPS: Final = 16


def _interpolators() -> NDArray[np.float32]:
    """Three phases of a 4-times Hann-windowed sinc, oldest sample first: (3, taps)."""
    at = np.arange(_TAPS) - (_TAPS // 2 - 1)
    phases = []
    for quarter in (1, 2, 3):
        distance = at - quarter / 4
        window = 0.5 + 0.5 * np.cos(np.pi * np.clip(distance / (_TAPS / 2), -1, 1))
        phases.append(np.sinc(distance) * window)
    return np.array(phases, np.float32)


_PHASES: Final = _interpolators()


class Guard:
    """Gives each block back one call later, so that it knows what comes after it.

    `process` takes and returns (2, BLOCK); the first answer is None. What never comes near the ceiling leaves
    bit by bit as it came.
    """

    def __init__(self) -> None:
        self._held: Samples | None = None
        self._needed = np.ones(_STEPS)
        self._before = np.ones(_HALF)
        self._gains = np.ones(2 * _HALF)
        self._tail = np.zeros((2, _TAPS), np.float32)
        self.mended = 0

    def process(self, samples: Samples) -> Samples | None:
        """The block of the call before, made safe."""
        if not np.isfinite(samples.sum()):
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
            self.mended += 1
        needed = self._gains_needed(samples)
        held, self._held = self._held, samples
        if held is None:
            self._gains[:] = needed.min()
        answer = None if held is None else self._smoothed(held, needed)
        self._needed = needed
        return answer

    def _gains_needed(self, samples: Samples) -> NDArray[np.float64]:
        """For each millisecond the gain under which its true peak holds the ceiling."""
        joined = np.concatenate([self._tail, samples], axis=1)
        self._tail = samples[:, -_TAPS:].copy()
        peak = np.abs(samples).reshape(2, _STEPS, _STEP).max(axis=(0, 2)).astype(float)
        if peak.max() > _NEAR:
            peak = np.maximum(peak, _between(joined))
        needed: NDArray[np.float64] = np.minimum(1.0, _LIMIT / np.maximum(peak, 1e-9))
        return needed

    def _smoothed(self, held: Samples, following: NDArray[np.float64]) -> Samples:
        """The lowest gain within reach, held, released slowly, then averaged over as long as it was held early."""
        needed = np.concatenate([self._before, self._needed, following[: 3 * _HALF]])
        self._before = self._needed[-_HALF:]
        if needed.min() == 1.0 and self._gains.min() == 1.0:
            return held
        lowest = np.lib.stride_tricks.sliding_window_view(needed, 4 * _HALF + 1).min(axis=1)
        gains = np.concatenate([self._gains, self._released(lowest)])
        edges = np.lib.stride_tricks.sliding_window_view(gains, 2 * _HALF).mean(axis=1)
        self._gains = gains[-2 * _HALF :]
        curve = np.interp(np.arange(BLOCK) / _STEP, np.arange(_STEPS + 1), edges)
        return held * curve.astype(np.float32)

    def _released(self, lowest: NDArray[np.float64]) -> NDArray[np.float64]:
        gains, gain = np.empty(_STEPS), float(self._gains[-1])
        for step, low in enumerate(lowest):
            risen = gain + _RELEASE * (low - gain)
            gain = float(low if low < gain or low - risen < 1e-4 else risen)
            gains[step] = gain
        return gains


def _between(joined: Samples) -> NDArray[np.float64]:
    """Highest wave between the samples for each millisecond of the block that ends `joined`.

    What lies before its first sample counts to its first millisecond.
    """
    windows = np.lib.stride_tricks.sliding_window_view(joined, _TAPS, axis=1)
    peaks = np.abs(windows @ _PHASES.T).max(axis=(0, 2))
    late = _TAPS // 2 + 1
    aligned = np.zeros(BLOCK)
    aligned[: len(peaks) - late] = peaks[late:]
    aligned[0] = peaks[: late + 1].max()
    highest: NDArray[np.float64] = aligned.reshape(_STEPS, _STEP).max(axis=1)
    return highest
