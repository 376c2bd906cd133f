"""Autoregression: a sound as a prediction from its own last samples, and gaps filled so that the prediction holds.

Levinson's recursion for the model, least squares for the gaps: with the inverse filter 1, a1 .. ap the unknown samples
minimise the energy of the prediction error (Janssen, Veldhuis and Vries, "Adaptive interpolation of discrete-time
signals that can be modeled as autoregressive processes", IEEE TASSP 34, 1986; Godsill and Rayner, "Digital Audio
Restoration", 1998, chapter 5). The normal equations need only the autocorrelation of the inverse filter.
"""

import math

import numpy as np
from numba import njit

_ROUNDING = 1e-10
"""Share of a signal under which the energy of its prediction error is made of rounding: more order would only harm."""


@njit(cache=True, nogil=True, fastmath=True)
def hann(x):  # type: ignore[no-untyped-def]
    """`x` (float64) under a Hann window of its length."""
    out = np.empty(x.size)
    for i in range(x.size):
        out[i] = x[i] * (0.5 - 0.5 * math.cos(2 * math.pi * (i + 0.5) / x.size))
    return out


@njit(cache=True, nogil=True, fastmath=True)
def correlate(x, order, into):  # type: ignore[no-untyped-def]
    """Autocorrelation of x at lags 0 .. order, written to `into`."""
    for lag in range(order + 1):
        total = x[0] * x[0] * 0
        early, late = x[: x.size - lag], x[lag:]
        for i in range(early.size):
            total += early[i] * late[i]
        into[lag] = total


@njit(cache=True, nogil=True, fastmath=True)
def levinson(r, a, order):  # type: ignore[no-untyped-def]
    """Inverse filter a[0] = 1 .. a[order] of autocorrelation r; returns the energy of the prediction error."""
    for k in range(order + 1):
        a[k] = 0.0
    a[0] = 1.0
    error = r[0]
    for m in range(1, order + 1):
        if error <= _ROUNDING * r[0]:
            break
        total = r[m]
        for i in range(1, m):
            total += a[i] * r[m - i]
        k = -total / error
        for i in range(1, m // 2 + 1):
            low, high = a[i], a[m - i]
            a[i] = low + k * high
            if i != m - i:
                a[m - i] = high + k * low
        a[m] = k
        error *= 1.0 - k * k
    return error


@njit(cache=True, nogil=True, fastmath=True)
def prediction_error(x, a, start, into):  # type: ignore[no-untyped-def]
    """into[i] = what the model did not foresee of x[start + i]; start >= a.size - 1."""
    for i in range(into.size):
        into[i] = x[start + i]
    for k in range(1, a.size):
        part, weight = x[start - k : start - k + into.size], a[k]
        for i in range(into.size):
            into[i] += weight * part[i]


@njit(cache=True, nogil=True, fastmath=True)
def solve(matrix, vector, size):  # type: ignore[no-untyped-def]
    """Solves the symmetric positive definite system in place (Cholesky); False if it is not definite."""
    for j in range(size):
        total = matrix[j, j]
        for k in range(j):
            total -= matrix[j, k] * matrix[j, k]
        if total <= 1e-12 * matrix[j, j] or total <= 0.0:
            return False
        pivot = math.sqrt(total)
        matrix[j, j] = pivot
        for i in range(j + 1, size):
            total = matrix[i, j]
            row, other = matrix[i], matrix[j]
            for k in range(j):
                total -= row[k] * other[k]
            matrix[i, j] = total / pivot
    for i in range(size):
        total = vector[i]
        for k in range(i):
            total -= matrix[i, k] * vector[k]
        vector[i] = total / matrix[i, i]
    for i in range(size - 1, -1, -1):
        total = vector[i]
        for k in range(i + 1, size):
            total -= matrix[k, i] * vector[k]
        vector[i] = total / matrix[i, i]
    return True


@njit(cache=True, nogil=True, fastmath=True)
def fill_gaps(x, gaps, a):  # type: ignore[no-untyped-def]
    """Replaces the samples x[gaps] (ascending places, at least a.size - 1 from both ends) by least squares.

    Returns False and leaves x if the equations have no safe solution.
    """
    return fill_gaps_softly(x, gaps, a, np.zeros(gaps.size))


@njit(cache=True, nogil=True, fastmath=True)
def fill_gaps_softly(x, gaps, a, trust):  # type: ignore[no-untyped-def]
    """As `fill_gaps`, but drawn to the samples that x holds in the gaps with weights `trust`.

    A trust of 0 ignores the sample; 1 says that it is as uncertain as the model's prediction.
    """
    order, size = a.size - 1, gaps.size
    b = np.empty(order + 1)
    correlate(a, order, b)
    matrix, vector = _gap_matrix(gaps, b), np.zeros(size)
    known = x.copy()
    for i in range(size):
        known[gaps[i]] = 0.0
        matrix[i, i] += trust[i]
    for i in range(size):
        at, total = gaps[i], trust[i] * x[gaps[i]]
        for lag in range(1, order + 1):
            total -= b[lag] * (known[at - lag] + known[at + lag])
        vector[i] = total
    if not solve(matrix, vector, size):
        return False
    for i in range(size):
        x[gaps[i]] = vector[i]
    return True


@njit(cache=True, nogil=True, fastmath=True)
def gap_doubt(gaps, a):  # type: ignore[no-untyped-def]
    """Variance of each filled sample over that of the model's prediction error."""
    b, unit = np.empty(a.size), np.empty(gaps.size)
    correlate(a, a.size - 1, b)
    factor = _gap_matrix(gaps, b)
    doubt = np.zeros(gaps.size)
    for i in range(gaps.size):
        unit[i] = 0.0
    if not solve(factor, unit, gaps.size):
        return doubt
    # The factor L is in the lower triangle: the diagonal of the inverse is the column energy of L^-1.
    for j in range(gaps.size):
        for i in range(gaps.size):
            unit[i] = 0.0
        unit[j] = 1.0
        for i in range(j, gaps.size):
            total = unit[i]
            for k in range(j, i):
                total -= factor[i, k] * unit[k]
            unit[i] = total / factor[i, i]
            doubt[j] += unit[i] * unit[i]
    return doubt


@njit(cache=True, nogil=True, fastmath=True)
def _gap_matrix(gaps, b):  # type: ignore[no-untyped-def]
    matrix = np.zeros((gaps.size, gaps.size))
    for i in range(gaps.size):
        for j in range(i, -1, -1):
            lag = gaps[i] - gaps[j]
            if lag >= b.size:
                break
            matrix[i, j] = b[lag]
    return matrix
