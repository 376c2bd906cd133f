"""Magnetic tape: upsample -> Jiles-Atherton hysteresis -> downsample -> DC block.

The magnetisation m of the tape follows the field h of the record head by

    dm/dh = [(1 - c) g d / ((1 - c) D k - A g) + c L'(q)] / (1 - c A L'(q)),   q = h + A m,   g = L(q) - m,

where L is the Langevin function, D the sign of dh and d = 1 only while g and D agree (D. Jiles and D. Atherton,
"Theory of ferromagnetic hysteresis", J. Magn. Magn. Mater. 61, 1986; for tape: J. Chowdhury, "Real-time physical
modelling for analog tape machines", DAFx 2019, which also gives k = 27 and a = 22 kA/m). Here h is in units of a and m
in units of the saturation, so that only k, A and c remain. Time is not in it: between two samples the field
moves on a straight line and Runge-Kutta steps along h itself, which needs no derivative of the input. Departure from
the paper: the bias current is not simulated; more bias means more of the reversible (anhysteretic) part, as it does
on tape.
"""

import math

import numpy as np
from numba import njit
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from sonicforge.effects.oversampling import Oversampler
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

SOLVERS = {"rk2": (2, 2), "rk4": (4, 4)}
"""Name -> (order of the Runge-Kutta step, oversampling)."""
REFERENCE = 0.25
"""Height of the tone that comes out as loud as it went in."""
FULL_SCALE = 1.35
"""Field of a full-scale tone at 0 dB of drive: about 3 % of third harmonic, a tape's maximum operating level."""
HOTTEST = 12.0
PINNING = 27.0 / 22.0
COUPLING = (1.6e-3 * 350.0 / 22.0, 1.8)
"""A from the paper's tape to one whose loop is nearly square."""
REVERSIBLE = (0.17, 0.96)
MOST_STEPS = 4
COUPLED_HZ = 8.0


