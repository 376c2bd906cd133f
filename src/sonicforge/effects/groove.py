"""What a needle hears in an empty groove: crackle, pops, scratches that return with every turn, hiss, rumble, hum.

Events and hiss are cut into the groove and heard through the playback curve (RIAA); rumble and hum come from the
motor. Everything is drawn by turns of the platter: the turn is what the ear takes a record by (Gonzalez, "Digital audio
antiquing", TKK 2007; Moliner and Valimaki, arXiv 2206.06259). Levels in dB are levels as heard.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge import chance
from sonicforge.effects.biquad import highpass, magnitude_db
from sonicforge.effects.control import CONTROL
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.riaa import riaa
from sonicforge.effects.white import hashed
from sonicforge.sound.audio import SAMPLE_RATE, Samples

Doubles = NDArray[np.float64]

LOWEST_HZ = 400.0
TAIL_S = 0.06
HISS_SIDE = 0.55
"""Level of the side signal of the hiss against the middle."""
LONGEST_SCRATCH = 16
"""Turns."""
SILENT_DB = -120.0


@dataclass(frozen=True, slots=True)
class Groove:
    """Numbers of a used record. Rates are events a second, levels dBFS: median peaks of events, RMS of noises.

    `scratches` is the number of scratches that start in a minute, each ticking once per turn for 5 to 14 turns.
    `rumble_hz` is the rumble's band and `rumble_side` 0..1 its share of up-and-down motion (side signal).
    """

    rpm: float = 100.0 / 3.0
    crackle_rate: float = 6.0
    crackle_db: float = -26.0
    pop_rate: float = 0.3
    pop_db: float = -24.0
    scratches: float = 0.5
    scratch_db: float = -26.0
    hiss_db: float = -58.0
    rumble_db: float = -56.0
    rumble_hz: tuple[float, float] = (8.0, 30.0)
    rumble_side: float = 0.8
    hum_db: float = SILENT_DB
    mains_hz: float = 50.0


@dataclass(frozen=True, slots=True)
class Kind:
    """Damped sines: range of Hz, range of decay in seconds, spread of level in dB."""

    hz: tuple[float, float]
    decay_s: tuple[float, float]
    sigma_db: float


TICK = Kind((1200.0, 7000.0), (0.15e-3, 0.7e-3), 6.0)
POP = Kind((140.0, 320.0), (2e-3, 5e-3), 4.0)
EDGE = Kind((1500.0, 4000.0), (0.2e-3, 0.6e-3), 2.0)
SCRATCH = Kind((2000.0, 3500.0), (0.4e-3, 0.8e-3), 2.0)


class Surface:
    """An endless empty groove in stereo. `take` gives the next stretch; any split into stretches sounds the same."""

    def __init__(self, groove: Groove, *, seed: int = 0, sample_rate: int = SAMPLE_RATE) -> None:
        self._groove, self._seed, self._rate = groove, seed, sample_rate
        self._turn_s = 60.0 / groove.rpm
        self._tone = np.concatenate([riaa(sample_rate), highpass(LOWEST_HZ, sample_rate=sample_rate)])
        hz = np.linspace(10, sample_rate / 2 - 10, 2048)
        spread = np.sqrt(np.mean(10 ** (magnitude_db(self._tone, hz, sample_rate=sample_rate) / 10)))
        self._hiss = _gain(groove.hiss_db) / float(spread) / math.sqrt(1 + HISS_SIDE**2)
        self._hiss_seed = chance.subseed(seed, "effects", "groove", "hiss") & 0xFFFFFFFF
        self._rumble = _rumble_numbers(groove, sample_rate)
        self._rumble_seed = chance.subseed(seed, "effects", "groove", "rumble") & 0xFFFFFFFF
        self.reset()

    def reset(self) -> None:
        self.seek(0)

    def seek(self, at: int) -> None:
        """Go on from sample `at`, as if the needle had just been set down there."""
        self._at = at
        self._equaliser = Equaliser([self._tone])
        self._carry = np.zeros((2, math.ceil(TAIL_S * self._rate)), np.float32)
        self._turns: dict[int, Doubles] = {}
        self._scratches: dict[int, list[Doubles]] = {}
        self._slow = np.zeros((2, 0), np.float32)
        self._slow_first = at // CONTROL
        self._slow_state = np.zeros((2, 4))

    def take(self, count: int) -> Samples:
        """The next `count` samples (2, count)."""
        out = np.zeros((2, count), np.float32)
        tail = self._carry.shape[1]
        out[:, :tail] = self._carry[:, :count]
        carry = np.zeros_like(self._carry)
        carry[:, : max(tail - count, 0)] = self._carry[:, count:]
        self._carry = carry
        _add_events(out, carry, self._events(self._at, self._at + count), self._at, float(self._rate))
        if self._hiss > 0:
            _add_hiss(out[0], out[1], np.uint32(self._at & 0xFFFFFFFF), np.uint32(self._hiss_seed), self._hiss)
        self._equaliser.run(out, out, 0, count)
        if self._rumble[:, 0].any():
            self._add_slow(out)
        self._at += count
        return out

    def _events(self, first: int, last: int) -> Doubles:
        """Rows (second, Hz, decay s, level left, level right) of events that start between two samples, in order."""
        one, other = int(first / self._rate / self._turn_s), int(last / self._rate / self._turn_s)
        self._turns = {n: self._turns[n] if n in self._turns else self._turn(n) for n in range(one, other + 1)}
        rows = np.concatenate(list(self._turns.values()))
        at = np.floor(rows[:, 0] * self._rate)
        return np.ascontiguousarray(rows[(at >= first) & (at < last)])

    def _turn(self, number: int) -> Doubles:
        """Rows of one turn, brought to their levels as heard behind the playback curve."""
        groove, length = self._groove, self._turn_s
        draw = chance.noise(self._seed, "effects", "groove", number)
        ticks = self._drawn(draw, draw.poisson(groove.crackle_rate * length), TICK, groove.crackle_db)
        pops = self._drawn(draw, draw.poisson(groove.pop_rate * length), POP, groove.pop_db)
        # Every pop begins with a tick of its own: the edge of the damage.
        edges = self._drawn(draw, len(pops), EDGE, groove.pop_db - 4.0)
        edges[:, 0] = pops[:, 0]
        every = np.concatenate([ticks, pops, edges, *self._scratched(number)])
        heard = magnitude_db(self._tone, every[:, 1], sample_rate=self._rate)
        every[:, 3:] *= 10 ** (-heard / 20)[:, None]
        every[:, 0] += number * length
        return every[np.argsort(every[:, 0], kind="stable")]

    def _drawn(self, draw: np.random.Generator, count: int, kind: Kind, level_db: float) -> Doubles:
        """Events inside one turn, levels log-normal, each on a wall of the groove or on both."""
        rows = np.empty((count, 5))
        rows[:, 0] = draw.random(count) * self._turn_s
        rows[:, 1] = np.minimum(kind.hz[0] * (kind.hz[1] / kind.hz[0]) ** draw.random(count), 0.4 * self._rate)
        rows[:, 2] = kind.decay_s[0] * (kind.decay_s[1] / kind.decay_s[0]) ** draw.random(count)
        above_db = np.minimum(draw.normal(0.0, kind.sigma_db, count), 1.8 * kind.sigma_db)
        level = 10 ** ((level_db + above_db) / 20) * (1 - 2 * draw.integers(0, 2, count))
        # 0 is the left wall, 1/2 both alike, 1 the right; beyond that they move against each other.
        wall = draw.uniform(0.0, 1.2, count) * (math.pi / 2)
        rows[:, 3], rows[:, 4] = level * np.cos(wall), level * np.sin(wall)
        return rows

    def _scratched(self, number: int) -> list[Doubles]:
        """Ticks in this turn of the scratches that began here or up to 15 turns ago."""
        born = range(number - LONGEST_SCRATCH + 1, number + 1)
        self._scratches = {n: self._scratches[n] if n in self._scratches else self._scratch(n) for n in born}
        return [ticks[number - n] for n, ticks in self._scratches.items()]

    def _scratch(self, number: int) -> list[Doubles]:
        """What begins in one turn, for that turn and each of the next 15."""
        draw = chance.noise(self._seed, "effects", "scratch", number)
        count = draw.poisson(self._groove.scratches * self._turn_s / 60)
        found = self._drawn(draw, count, SCRATCH, self._groove.scratch_db)
        if count == 0:
            return [found] * LONGEST_SCRATCH
        lives = draw.integers(5, LONGEST_SCRATCH - 1, count)
        slant = draw.normal(0.0, 0.0006, count)
        drift = 10 ** (draw.normal(0.0, 2.0, (LONGEST_SCRATCH, count)) / 20)
        turns = []
        for age in range(LONGEST_SCRATCH):
            ticks = found.copy()
            ticks[:, 0] = (ticks[:, 0] + slant * age) % self._turn_s
            ticks[:, 3:] *= drift[age][:, None]
            turns.append(ticks[lives > age])
        return turns

    def _add_slow(self, out: Samples) -> None:
        last = (self._at + out.shape[1]) // CONTROL + 2
        fresh = np.zeros((2, max(last - self._slow_first - self._slow.shape[1], 0)), np.float32)
        first = self._slow_first + self._slow.shape[1]
        _fill_slow(fresh, first, self._rumble, self._slow_state, self._rumble_seed)
        self._slow = np.concatenate([self._slow, fresh], axis=1)
        point = self._at // CONTROL
        _add_slow(out, np.ascontiguousarray(self._slow[:, point - self._slow_first :]), self._at - point * CONTROL)
        keep = (self._at + out.shape[1]) // CONTROL
        self._slow, self._slow_first = self._slow[:, keep - self._slow_first :], keep


def _gain(level_db: float) -> float:
    return 0.0 if level_db <= SILENT_DB else 10 ** (level_db / 20)


def _rumble_numbers(groove: Groove, sample_rate: int) -> Doubles:
    """Rows: gain, low pole, high pole of the middle's and of the side's noise; then the hum's gain, turns a point."""
    grid = sample_rate / CONTROL
    low, high = (1 - math.exp(-2 * math.pi * min(hz, 0.2 * grid) / grid) for hz in groove.rumble_hz)
    trial, state = np.zeros((2, 20_000), np.float32), np.zeros((2, 4))
    numbers = np.array([[1.0, low, high], [0.0, low, high], [0.0, groove.mains_hz / grid, 0.0]])
    _fill_slow(trial, 0, numbers, state, 1)
    level = _gain(groove.rumble_db) / float(trial[0].std())
    numbers[0, 0], numbers[1, 0] = level * math.sqrt(1 - groove.rumble_side**2), level * groove.rumble_side
    numbers[2, 0] = _gain(groove.hum_db) * math.sqrt(2)
    return numbers


