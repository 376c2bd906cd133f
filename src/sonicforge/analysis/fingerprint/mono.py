"""Any sound as 11,025 Hz mono of 16 bits, sample for sample as FFmpeg's resampler gives it to Chromaprint's `fpcalc`.

file's samples -> polyphase Kaiser sinc, each channel -> fold to mono -> 16 bits.

A fingerprint compares thresholds, so a code is only sure to be the same when the samples are. What is reproduced here
from published facts (FFmpeg `libswresample`, options set by `fpcalc` 1.5.1): 16 zero crossings of a sinc with its
corner at 0.8 of the lower Nyquist frequency under a Kaiser window (beta 9); as many phases as the ratio of the rates
needs, or 256 with linear interpolation between them; coefficients of 15 bits; both ends of the sound mirrored. Sound
that was stored with at most 16 bits is worked on in integers, everything else in float32.
"""

from math import ceil, gcd, sqrt
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

FINGERPRINT_RATE = 11_025

_ZERO_CROSSINGS, _CORNER, _PHASES, _BETA = 16, 0.8, 256, 9.0
_LANES = 8
_HALF = sqrt(0.5)

_FOLDS: dict[int, tuple[float, ...]] = {
    1: (1,),
    2: (_HALF, _HALF),
    3: (_HALF, _HALF, 0),
    4: (_HALF, _HALF, 1, 0.5),
    5: (_HALF, _HALF, 1, 0.5, 0.5),
    6: (_HALF, _HALF, 1, 0, 0.5, 0.5),
    7: (_HALF, _HALF, 1, 0, 0.5, 0.5, 0.5),
    8: (_HALF, _HALF, 1, 0, 0.5, 0.5, 0.5, 0.5),
}
"""Share of each channel in the mono sound, before they are made to sum to one (FFmpeg's default layouts)."""

Kernel = NDArray[np.float64]


