"""Sample by sample search for faults: flat tops, holes of digital zero, corners that nothing explains."""

import numpy as np
from numba import njit

CLICK_AROUND, CLICK_GUARD = 240, 12
"""Samples before and after a corner that it is compared with, and those left out beside it."""


@njit(cache=True, nogil=True)
def flat_tops(row, state, least, corner):  # type: ignore[no-untyped-def]
    """How many runs of three and more equal samples above `least` are entered around a corner.

    `state`: last sample, length of the run, step by which it was entered. Equal samples are what a converter or an
    integer file leaves of a clipped crest; the crest of a bass wave also rests, but is entered smoothly.
    """
    last, run, entry = state[0], state[1], state[2]
    found = 0
    for i in range(row.size):
        x = np.float64(row[i])
        step = x - last
        if step == 0.0 and abs(x) >= least:
            run += 1.0
            if run == 2.0 and entry >= corner * abs(x):
                found += 1
        else:
            run = 0.0
            entry = abs(step)
        last = x
    state[0], state[1], state[2] = last, run, entry
    return found


@njit(cache=True, nogil=True)
def piece_peaks(block, edges, peaks):  # type: ignore[no-untyped-def]
    """The highest absolute sample of all channels between each two edges; what is no number counts as 0."""
    for piece in range(edges.size - 1):
        highest = np.float32(0.0)
        for channel in range(block.shape[0]):
            for i in range(edges[piece], edges[piece + 1]):
                x = abs(block[channel, i])
                if x > highest:
                    highest = x
        peaks[piece] = highest


@njit(cache=True, nogil=True)
def zero_runs(block, start, state, least, found, count):  # type: ignore[no-untyped-def]
    """Runs of at least `least` samples that are exactly zero in all channels after sound, as (first, length, before).

    `state`: start of the run or -1, decaying peak of the sound before. A run is noted when sound comes back.
    """
    for i in range(block.shape[1]):
        highest = np.float32(0.0)
        for channel in range(block.shape[0]):
            highest = max(highest, abs(block[channel, i]))
        if highest == 0.0:
            if state[0] < 0:
                state[0] = start + i
        else:
            if state[0] >= 0:
                length = start + i - state[0]
                if length >= least and count < found.shape[0] and state[0] > 0:
                    found[count, 0], found[count, 1], found[count, 2] = state[0], length, state[1]
                    found[count, 3] = highest
                    count += 1
                state[0] = -1
            state[1] = max(highest, state[1] * 0.995)
    return count


@njit(cache=True, nogil=True)
def corners(row, first, last, ratio, floor, found):  # type: ignore[no-untyped-def]
    """Places in [first, last) whose third difference stands `ratio` above its mean on both sides.

    `row` reaches CLICK_AROUND + CLICK_GUARD + 3 samples further on both sides.
    """
    count = 0
    jerk = np.empty(row.size, np.float32)
    jerk[:3] = 0.0
    for i in range(3, row.size):
        jerk[i] = abs(row[i] - 3.0 * row[i - 1] + 3.0 * row[i - 2] - row[i - 3])
    sums = np.zeros(row.size + 1, np.float64)
    for i in range(row.size):
        sums[i + 1] = sums[i] + jerk[i]
    quiet = -1
    for i in range(first, last):
        if jerk[i] < floor or i < quiet:
            continue
        before = (sums[i - CLICK_GUARD] - sums[i - CLICK_GUARD - CLICK_AROUND]) / CLICK_AROUND
        after = (sums[i + CLICK_GUARD + CLICK_AROUND] - sums[i + CLICK_GUARD]) / CLICK_AROUND
        if jerk[i] > ratio * max(before, after) + floor:
            if count < found.size:
                found[count] = i
                count += 1
            quiet = i + CLICK_GUARD
    return count
