"""The limiter's gain, every 8 samples: peaks -> needed reduction -> look-ahead and hold -> release -> smoothing.

A reduction is 1 - gain, so that 0 is exactly "untouched". Where a peak arrives, every input of the smoothing boxes
already is at least the needed reduction, hence so is their output: smoothing never lets a peak through.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import exp

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples
from sonicforge.sound.true_peak import Interpolator, highest_sample, load_window, raise_envelope

GROUP = 8
"""Samples a control step; the gain is joined linearly in between."""

BLOCK = 128
_WORTH_A_THREAD = 1 << 19

Steps = NDArray[np.float32]
"""One value a group of samples."""


@dataclass(frozen=True, slots=True)
class Ballistics:
    """How the gain moves, in milliseconds.

    `fast_ms` lets go after a single peak, `slow_ms` after `charge_ms` of steady limiting, so that dense music does
    not pump. `hold_ms` bridges the half waves of a bass note: less would modulate it and sound like distortion.
    """

    look_ahead_ms: float = 5.0
    hold_ms: float = 8.0
    fast_ms: float = 80.0
    charge_ms: float = 200.0
    slow_ms: float = 700.0


DEFAULT = Ballistics()

REPAIR = Ballistics(hold_ms=0.0, fast_ms=0.0, charge_ms=1e9, slow_ms=0.0)
"""For lowering single left-over peaks: in and out within the look-ahead, nothing else moves."""


class GainComputer:
    """Turns needed reductions a step into smooth ones, `delay` steps later; remembers between calls."""

    def __init__(self, ballistics: Ballistics, sample_rate: int) -> None:
        steps_per_ms = sample_rate / GROUP / 1000
        self.delay = max(3, round(ballistics.look_ahead_ms * steps_per_ms))
        self._window = self.delay + 1 + round(ballistics.hold_ms * steps_per_ms)
        box = (self.delay + 3) // 3
        self._boxes = np.array([box, box, self.delay + 3 - 2 * box], np.int64)
        self._numbers = np.array(
            [
                _keep(ballistics.fast_ms * steps_per_ms),
                1 - _keep(ballistics.charge_ms * steps_per_ms),
                _keep(ballistics.slow_ms * steps_per_ms),
            ]
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        size = int(self._boxes.max())
        self._values = np.zeros(4)  # fast, slow, needed one step ago, spare
        self._sums = np.zeros(3)
        self._rings = np.zeros((3, size))
        self._counts = np.zeros((3, 2), np.int64)  # entries not zero, place in the ring
        self._queue = np.zeros((2, self._window + 1))
        self._ends = np.zeros(3, np.int64)  # first, number of entries, time

    def process(self, needed: Steps) -> Steps:
        """Smooth reductions at the start of each step; entry j answers input j - delay."""
        out = np.empty(len(needed), np.float32)
        _smooth_reduction(
            needed,
            self._numbers,
            self._window,
            self._boxes,
            self._values,
            self._sums,
            self._rings,
            self._counts,
            self._queue,
            self._ends,
            out,
        )
        return out

    def whole(self, needed: Steps) -> Steps:
        """Reductions (steps + 1) of a whole signal without delay: one at the start of each step and one at the end."""
        self.reset()
        padded = np.concatenate([needed, np.zeros(self.delay + 1, np.float32)])
        return self.process(padded)[self.delay :]


def steps_for(length: int) -> int:
    """Control steps that cover `length` samples."""
    return -(-length // GROUP)


def needed_reduction(peaks: Steps, ceiling: float) -> Steps:
    """Reduction that brings each peak down to the ceiling (linear); 0 where it is below."""
    return np.asarray(1 - np.minimum(np.float32(ceiling) / np.maximum(peaks, np.float32(ceiling)), 1), np.float32)


def group_peaks(samples: Samples, filters: tuple[Interpolator, ...], floor: float) -> Steps:
    """Highest true peak of all channels in each group of 8 samples, by the highest reading of `filters`.

    Stretches that provably stay below `floor` (linear) read as their samples' maximum only.
    """
    peaks = np.zeros(steps_for(samples.shape[1]), np.float32)
    refine_peaks(samples, filters, floor, np.ones(-(-len(peaks) * GROUP // BLOCK), np.bool_), peaks)
    return peaks


def refine_peaks(
    samples: Samples, filters: tuple[Interpolator, ...], floor: float, wanted: NDArray[np.bool_], peaks: Steps
) -> None:
    """Measures the `wanted` blocks (of 128 samples) anew and writes their groups' peaks into `peaks`."""

    if len(peaks) == 0:
        return

    def measured(channel: Samples) -> Steps:
        found = np.zeros(len(peaks), np.float32)
        for part in filters:
            _peaks_of(channel, part.even, part.odd, part.bound, floor, wanted, found)
        return found

    if samples.shape[1] < _WORTH_A_THREAD:
        channels = [measured(channel) for channel in samples]
    else:
        with ThreadPoolExecutor(len(samples)) as threads:
            channels = list(threads.map(measured, samples))
    _clear(wanted, peaks)
    for found in channels:
        np.maximum(peaks, found, out=peaks)


