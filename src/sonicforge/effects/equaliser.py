"""Equaliser: a cascade of second-order sections, both channels in one loop.

Transposed direct form II in double precision. A recursion waits for itself, so four of them run side by side:
four sections of one channel, or two sections of two channels.
"""

from collections.abc import Iterable

import numpy as np
from numba import njit

from sonicforge.effects.biquad import Sections
from sonicforge.sound.audio import Samples

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0, 0.0])


class Equaliser:
    """Static filters in series. `sections` come from `effects.biquad`; none of them passes the sound through."""

    latency = 0

    def __init__(self, sections: Iterable[Sections] = ()) -> None:
        rows = [np.atleast_2d(part) for part in sections if len(part)]
        self.sections: Sections = np.concatenate(rows) if rows else np.zeros((0, 5))
        self._mono = _padded(self.sections, 4 if len(self.sections) % 4 != 2 else 2)
        self._stereo = _padded(self.sections, 2)
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros((2, max(len(self._mono), len(self._stereo)), 2))

    @property
    def quiet(self) -> bool:
        """True when nothing of what was heard rings on above -160 dBFS."""
        return bool(np.abs(self._state).max(initial=0.0) < 1e-8)

    def process(self, block: Samples) -> Samples:
        out = np.empty_like(block, order="C")
        self.run(np.ascontiguousarray(block), out, 0, block.shape[1])
        return out

    def run(self, source: Samples, target: Samples, start: int, stop: int) -> None:
        """Filter source[:, start:stop] into the same place of `target` (which may be `source`); mono or stereo."""
        if len(self.sections) == 0:
            if target is not source:
                target[:, start:stop] = source[:, start:stop]
            return
        if source.shape[0] == 1:
            self._run_mono(source, target, start, stop)
        else:
            self._run_stereo(source, target, start, stop)

    def _run_mono(self, source: Samples, target: Samples, start: int, stop: int) -> None:
        at = 0
        while at < len(self._mono):
            step = 4 if len(self._mono) - at >= 4 else 2
            kernel = _four_of_one if step == 4 else _two_of_one
            kernel(source, target, start, stop, self._mono[at : at + step], self._state[0, at : at + step])
            source, at = target, at + step

    def _run_stereo(self, source: Samples, target: Samples, start: int, stop: int) -> None:
        for at in range(0, len(self._stereo), 2):
            left, right = self._state[0, at : at + 2], self._state[1, at : at + 2]
            _two_of_two(source, target, start, stop, self._stereo[at : at + 2], left, right)
            source = target


def _padded(sections: Sections, multiple: int) -> Sections:
    missing = -len(sections) % multiple
    if multiple == 4 and missing >= 2:
        missing -= 2
    return np.ascontiguousarray(np.concatenate([sections, np.tile(IDENTITY, (missing, 1))]))


@njit(cache=True, nogil=True, fastmath=True)
def _four_of_one(x, y, start, stop, c, s):  # type: ignore[no-untyped-def]
    b00, b01, b02, a01, a02 = c[0]
    b10, b11, b12, a11, a12 = c[1]
    b20, b21, b22, a21, a22 = c[2]
    b30, b31, b32, a31, a32 = c[3]
    p0, q0 = s[0]
    p1, q1 = s[1]
    p2, q2 = s[2]
    p3, q3 = s[3]
    for i in range(start, stop):
        v = np.float64(x[0, i])
        w = b00 * v + p0
        p0 = b01 * v - a01 * w + q0
        q0 = b02 * v - a02 * w
        v = b10 * w + p1
        p1 = b11 * w - a11 * v + q1
        q1 = b12 * w - a12 * v
        w = b20 * v + p2
        p2 = b21 * v - a21 * w + q2
        q2 = b22 * v - a22 * w
        v = b30 * w + p3
        p3 = b31 * w - a31 * v + q3
        q3 = b32 * w - a32 * v
        y[0, i] = v
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    s[2, 0], s[2, 1], s[3, 0], s[3, 1] = p2, q2, p3, q3
    _flush(s)


@njit(cache=True, nogil=True, fastmath=True)
def _two_of_one(x, y, start, stop, c, s):  # type: ignore[no-untyped-def]
    b00, b01, b02, a01, a02 = c[0]
    b10, b11, b12, a11, a12 = c[1]
    p0, q0 = s[0]
    p1, q1 = s[1]
    for i in range(start, stop):
        v = np.float64(x[0, i])
        w = b00 * v + p0
        p0 = b01 * v - a01 * w + q0
        q0 = b02 * v - a02 * w
        v = b10 * w + p1
        p1 = b11 * w - a11 * v + q1
        q1 = b12 * w - a12 * v
        y[0, i] = v
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    _flush(s)


@njit(cache=True, nogil=True, fastmath=True)
def _two_of_two(x, y, start, stop, c, s, r):  # type: ignore[no-untyped-def]
    b00, b01, b02, a01, a02 = c[0]
    b10, b11, b12, a11, a12 = c[1]
    p0, q0 = s[0]
    p1, q1 = s[1]
    p2, q2 = r[0]
    p3, q3 = r[1]
    for i in range(start, stop):
        v = np.float64(x[0, i])
        u = np.float64(x[1, i])
        w = b00 * v + p0
        p0 = b01 * v - a01 * w + q0
        q0 = b02 * v - a02 * w
        t = b00 * u + p2
        p2 = b01 * u - a01 * t + q2
        q2 = b02 * u - a02 * t
        v = b10 * w + p1
        p1 = b11 * w - a11 * v + q1
        q1 = b12 * w - a12 * v
        u = b10 * t + p3
        p3 = b11 * t - a11 * u + q3
        q3 = b12 * t - a12 * u
        y[0, i] = v
        y[1, i] = u
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    r[0, 0], r[0, 1], r[1, 0], r[1, 1] = p2, q2, p3, q3
    _flush(s)
    _flush(r)


@njit(cache=True, nogil=True, fastmath=True)
def _flush(s):  # type: ignore[no-untyped-def]
    # A tail below 1e-30 is no sound any more, but as a denormal it costs a hundred times the time.
    for k in range(s.shape[0]):
        for j in range(2):
            if abs(s[k, j]) < 1e-30:
                s[k, j] = 0.0
