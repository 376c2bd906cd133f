"""Harmonic and percussive: what lasts in the spectrogram (lines along time) and what strikes (lines across pitch).

Median filters along time and along frequency estimate the two; soft masks share every bin between them (Fitzgerald,
"Harmonic/percussive separation using median filtering", DAFx 2010; margins and residual after Driedger, Müller and
Disch, ISMIR 2014). `Separation` does it to a stream in bounded memory; `hpss_masks` to a whole spectrogram.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.running_median import RunningMedian, checked_size, median_along_lanes, median_along_rows
from sonicforge.errors import OutOfRange
from sonicforge.sound.audio import SAMPLE_RATE, Samples

KERNEL = 31
"""Frames and bins that the medians look at: 0.7 s and 330 Hz."""
POWER = 2.0
MARGINS = (1.0, 16.0)

_WINDOW_S = 0.0853
_OVERLAP = 4
_TINY = 1e-18


def hpss_masks(
    magnitude: Samples, *, kernel: int = KERNEL, power: float = POWER, margin: float = 1.0
) -> tuple[Samples, Samples]:
    """Harmonic and percussive mask (0 .. 1) of a magnitude spectrogram (frames, bins).

    With `margin` 1 they add up to 1. A larger one opens a mask only where its estimate is that many times the other;
    what neither takes is residual. Silence is shared equally at margin 1. Raises `OutOfRange`.
    """
    _checked(kernel, margin)
    rows = np.ascontiguousarray(magnitude, np.float32)
    harmonic, percussive = median_along_rows(rows, kernel), median_along_lanes(rows, kernel)
    masks = np.empty_like(rows), np.empty_like(rows)
    _soften(harmonic, percussive, power, margin, *masks)
    return masks


class Separation:
    """Takes a stream apart: `split` gives harmonic, percussive and (margin above 1) residual parts, `latency` late.

    The parts add up to the delayed input but for rounding. Before the first sample there is silence. Frames are 85 ms
    long with a quarter of that between them.
    """

    def __init__(self, *, sample_rate: int = SAMPLE_RATE, kernel: int = KERNEL, margin: float = 1.0) -> None:
        _checked(kernel, margin)
        self._kernel, self._margin = kernel, margin
        self._size = 1 << max(6, round(np.log2(_WINDOW_S * sample_rate)))
        self._hop = self._size // _OVERLAP
        self.latency = self._size + kernel // 2 * self._hop
        self.reset()

    def reset(self) -> None:
        self._channels: list[_Channel] = []
        self._past: Samples | None = None

    def split(self, block: Samples) -> tuple[Samples, ...]:
        """Parts of the shape of `block` (channels, n); two, or three with a margin above 1."""
        if self._past is None:
            self._channels = [_Channel(self._size, self._hop, self._kernel, self._margin) for _ in block]
            self._past = np.zeros((len(block), self.latency), np.float32)
        heard = np.concatenate([self._past, block], axis=1)
        self._past = heard[:, block.shape[1] :].copy()
        delayed = heard[:, : block.shape[1]]
        found = [channel.split(row) for channel, row in zip(self._channels, block, strict=True)]
        parts = [np.ascontiguousarray(np.stack(rows)) for rows in zip(*found, strict=True)]
        rest = delayed - sum(parts[1:], start=parts[0])
        return (*parts, np.ascontiguousarray(rest))


class Hpss:
    """Sets the levels of what lasts and of what strikes; `latency` late (0.4 s at 48 kHz)."""

    def __init__(self, *, harmonic_db: float = 0.0, percussive_db: float = 0.0, sample_rate: int = SAMPLE_RATE) -> None:
        self._separation = Separation(sample_rate=sample_rate)
        self._gains = tuple(np.float32(_linear(level)) for level in (harmonic_db, percussive_db))
        self.latency = self._separation.latency

    def reset(self) -> None:
        self._separation.reset()

    def process(self, block: Samples) -> Samples:
        harmonic, percussive = self._separation.split(block)
        return harmonic * self._gains[0] + percussive * self._gains[1]


EFFECT = Effect(
    name="hpss",
    summary="sets the levels of what lasts (harmony, voices) and of what strikes (drums, plucks)",
    make=Hpss,
    parameters=(
        Parameter("harmonic_db", -60.0, 12.0, 0.0, "dB", "drums alone", "harmony in front"),
        Parameter("percussive_db", -60.0, 12.0, 0.0, "dB", "harmony alone", "drums in front"),
    ),
    source="Fitzgerald 2010; Driedger, Müller and Disch 2014",
)
"""At -60 dB a part is gone."""


class _Channel:
    """One channel: frames -> spectra -> medians -> masks -> overlap-add of all parts but the last."""

    def __init__(self, size: int, hop: int, kernel: int, margin: float) -> None:
        self._size, self._hop, self._kernel, self._margin = size, hop, kernel, margin
        bins = size // 2 + 1
        self._waiting = np.zeros(size - hop, np.float32)
        self._along_time = RunningMedian(kernel, bins)
        self._spectra = np.zeros((kernel // 2, bins), np.complex64)
        self._across = np.zeros((kernel // 2, bins), np.float32)
        parts = 1 if margin == 1.0 else 2
        self._tails = np.zeros((parts, size - hop), np.float32)
        # One hop waits, because frames end only every hop; the rest of the latency lies in the frames themselves.
        self._ready = [np.zeros(hop, np.float32) for _ in range(parts)]

    def split(self, row: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self._waiting = np.concatenate([self._waiting, row])
        count = max(0, (self._waiting.size - self._size) // self._hop + 1)
        piles = [[ready] for ready in self._ready]
        for first in range(0, count, 64):
            for pile, sound in zip(piles, self._frames(min(64, count - first)), strict=True):
                pile.append(sound)
        joined = [np.concatenate(pile) for pile in piles]
        self._ready = [sound[row.size :].copy() for sound in joined]
        return [sound[: row.size] for sound in joined]

    def _frames(self, count: int) -> Samples:
        """The next finished samples (parts, count * hop) after `count` more frames."""
        import scipy.fft

        view = np.lib.stride_tricks.sliding_window_view(self._waiting, self._size)[:: self._hop][:count]
        spectra = scipy.fft.rfft(view * _window(self._size), axis=1)
        self._waiting = self._waiting[count * self._hop :].copy()
        magnitude = np.abs(spectra)
        across = np.concatenate([self._across, median_along_lanes(magnitude, self._kernel)])
        held = np.concatenate([self._spectra, spectra])
        along = self._along_time.push(magnitude)
        self._across, self._spectra = across[count:], held[count:]
        masks = np.empty_like(along), np.empty_like(along)
        _soften(along, np.ascontiguousarray(across[:count]), POWER, self._margin, *masks)
        used = masks[: len(self._tails)]
        return np.stack([self._added(part, held[:count] * mask) for part, mask in enumerate(used)])

    def _added(self, part: int, spectra: NDArray[Any]) -> NDArray[np.float32]:
        import scipy.fft

        frames = scipy.fft.irfft(spectra, self._size, axis=1) * (_window(self._size) * np.float32(2 / 3))
        line = np.zeros(len(frames) * self._hop + self._size - self._hop, np.float32)
        line[: self._tails.shape[1]] = self._tails[part]
        _overlap(np.ascontiguousarray(frames, np.float32), self._hop, line)
        self._tails[part] = line[len(frames) * self._hop :]
        return line[: len(frames) * self._hop]


def _checked(kernel: int, margin: float) -> None:
    checked_size(kernel)
    if not MARGINS[0] <= margin <= MARGINS[1]:
        raise OutOfRange("margin", margin, *MARGINS)


def _linear(level_db: float) -> float:
    return 0.0 if level_db <= -60.0 else float(10 ** (level_db / 20))


@lru_cache(maxsize=8)
def _window(size: int) -> NDArray[np.float32]:
    """Periodic Hann; its squares at four frames a window add up to 3/2."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


