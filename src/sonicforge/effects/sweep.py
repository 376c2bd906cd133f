"""Sweep: a low-pass or high-pass whose corner follows a control curve.

State-variable filter with trapezoidal integrators (zero-delay feedback), stable under fast modulation; the corner is
joined linearly between control points. Where it leaves the audible range the filter fades out and costs nothing.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.control import CONTROL, points_for
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

OPEN_LOWPASS_HZ = 18_500.0
OPEN_HIGHPASS_HZ = 21.0
FADE_S = 0.02


class Sweep:
    """Filter along `corner_hz`, one value per `CONTROL` samples from the start of the signal; the last one holds.

    12 dB/oct, quality `q`. Corners at or above 18.5 kHz (low-pass) or at or below 21 Hz (high-pass) let the
    sound through untouched.
    """

    latency = 0

    def __init__(
        self, corner_hz: NDArray[np.float32], *, high: bool, q: float = 0.75, sample_rate: int = SAMPLE_RATE
    ) -> None:
        corner = np.asarray(corner_hz, np.float64)
        shut = corner > OPEN_HIGHPASS_HZ if high else corner < OPEN_LOWPASS_HZ
        points = max(int(FADE_S * sample_rate / CONTROL), 2)
        self._wet = _widened(shut, points)
        g = np.tan(math.pi * np.clip(corner, 10.0, 0.45 * sample_rate) / sample_rate)
        self._table = np.stack([g, self._wet])
        self._high, self._k = high, 1.0 / q
        self.reset()

    @property
    def idle(self) -> bool:
        """True when the corner never enters the audible range."""
        return not self._wet.any()

    def reset(self) -> None:
        self._at = 0
        self._states = np.zeros((1, 2, 2))

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        self.run(out, 0, out.shape[1], self._at)
        self._at += out.shape[1]
        return out

    def run(self, x: Samples, start: int, stop: int, at: int) -> None:
        """Filter x[:, start:stop] in place; `at` is the position of `start` in the whole signal."""
        low = min(at // CONTROL, self._wet.size - 1)
        if not self._wet[low : (at + stop - start) // CONTROL + 2].any():
            self._states[:] = 0.0
            return
        pairs = range(0, x.shape[0], 2)
        if len(self._states) < len(pairs):
            self._states = np.zeros((len(pairs), 2, 2))
        for first, state in zip(pairs, self._states, strict=True):
            left = x[first, start:stop]
            right = x[first + 1, start:stop] if first + 1 < x.shape[0] else np.zeros_like(left)
            _sweep(left, right, at, self._table, self._k, self._high, state)


def moving_filter(
    *,
    kind: str = "lowpass",
    from_hz: float = 18_500.0,
    to_hz: float = 300.0,
    seconds: float = 4.0,
    q: float = 0.75,
    sample_rate: int = SAMPLE_RATE,
) -> Sweep:
    """A `Sweep` that travels once, evenly in octaves, and stays where it arrives."""
    points = points_for(max(round(seconds * sample_rate), 1))
    corner = np.geomspace(from_hz, to_hz, points).astype(np.float32)
    return Sweep(corner, high=kind == "highpass", q=q, sample_rate=sample_rate)


def _widened(shut: NDArray[np.bool_], points: int) -> NDArray[np.float64]:
    """1 where shut, fading to 0 over `points` on both sides."""
    if not shut.any():
        return np.zeros(shut.size)
    index = np.arange(shut.size)
    before = np.maximum.accumulate(np.where(shut, index, -(10**9)))
    after = np.minimum.accumulate(np.where(shut, index, 10**9)[::-1])[::-1]
    distance = np.minimum(index - before, after - index)
    return np.clip(1.0 - distance / points, 0.0, 1.0)


@njit(cache=True, nogil=True, fastmath=True)
def _sweep(left, right, at, table, k, high, state):  # type: ignore[no-untyped-def]
    # Two recursions side by side: each spends most of its time waiting for itself.
    last = table.shape[1] - 1
    s1, s2 = state[0]
    t1, t2 = state[1]
    i = 0
    while i < left.size:
        n = at + i
        c = n // CONTROL
        phase = n - c * CONTROL
        end = min(left.size, i + CONTROL - phase)
        c0, c1 = min(c, last), min(c + 1, last)
        w0, w1 = table[1, c0], table[1, c1]
        if w0 == 0.0 and w1 == 0.0:
            s1 = s2 = t1 = t2 = 0.0
            i = end
            continue
        g0, dg = table[0, c0], (table[0, c1] - table[0, c0]) / CONTROL
        dw = (w1 - w0) / CONTROL
        for j in range(i, end):
            p = phase + j - i
            g = g0 + dg * p
            a = 1.0 / (1.0 + g * (g + k))
            wet = w0 + dw * p
            u, v = np.float64(left[j]), np.float64(right[j])
            u1, v1 = a * (s1 + g * (u - s2)), a * (t1 + g * (v - t2))
            u2, v2 = s2 + g * u1, t2 + g * v1
            s1, t1 = 2.0 * u1 - s1, 2.0 * v1 - t1
            s2, t2 = 2.0 * u2 - s2, 2.0 * v2 - t2
            left[j] = u + wet * ((u - k * u1 - u2 if high else u2) - u)
            right[j] = v + wet * ((v - k * v1 - v2 if high else v2) - v)
        i = end
    state[0, 0], state[0, 1], state[1, 0], state[1, 1] = s1, s2, t1, t2
    for channel in range(2):
        for order in range(2):
            if abs(state[channel, order]) < 1e-30:
                state[channel, order] = 0.0


EFFECT = Effect(
    "sweep",
    "a filter that travels once from one corner frequency to another and stays there",
    moving_filter,
    (
        Choice("kind", ("lowpass", "highpass"), "lowpass"),
        Parameter("from_hz", 20, 20_000, 18_500, "Hz", "starts dark (thin at the top for a high-pass)", "starts open"),
        Parameter("to_hz", 20, 20_000, 300, "Hz", "ends dark", "ends open"),
        Parameter("seconds", 0.05, 600, 4, "s", "a flick", "a whole breakdown"),
        Parameter("q", 0.3, 8, 0.75, "", "soft", "whistles at the corner"),
    ),
    source="trapezoidal state-variable filter, V. Zavalishin, The Art of VA Filter Design (2012)",
)
