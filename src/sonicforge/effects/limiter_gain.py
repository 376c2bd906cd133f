"""The limiter's gain, every 8 samples: peaks -> needed reduction -> look-ahead and hold -> release -> smoothing.

A reduction is 1 - gain, so that 0 is exactly "untouched". Where a peak arrives, every input of the smoothing boxes
already is at least the needed reduction, hence so is their output: smoothing never lets a peak through.

Most of a loud signal provably has no peak between its samples that matters: an interpolated value is the straight
line between two samples plus a weighted sum of second differences around them, so where these are small (smooth sound)
or the samples low, nothing has to be interpolated.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from math import exp

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects._peak_lanes import reader
from sonicforge.sound.audio import Samples
from sonicforge.sound.true_peak import Interpolator, load_window

GROUP = 8
"""Samples a control step; the gain is joined linearly in between."""

_EDGE = 3
"""Groups beyond both ends where an abrupt start or end can ring."""
_BEYOND = _EDGE + 2
_SLACK = 1.0002
"""For rounding in single precision."""
_WORTH_A_THREAD = 1 << 19

_read_sinc, _read_itu, _read_fine = reader(6, 2, 1), reader(6, 2, 2), reader(16, 4, 3)

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

    Groups that provably stay below `floor` (linear) read as their samples' maximum only.
    """
    peaks = np.zeros(steps_for(samples.shape[1]), np.float32)
    refine_peaks(samples, filters, floor, np.ones(len(peaks), np.bool_), peaks)
    return peaks


def refine_peaks(
    samples: Samples, filters: tuple[Interpolator, ...], floor: float, wanted: NDArray[np.bool_], peaks: Steps
) -> None:
    """Measures the `wanted` groups anew and writes their peaks into `peaks`."""

    if len(peaks) == 0:
        return

    def measured(channel: Samples) -> Steps:
        found = np.zeros(len(peaks), np.float32)
        bends = np.zeros(len(peaks) + 2 * _BEYOND, np.float32)
        _survey(channel, wanted, found, bends)
        for part in filters:
            _read_peaks(channel, part.even, part.odd, bounds_of(part), floor, wanted, bends, found)
        return found

    if samples.shape[1] < _WORTH_A_THREAD:
        channels = [measured(channel) for channel in samples]
    else:
        with ThreadPoolExecutor(len(samples)) as threads:
            channels = list(threads.map(measured, samples))
    peaks[wanted] = 0
    for found in channels:
        np.maximum(peaks, found, out=peaks, where=wanted)


def apply_reduction(samples: Samples, reduction: Steps) -> None:
    """Multiplies in place by 1 - reduction, which has one entry at the start of each group and one at the end."""
    for channel in samples:
        _apply(channel, reduction)


def bounds_of(part: Interpolator) -> tuple[float, float, float]:
    """What one detector can read at most: per height of the two samples around a place, per second difference within
    8 samples of it, and per second difference within 16."""
    return _bounds(part.even.tobytes(), part.odd.tobytes(), part.even.shape[1])


@lru_cache(maxsize=8)
def _bounds(even: bytes, odd: bytes, half: int) -> tuple[float, float, float]:
    # A phase is a straight line between the two middle samples, as heavy as all its taps and with their centre of
    # gravity, plus what is left; that sums to nothing twice, hence is a filter of second differences.
    rows = np.frombuffer(even, np.float32).reshape(-1, half).astype(np.float64)
    pairs = np.zeros_like(rows)
    folded = np.frombuffer(odd, np.float32).reshape(-1, half)
    pairs[: len(folded)] = folded
    phases = np.concatenate([rows + pairs, (rows - pairs)[:, ::-1]], axis=1)
    offset = np.arange(2 * half) - (half - 1)
    weight = phases.sum(axis=1)
    centre = phases @ offset / weight
    rest = phases.copy()
    rest[:, half - 1] -= weight * (1 - centre)
    rest[:, half] -= weight * centre
    bent = np.abs(rest.cumsum(axis=1).cumsum(axis=1))
    close = np.abs(offset + 1) <= GROUP
    straight = np.abs(weight) * (np.abs(1 - centre) + np.abs(centre))
    near, far = bent[:, close].sum(axis=1), bent[:, ~close].sum(axis=1)
    return _SLACK * float(straight.max()), _SLACK * float(near.max()), _SLACK * float(far.max())


def _keep(steps: float) -> float:
    """What a one-pole of that time constant keeps a step."""
    return exp(-1 / steps) if steps > 0 else 0.0


@njit(cache=True, nogil=True, fastmath=True)
def _survey(x: Samples, wanted: NDArray[np.bool_], peaks: Steps, bends: Steps) -> None:
    """Each wanted group's highest sample, and the largest second difference in it and around it.

    `bends` starts `_BEYOND` groups before the first.
    """
    last = len(peaks) - 1
    for group in range(-1, len(peaks) + 1):
        near = False
        for other in range(max(group - 2, 0), min(group + 2, last) + 1):
            near |= wanted[other]
        if not near:
            continue
        start = group * GROUP
        height, bend = np.float32(0), np.float32(0)
        if start > 0 and start + GROUP < len(x):
            part = x[start - 1 : start + GROUP + 1]
            for i in range(GROUP):
                height = max(height, abs(part[i + 1]))
                bend = max(bend, abs(part[i] + part[i + 2] - np.float32(2) * part[i + 1]))
        else:
            for i in range(start, start + GROUP):
                here = _at(x, i)
                height = max(height, abs(here))
                bend = max(bend, abs(_at(x, i - 1) + _at(x, i + 1) - np.float32(2) * here))
        bends[group + _BEYOND] = bend
        if 0 <= group <= last:
            peaks[group] = height


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _at(x, i):  # type: ignore[no-untyped-def]
    return x[i] if 0 <= i < len(x) else np.float32(0)


@njit(cache=True, nogil=True, fastmath=True)
def _read_peaks(
    x: Samples,
    even: Samples,
    odd: Samples,
    bounds: tuple[float, float, float],
    floor: float,
    wanted: NDArray[np.bool_],
    bends: Steps,
    peaks: Steps,
) -> None:
    """Raises wanted groups' peaks to what one detector reads, where that may lie above `floor`.

    An abrupt start or end rings beyond it; the outermost group answers for that.
    """
    half, last = even.shape[1], len(peaks) - 1
    straight, near, far = np.float32(bounds[0]), np.float32(bounds[1]), np.float32(bounds[2])
    window = np.zeros(2 * half + GROUP, np.float32)
    for group in range(-_EDGE, len(peaks) + _EDGE):
        answer = min(max(group, 0), last)
        if not wanted[answer]:
            continue
        k = group + _BEYOND
        height = max(peaks[group] if group == answer else np.float32(0), abs(_at(x, (group + 1) * GROUP)))
        close = max(bends[k - 1], bends[k], bends[k + 1])
        around = max(bends[k - 2], bends[k + 2])
        if straight * height + near * close + far * max(close, around) <= floor:
            continue
        first = group * GROUP - half + 1
        if first >= 0 and first + 2 * half + GROUP - 1 <= len(x):
            reading = _reading(x, first, even, odd)
        else:
            load_window(x, first, window)
            reading = _reading(window, np.int64(0), even, odd)
        peaks[answer] = max(peaks[answer], reading)


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _reading(x, first, even, odd):  # type: ignore[no-untyped-def]
    if even.shape[1] == 16:
        return _read_fine(x, first, even, odd)
    return _read_sinc(x, first, even, odd) if odd.shape[0] == 1 else _read_itu(x, first, even, odd)


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
