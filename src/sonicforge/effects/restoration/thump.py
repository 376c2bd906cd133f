"""The thump after a pop: a deep scratch throws the needle, and the arm swings out in a few low, dying waves.

Template after template (a decaying cosine and sine of one frequency and one decay) is fitted at a low rate to what
follows the pop, in the whitened domain of a model of the music before it, with the pop itself left open. The best one
is taken out if it explains most of what the model did not expect. After Godsill and Rayner, "Digital Audio
Restoration", 1998, chapter 7 (separation of low-frequency pulses), with fixed shapes instead of a second model.
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.restoration.autoregression import solve

_RATE = 600
_ORDER = 4
_BEFORE, _AFTER = 36, 34
_MOST_OPEN = 6
_EXPLAINS, _LOUDER = 0.65, 2.5
_DECAYS_MS = np.array([4.0, 7.0, 12.0, 20.0, 30.0])
_TONES_HZ = np.array([0.0, 12.0, 20.0, 32.0, 50.0, 75.0, 110.0])


@njit(cache=True, nogil=True)
def take_thump_out(view, first, last, sample_rate):  # type: ignore[no-untyped-def]
    """Subtracts the thump that starts with the pop view[first:last], in place; True if there was one."""
    pace = max(sample_rate // _RATE, 1)
    opened = (last - first) // pace + 3
    if first < (_BEFORE + 1) * pace or first + (_AFTER + 1) * pace > view.size or opened > _MOST_OPEN:
        return False
    slow = _slowed(view[first - _BEFORE * pace - pace : first + _AFTER * pace + pace], pace)
    a = _model(slow[: _BEFORE - 1])
    error = np.empty(slow.size - _ORDER)
    _whiten(slow, a, error)
    calm = error[: _BEFORE - 1 - _ORDER]
    usual = _dot(calm, calm) / calm.size + 1e-20
    # Rows: cosine, sine, and one for each sample that the pop itself leaves open.
    rows = np.zeros((opened + 2, _AFTER + 1))
    for j in range(opened):
        unit = np.zeros(slow.size)
        unit[_BEFORE - 1 + j] = 1.0
        _whiten(unit, a, rows[2 + j])
    target = error[calm.size :]
    alone = _left(rows, 2, target, np.zeros(rows.shape[0]))
    if alone < _LOUDER * usual * _AFTER:
        return False
    shape, best = _best_shape(rows, target, a, pace, sample_rate)
    if best > (1.0 - _EXPLAINS) * alone:
        return False
    _subtract(view[first : first + _AFTER * pace], sample_rate, shape)
    return True


@njit(cache=True, nogil=True)
def _slowed(part, pace):  # type: ignore[no-untyped-def]
    # Every `pace`th sample of what a Hann window of three times that length lets through.
    out = np.zeros(part.size // pace - 2)
    for i in range(3 * pace):
        weight = (0.5 - 0.5 * math.cos(2 * math.pi * (i + 0.5) / (3 * pace))) / (1.5 * pace)
        for j in range(out.size):
            out[j] += weight * part[j * pace + i]
    return out


@njit(cache=True, nogil=True)
def _best_shape(rows, target, a, pace, sample_rate):  # type: ignore[no-untyped-def]
    # Decay, frequency, weights of cosine and sine; and the energy that stays unexplained.
    best, shape = np.inf, np.zeros(4)
    weights = np.zeros(rows.shape[0])
    wave = np.zeros((_BEFORE + _AFTER + 2) * pace, np.float32)
    start = (_BEFORE + 1) * pace
    for decay in _DECAYS_MS:
        for tone in _TONES_HZ:
            for quarter in range(2):
                for i in range(start, wave.size):
                    t = (i - start) / sample_rate
                    wave[i] = math.exp(-1000 * t / decay) * math.cos(2 * math.pi * tone * t - 0.5 * math.pi * quarter)
                _whiten(_slowed(wave, pace), a, rows[quarter])
            left = _left(rows, 0, target, weights)
            if left < best:
                best = left
                shape[0], shape[1], shape[2], shape[3] = decay / 1000, tone, weights[0], weights[1]
    return shape, best


@njit(cache=True, nogil=True)
def _left(rows, start, target, weights):  # type: ignore[no-untyped-def]
    # Energy of `target` that rows[start:] cannot make; writes their weights (least squares).
    size = rows.shape[0] - start
    matrix = np.zeros((size, size))
    for i in range(size):
        weights[i] = _dot(rows[start + i], target)
        for j in range(size):
            matrix[i, j] = _dot(rows[start + i], rows[start + j])
        # A sine of 0 Hz is nothing; this gives it no weight.
        matrix[i, i] = matrix[i, i] * (1.0 + 1e-9) + 1e-12
    if not solve(matrix, weights, size):
        return np.inf
    energy = 0.0
    for n in range(target.size):
        rest = target[n]
        for i in range(size):
            rest -= weights[i] * rows[start + i, n]
        energy += rest * rest
    return energy


@njit(cache=True, nogil=True)
def _dot(x, y):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@njit(cache=True, nogil=True)
def _model(before):  # type: ignore[no-untyped-def]
    # Inverse filter by least squares over `before` itself: no window, because two waves of a bass must do.
    matrix, vector = np.zeros((_ORDER, _ORDER)), np.zeros(_ORDER)
    for n in range(_ORDER, before.size):
        for i in range(_ORDER):
            vector[i] -= before[n - 1 - i] * before[n]
            for j in range(_ORDER):
                matrix[i, j] += before[n - 1 - i] * before[n - 1 - j]
    for i in range(_ORDER):
        matrix[i, i] = matrix[i, i] * (1.0 + 1e-6) + 1e-12
    a = np.zeros(_ORDER + 1)
    a[0] = 1.0
    if solve(matrix, vector, _ORDER):
        for i in range(_ORDER):
            a[1 + i] = vector[i]
    return a


@njit(cache=True, nogil=True)
def _whiten(x, a, into):  # type: ignore[no-untyped-def]
    # The last samples of the error of predicting x by the inverse filter a.
    start = x.size - into.size
    for n in range(into.size):
        into[n] = 0.0
        for k in range(_ORDER + 1):
            into[n] += a[k] * x[start + n - k]


@njit(cache=True, nogil=True)
def _subtract(part, sample_rate, shape):  # type: ignore[no-untyped-def]
    fade = part.size // 4
    for i in range(part.size):
        t = i / sample_rate
        turn = 2 * math.pi * shape[1] * t
        wave = math.exp(-t / shape[0]) * (shape[2] * math.cos(turn) + shape[3] * math.sin(turn))
        rest = part.size - i
        part[i] -= np.float32(wave * (0.5 - 0.5 * math.cos(math.pi * rest / fade) if rest < fade else 1.0))