@njit(cache=True, nogil=True)
def _add_events(out, carry, events, at, rate):  # type: ignore[no-untyped-def]
    """Damped sines that start in `out`; what rings on beyond its end goes to `carry`."""
    size, room = out.shape[1], carry.shape[1]
    for e in range(events.shape[0]):
        decay = events[e, 2] * rate
        shrink, angle = math.exp(-1.0 / decay), 2.0 * math.pi * events[e, 1] / rate
        turn_re, turn_im = shrink * math.cos(angle), shrink * math.sin(angle)
        real, imag = 1.0, 0.0
        first = math.floor(events[e, 0] * rate) - at
        for i in range(first, min(size + room, first + int(7.0 * decay))):
            left, right = np.float32(events[e, 3] * imag), np.float32(events[e, 4] * imag)
            if i < size:
                out[0, i] += left
                out[1, i] += right
            else:
                carry[0, i - size] += left
                carry[1, i - size] += right
            real, imag = real * turn_re - imag * turn_im, real * turn_im + imag * turn_re


@njit(cache=True, nogil=True)
def _add_hiss(left, right, at, seed, rms):  # type: ignore[no-untyped-def]
    scale = np.float32(rms * 1.7320508 / 2147483648.0)
    share = np.float32(HISS_SIDE)
    other = np.uint32(seed + np.uint32(2654435))
    for i in range(left.size):
        n = at + np.uint32(i)
        middle = scale * np.float32(np.int32(hashed(n, seed)))
        side = scale * share * np.float32(np.int32(hashed(n, other)))
        left[i] += middle + side
        right[i] += middle - side


