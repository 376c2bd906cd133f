"""Reading a stream at moving places between its samples: windowed sinc, for everything whose speed changes.

Sixteen taps (Kaiser window) from a table of 256 phases, joined linearly: flat within 0.1 dB to 17 kHz at 48 kHz, and
the error of the table lies below -100 dB.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.control import CONTROL
from sonicforge.sound.audio import Samples

TAPS = 16
PHASES = 256
YOUNG = TAPS // 2
"""Samples that must lie ahead of a reading place."""


def _design() -> NDArray[np.float32]:
    # The last row but one is the first, a sample on; the very last is only ever read with a share of 0.
    phase = np.minimum(np.arange(PHASES + 2), PHASES) / PHASES
    place = np.arange(TAPS)[None] - (YOUNG - 1) - phase[:, None]
    inside = np.clip(1 - (place / (TAPS / 2)) ** 2, 0, None)
    kernel = np.sinc(place) * np.i0(7.0 * np.sqrt(inside)) / np.i0(7.0)
    return (kernel / kernel.sum(axis=1, keepdims=True)).astype(np.float32)


KERNEL = _design()


def read_delayed(line: Samples, out: Samples, offset: int, delays: NDArray[np.float64], phase: int) -> None:
    """out[:, i] = line[:, offset + i - d(i)] for all channels.

    `delays` lie on the control grid, joined linearly; out[:, 0] lies `phase` samples behind delays[0].
    Every delay is at least `YOUNG`.
    """
    for channel in range(0, out.shape[0], 2):
        pair = slice(channel, min(channel + 2, out.shape[0]))
        _read(line[pair], out[pair], offset, delays, phase, KERNEL)


def read_at(line: Samples, places: NDArray[np.float64], out: Samples) -> None:
    """out[c, i] = line[c, places[i]]; every place is at least `YOUNG` samples away from both ends."""
    for channel in range(out.shape[0]):
        _read_at(line[channel], places, out[channel], KERNEL)


@njit(cache=True, nogil=True, fastmath=True)
def _read(line, out, offset, delays, phase, kernel):  # type: ignore[no-untyped-def]
    last = out.shape[0] - 1
    left, right, to_left, to_right = line[0], line[last], out[0], out[last]
    n = out.shape[1]
    i = 0
    while i < n:
        point = (phase + i) // CONTROL
        within = phase + i - point * CONTROL
        end = min(n, i + CONTROL - within)
        start = delays[point]
        step = (delays[point + 1] - start) / CONTROL
        for j in range(i, end):
            # Reckoned from the control point, whose place does not depend on how the signal was cut into blocks.
            delay = start + step * (within + j - i)
            whole = int(delay)
            place = (1.0 - (delay - whole)) * PHASES
            row = int(place)
            part = np.float32(place - row)
            one, two = kernel[row], kernel[row + 1]
            first = offset + j - whole - YOUNG
            a, b = np.float32(0.0), np.float32(0.0)
            near, far = left[first : first + TAPS], right[first : first + TAPS]
            for k in range(TAPS):
                weight = one[k] + part * (two[k] - one[k])
                a += weight * near[k]
                b += weight * far[k]
            to_left[j], to_right[j] = a, b
        i = end


@njit(cache=True, nogil=True, fastmath=True)
def _read_at(line, places, out, kernel):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        whole = int(places[i])
        place = (places[i] - whole) * PHASES
        row = int(place)
        part = np.float32(place - row)
        first = whole - YOUNG + 1
        total = np.float32(0.0)
        for k in range(TAPS):
            total += (kernel[row, k] + part * (kernel[row + 1, k] - kernel[row, k])) * line[first + k]
        out[i] = total
