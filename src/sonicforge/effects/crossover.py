"""Crossovers: one sound into bands that add up to it again.

`Crossover` is for live use: Linkwitz-Riley splits of 24 dB/oct (S. Linkwitz, "Active crossover networks for
noncoincident drivers", JAES 24, 1976), whose two sides add up to an all-pass. In a tree each side must also pass the
all-passes of the splits it does not take (D'Appolito, AES preprint 1984), or the sum dips around them.

`LinearCrossover` is for offline use: linear-phase low-passes, every band the difference of two neighbours, so that the
sum is the delayed input but for rounding. It costs `latency`.
"""

from itertools import pairwise

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.biquad import Sections, highpass, lowpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.grid import LookAhead
from sonicforge.errors import OutOfRange
from sonicforge.sound.audio import SAMPLE_RATE, Samples

HIGHEST = 0.45
"""Share of the sample rate above which no split lies; a band up there is left empty."""

PIECE = 512

FIR_WIDTH = 4.3
"""Taps times transition width over sample rate of a Kaiser window that is 70 dB down."""


def checked_splits(splits_hz: tuple[float, ...], sample_rate: int) -> tuple[float, ...]:
    """The splits, clamped below 0.45 of the rate; raises `OutOfRange` unless they are positive and rise."""
    before = 0.0
    for hz in splits_hz:
        if not hz > before:
            raise OutOfRange("split_hz", hz, f"above {before:g}", "half the sample rate", "Hz")
        before = hz
    highest = HIGHEST * sample_rate
    return tuple(min(hz, highest * (1 - 0.001 * (len(splits_hz) - k))) for k, hz in enumerate(splits_hz))


def allpass(hz: float, *, sample_rate: int = SAMPLE_RATE) -> Sections:
    """What both sides of a Linkwitz-Riley split at `hz` add up to: a second-order all-pass of Butterworth quality."""
    rows = lowpass(hz, sample_rate=sample_rate).copy()
    rows[:, :3] = np.stack([rows[:, 4], rows[:, 3], np.ones(len(rows))], axis=1)
    return rows


class Crossover:
    """Linkwitz-Riley tree; `split` gives len(splits_hz) + 1 bands, lowest first. Their sum has a flat magnitude."""

    latency = 0

    def __init__(self, splits_hz: tuple[float, ...], *, sample_rate: int = SAMPLE_RATE) -> None:
        self.splits_hz = checked_splits(splits_hz, sample_rate)
        self._root = _Node(self.splits_hz, (), sample_rate)

    def reset(self) -> None:
        self._root.reset()

    def split(self, block: Samples) -> list[Samples]:
        """Bands of the shape of `block` (channels, n)."""
        return self._root.split(np.array(block, np.float32, order="C"))


class _Node:
    """Makes up for splits elsewhere in the tree, then divides its own in the middle."""

    def __init__(self, splits_hz: tuple[float, ...], elsewhere: tuple[float, ...], sample_rate: int) -> None:
        self._delay = Equaliser([allpass(hz, sample_rate=sample_rate) for hz in elsewhere]) if elsewhere else None
        self._halves: tuple[tuple[Equaliser, _Node], ...] = ()
        if splits_hz:
            middle = len(splits_hz) // 2
            hz, below, above = splits_hz[middle], splits_hz[:middle], splits_hz[middle + 1 :]
            low, high = lowpass(hz, sample_rate=sample_rate), highpass(hz, sample_rate=sample_rate)
            self._halves = (
                (Equaliser([low, low]), _Node(below, above, sample_rate)),
                (Equaliser([high, high]), _Node(above, below, sample_rate)),
            )

    def reset(self) -> None:
        if self._delay is not None:
            self._delay.reset()
        for side, node in self._halves:
            side.reset()
            node.reset()

    def split(self, x: Samples) -> list[Samples]:
        if self._delay is not None:
            x = self._delay.process(x)
        if not self._halves:
            return [x]
        return [band for side, node in self._halves for band in node.split(side.process(x))]


