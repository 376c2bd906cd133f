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
    usual = np.mean(_whitened(slow, a)[_ORDER : _BEFORE - 1] ** 2) + 1e-20
    columns = np.zeros((_AFTER + 1, opened + 2))
    for j in range(opened):
        unit = np.zeros(slow.size)
        unit[_BEFORE - 1 + j] = 1.0
        columns[:, 2 + j] = _whitened(unit, a)[_BEFORE - 1 :]
    target = _whitened(slow, a)[_BEFORE - 1 :]
    alone = _left(columns[:, 2:], target)[0]
    if alone < _LOUDER * usual * _AFTER:
        return False
    shape, best = _best_shape(columns, target, a, pace, sample_rate)
    if best > (1.0 - _EXPLAINS) * alone:
        return False
    _subtract(view[first : first + _AFTER * pace], sample_rate, shape)
    return True


@njit(cache=True, nogil=True)
def _slowed(part, pace):  # type: ignore[no-untyped-def]
    # Every `pace`th sample of what a Hann window of three times that length lets through.
    out = np.empty(part.size // pace - 2)
    window = 0.5 - 0.5 * np.cos(2 * math.pi * (np.arange(3 * pace) + 0.5) / (3 * pace))
    for j in range(out.size):
        out[j] = np.sum(part[j * pace : (j + 3) * pace] * window) / (1.5 * pace)
    return out


@njit(cache=True, nogil=True)
def _best_shape(columns, target, a, pace, sample_rate):  # type: ignore[no-untyped-def]
    # Decay, frequency, weights of cosine and sine; and the energy that stays unexplained.
    best, shape = np.inf, np.zeros(4)
    wave = np.zeros((_BEFORE + _AFTER + 2) * pace)
    start = (_BEFORE + 1) * pace
    for decay in _DECAYS_MS / 1000:
        for tone in _TONES_HZ:
            for quarter in range(2):
                for i in range(start, wave.size):
                    t = (i - start) / sample_rate
                    turn = 2 * math.pi * tone * t
                    wave[i] = math.exp(-t / decay) * (math.sin(turn) if quarter else math.cos(turn))
                columns[:, quarter] = _whitened(_slowed(wave, pace), a)[_BEFORE - 1 :]
            left, weights = _left(columns, target)
            if left < best:
                best = left
                shape[0], shape[1], shape[2], shape[3] = decay, tone, weights[0], weights[1]
    return shape, best


@njit(cache=True, nogil=True)
def _left(columns, target):  # type: ignore[no-untyped-def]
    # Energy of `target` that the columns cannot make, and their weights (least squares).
    size = columns.shape[1]
    matrix, weights = np.zeros((size, size)), np.zeros(size)
    for i in range(size):
        weights[i] = np.sum(columns[:, i] * target)
        for j in range(size):
            matrix[i, j] = np.sum(columns[:, i] * columns[:, j])
        # A sine of 0 Hz is nothing; this gives it no weight.
        matrix[i, i] = matrix[i, i] * (1.0 + 1e-9) + 1e-12
    if not solve(matrix, weights, size):
        return np.inf, weights
    rest = target.copy()
    for i in range(size):
        rest -= weights[i] * columns[:, i]
    return np.sum(rest * rest), weights


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
        a[1:] = vector
    return a


@njit(cache=True, nogil=True)
def _whitened(x, a):  # type: ignore[no-untyped-def]
    out = np.zeros(x.size)
    for n in range(_ORDER, x.size):
        for k in range(_ORDER + 1):
            out[n] += a[k] * x[n - k]
    return out


@njit(cache=True, nogil=True)
def _subtract(part, sample_rate, shape):  # type: ignore[no-untyped-def]
    fade = part.size // 4
    for i in range(part.size):
        t = i / sample_rate
        turn = 2 * math.pi * shape[1] * t
        wave = math.exp(-t / shape[0]) * (shape[2] * math.cos(turn) + shape[3] * math.sin(turn))
        rest = part.size - i
        part[i] -= np.float32(wave * (0.5 - 0.5 * math.cos(math.pi * rest / fade) if rest < fade else 1.0))