@njit(cache=True, nogil=True)
def _soften(harmonic, percussive, power, margin, to_harmonic, to_percussive):  # type: ignore[no-untyped-def]
    # Wiener-like shares; the square, which nearly everyone wants, without calls to pow.
    one, wide = np.float32(1.0), np.float32(margin)
    for n in range(harmonic.shape[0]):
        h_row, p_row, to_h, to_p = harmonic[n], percussive[n], to_harmonic[n], to_percussive[n]
        for k in range(h_row.size):
            h, p = h_row[k], p_row[k]
            top = max(h, p)
            scale = one / top if top > _TINY else np.float32(0.0)
            h, p = h * scale, p * scale
            if power == 2.0:
                h_share, p_share = h * h, p * p
                h_wide, p_wide = wide * wide * h_share, wide * wide * p_share
            else:
                h_share, p_share = np.float32(h**power), np.float32(p**power)
                h_wide, p_wide = np.float32((wide * h) ** power), np.float32((wide * p) ** power)
            if top <= _TINY:
                to_h[k] = to_p[k] = np.float32(0.5) if wide == one else np.float32(0.0)
            else:
                to_h[k] = h_share / (h_share + p_wide)
                to_p[k] = p_share / (p_share + h_wide)


@njit(cache=True, nogil=True)
def _overlap(frames, hop, line):  # type: ignore[no-untyped-def]
    for n in range(frames.shape[0]):
        part = line[n * hop : n * hop + frames.shape[1]]
        for i in range(frames.shape[1]):
            part[i] += frames[n, i]