class Folder:
    """Sound of one file, block by block, to mono at 11,025 Hz; `finish` gives the last samples.

    `sixteen_bit` says that the file stores at most 16 bits a sample.
    """

    def __init__(self, sample_rate: int, channels: int, *, sixteen_bit: bool) -> None:
        self._sixteen_bit = sixteen_bit
        shares = np.asarray(_FOLDS.get(channels, (1.0,) * channels))
        self._shares = shares / shares.sum()
        self._direct = sample_rate == FINGERPRINT_RATE
        bank = _bank(sample_rate)
        phases, self._taps = len(bank) - 1, bank.shape[1]
        integers = np.clip(np.rint((bank * 32768).astype(np.float32)), -32768, 32767)
        self._bank = integers.astype(np.float64) if sixteen_bit else _padded(bank)
        step, self._frac = sample_rate * phases, FINGERPRINT_RATE
        shared = gcd(step, self._frac)
        self._step, self._frac = step // shared, self._frac // shared
        self._ahead = (self._taps - 1) // 2
        self._waiting = np.zeros((channels, 0), np.float64 if sixteen_bit else np.float32)
        self._first = -self._ahead
        self._begun = False
        self._made = 0

    def process(self, block: Samples) -> Samples:
        """The next mono samples, in steps of 16 bits (whole numbers -32768..32767, float32)."""
        self._hear(block)
        if self._direct:
            whole, self._waiting = self._waiting, self._waiting[:, :0]
            return self._fold(whole)
        if not self._begun:
            if self._waiting.shape[1] <= self._taps:
                return np.zeros(0, np.float32)
            self._begin()
        return self._convert()

    def finish(self) -> Samples:
        """What is left at the end, the sound going on as its own mirror image."""
        if self._direct or not self._waiting.shape[1]:
            return np.zeros(0, np.float32)
        if not self._begun:
            self._begin()
        heard = min(self._waiting.shape[1], self._taps)
        mirror = self._waiting[:, ::-1][:, : (heard + 1) // 2]
        self._waiting = np.concatenate([self._waiting, mirror], axis=1)
        return self._convert()

    def _hear(self, block: Samples) -> None:
        old = self._waiting.shape[1]
        sound = np.empty((len(block), old + block.shape[1]), self._waiting.dtype)
        sound[:, :old] = self._waiting
        for channel, heard in zip(sound, block, strict=True):
            (_to_steps if self._sixteen_bit else _without_faults)(np.ascontiguousarray(heard), channel[old:])
        self._waiting = sound

    def _begin(self) -> None:
        mirror = self._waiting[:, 1 : self._ahead + 1][:, ::-1]
        short = self._ahead - mirror.shape[1]
        self._waiting = np.concatenate([np.repeat(mirror[:, :1], short, axis=1), mirror, self._waiting], axis=1)
        self._first, self._begun = 0, True

    def _convert(self) -> Samples:
        """Everything that the waiting samples (the first of them number `_first`) suffice for."""
        phases = len(self._bank) - 1
        room = self._first + self._waiting.shape[1] - self._taps + 1
        ready = max(self._made, -(-room * phases * self._frac // self._step))
        padding = np.zeros((len(self._waiting), -self._taps % _LANES), self._waiting.dtype)
        sound = np.concatenate([self._waiting, padding], axis=1)
        channels = np.stack([self._between(channel, ready - self._made) for channel in sound])
        self._made = ready
        keep = self._made * self._step // self._frac // phases
        self._waiting = self._waiting[:, max(0, keep - self._first) :].copy()
        self._first = max(self._first, keep)
        return self._fold(channels)

    def _between(self, sound: NDArray[Any], count: int) -> NDArray[Any]:
        """The next `count` filtered values of one channel, on the line between two phases where they lie there."""
        sums = _sums if self._sixteen_bit else _sums_in_lanes
        found = np.empty((2, count), sound.dtype)
        for after in (0, 1) if self._frac > 1 else (0,):
            sums(sound, self._first, self._bank, self._step, self._frac, self._made, after, found[after])
        if self._frac == 1:
            return found[0]
        rest = (self._made + np.arange(count)) * self._step % self._frac
        if self._sixteen_bit:
            return found[0] + np.trunc((found[1] - found[0]) * rest / self._frac)
        return found[0] + (found[1] - found[0]) * (rest.astype(np.float32) / np.float32(self._frac))

    def _fold(self, channels: NDArray[Any]) -> Samples:
        if self._sixteen_bit:
            return _mixed(channels, np.rint(self._shares * 32768), 1.0 if self._direct else 32768.0)
        mono = self._shares.astype(np.float32) @ channels if len(channels) > 1 else channels[0]
        return np.clip(np.rint(mono * np.float32(32768)), -32768, 32767)


def _bank(sample_rate: int) -> Kernel:
    """The filter of every phase (phases + 1, taps), the first with a sum of one and then again one sample on."""
    corner = min(FINGERPRINT_RATE * _CORNER / sample_rate, 1.0)
    taps = max(1, ceil(_ZERO_CROSSINGS / corner))
    taps += taps % 2 if taps > 1 else 0
    exact = FINGERPRINT_RATE // gcd(FINGERPRINT_RATE, sample_rate)
    phases = _PHASES // exact * exact if exact <= _PHASES else _PHASES
    distance = (np.arange(taps) - (taps - 1) // 2 - np.arange(phases)[:, None] / phases) * corner
    window = np.i0(_BETA * np.sqrt(np.maximum(1 - (2 * distance / (corner * taps)) ** 2, 0)))
    bank = np.sinc(distance) * window
    bank /= bank[0].sum()
    return np.concatenate([bank, np.roll(bank[:1], 1, axis=1) * (np.arange(taps) > 0)])


def _padded(bank: Kernel) -> Samples:
    """Whole groups of lanes, the surplus taps silent."""
    return np.ascontiguousarray(np.pad(bank, ((0, 0), (0, -bank.shape[1] % _LANES))), np.float32)


@njit(cache=True, nogil=True)
def _to_steps(x: Samples, out: Kernel) -> None:
    """Samples as the whole numbers that a 16-bit file holds; not a number is silence."""
    for i in range(len(x)):
        value = np.rint(np.float64(x[i]) * 32768.0)
        out[i] = min(max(value, -32768.0), 32767.0) if value == value else 0.0


@njit(cache=True, nogil=True)
def _without_faults(x: Samples, out: Samples) -> None:
    for i in range(len(x)):
        out[i] = x[i] if abs(x[i]) <= np.float32(1e9) else np.float32(0)


@njit(cache=True, nogil=True, fastmath=True)
def _sums(x: Kernel, first: int, bank: Kernel, step: int, frac: int, made: int, after: int, out: Kernel) -> None:
    """Outputs from number `made` on; `x` begins at sample `first`. Doubles hold every sum of integers exactly.

    `after` is 1 for the filter of the phase that follows.
    """
    phases, taps = len(bank) - 1, bank.shape[1]
    start, phase, rest = _place(made, step, frac, phases)
    whole, beside, more = _place(1, step, frac, phases)
    start -= first
    for k in range(len(out)):
        heard, row = x[start : start + taps], bank[phase + after]
        total = 0.0
        for i in range(taps):
            total += heard[i] * row[i]
        out[k] = total
        start, phase, rest = start + whole, phase + beside, rest + more
        if rest >= frac:
            phase, rest = phase + 1, rest - frac
        if phase >= phases:
            start, phase = start + 1, phase - phases


@njit(cache=True, nogil=True, fastmath={"contract"})
def _sums_in_lanes(
    x: Samples, first: int, bank: Samples, step: int, frac: int, made: int, after: int, out: Samples
) -> None:
    """The same in float32, each sum growing in eight lanes: the order in which an AVX processor adds."""
    phases, taps = len(bank) - 1, bank.shape[1]
    start, phase, rest = _place(made, step, frac, phases)
    whole, beside, more = _place(1, step, frac, phases)
    start -= first
    for k in range(len(out)):
        heard, row = x[start : start + taps], bank[phase + after]
        a = b = c = d = e = f = g = h = np.float32(0)
        for i in range(taps // 8):
            u, w = heard[8 * i : 8 * i + 8], row[8 * i : 8 * i + 8]
            a += u[0] * w[0]
            b += u[1] * w[1]
            c += u[2] * w[2]
            d += u[3] * w[3]
            e += u[4] * w[4]
            f += u[5] * w[5]
            g += u[6] * w[6]
            h += u[7] * w[7]
        out[k] = ((a + e) + (c + g)) + ((b + f) + (d + h))
        start, phase, rest = start + whole, phase + beside, rest + more
        if rest >= frac:
            phase, rest = phase + 1, rest - frac
        if phase >= phases:
            start, phase = start + 1, phase - phases


@njit(cache=True, nogil=True)
def _place(k: int, step: int, frac: int, phases: int) -> tuple[int, int, int]:
    """Where output k lies: whole input samples, phases of the filter, and what is left between two phases."""
    place = k * step // frac
    return place // phases, place % phases, k * step % frac


@njit(cache=True, nogil=True, fastmath=True)
def _mixed(channels: Kernel, shares: Kernel, unit: float) -> Samples:
    """Channels rounded to 16 bits (a step is `unit`), then summed in 32768ths and rounded again."""
    mono = np.empty(channels.shape[1], np.float32)
    for i in range(len(mono)):
        total = 16384.0
        for c in range(len(shares)):
            value = np.floor(channels[c, i] / unit + 0.5)
            total += min(max(value, -32768.0), 32767.0) * shares[c]
        mono[i] = np.floor(total / 32768.0)
    return mono
