"""Loops over every sample: faults and levels, flat tops, sudden corners, decimation."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def survey(
    left: Samples, right: Samples, edges: NDArray[np.int64], high_pass: Floats, low_pass: Floats
) -> tuple[Floats, Floats, Floats, int]:
    """Largest absolute sample and band-passed mid power between `edges`, channel sums, count of non-finite samples.

    A piece with a fault counts as silence and restarts the filter.
    """
    pieces = len(edges) - 1
    highest, envelope, sums = np.zeros(pieces), np.zeros(pieces), np.zeros(2)
    faults = 0
    hb0, hb1, hb2, ha1, ha2 = high_pass[0], high_pass[1], high_pass[2], high_pass[3], high_pass[4]
    lb0, lb1, lb2, la1, la2 = low_pass[0], low_pass[1], low_pass[2], low_pass[3], low_pass[4]
    s0, s1, t0, t1 = 0.0, 0.0, 0.0, 0.0
    for piece in range(pieces):
        most, power, total_left, total_right = 0.0, 0.0, 0.0, 0.0
        for i in range(edges[piece], edges[piece + 1]):
            a, b = np.float64(left[i]), np.float64(right[i])
            total_left += a
            total_right += b
            most = max(most, abs(a), abs(b))
            x = 0.5 * (a + b)
            y = hb0 * x + s0
            s0 = hb1 * x - ha1 * y + s1
            s1 = hb2 * x - ha2 * y
            z = lb0 * y + t0
            t0 = lb1 * y - la1 * z + t1
            t1 = lb2 * y - la2 * z
            power += z * z
        if not np.isfinite(total_left + total_right):
            for i in range(edges[piece], edges[piece + 1]):
                faults += int(not np.isfinite(left[i])) + int(not np.isfinite(right[i]))
            most, power, s0, s1, t0, t1 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        else:
            sums[0] += total_left
            sums[1] += total_right
        if power < 1e-24:
            s0, s1, t0, t1 = 0.0, 0.0, 0.0, 0.0
        highest[piece] = most
        envelope[piece] = power / max(1, edges[piece + 1] - edges[piece])
    for i in range(edges[pieces], len(left)):
        faults += int(not np.isfinite(left[i])) + int(not np.isfinite(right[i]))
    return highest, envelope, sums, faults


@njit(cache=True, nogil=True)
def flat_runs(samples: Samples, top: float, tolerance: float, steepness: float) -> int:
    """Runs of at least three samples within `tolerance` (a ratio) of `top`, entered or left around a corner.

    A smooth crest of n samples that deep enters with a step of about 4 * tolerance * top / n; a clipped one enters with
    the slope of the wave. `steepness` is how many times the smooth step makes a corner.
    """
    level = top * (1.0 - tolerance)
    runs, i, count = 0, 0, len(samples)
    while i < count:
        value = samples[i]
        if abs(value) < level:
            i += 1
            continue
        first = i
        while i < count and abs(samples[i]) >= level and (samples[i] > 0) == (value > 0):
            i += 1
        length = i - first
        if length >= 3:
            entry = abs(samples[first] - samples[first - 1]) if first > 0 else 0.0
            leave = abs(samples[i - 1] - samples[i]) if i < count else 0.0
            if max(entry, leave) > steepness * 4.0 * tolerance * top / length:
                runs += 1
    return runs


@njit(cache=True, nogil=True, fastmath=True)
def _sharpest(samples: Samples, start: int, end: int) -> np.float32:
    """Largest absolute second difference of a stretch."""
    most = np.float32(0.0)
    for i in range(start, end):
        most = max(most, abs(samples[i + 1] - np.float32(2.0) * samples[i] + samples[i - 1]))
    return most


@njit(cache=True, nogil=True, fastmath=True)
def _many_reach(samples: Samples, start: int, end: int, level: np.float32) -> bool:
    """Whether at least half of the absolute second differences of a stretch are at or above a level."""
    count = 0
    for i in range(start, end):
        count += abs(samples[i + 1] - np.float32(2.0) * samples[i] + samples[i - 1]) >= level
    return 2 * count >= end - start


@njit(cache=True, nogil=True)
def corners(samples: Samples, block: int, ratio: float, floor: float) -> NDArray[np.int64]:
    """Samples whose second difference exceeds `ratio` times the median of its block, the largest of each block."""
    blocks = (len(samples) - 2) // block
    found = np.empty(max(blocks, 0), np.int64)
    count = 0
    for number in range(blocks):
        start = number * block + 1
        most = _sharpest(samples, start, start + block)
        # The median is above a level exactly if half of the values are: no sorting.
        if most < floor or _many_reach(samples, start, start + block, np.float32(most / ratio)):
            continue
        for i in range(start, start + block):
            if abs(samples[i + 1] - np.float32(2.0) * samples[i] + samples[i - 1]) >= np.float32(0.999) * most:
                found[count] = i
                count += 1
                break
    return found[:count]


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"})
def decimate(samples: Samples, first: Floats, second: Floats, step: int) -> Samples:
    """Every `step`-th sample behind two biquads (b0 b1 b2 a1 a2 each) that keep what would alias out."""
    out = np.empty(len(samples) // step, np.float32)
    b0, b1, b2, a1, a2 = first[0], first[1], first[2], first[3], first[4]
    d0, d1, d2, c1, c2 = second[0], second[1], second[2], second[3], second[4]
    s0, s1, t0, t1 = 0.0, 0.0, 0.0, 0.0
    for k in range(len(out)):
        z = 0.0
        loud = 0.0
        for i in range(k * step, (k + 1) * step):
            x = np.float64(samples[i])
            y = b0 * x + s0
            s0 = b1 * x - a1 * y + s1
            s1 = b2 * x - a2 * y
            z = d0 * y + t0
            t0 = d1 * y - c1 * z + t1
            t1 = d2 * y - c2 * z
            loud += z * z
        if loud < 1e-24:
            s0, s1, t0, t1 = 0.0, 0.0, 0.0, 0.0
        out[k] = z
    return out


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"})
def band_powers(
    spectrum: NDArray[np.complex64],
    first_frame: int,
    count: int,
    bins: NDArray[np.int64],
    shares: Floats,
    low_bins: int,
    bands: Floats,
    low: Floats,
) -> None:
    """Band powers of `count` mid and side spectra into `bands` from `first_frame` on, lows of four channels into `low`.

    A band takes whole bins between its first and last one and the given shares of those two.
    """
    width = spectrum.shape[2]
    power = np.empty(width, np.float32)
    for frame in range(count):
        cross = 0.0
        for part in range(2):
            row = spectrum[part, frame]
            for i in range(width):
                power[i] = row[i].real * row[i].real + row[i].imag * row[i].imag
            for number in range(len(bins)):
                first, last = bins[number, 0], bins[number, 1]
                total = np.float32(0.0)
                for i in range(first + 1, last):
                    total += power[i]
                edge = shares[number, 0] * power[first] + shares[number, 1] * power[last]
                if first == last:
                    edge = max(0.0, shares[number, 0] + shares[number, 1] - 1.0) * power[first]
                bands[part, first_frame + frame, number] = total + edge
            total = np.float32(0.0)
            for i in range(1, low_bins):
                total += power[i]
            low[first_frame + frame, part] = total
        for i in range(1, low_bins):
            a, b = spectrum[0, frame, i], spectrum[1, frame, i]
            cross += a.real * b.real + a.imag * b.imag
        row_low = low[first_frame + frame]
        row_low[2] = row_low[0] + row_low[1] + 2.0 * cross
        row_low[3] = row_low[0] + row_low[1] - 2.0 * cross
