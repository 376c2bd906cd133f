"""The stereo field: pan laws, width, mono bass, correlation."""

import math

import numpy as np
from numba import njit

from sonicforge.effects.biquad import highpass
from sonicforge.effects.control import CONTROL, Curve
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

MONO_BELOW_HZ = 120.0


def pan_gains(position: float, *, centre_db: float = -3.0) -> tuple[float, float]:
    """Gains of left and right for `position` -1 (left) .. 1 (right).

    `centre_db` names the law: -3 constant power, -6 constant sum, -4.5 in between.
    """
    angle = (min(max(position, -1.0), 1.0) + 1) * math.pi / 4
    exponent = -centre_db / 3.0
    return math.cos(angle) ** exponent, math.sin(angle) ** exponent


def balance_gains(position: float) -> tuple[float, float]:
    """Gains that move a stereo sound sideways with its power kept; both 1 at 0."""
    left, right = pan_gains(position)
    return left * math.sqrt(2), right * math.sqrt(2)


def correlation(x: Samples) -> float:
    """Correlation of left and right, -1..1; 1 for mono and for silence."""
    if x.shape[0] == 1:
        return 1.0
    left, right = x[0].astype(np.float64), x[1].astype(np.float64)
    power = math.sqrt(float(left @ left) * float(right @ right))
    return float(left @ right) / power if power > 1e-20 else 1.0


class Width:
    """Side gain: 0 mono, 1 as it is, up to 2. Mono sound passes."""

    latency = 0

    def __init__(self, width: float = 1.0) -> None:
        self._width = width

    def reset(self) -> None:
        """Nothing is remembered."""

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if out.shape[0] == 2:
            widen(out, 0, out.shape[1], self._width)
        return out


class MonoBass:
    """High-pass on the side signal: what lies below `hz` becomes mono. The middle is untouched."""

    latency = 0

    def __init__(self, hz: float = MONO_BELOW_HZ, *, slope: int = 12, sample_rate: int = SAMPLE_RATE) -> None:
        rows = highpass(hz, slope=slope, sample_rate=sample_rate)
        self._sections = rows if len(rows) == 2 else np.concatenate([rows, [[1.0, 0.0, 0.0, 0.0, 0.0]]])
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros((2, 2))

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        self.run(out, 0, out.shape[1])
        return out

    def run(self, x: Samples, start: int, stop: int) -> None:
        """Work on x[:, start:stop] in place."""
        if x.shape[0] == 2:
            _mono_bass(x, start, stop, self._sections, self._state)


class SideCut:
    """Mono bass for any channel: high-pass of 6, 12 or 24 dB/oct on the side signal of stereo; all else passes."""

    latency = 0

    def __init__(self, *, hz: float = MONO_BELOW_HZ, slope: str = "12", sample_rate: int = SAMPLE_RATE) -> None:
        self._cut = Equaliser([highpass(hz, slope=int(slope), sample_rate=sample_rate)])

    def reset(self) -> None:
        self._cut.reset()

    def process(self, block: Samples) -> Samples:
        if len(block) != 2:
            return block.copy()
        half = np.float32(0.5)
        middle, side = half * (block[0] + block[1]), self._cut.process(half * (block[:1] - block[1:]))[0]
        return np.stack([middle + side, middle - side])


def widen(x: Samples, start: int, stop: int, width: float) -> None:
    """Scale the side signal of x[:, start:stop] in place."""
    if width != 1.0:
        _widen(x, start, stop, width)


def widen_along(x: Samples, start: int, stop: int, width: Curve, *, at: int = 0, scale: float = 1.0) -> None:
    """Scale the side signal of x[:, start:stop] in place by a control curve times `scale`.

    `at` is the position of `start` in the curve's signal.
    """
    _widen_along(x, start, stop, at, width, np.float32(0.5 * scale))


@njit(cache=True, nogil=True, fastmath=True)
def _widen(x, start, stop, width):  # type: ignore[no-untyped-def]
    same = np.float32(0.5 + 0.5 * width)
    other = np.float32(0.5 - 0.5 * width)
    for i in range(start, stop):
        left, right = x[0, i], x[1, i]
        x[0, i] = same * left + other * right
        x[1, i] = same * right + other * left


@njit(cache=True, nogil=True, fastmath=True)
def _mono_bass(x, start, stop, c, s):  # type: ignore[no-untyped-def]
    b00, b01, b02, a01, a02 = c[0]
    b10, b11, b12, a11, a12 = c[1]
    p0, q0 = s[0]
    p1, q1 = s[1]
    for i in range(start, stop):
        left, right = np.float64(x[0, i]), np.float64(x[1, i])
        side = 0.5 * (left - right)
        w = b00 * side + p0
        p0 = b01 * side - a01 * w + q0
        q0 = b02 * side - a02 * w
        v = b10 * w + p1
        p1 = b11 * w - a11 * v + q1
        q1 = b12 * w - a12 * v
        mid = 0.5 * (left + right)
        x[0, i] = mid + v
        x[1, i] = mid - v
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = p0, q0, p1, q1
    for k in range(2):
        for j in range(2):
            if abs(s[k, j]) < 1e-30:
                s[k, j] = 0.0


@njit(cache=True, nogil=True, fastmath=True)
def _widen_along(x, start, stop, at, width, scale):  # type: ignore[no-untyped-def]
    final = width.size - 1
    i = start
    while i < stop:
        n = at + i - start
        c = n // CONTROL
        phase = n - c * CONTROL
        end = min(stop, i + CONTROL - phase)
        half = scale * width[min(c, final)]
        step = (scale * width[min(c + 1, final)] - half) / np.float32(CONTROL)
        left, right = x[0, i:end], x[1, i:end]
        for j in range(left.size):
            side = (half + step * np.float32(phase + j)) * (left[j] - right[j])
            mid = np.float32(0.5) * (left[j] + right[j])
            left[j] = mid + side
            right[j] = mid - side
        i = end


EFFECTS = (
    Effect(
        "width",
        "how far the sides are apart",
        Width,
        (Parameter("width", 0.0, 2.0, 1.0, "", "mono", "twice as wide"),),
        "side = (left - right) / 2, Blumlein 1931",
    ),
    Effect(
        "mono_bass",
        "puts the bass in the middle",
        SideCut,
        (
            Parameter("hz", 20.0, 500.0, MONO_BELOW_HZ, "Hz", "only the deepest bass", "all but the treble"),
            Choice("slope", ("6", "12", "24"), "12"),
        ),
        "high-pass on the side signal",
    ),
)
