"""The phase field behind `stretch`: how far every bin of every frame has to be turned.

Phase-gradient integration after Průša and Holighaus, "Phase vocoder done right" (EUSIPCO 2017, arXiv 2202.07382): a
bin takes its turn either from itself one frame earlier, moved on by its frequency, or from a neighbour of the same
frame, moved on by the group delay, whichever lies on the louder path. Steady tones so continue in time, transients stay
one piece across the spectrum, and nothing has to be detected. The paper walks a heap; but the bins of a frame lie in a
row, so the loudest path to each is found by one sweep up and one down. Only turns are kept: they are the same for all
channels, which keeps their phases to each other, and zero where nothing is stretched.

Turns are counted in whole circles. arctan, sin and cos are the polynomials 4.4.49, 4.3.97 and 4.3.99 of Abramowitz and
Stegun (errors below 1e-7), which run in vectors.
"""

import math

import numpy as np
from numba import njit

SILENT = 1e-20


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _circle(y, x):  # type: ignore[no-untyped-def]
    # Angle of x + iy in circles, -0.5 .. 0.5.
    ax, ay = abs(x), abs(y)
    steep = ay > ax
    z = (ax if steep else ay) / ((ay if steep else ax) + np.float32(1e-35))
    s = z * z
    p = np.float32(0.0028662257) * s - np.float32(0.0161657367)
    p = p * s + np.float32(0.0429096138)
    p = p * s - np.float32(0.0752896400)
    p = p * s + np.float32(0.1065626393)
    p = p * s - np.float32(0.1420889944)
    p = p * s + np.float32(0.1999355085)
    p = p * s - np.float32(0.3333314528)
    a = (p * s * z + z) * np.float32(0.5 / math.pi)
    a = np.float32(0.25) - a if steep else a
    a = np.float32(0.5) - a if x < np.float32(0.0) else a
    return -a if y < np.float32(0.0) else a


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _gradients(  # type: ignore[no-untyped-def]
    frame, past, a, z, numbers, size, apart, wanted, bend, slip, power, onward, across, born, crossed
):
    # power of each bin; onward: turn that its frequency adds from frame to frame; across: turn from it to the next bin;
    # born: its turn if all of the sound were a click at its mean group delay.
    # Products of neighbours are summed over the channels, so the louder one counts more.
    bins = z - a
    power, onward, across = power[a:z], onward[a:z], across[a:z]
    re, im, re_up, im_up = crossed[0, a:z], crossed[1, a:z], crossed[2, a:z], crossed[3, a:z]
    for k in range(bins):
        power[k] = re[k] = im[k] = re_up[k] = im_up[k] = np.float32(0.0)
    for channel in range(frame.shape[0]):
        now, then = frame[channel, 2 * a : 2 * z], past[channel, 2 * a : 2 * z]
        for k in range(bins):
            x, y, u, v = now[2 * k], now[2 * k + 1], then[2 * k], then[2 * k + 1]
            power[k] += x * x + y * y
            re[k] += x * u + y * v
            im[k] += y * u - x * v
        for k in range(bins - 1):
            x, y, u, v = now[2 * k], now[2 * k + 1], now[2 * k + 2], now[2 * k + 3]
            # The sign moves the origin of time from the start of the frame to its middle.
            re_up[k] -= u * x + v * y
            im_up[k] -= v * x - u * y
    # In double precision these products are exact.
    ratio, forward, more = np.float32((wanted - apart) / apart), apart / size, (wanted - apart) / size
    numbers = numbers[a:z]
    for k in range(bins):
        expected, extra = numbers[k] * forward, numbers[k] * more
        off = _circle(im[k], re[k]) - np.float32(expected - np.floor(expected))
        off -= np.floor(off + np.float32(0.5))
        onward[k] = np.float32(extra - np.floor(extra)) + ratio * off
    # What lies late in the input frame lies `bend` times as much later in the output, and `slip` for the rounded place.
    spread, shift = np.float32(bend), np.float32(slip / size)
    whole_re, whole_im = np.float32(0.0), np.float32(0.0)
    for k in range(bins - 1):
        across[k] = _circle(im_up[k], re_up[k]) * spread - shift
        whole_re += re_up[k]
        whole_im += im_up[k]
    late = _circle(whole_im, whole_re) * bend - slip / size
    for k in range(bins):
        born[a + k] = np.float32(late * numbers[k] - np.floor(late * numbers[k]))


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _spread(loud, source, from_below, from_above):  # type: ignore[no-untyped-def]
    # For every place of a row the height of the highest pass by which a source reaches it from each side.
    count = loud.size
    from_below[0], from_above[count - 1] = source[0], source[count - 1]
    for i in range(1, count):
        from_below[i] = max(source[i], min(from_below[i - 1], loud[i - 1]))
    for i in range(count - 2, -1, -1):
        from_above[i] = max(source[i], min(from_above[i + 1], loud[i + 1]))


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _flood(power, before, row, loud, from_past, from_below, from_above):  # type: ignore[no-untyped-def]
    # The sources are the bins of the frame before.
    count = row.size
    for i in range(count):
        loud[i], from_past[i] = power[row[i]], before[row[i]]
    _spread(loud, from_past, from_below, from_above)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _turn(row, born, onward, across, from_past, from_below, from_above, turns):  # type: ignore[no-untyped-def]
    count = row.size
    for i in range(count):
        k = row[i]
        if from_past[i] >= max(from_below[i], from_above[i]):
            turns[k] = turns[k] + onward[k] if from_past[i] > SILENT else born[k]
    for i in range(1, count):
        if from_below[i] > from_past[i] and from_below[i] >= from_above[i]:
            turns[row[i]] = turns[row[i - 1]] + across[row[i] - 1]
    for i in range(count - 2, -1, -1):
        if from_above[i] > from_past[i] and from_above[i] > from_below[i]:
            turns[row[i]] = turns[row[i + 1]] - across[row[i + 1] - 1]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _rotate(frame, low, turns, gains, sines, cosines):  # type: ignore[no-untyped-def]
    for k in range(low, turns.size):
        turns[k] -= np.floor(turns[k] + np.float32(0.5))
        h = turns[k] * np.float32(math.pi)
        q = h * h
        sine = np.float32(-0.0000000239) * q + np.float32(0.0000027526)
        sine = sine * q - np.float32(0.0001984090)
        sine = sine * q + np.float32(0.0083333315)
        sine = sine * q - np.float32(0.1666666664)
        sine = (sine * q + np.float32(1.0)) * h
        cosine = np.float32(-0.0000002605) * q + np.float32(0.0000247609)
        cosine = cosine * q - np.float32(0.0013888397)
        cosine = cosine * q + np.float32(0.0416666418)
        cosine = cosine * q - np.float32(0.4999999963)
        cosine = cosine * q + np.float32(1.0)
        sines[k] = np.float32(2.0) * sine * cosine * gains[k]
        cosines[k] = (cosine * cosine - sine * sine) * gains[k]
    for channel in range(frame.shape[0]):
        row = frame[channel]
        for k in range(low, turns.size):
            x, y = row[2 * k], row[2 * k + 1]
            row[2 * k] = x * cosines[k] - y * sines[k]
            row[2 * k + 1] = x * sines[k] + y * cosines[k]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _follow(power, turns, across, twins, odd, first, last, loud, from_twin, from_below, from_above):  # type: ignore[no-untyped-def]
    # As in the leading row, but with the twins as sources: beside a tone the loud bins of both windows turn alike, even
    # where the longer window has only side lobes.
    count = last - first
    for i in range(count):
        k = first + i
        loud[i], from_twin[i] = power[k], power[twins[k]]
    _spread(loud[:count], from_twin[:count], from_below[:count], from_above[:count])
    for i in range(count):
        k = first + i
        if from_twin[i] >= max(from_below[i], from_above[i]):
            turns[k] = turns[twins[k]] + (across[k - 1] if odd[k] else np.float32(0.0))
    for i in range(1, count):
        if from_below[i] > from_twin[i] and from_below[i] >= from_above[i]:
            turns[first + i] = turns[first + i - 1] + across[first + i - 1]
    for i in range(count - 2, -1, -1):
        if from_above[i] > from_twin[i] and from_above[i] > from_below[i]:
            turns[first + i] = turns[first + i + 1] - across[first + i]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _lead(power, top, first, twins, shared, row, seams):  # type: ignore[no-untyped-def]
    # Which places lead in this frame, from low to high frequency; seams are where the shorter windows take over.
    count, at = 0, first[top]
    for w in range(top, seams.size):
        seam = shared[w, 0]
        for k in range(shared[w, 0], shared[w, 1] + 1):
            if power[k] < power[seam]:
                seam = k
        seams[w] = seam
        for k in range(at, twins[seam] + 1):
            row[count] = k
            count += 1
        at = seam + 1
    for k in range(at, first[first.size - 1]):
        row[count] = k
        count += 1
    return count


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def turn_frames(  # type: ignore[no-untyped-def]
    frames, first, every, sizes, numbers, twins, odd, shared, gains, apart, rounded, ratio, hop, past, before, turns
):
    """Turn the spectra `frames` (n, channels, 2 * places) in place; in frame 0 every window is read.

    The tables are those of `Ladder`. `apart` (n, windows) is how far each window lies from where it was last read in
    the input, `rounded` (n) how far after its true place, `hop` one step of the output, `ratio` length out over length
    in. `past`, `before` and `turns` are carried from call to call.
    """
    places = turns.size
    power, onward, across = np.empty(places, np.float32), np.empty(places, np.float32), np.zeros(places, np.float32)
    crossed, heights = np.empty((4, places), np.float32), np.empty((4, places), np.float32)
    born = np.empty(places, np.float32)
    line, seams = np.empty(places, np.int64), np.empty(every.size - 1, np.int64)
    kept = np.empty_like(past)
    for n in range(frames.shape[0]):
        top = 0
        while n % every[top] != 0:
            top += 1
        low = first[top]
        frame = frames[n]
        kept[:, 2 * low :] = frame[:, 2 * low :]
        for w in range(top, every.size):
            _gradients(
                frame, past, first[w], first[w + 1], numbers, sizes[w], apart[n, w], hop * every[w], ratio - 1.0,
                ratio * rounded[n], power, onward, across, born, crossed,
            )  # fmt: skip
        m = _lead(power, top, first, twins, shared, line, seams)
        row = line[:m]
        _flood(power, before, row, heights[0, :m], heights[1, :m], heights[2, :m], heights[3, :m])
        _turn(row, born, onward, across, heights[1, :m], heights[2, :m], heights[3, :m], turns)
        for w in range(top, seams.size):
            for a, z in ((twins[seams[w]] + 1, first[w + 1]), (shared[w, 0], seams[w] + 1)):
                if a < z:
                    _follow(power, turns, across, twins, odd, a, z, heights[0], heights[1], heights[2], heights[3])
        before[low:] = power[low:]
        _rotate(frame, low, turns, gains, heights[0], heights[1])
        past[:, 2 * low :] = kept[:, 2 * low :]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def cut_frames(line, starts, window, frames):  # type: ignore[no-untyped-def]
    """Windowed pieces of `line` (channels, length) from each of `starts` into frames (n, channels, size)."""
    for n in range(starts.size):
        for channel in range(line.shape[0]):
            piece, into = line[channel, starts[n] : starts[n] + window.size], frames[n, channel]
            for i in range(window.size):
                into[i] = piece[i] * window[i]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def lay_frames(frames, window, first, step, line):  # type: ignore[no-untyped-def]
    """Add windowed frames (n, channels, size) to `line` (channels, length), from `first` on, `step` apart."""
    for n in range(frames.shape[0]):
        for channel in range(line.shape[0]):
            piece, into = frames[n, channel], line[channel, first + n * step : first + n * step + window.size]
            for i in range(window.size):
                into[i] += piece[i] * window[i]