class LinearCrossover:
    """Linear-phase FIR splits as wide as their own frequency; bands add up to the input, `latency` late, exactly."""

    def __init__(self, splits_hz: tuple[float, ...], *, sample_rate: int = SAMPLE_RATE) -> None:
        self.splits_hz = checked_splits(splits_hz, sample_rate)
        self._half = int(np.ceil(FIR_WIDTH * sample_rate / min(self.splits_hz, default=1000.0) / 2))
        self._size = 1 << max(int(np.ceil(np.log2(8 * self._half))), 10)
        self._hop = self._size - 2 * self._half
        taps = [lowpass_taps(hz, hz, self._half, sample_rate) for hz in self.splits_hz]
        padded = np.array(taps, np.float64).reshape(len(taps), 2 * self._half + 1)
        self._spectra = scipy.fft.rfft(padded, self._size, axis=1).astype(np.complex64)
        self.latency = self._half + self._hop
        self.reset()

    def reset(self) -> None:
        self._past: Samples | None = None
        self._ready: list[Samples] = []

    def split(self, block: Samples) -> list[Samples]:
        """Bands of the shape of `block` (channels, n), `latency` samples late."""
        channels, n = block.shape
        if self._past is None:
            self._past = np.zeros((channels, 2 * self._half), np.float32)
            self._ready = [np.zeros((channels, self._hop), np.float32) for _ in range(len(self.splits_hz) + 1)]
        heard = np.concatenate([self._past, block], axis=1)
        made: list[list[Samples]] = [[band] for band in self._ready]
        at = 0
        while at + self._size <= heard.shape[1]:
            for pile, band in zip(made, self._filtered(heard[:, at : at + self._size]), strict=True):
                pile.append(band)
            at += self._hop
        self._past = heard[:, at:].copy()
        joined = [np.concatenate(pile, axis=1) for pile in made]
        self._ready = [band[:, n:].copy() for band in joined]
        return [np.ascontiguousarray(band[:, :n]) for band in joined]

    def _filtered(self, piece: Samples) -> list[Samples]:
        """Overlap-save: the bands of the samples of `piece` that have their whole context."""
        spectrum = scipy.fft.rfft(piece, axis=1)
        lows = [
            np.asarray(scipy.fft.irfft(spectrum * taps, self._size, axis=1)[:, 2 * self._half :], np.float32)
            for taps in self._spectra
        ]
        edges = [*lows, piece[:, self._half : piece.shape[1] - self._half]]
        return [edges[0].copy(), *(high - low for low, high in pairwise(edges))]


class LinearSplit:
    """One linear-phase split for frequencies high enough for a short FIR; the sum is exact but for rounding."""

    def __init__(self, hz: float, *, sample_rate: int = SAMPLE_RATE) -> None:
        hz = checked_splits((hz,), sample_rate)[0]
        half = int(np.ceil(FIR_WIDTH * sample_rate / hz / 2))
        self._taps = np.ascontiguousarray(lowpass_taps(hz, hz, half, sample_rate)[half:], np.float32)
        self.latency = half
        self._delay = LookAhead(half)
        self.reset()

    def reset(self) -> None:
        self._past: Samples | None = None
        self._delay.reset()

    def split(self, block: Samples) -> tuple[Samples, Samples]:
        """The delayed sound and what of it lies above the split, both (channels, n)."""
        past = np.zeros((block.shape[0], 2 * self.latency), np.float32) if self._past is None else self._past
        line = np.concatenate([past, block], axis=1)
        self._past = line[:, block.shape[1] :].copy()
        delayed = self._delay.process(block)
        high = delayed.copy()
        for channel in range(len(high)):
            _take_low(line[channel], self._taps, high[channel])
        return delayed, high


def lowpass_taps(hz: float, width_hz: float, half: int, sample_rate: int) -> NDArray[np.float64]:
    """2 half + 1 taps of a Kaiser-windowed sinc (70 dB) of unit gain at 0 Hz.

    The window is as long as `width_hz` asks for; taps beyond it are zero.
    """
    reach = min(int(np.ceil(FIR_WIDTH * sample_rate / width_hz / 2)), half)
    at = np.arange(-half, half + 1)
    window = np.zeros(2 * half + 1)
    window[half - reach : half + reach + 1] = np.kaiser(2 * reach + 1, 6.75)
    taps = np.sinc(2 * hz / sample_rate * at) * window
    return np.asarray(taps / taps.sum())


# No fast arithmetic: a sum must not depend on where in a vector its sample lies.
@njit(cache=True, nogil=True)
def _take_low(line, taps, high):  # type: ignore[no-untyped-def]
    half = taps.size - 1
    fours = half // 4 * 4
    low = np.empty(PIECE, np.float32)
    for first in range(0, high.size, PIECE):
        count = min(PIECE, high.size - first)
        middle = first + half
        for j in range(count):
            low[j] = taps[0] * line[middle + j]
        for k in range(1, fours, 4):
            a, b, c, d = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
            near, far = line[middle - k - 3 :], line[middle + k :]
            for j in range(count):
                low[j] += (a * (near[j + 3] + far[j]) + b * (near[j + 2] + far[j + 1])) + (
                    c * (near[j + 1] + far[j + 2]) + d * (near[j] + far[j + 3])
                )
        for k in range(fours + 1, half + 1):
            weight, near, far = taps[k], line[middle - k :], line[middle + k :]
            for j in range(count):
                low[j] += weight * (near[j] + far[j])
        for j in range(count):
            high[first + j] -= low[j]
