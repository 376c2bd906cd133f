"""Plate reverb: pre-delay -> band-width low-pass -> four diffusers -> two crossed tanks -> seven taps a side.

The figure-of-eight tank of J. Dattorro, "Effect design, part 1: reverberator and other filters", JAES 45 (1997), with
its published delays, taps and diffusions at 29 761 Hz. Here they scale with the sample rate and with `size`, the decay
is given as a time, and the excursion of the two swaying all-passes is read by a third-order polynomial, which keeps the
treble that linear interpolation would eat at every round.
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.insert import Insert, dry_wet
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

PAPER_RATE = 29_761
DIFFUSERS = (142, 107, 379, 277)
TANK = (672, 4453, 1800, 3720, 908, 4217, 2656, 3163)
"""Swaying all-pass, delay, all-pass, delay of the left half, then of the right."""
TAPS = (
    (5, 266, 1), (5, 2974, 1), (6, 1913, -1), (7, 1996, 1), (1, 1990, -1), (2, 187, -1), (3, 1066, -1),
    (1, 353, 1), (1, 3627, 1), (2, 1228, -1), (3, 2673, 1), (5, 2111, -1), (6, 335, -1), (7, 121, -1),
)  # fmt: skip
"""Which line of the tank, how far back, sign: seven for the left ear, then seven for the right."""
EXCURSION = 16
TAP_GAIN = 0.6
RATES_HZ = (1.0, 0.707)
LONGEST_STEP = 64
"""Samples worked on at once, or as many as the shortest line has."""
TABLE = 64
"""Samples between two points of the sway."""
LISTEN_S = 4.0
LINGERS = 1.07
"""Measured: the tail is ruled by the slower modes, which take this much longer round than the delays add up to."""
PINK_HZ = (250.0, 3500.0)


class Plate:
    """A plate without the direct sound. Mono or stereo in (heard as mono), stereo out.

    `decay_s` is the time to -60 dB below the damping (below 1.5 s the way round itself, 0.7 s, lengthens it), `size`
    stretches every delay (1 is the paper's plate), `bandwidth_hz` darkens what goes in, `damping_hz` what goes round,
    `sway` 0..1 moves the all-passes.
    """

    latency = 0

    def __init__(
        self,
        *,
        decay_s: float = 2.0,
        predelay_ms: float = 10.0,
        size: float = 1.0,
        bandwidth_hz: float = 14_000.0,
        damping_hz: float = 5500.0,
        low_cut_hz: float = 120.0,
        sway: float = 0.5,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        scale = size * sample_rate / PAPER_RATE
        self._lengths = np.array([max(round(n * scale), 8) for n in (*DIFFUSERS, *TANK)], np.int64)
        self._sway = EXCURSION * scale * sway * 0.5
        self._taps = np.array([(line + 4, round(back * scale), sign) for line, back, sign in TAPS], np.int64)
        self._predelay = round(predelay_ms * sample_rate / 1000)
        round_s = sum(TANK) * scale / sample_rate
        # The sound is weakened four times on a way round both halves.
        gain = 10 ** (-3 * LINGERS * round_s / decay_s / 4)
        self._numbers = np.array(
            [
                gain,
                _pole(bandwidth_hz, sample_rate),
                _pole(damping_hz, sample_rate),
                _pole(low_cut_hz, sample_rate),
                1.0,
            ]
        )
        self._turns = np.array([2 * math.pi * hz / sample_rate for hz in RATES_HZ])
        shortest = min(int(self._lengths[:4].min()), int(TANK[0] * scale - self._sway) - 4)
        self._step, self._rate = max(min(LONGEST_STEP, shortest), 1), sample_rate
        self.reset()

    def calibrated(self) -> "Plate":
        """This plate, so that pink noise comes back as loud as it went in."""
        response = np.zeros((1, int(LISTEN_S * self._rate)), np.float32)
        response[0, 0] = 1.0
        power = (np.abs(np.fft.rfft(self.process(response).astype(np.float64), axis=1)) ** 2).sum(axis=0)
        hz = np.fft.rfftfreq(response.shape[1], 1 / self._rate)
        band = (hz > PINK_HZ[0]) & (hz < PINK_HZ[1])
        self._numbers[4] *= math.sqrt((1 / hz[band]).sum() / (power[band] / hz[band]).sum())
        self.reset()
        return self

    def reset(self) -> None:
        longest = int(self._lengths.max() + self._sway) + LONGEST_STEP + 8
        self._lines = np.zeros((len(self._lengths), 1 << longest.bit_length()), np.float32)
        self._wait = np.zeros(1 << (self._predelay + LONGEST_STEP).bit_length(), np.float32)
        self._memory = np.zeros(4, np.float32)
        self._at = 0

    def process(self, block: Samples) -> Samples:
        mono = block[0] if block.shape[0] == 1 else (block[0] + block[1]) * np.float32(0.5**0.5)
        out = np.zeros((2, block.shape[1]), np.float32)
        first = self._at // TABLE
        grid = np.arange(first, (self._at + block.shape[1]) // TABLE + 2) * TABLE
        sway = self._sway * np.sin(self._turns[:, None] * grid)
        _plate(
            np.ascontiguousarray(mono), out, self._at, self._at - first * TABLE, self._step, self._wait, self._predelay,
            self._lines, self._lengths, self._taps, sway, self._numbers, self._memory,
        )  # fmt: skip
        self._at += block.shape[1]
        return out


def _pole(hz: float, sample_rate: int) -> float:
    """Share of the way that a one-pole low-pass goes each sample."""
    return 1 - math.exp(-2 * math.pi * min(hz, 0.45 * sample_rate) / sample_rate)


@njit(cache=True, nogil=True)
def _clean(v):  # type: ignore[no-untyped-def]
    # What dies away must not become a denormal, which costs a hundred times the time.
    return v if abs(v) > np.float32(1e-20) else np.float32(0.0)


@njit(cache=True, nogil=True)
def _take(line, start, into):  # type: ignore[no-untyped-def]
    first = start & (line.size - 1)
    whole = min(into.size, line.size - first)
    piece = line[first : first + whole]
    for i in range(whole):
        into[i] = piece[i]
    for i in range(whole, into.size):
        into[i] = line[i - whole]


@njit(cache=True, nogil=True)
def _put(line, start, block):  # type: ignore[no-untyped-def]
    first = start & (line.size - 1)
    whole = min(block.size, line.size - first)
    piece = line[first : first + whole]
    for i in range(whole):
        piece[i] = block[i]
    for i in range(whole, block.size):
        line[i - whole] = block[i]


@njit(cache=True, nogil=True)
def _hear(line, start, gain, into):  # type: ignore[no-untyped-def]
    first = start & (line.size - 1)
    whole = min(into.size, line.size - first)
    piece = line[first : first + whole]
    for i in range(whole):
        into[i] += gain * piece[i]
    for i in range(whole, into.size):
        into[i] += gain * line[i - whole]


@njit(cache=True, nogil=True)
def _pass(line, at, delay, g, x, z):  # type: ignore[no-untyped-def]
    # All-pass on a line of fixed length, not shorter than the block.
    _take(line, at - delay, z)
    for i in range(x.size):
        w = _clean(x[i] - g * z[i])
        x[i] = z[i] + g * w
        z[i] = w
    _put(line, at, z)


@njit(cache=True, nogil=True)
def _swaying_pass(line, at, delay, sway, phase, g, x):  # type: ignore[no-untyped-def]
    mask = line.size - 1
    for i in range(x.size):
        k = (phase + i) // TABLE
        lag = delay + sway[k] + (sway[k + 1] - sway[k]) * ((phase + i - k * TABLE) / TABLE)
        whole = int(lag)
        f = np.float32(lag - whole)
        n = at + i - whole
        y0, y1, y2, y3 = line[(n + 1) & mask], line[n & mask], line[(n - 1) & mask], line[(n - 2) & mask]
        c1, c2 = np.float32(0.5) * (y2 - y0), y0 - np.float32(2.5) * y1 + np.float32(2.0) * y2 - np.float32(0.5) * y3
        c3 = np.float32(0.5) * (y3 - y0) + np.float32(1.5) * (y1 - y2)
        z = ((c3 * f + c2) * f + c1) * f + y1
        w = _clean(x[i] + g * z)
        line[(at + i) & mask] = w
        x[i] = z - g * w


@njit(cache=True, nogil=True)
def _plate(mono, out, at, phase, step, wait, predelay, lines, lengths, taps, sway, numbers, memory):  # type: ignore[no-untyped-def]
    # Blocks no longer than the shortest line, so that all but the four one-poles runs in vectors.
    gain, bright, damp, thin, level = numbers.astype(np.float32)
    scale = np.float32(TAP_GAIN) * level
    x_all, z_all, half_all = np.empty(step, np.float32), np.empty(step, np.float32), np.empty((2, step), np.float32)
    for first in range(0, mono.size, step):
        count, n = min(step, mono.size - first), at + first
        x, z = x_all[:count], z_all[:count]
        bass, band = memory[0], memory[1]
        for i in range(count):
            bass = _clean(bass + thin * (mono[first + i] - bass))
            x[i] = mono[first + i] - bass
        _put(wait, n, x)
        _take(wait, n - predelay, x)
        for i in range(count):
            band = _clean(band + bright * (x[i] - band))
            x[i] = band
        memory[0], memory[1] = bass, band
        for k in range(4):
            _pass(lines[k], n, lengths[k], np.float32(0.75 if k < 2 else 0.625), x, z)
        # What each half gives to the other; four lines of the left half stand before four of the right.
        for side in range(2):
            half = half_all[side, :count]
            last = 11 - 4 * side
            _take(lines[last], n - lengths[last], half)
        for side in range(2):
            half, k = half_all[side, :count], 4 + 4 * side
            for i in range(count):
                half[i] = x[i] + gain * half[i]
            _swaying_pass(lines[k], n, lengths[k], sway[side], phase + first, np.float32(0.7), half)
            _put(lines[k + 1], n, half)
            _take(lines[k + 1], n - lengths[k + 1], half)
            dark = memory[2 + side]
            for i in range(count):
                dark = _clean(dark + damp * (half[i] - dark))
                half[i] = gain * dark
            memory[2 + side] = dark
            _pass(lines[k + 2], n, lengths[k + 2], np.float32(0.5), half, z)
            _put(lines[k + 3], n, half)
        for t in range(14):
            ear = out[t // 7, first : first + count]
            _hear(lines[taps[t, 0]], n - taps[t, 1], scale * np.float32(taps[t, 2]), ear)


def _insert(*, mix: float, sample_rate: int, channels: int, **settings: float) -> Insert:
    return Insert(lambda: Plate(sample_rate=sample_rate, **settings).calibrated(), channels=channels, **dry_wet(mix))


EFFECT = Effect(
    "plate",
    "a metal plate that rings: dense at once, bright, without a room",
    _insert,
    (
        Parameter("decay_s", 0.5, 20.0, 2.0, "s", "a slap", "nearly endless"),
        Parameter("predelay_ms", 0.0, 250.0, 10.0, "ms", "at once", "as an echo"),
        Parameter("size", 0.5, 2.0, 1.0, "", "small and metallic", "large and slow to build"),
        Parameter("bandwidth_hz", 500.0, 20_000.0, 14_000.0, "Hz", "muffled", "all of the treble"),
        Parameter(
            "damping_hz", 500.0, 20_000.0, 5500.0, "Hz", "treble dies at once", "treble rings as long as the rest"
        ),
        Parameter("low_cut_hz", 10.0, 1000.0, 120.0, "Hz", "bass rings too", "only the upper half rings"),
        Parameter("sway", 0.0, 1.0, 0.5, "", "still", "like a chorus"),
        Parameter("mix", 0.0, 1.0, 0.25, "", "dry", "only the plate"),
    ),
    "Dattorro, Effect design part 1, JAES 45 (1997)",
)