def apply_reduction(samples: Samples, reduction: Steps) -> None:
    """Multiplies in place by 1 - reduction, which has one entry at the start of each group and one at the end."""
    for channel in samples:
        _apply(channel, reduction)


def _keep(steps: float) -> float:
    """What a one-pole of that time constant keeps a step."""
    return exp(-1 / steps) if steps > 0 else 0.0


@njit(cache=True, nogil=True)
def _clear(wanted: NDArray[np.bool_], peaks: Steps) -> None:
    per_block = BLOCK // GROUP
    for block in range(len(wanted)):
        if wanted[block]:
            peaks[block * per_block : (block + 1) * per_block] = 0


@njit(cache=True, nogil=True, fastmath=True)
def _peaks_of(
    x: Samples, even: Samples, odd: Samples, bound: float, floor: float, wanted: NDArray[np.bool_], peaks: Steps
) -> None:
    taps = 2 * even.shape[1]
    window = np.zeros(BLOCK + taps, np.float32)
    scratch = np.zeros((taps + 2, BLOCK), np.float32)
    envelope = np.zeros(BLOCK, np.float32)
    per_block = BLOCK // GROUP
    # One block more at both ends: an abrupt start or end rings beyond it, and the outermost group answers for that.
    for block in range(-1, len(wanted) + 1):
        if not wanted[min(max(block, 0), len(wanted) - 1)]:
            continue
        load_window(x, block * BLOCK - taps // 2 + 1, window)
        middle = window[taps // 2 - 1 : taps // 2 - 1 + BLOCK]
        for i in range(BLOCK):
            envelope[i] = abs(middle[i])
        if highest_sample(window) * bound > floor:
            raise_envelope(window, even, odd, scratch, envelope)
        for part in range(per_block):
            group = min(max(block * per_block + part, 0), len(peaks) - 1)
            peaks[group] = max(peaks[group], highest_sample(envelope[part * GROUP : (part + 1) * GROUP]))


@njit(cache=True, nogil=True)
def _smooth_reduction(needed, numbers, window, boxes, values, sums, rings, counts, queue, ends, out):  # type: ignore[no-untyped-def]
    keep_fast, charge, keep_slow = numbers
    fast, slow, before = values[0], values[1], values[2]
    first, held, now = ends
    size = queue.shape[1]
    for step in range(len(needed)):
        # The gain at a step's start serves the step before it too.
        wanted = max(before, np.float64(needed[step]))
        before = np.float64(needed[step])
        # Sliding maximum: a queue of falling values with their times.
        while held > 0 and queue[0, (first + held - 1) % size] <= wanted:
            held -= 1
        slot = (first + held) % size
        queue[0, slot], queue[1, slot] = wanted, now
        held += 1
        while queue[1, first] <= now - window:
            first = (first + 1) % size
            held -= 1
        now += 1
        peak = queue[0, first]
        fast = max(peak, fast * keep_fast)
        slow = slow + charge * (peak - slow) if peak > slow else slow * keep_slow
        if fast < 1e-6:
            fast = 0.0
        if slow < 1e-6:
            slow = 0.0
        value = max(fast, slow)
        for box in range(3):
            value = _box(value, boxes[box], box, sums, rings, counts)
        out[step] = value
    values[0], values[1], values[2] = fast, slow, before
    ends[0], ends[1], ends[2] = first, held, now


@njit(cache=True, nogil=True)
def _box(value, length, box, sums, rings, counts):  # type: ignore[no-untyped-def]
    """Moving average that returns to exactly zero when all it holds is zero."""
    ring, place = rings[box], counts[box, 1]
    old = ring[place]
    counts[box, 0] += (value != 0.0) - (old != 0.0)
    ring[place] = value
    counts[box, 1] = place + 1 if place + 1 < length else 0
    sums[box] = sums[box] + value - old if counts[box, 0] > 0 else 0.0
    return max(sums[box] / length, 0.0)


@njit(cache=True, nogil=True, fastmath=True)
def _apply(x: Samples, reduction: Steps) -> None:
    step = np.float32(1.0 / GROUP)
    for group in range(len(reduction) - 1):
        a, b = reduction[group], reduction[group + 1]
        if a != 0 or b != 0:
            start = group * GROUP
            part = x[start : start + GROUP]
            gain = np.float32(1) - a
            slope = (a - b) * step
            for i in range(len(part)):
                part[i] *= gain + slope * np.float32(i)