@njit(cache=True, nogil=True)
def _fill_slow(out, first, numbers, state, seed):  # type: ignore[no-untyped-def]
    """Band noise in the middle and the side and hum, one value per control point, as left and right."""
    for p in range(out.shape[1]):
        middle, side = 0.0, 0.0
        for k in range(2):
            if numbers[k, 0] == 0.0:
                continue
            bits = hashed(np.uint32(first + p), np.uint32(seed + 104729 * k))
            x = np.float64(np.int32(bits)) / 2147483648.0
            low, high = numbers[k, 1], numbers[k, 2]
            state[k, 0] += high * (x - state[k, 0])
            state[k, 1] += high * (state[k, 0] - state[k, 1])
            state[k, 2] += low * (state[k, 1] - state[k, 2])
            rest = state[k, 1] - state[k, 2]
            state[k, 3] += low * (rest - state[k, 3])
            value = numbers[k, 0] * (rest - state[k, 3])
            middle, side = (value, side) if k == 0 else (middle, value)
        hum = 0.0
        if numbers[2, 0] > 0.0:
            hum = numbers[2, 0] * _hum((first + p) * numbers[2, 1])
        out[0, p] = middle + side + hum
        out[1, p] = middle - side + hum


@njit(cache=True, nogil=True)
def _hum(turn):  # type: ignore[no-untyped-def]
    # A transformer's hum has more of the second and third harmonic than of the mains itself.
    angle = 2.0 * math.pi * (turn - math.floor(turn))
    return 0.5 * math.sin(angle) + 0.75 * math.sin(2 * angle) + 0.4 * math.sin(3 * angle)


@njit(cache=True, nogil=True)
def _add_slow(out, points, phase):  # type: ignore[no-untyped-def]
    for channel in range(2):
        i = 0
        while i < out.shape[1]:
            point = (phase + i) // CONTROL
            within = phase + i - point * CONTROL
            end = min(out.shape[1], i + CONTROL - within)
            here = points[channel, point]
            step = (points[channel, point + 1] - here) * np.float32(1.0 / CONTROL)
            for j in range(i, end):
                out[channel, j] += here + step * np.float32(within + j - i)
            i = end