class Hysteresis:
    """Tape saturation. `drive_db` is the level on the tape, taken back behind it; 0 puts full scale at 3 % distortion.

    `saturation` 0..1 makes the loop square: 0 rounds softly from low levels on, 1 stops harder and earlier. `bias`
    0..1: 1 is clean, low values lose quiet sounds between the grains (crossover distortion). `solver` "rk2" runs at
    twice, "rk4" at four times the rate. Any input stays below about 1 / drive.
    """

    def __init__(
        self,
        *,
        drive_db: float = 0.0,
        saturation: float = 0.3,
        bias: float = 0.8,
        solver: str = "rk4",
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        if solver not in SOLVERS:
            raise UnknownName("tape solver", solver, SOLVERS)
        self._order, factor = SOLVERS[solver]
        self._oversampler = Oversampler(factor)
        self.latency = self._oversampler.latency + 1
        self._numbers = tape_numbers(drive_db, saturation, bias)
        self._pole = math.exp(-2 * math.pi * COUPLED_HZ / sample_rate)
        self.reset()

    def reset(self) -> None:
        self._oversampler.reset()
        self._past: Samples | None = None

    def process(self, block: Samples) -> Samples:
        channels, behind = block.shape[0], self._oversampler.factor + 1
        if self._past is None:
            self._past = np.zeros((channels, behind), np.float32)
            # per channel: field, magnetisation, turning point ahead (or nan), DC block input and output
            self._state = np.tile([0.0, 0.0, math.nan, 0.0, 0.0], (channels, 1))
        line = np.concatenate([self._past, self._oversampler.up(block)], axis=1)
        self._past = line[:, line.shape[1] - behind :].copy()
        wide = np.empty((channels, line.shape[1] - behind), np.float32)
        for first in range(0, channels, 2):
            pair = slice(first, min(first + 2, channels))
            _magnetise(line[pair], wide[pair], self._numbers, self._order, self._state[pair])
        out = self._oversampler.down(wide)
        for channel in range(channels):
            _couple(out[channel], self._pole, self._state[channel])
        return out


def tape_numbers(drive_db: float, saturation: float, bias: float) -> NDArray[np.float64]:
    """Gain in front, gain behind, c, A, k, lowest denominator, longest step: what the kernel steps with."""
    c = REVERSIBLE[0] + (REVERSIBLE[1] - REVERSIBLE[0]) * bias
    coupling = COUPLING[0] + (COUPLING[1] - COUPLING[0]) * saturation
    gain = FULL_SCALE * 10 ** (drive_db / 20)
    # Where coupling beats pinning the equation has a pole: the loop may not grow steeper than four times as usual.
    share = max(0.25, 1 - coupling / ((1 - c) * PINNING))
    numbers = np.array([gain, 1.0, c, coupling, PINNING, share * (1 - c) * PINNING, 1.5 * share * PINNING])
    turn = np.exp(2j * np.pi * np.arange(1026) / 256)
    line = (REFERENCE * turn.imag).astype(np.float32)[None]
    tone = np.empty((1, 1024), np.float32)
    _magnetise(line, tone, numbers, 4, np.array([[0.0, 0.0, math.nan, 0.0, 0.0]]))
    numbers[1] = REFERENCE / (abs(np.vdot(turn[-256:], tone[0, -256:])) / 128)
    return numbers


def _langevin_fraction() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """L(q) / q as polynomials in q^2: Lambert's continued fraction 1 / (3 + q^2 / (5 + q^2 / (7 + ...)))."""
    y = Polynomial([0.0, 1.0])
    above, below = Polynomial([23.0]), Polynomial([1.0])
    for odd in range(21, 1, -2):
        above, below = odd * above + y * below, above
    scale = above.coef[0]
    return below.coef / scale, above.coef / scale


_UP, _DOWN = _langevin_fraction()
_U0, _U1, _U2, _U3, _U4, _U5 = (float(one) for one in _UP)
_D0, _D1, _D2, _D3, _D4, _D5 = (float(one) for one in _DOWN)


@njit(cache=True, nogil=True, fastmath=True)
def _slope(h, m, sign, c, coupling, pinning, floor):  # type: ignore[no-untyped-def]
    q = h + coupling * m
    y = q * q
    yy = y * y
    up = (_U0 + y * _U1) + yy * ((_U2 + y * _U3) + yy * (_U4 + y * _U5))
    down = (_D0 + y * _D1) + yy * ((_D2 + y * _D3) + yy * (_D4 + y * _D5))
    share = up / down if y < 64.0 else (math.sqrt(y) - 1.0) / y
    # From coth^2 - 1/sinh^2 = 1: L' = 1 - L^2 - 2 L / q.
    reversible = c * (1.0 - y * share * share - 2.0 * share)
    gap = sign * (q * share - m)
    moved = max((1.0 - c) * gap, 0.0)
    against = max((1.0 - c) * pinning - coupling * max(gap, 0.0), floor)
    return (moved + reversible * against) / (against * (1.0 - coupling * reversible))


@njit(cache=True, nogil=True, fastmath=True)
def _follow(h, m, to, numbers, order):  # type: ignore[no-untyped-def]
    """The magnetisation after the field has gone from `h` to `to`."""
    c, coupling, pinning, floor, stride = numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]
    sign = 1.0 if to >= h else -1.0
    steps = min(int(abs(to - h) / stride) + 1, MOST_STEPS)
    step = (to - h) / steps
    for _ in range(steps):
        first = _slope(h, m, sign, c, coupling, pinning, floor)
        middle = _slope(h + 0.5 * step, m + 0.5 * step * first, sign, c, coupling, pinning, floor)
        if order == 4:
            again = _slope(h + 0.5 * step, m + 0.5 * step * middle, sign, c, coupling, pinning, floor)
            last = _slope(h + step, m + step * again, sign, c, coupling, pinning, floor)
            middle = (first + 2.0 * (middle + again) + last) / 6.0
        m = min(max(m + step * middle, -1.0), 1.0)
        h += step
    return m


@njit(cache=True, nogil=True)
def _turn(h, m, ahead, before, now, after, numbers, order):  # type: ignore[no-untyped-def]
    """One sample with a turning point near it: new magnetisation, and the turning point that lies ahead (or nan).

    The field turns between samples, at the vertex of the parabola through three of them. Turning at the samples
    instead would modulate the loop with the distance to them, which is heard as inharmonic tones.
    """
    if not math.isnan(ahead):
        m = _follow(h, m, ahead, numbers, order)
        h = ahead
    ahead = math.nan
    if (now - before) * (after - now) < 0.0:
        offset = 0.5 * (before - after) / (before - 2.0 * now + after)
        vertex = now - 0.25 * (before - after) * offset
        if offset < 0.0:
            m = _follow(h, m, vertex, numbers, order)
            h = vertex
        else:
            ahead = vertex
    return _follow(h, m, now, numbers, order), ahead


