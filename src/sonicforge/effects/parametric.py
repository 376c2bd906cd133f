"""Parametric equaliser: low cut -> low shelf -> four bells -> high shelf -> high cut, all movable while sound runs.

State-variable filters with trapezoidal integrators (A. Simper, "Linear trapezoidal integrated SVF", Cytomic 2013): the
responses of `effects.biquad`, but stable and without clicks when frequency, gain or quality glide.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.biquad import BUTTERWORTH
from sonicforge.effects.control import CONTROL
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

GLIDE_S = 0.03
CUT_SLOPES = ("12", "24")
LOW_CUT_OFF, HIGH_CUT_OFF = 10.0, 22_000.0
FLAT_DB = 1e-3
SHELF_Q = 0.7
BELLS = 4
LOW_CUT, LOW_SHELF, BELL, HIGH_SHELF, HIGH_CUT = range(5)

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Band:
    """One second-order section; `share` 0..1 is how much of it is heard."""

    kind: int
    hz: float
    gain_db: float
    q: float
    share: float

    @property
    def flat(self) -> bool:
        return self.share == 0.0 or (self.kind in (LOW_SHELF, BELL, HIGH_SHELF) and abs(self.gain_db) < FLAT_DB)


class ParametricEqualiser:
    """Eight bands. Cuts of 12 or 24 dB/oct are off at 10 Hz and 22 kHz, other bands at 0 dB, and then cost nothing.

    `move` changes any of them while sound runs; they get there in 30 ms.
    """

    latency = 0

    def __init__(self, *, channels: int = 2, sample_rate: int = SAMPLE_RATE, **settings: float | str) -> None:
        defaults = {name: parameter.default for name, parameter in _KNOWN.items()}
        self._settings: dict[str, float | str] = defaults | _checked(settings)
        self._rate, self._channels = sample_rate, channels
        self._steps = max(round(GLIDE_S * sample_rate / CONTROL), 1)
        self.reset()

    def reset(self) -> None:
        """Forget the sound; a move under way is over."""
        self._from = self._to = _bands(self._settings)
        self._pending: tuple[_Band, ...] | None = None
        self._state = np.zeros((len(self._to), self._channels + self._channels % 2, 2))
        self._at, self._step = 0, 0

    def move(self, **settings: float | str) -> None:
        """Set some of the parameters, which are reached 30 ms later; raises `OutOfRange`, `UnknownName`."""
        self._settings |= _checked(settings)
        self._pending = _bands(self._settings)

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        done, length = 0, out.shape[1]
        while done < length:
            within = self._at % CONTROL
            if within == 0:
                self._turn()
            still = self._from == self._to
            count = length - done if still and self._pending is None else min(length - done, CONTROL - within)
            self._filter(out, done, done + count, within)
            done, self._at = done + count, self._at + count
            if not still and self._at % CONTROL == 0:
                self._step += 1
        return out

    def _turn(self) -> None:
        """At a control point: arrive, or set out for where a move leads."""
        if self._step >= self._steps:
            self._from, self._step = self._to, 0
        if self._pending is not None:
            self._from, self._to = self._place(self._step), self._pending
            self._pending, self._step = None, 0

    def _place(self, step: int) -> tuple[_Band, ...]:
        """The bands `step` control points into a move."""
        if step == 0:
            return self._from
        share = 0.5 - 0.5 * math.cos(math.pi * step / self._steps)
        return tuple(_between(a, b, share) for a, b in zip(self._from, self._to, strict=True))

    def _filter(self, x: Samples, start: int, stop: int, within: int) -> None:
        before = self._place(self._step)
        after = self._place(self._step + 1) if self._from != self._to else before
        active = [k for k, (a, b) in enumerate(zip(before, after, strict=True)) if not (a.flat and b.flat)]
        for k in set(range(len(before))) - set(active):
            self._state[k] = 0.0
        if active:
            numbers = np.array([[_numbers(bands[k], self._rate) for k in active] for bands in (before, after)])
            _filter(x, start, stop, within, np.array(active), numbers, self._state)


def _checked(settings: dict[str, float | str]) -> dict[str, float | str]:
    for name in settings:
        if name not in _KNOWN:
            raise UnknownName("parameter of equaliser", name, _KNOWN)
    return {name: _KNOWN[name].checked(value) for name, value in settings.items()}


def _bands(settings: dict[str, float | str]) -> tuple[_Band, ...]:
    """All sections, heard or not: two for each cut, of which one rests at 12 dB/oct."""
    value = {name: 0.0 if isinstance(setting, str) else setting for name, setting in settings.items()}
    bands = [_Band(LOW_SHELF, value["low_shelf_hz"], value["low_shelf_db"], SHELF_Q, 1.0)]
    bands += [
        _Band(BELL, value[f"bell_{n}_hz"], value[f"bell_{n}_db"], value[f"bell_{n}_q"], 1.0)
        for n in range(1, BELLS + 1)
    ]
    bands.append(_Band(HIGH_SHELF, value["high_shelf_hz"], value["high_shelf_db"], SHELF_Q, 1.0))
    for kind, name, off in ((LOW_CUT, "low_cut", LOW_CUT_OFF), (HIGH_CUT, "high_cut", HIGH_CUT_OFF)):
        hz, steep = value[f"{name}_hz"], settings[f"{name}_slope"] == "24"
        heard = float(hz != off)
        first, second = BUTTERWORTH[24] if steep else (BUTTERWORTH[12][0], BUTTERWORTH[24][1])
        bands += [_Band(kind, hz, 0.0, first, heard), _Band(kind, hz, 0.0, second, heard * steep)]
    return tuple(bands)


def _between(a: _Band, b: _Band, share: float) -> _Band:
    """Frequencies and qualities glide in octaves, gains in dB."""
    return _Band(
        a.kind,
        a.hz * (b.hz / a.hz) ** share,
        a.gain_db + (b.gain_db - a.gain_db) * share,
        a.q * (b.q / a.q) ** share,
        a.share + (b.share - a.share) * share,
    )


def _numbers(band: _Band, sample_rate: int) -> tuple[float, ...]:
    """a1, a2, a3 of the integrators and m0, m1, m2 of the mix."""
    g = math.tan(math.pi * min(band.hz, 0.45 * sample_rate) / sample_rate)
    a, k = 10 ** (band.gain_db / 40), 1 / band.q
    if band.kind == LOW_SHELF:
        g, m = g / math.sqrt(a), (1.0, k * (a - 1), a * a - 1)
    elif band.kind == HIGH_SHELF:
        g, m = g * math.sqrt(a), (a * a, k * (1 - a) * a, 1 - a * a)
    elif band.kind == BELL:
        k = k / a
        m = (1.0, k * (a * a - 1), 0.0)
    else:
        m = (1.0, -k, -1.0) if band.kind == LOW_CUT else (0.0, 0.0, 1.0)
    a1 = 1 / (1 + g * (g + k))
    return a1, g * a1, g * g * a1, 1 + (m[0] - 1) * band.share, m[1] * band.share, m[2] * band.share


@njit(cache=True, nogil=True, fastmath=True)
def _filter(x, start, stop, within, active, numbers, state):  # type: ignore[no-untyped-def]
    # Two channels side by side; each recursion spends most of its time waiting for itself.
    last = x.shape[0] - 1
    piece = np.empty((2, CONTROL))
    first = start
    while first < stop:
        count = min(CONTROL - within, stop - first)
        for c in range(0, x.shape[0], 2):
            left, right = x[c, first : first + count], x[min(c + 1, last), first : first + count]
            u, v = piece[0, :count], piece[1, :count]
            for i in range(count):
                u[i], v[i] = left[i], right[i]
            for b in range(active.size):
                a1, a2, a3, m0, m1, m2 = numbers[0, b]
                e1, e2, e3, n0, n1, n2 = (numbers[1, b] - numbers[0, b]) / CONTROL
                band = state[active[b]]
                p, q, r, s = band[c, 0], band[c, 1], band[c + 1, 0], band[c + 1, 1]
                for i in range(count):
                    t = np.float64(within + i)
                    f1, f2, f3 = a1 + e1 * t, a2 + e2 * t, a3 + e3 * t
                    x0, y0 = u[i], v[i]
                    x3, y3 = x0 - q, y0 - s
                    x1, y1 = f1 * p + f2 * x3, f1 * r + f2 * y3
                    x2, y2 = q + f2 * p + f3 * x3, s + f2 * r + f3 * y3
                    p, q, r, s = 2.0 * x1 - p, 2.0 * x2 - q, 2.0 * y1 - r, 2.0 * y2 - s
                    o0, o1, o2 = m0 + n0 * t, m1 + n1 * t, m2 + n2 * t
                    u[i] = o0 * x0 + o1 * x1 + o2 * x2
                    v[i] = o0 * y0 + o1 * y1 + o2 * y2
                band[c, 0], band[c, 1], band[c + 1, 0], band[c + 1, 1] = p, q, r, s
            for i in range(count):
                left[i], right[i] = u[i], v[i]
        first += count
        within = 0
    for b in range(active.size):
        for c in range(state.shape[1]):
            for k in range(2):
                if abs(state[active[b], c, k]) < 1e-30:
                    state[active[b], c, k] = 0.0


def _cut(name: str, low: float, high: float, off: float, low_is: str, high_is: str) -> tuple[Parameter | Choice, ...]:
    return Parameter(f"{name}_hz", low, high, off, "Hz", low_is, high_is), Choice(f"{name}_slope", CUT_SLOPES, "12")


def _shelf(name: str, hz: float, low: float, high: float) -> tuple[Parameter, ...]:
    return (
        Parameter(f"{name}_hz", low, high, hz, "Hz", "turns over low", "turns over high"),
        Parameter(f"{name}_db", -24.0, 24.0, 0.0, "dB", "taken away", "far too much"),
    )


def _bell(number: int, hz: float) -> tuple[Parameter, ...]:
    return (
        Parameter(f"bell_{number}_hz", 20.0, 20_000.0, hz, "Hz", "deep bass", "air"),
        Parameter(f"bell_{number}_db", -24.0, 24.0, 0.0, "dB", "a hole", "a horn"),
        Parameter(f"bell_{number}_q", 0.1, 20.0, 0.9, "", "half the spectrum", "a single note"),
    )


PARAMETERS: tuple[Parameter | Choice, ...] = (
    *_cut("low_cut", LOW_CUT_OFF, 2000.0, LOW_CUT_OFF, "off", "telephone"),
    *_shelf("low_shelf", 120.0, 20.0, 2000.0),
    *(parameter for n, hz in enumerate((250.0, 700.0, 2000.0, 5000.0), 1) for parameter in _bell(n, hz)),
    *_shelf("high_shelf", 8000.0, 500.0, 20_000.0),
    *_cut("high_cut", 200.0, HIGH_CUT_OFF, HIGH_CUT_OFF, "next door", "off"),
)
_KNOWN = {parameter.name: parameter for parameter in PARAMETERS}

EFFECT = Effect(
    "equaliser",
    "low cut, low shelf, four bells, high shelf, high cut",
    ParametricEqualiser,
    PARAMETERS,
    "Simper, Linear trapezoidal integrated SVF (2013); responses of Bristow-Johnson's cookbook",
)
