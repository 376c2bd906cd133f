"""Mid/side enhancer: side high-passed (mono bass) -> treble shelf -> spread -> width, held back by a correlation guard.

The guard hears how strong the side is against the middle over 400 ms, below and above 250 Hz, and takes back as much
width as it needs for the low band to stay almost mono (correlation 0.9) and for a mono speaker to lose no more than
1.5 LU. It may narrow what came in too wide, but above 250 Hz never below half. The middle, and with it the mono sum, is
never changed.
"""

import math

import numpy as np
from numba import njit

from sonicforge.chance import choices
from sonicforge.effects.biquad import high_shelf, highpass
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

HOP = 32
GUARD_MS = 400.0
SPLIT_HZ = 250.0
AIR_HZ = 5000.0
LEAST_WIDTH = 0.5
SPREAD_FROM_HZ = 400.0

LOW_SIDE = (1 - 0.9) / (1 + 0.9)
"""Side over middle power at a correlation of 0.9."""
HIGH_SIDE = 10**0.15 - 1
"""Side over middle power at which the mono sum is 1.5 dB softer; the correlation is then 0.4."""

_VELVET_S, _VELVET_TAPS = 0.03, 24


class Enhancer:
    """Works on two channels; others pass.

    `width` scales the side (0 mono, 1 as it is). `mono_below_hz` cuts the side's bass (12 dB/oct), `air_db` lifts its
    treble. `spread` 0..1 makes a side for sound that has none: the middle above 400 Hz through sparse random echoes of
    30 ms (velvet noise), which leave no trace in mono.
    """

    latency = 0

    def __init__(
        self,
        *,
        width: float = 1.0,
        mono_below_hz: float = 120.0,
        air_db: float = 0.0,
        spread: float = 0.0,
        guard: str = "on",
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        cut = highpass(mono_below_hz, sample_rate=sample_rate)
        air = high_shelf(min(AIR_HZ, 0.4 * sample_rate), air_db, sample_rate=sample_rate)
        self._sections = np.concatenate([cut, air])
        self._delays, self._weights = _velvet(sample_rate)
        self._numbers = np.array(
            [
                width,
                1.0 if guard == "on" else 0.0,
                1 - math.exp(-2 * math.pi * SPLIT_HZ / sample_rate),
                1 - math.exp(-2 * math.pi * SPREAD_FROM_HZ / sample_rate),
                1 - math.exp(-HOP / (GUARD_MS / 1000 * sample_rate)),
                spread,
                min(LEAST_WIDTH, width),
            ]
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._filters = np.zeros((2, 2))
        self._poles = np.zeros(3)  # low side, low middle, low middle of the spread
        self._power = np.zeros((2, 4))  # middle low, middle high, side low, side high: of this hop, and running
        self._gains = np.full((2, 2), self._numbers[0])  # low, high: at the start and the end of this hop
        self._ring = np.zeros(1 << int(np.ceil(np.log2(self._delays.max() + 1))))
        self._at = 0

    @property
    def width_now(self) -> tuple[float, float]:
        """The width that the guard allows at this moment below and above 250 Hz."""
        return float(self._gains[1, 0]), float(self._gains[1, 1])

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        if len(out) == 2:
            _enhance(
                out,
                self._at,
                self._numbers,
                self._sections,
                self._filters,
                self._poles,
                self._power,
                self._gains,
                self._delays,
                self._weights,
                self._ring,
            )
            self._at += block.shape[1]
        return out


def _velvet(sample_rate: int):  # type: ignore[no-untyped-def]
    """Delays and weights of the echoes: one at random in each of equal stretches, random sign, 60 dB of decay at ten
    times the length; together they have the power of what they echo."""
    dice = choices(0, "effects", "enhancer", "velvet")
    size = _VELVET_S * sample_rate / _VELVET_TAPS
    delays = np.array([int((tap + dice.random()) * size) + 1 for tap in range(_VELVET_TAPS)], np.int64)
    signs = np.array([dice.choice((-1.0, 1.0)) for _ in delays])
    weights = signs * 10 ** (-delays / (delays.max() * 2.0))
    return delays, weights / math.sqrt(float(weights @ weights))


@njit(cache=True, nogil=True)
def _enhance(x, at, numbers, c, s, poles, power, gains, delays, weights, ring):  # type: ignore[no-untyped-def]
    split, spread_pole, spread = numbers[2], numbers[3], numbers[5]
    b00, b01, b02, a01, a02 = c[0]
    b10, b11, b12, a11, a12 = c[1]
    p0, q0, p1, q1 = s[0, 0], s[0, 1], s[1, 0], s[1, 1]
    side_low, middle_low, soft = poles
    mask = ring.size - 1
    i = 0
    while i < x.shape[1]:
        phase = (at + i) % HOP
        stop = min(x.shape[1], i + HOP - phase)
        low_step, high_step = (gains[1, 0] - gains[0, 0]) / HOP, (gains[1, 1] - gains[0, 1]) / HOP
        middle_low_power, middle_high_power, side_low_power, side_high_power = power[0]
        for j in range(i, stop):
            left, right = np.float64(x[0, j]), np.float64(x[1, j])
            middle, side = 0.5 * (left + right), 0.5 * (left - right)
            w = b00 * side + p0
            p0 = b01 * side - a01 * w + q0
            q0 = b02 * side - a02 * w
            v = b10 * w + p1
            p1 = b11 * w - a11 * v + q1
            q1 = b12 * w - a12 * v
            if spread > 0.0:
                soft += spread_pole * (middle - soft)
                ring[(at + j) & mask] = middle - soft
                for tap in range(delays.size):
                    v += spread * weights[tap] * ring[(at + j - delays[tap]) & mask]
            side_low += split * (v - side_low)
            middle_low += split * (middle - middle_low)
            side_high, middle_high = v - side_low, middle - middle_low
            middle_low_power += middle_low * middle_low
            middle_high_power += middle_high * middle_high
            side_low_power += side_low * side_low
            side_high_power += side_high * side_high
            along = phase + j - i
            wide = (gains[0, 0] + low_step * along) * side_low + (gains[0, 1] + high_step * along) * side_high
            x[0, j] = middle + wide
            x[1, j] = middle - wide
        power[0, 0], power[0, 1], power[0, 2], power[0, 3] = (
            middle_low_power,
            middle_high_power,
            side_low_power,
            side_high_power,
        )
        if phase + stop - i == HOP:
            _watch(numbers, power, gains)
        i = stop
    poles[0], poles[1], poles[2] = _alive(side_low), _alive(middle_low), _alive(soft)
    s[0, 0], s[0, 1], s[1, 0], s[1, 1] = _alive(p0), _alive(q0), _alive(p1), _alive(q1)


@njit(cache=True, nogil=True)
def _watch(numbers, power, gains):  # type: ignore[no-untyped-def]
    """A hop is over: the widths for the end of the next one."""
    width, guarded, step, least = numbers[0], numbers[1], numbers[4], numbers[6]
    for band in range(4):
        power[1, band] += step * (power[0, band] / HOP - power[1, band])
        power[1, band] = power[1, band] if power[1, band] > 1e-30 else 0.0
        power[0, band] = 0.0
    for band in range(2):
        gains[0, band] = gains[1, band]
        allowed = width
        side = power[1, 2 + band]
        if guarded > 0.0 and side > 1e-14:
            most = LOW_SIDE if band == 0 else HIGH_SIDE
            allowed = max(min(math.sqrt(most * power[1, band] / side), width), 0.0 if band == 0 else least)
        gains[1, band] = allowed


@njit(cache=True, nogil=True, inline="always")
def _alive(value):  # type: ignore[no-untyped-def]
    return value if abs(value) > 1e-30 else 0.0


EFFECT = Effect(
    "enhancer",
    "sets the stereo width, keeps the bass in the middle and the sound safe on a mono speaker",
    Enhancer,
    (
        Parameter("width", 0, 2, 1, "", "mono", "twice the side"),
        Parameter("mono_below_hz", 10, 500, 120, "Hz", "bass as wide as it came", "only voices and treble are wide"),
        Parameter("air_db", -6, 6, 0, "dB", "treble in the middle", "treble around the listener"),
        Parameter("spread", 0, 1, 0, "", "nothing is added", "a side made of short echoes"),
        Choice("guard", ("on", "off"), "on"),
    ),
    source="velvet noise: Karjalainen, Jaervelaeinen, AES 30th conference (2007); guard: own",
)