@njit(cache=True, nogil=True)
def _magnetise(line, out, numbers, order, states):  # type: ignore[no-untyped-def]
    # Two channels side by side: each waits for its own divisions, and the processor fills the gaps with the other.
    gain, back, c, coupling, pinning, floor, stride = numbers
    last = line.shape[0] - 1
    h, m, ahead = states[0, 0], states[0, 1], states[0, 2]
    g, n, beyond = states[last, 0], states[last, 1], states[last, 2]
    now, there = _field(line[0, 1], gain), _field(line[last, 1], gain)
    before, behind = _field(line[0, 0], gain), _field(line[last, 0], gain)
    for i in range(out.shape[1]):
        after, yonder = _field(line[0, i + 2], gain), _field(line[last, i + 2], gain)
        step, stair = now - h, there - g
        straight = (now - before) * (after - now) >= 0.0 and math.isnan(ahead) and abs(step) < stride
        even = (there - behind) * (yonder - there) >= 0.0 and math.isnan(beyond) and abs(stair) < stride
        if straight and even:
            s, t = (1.0 if step >= 0.0 else -1.0), (1.0 if stair >= 0.0 else -1.0)
            a1 = _slope(h, m, s, c, coupling, pinning, floor)
            b1 = _slope(g, n, t, c, coupling, pinning, floor)
            a2 = _slope(h + 0.5 * step, m + 0.5 * step * a1, s, c, coupling, pinning, floor)
            b2 = _slope(g + 0.5 * stair, n + 0.5 * stair * b1, t, c, coupling, pinning, floor)
            if order == 4:
                a3 = _slope(h + 0.5 * step, m + 0.5 * step * a2, s, c, coupling, pinning, floor)
                b3 = _slope(g + 0.5 * stair, n + 0.5 * stair * b2, t, c, coupling, pinning, floor)
                a4 = _slope(h + step, m + step * a3, s, c, coupling, pinning, floor)
                b4 = _slope(g + stair, n + stair * b3, t, c, coupling, pinning, floor)
                a2, b2 = (a1 + 2.0 * (a2 + a3) + a4) / 6.0, (b1 + 2.0 * (b2 + b3) + b4) / 6.0
            m, n = min(max(m + step * a2, -1.0), 1.0), min(max(n + stair * b2, -1.0), 1.0)
        else:
            m, ahead = _turn(h, m, ahead, before, now, after, numbers, order)
            n, beyond = _turn(g, n, beyond, behind, there, yonder, numbers, order)
        h, before, now = now, now, after
        g, behind, there = there, there, yonder
        out[0, i] = back * m
        out[last, i] = back * n
    states[0, 0], states[0, 1], states[0, 2] = h, m, ahead
    states[last, 0], states[last, 1], states[last, 2] = g, n, beyond


@njit(cache=True, nogil=True, fastmath=True)
def _field(x, gain):  # type: ignore[no-untyped-def]
    return min(max(gain * np.float64(x), -HOTTEST), HOTTEST)


@njit(cache=True, nogil=True)
def _couple(x, pole, state):  # type: ignore[no-untyped-def]
    # A head gives the change of the flux only: the magnetisation that stays behind is not heard.
    heard, gave = state[3], state[4]
    for i in range(x.size):
        now = np.float64(x[i])
        gave = now - heard + pole * gave
        heard = now
        x[i] = gave
    state[3], state[4] = heard, gave if abs(gave) > 1e-30 else 0.0


EFFECT = Effect(
    name="hysteresis",
    summary="magnetic tape saturation: it compresses, thickens and remembers",
    make=Hysteresis,
    parameters=(
        Parameter("drive_db", -12, 24, 0, "dB", "nearly clean", "crushed"),
        Parameter("saturation", 0, 1, 0.3, "", "rounds softly", "stops hard"),
        Parameter("bias", 0, 1, 0.8, "", "quiet sounds break up", "clean"),
        Choice("solver", tuple(SOLVERS), "rk4"),
    ),
    source="Jiles and Atherton 1986; Chowdhury, DAFx 2019",
)
