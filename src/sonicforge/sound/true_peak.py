"""True peak: how high the wave between the samples goes (ITU-R BS.1770-5 Annex 2), by three detectors.

`itu` is the standard's own 48-tap filter at 4x, `sinc` a 49-tap Hann-windowed sinc at 4x (flatter), `fine` a
Kaiser-windowed sinc at 8x (follows the wave almost to half the sample rate). On bright sound they disagree by half a
decibel, so a ceiling counts as held ("certified") only where all three say so. The figure to show ("display") comes
from `sinc`, and from `fine` around the places where `sinc` is within 1.5 dB of its highest.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import inf, log10
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Audio, Samples

Detector = Literal["display", "certified", "itu", "sinc", "fine"]

_ITU_0 = (
    0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
    0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500,
)  # fmt: skip
_ITU_1 = (
    -0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
    0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375,
)  # fmt: skip
_BLOCK = 128
_LEAD = 16
"""Samples before the start where an abrupt beginning can ring."""

_NEAR = 10 ** (-1.5 / 20)


@dataclass(frozen=True, slots=True)
class Interpolator:
    """An interpolating filter, folded.

    Its phases come in mirrored pairs: with e and o the even and odd part of one of them, applied to the sums and
    differences of samples at equal distance from the middle, the pair reads E + O and E - O, and the larger
    magnitude of the two is |E| + |O|. Half the work, and half the cost. `even` (phases, t/2) has rows left over
    at its end where a phase is its own mirror image; `odd` (pairs, t/2).
    """

    even: Samples
    odd: Samples
    bound: float

    @property
    def taps(self) -> int:
        return 2 * self.even.shape[1]


def _folded(phases: NDArray[np.float64], selfsame: NDArray[np.float64]) -> Interpolator:
    """From one phase of each pair (pairs, t) and the symmetric phases (n, t), oldest sample first."""
    half = phases.shape[1] // 2
    mirrored = phases[:, ::-1]
    even = np.concatenate([(phases + mirrored)[:, :half] / 2, selfsame[:, :half]])
    bound = max(float(np.abs(part).sum(axis=1).max()) for part in (phases, selfsame) if len(part))
    odd = (phases - mirrored)[:, :half] / 2
    return Interpolator(np.ascontiguousarray(even, np.float32), np.ascontiguousarray(odd, np.float32), bound * 1.0001)


def _sinc(factor: int, taps: int, window: NDArray[np.float64]) -> Interpolator:
    full = np.sinc((np.arange(factor * taps + 1) - factor * taps / 2) / factor) * window
    phases = np.array([full[phase : factor * taps : factor][::-1] for phase in range(1, factor // 2 + 1)])
    return _folded(phases[:-1], phases[-1:])


@lru_cache(maxsize=1)
def interpolators() -> dict[str, Interpolator]:
    """The three detectors' filters by name."""
    return {
        "sinc": _sinc(4, 12, np.hanning(49)),
        "itu": _folded(np.array([_ITU_0[::-1], _ITU_1[::-1]]), np.zeros((0, 12))),
        "fine": _sinc(8, 32, np.kaiser(257, 6.0)),
    }


def chosen(detector: Detector) -> tuple[Interpolator, ...]:
    """The filters whose readings a detector takes the maximum of."""
    every = interpolators()
    names = {"display": ("sinc",), "certified": ("sinc", "itu", "fine")}.get(detector, (detector,))
    return tuple(every[name] for name in names)


def true_peak(audio: Audio, detector: Detector = "display") -> float:
    """Highest absolute value of the wave between samples, linear, over all channels; 0 for silence.

    The sound is taken to begin and end in silence. Stretches that provably cannot beat the highest peak found
    so far (their samples times the filter's largest possible gain stay below it) are skipped.
    """
    highest = sample_peak(audio)
    channels = [np.ascontiguousarray(channel) for channel in audio.samples]
    if detector == "display":
        return _displayed(channels, highest)
    for part in chosen(detector):
        everywhere = np.ones(_blocks(audio.length, part), np.bool_)
        for x in channels:
            highest = float(_search(x, part.even, part.odd, part.bound, highest, 1.0, everywhere)[0])
    return highest


def _displayed(channels: list[Samples], highest: float) -> float:
    """`sinc` everywhere, then `fine` in the blocks that come near the highest."""
    fine = interpolators()["fine"]
    everywhere = [np.ones(_blocks(len(x), fine), np.bool_) for x in channels]
    return _searched(channels, highest, everywhere)


def _searched(channels: list[Samples], highest: float, wanted: list[NDArray[np.bool_]]) -> float:
    """The display's highest value in the wanted blocks of each channel, or `highest` if nothing beats it."""
    sinc, fine = interpolators()["sinc"], interpolators()["fine"]
    found = []
    for x, blocks in zip(channels, wanted, strict=True):
        highest, peaks = _search(x, sinc.even, sinc.odd, sinc.bound, highest, _NEAR, blocks)
        found.append(peaks)
    for x, blocks, peaks in zip(channels, wanted, found, strict=True):
        near = peaks > _NEAR * highest
        near[1:] |= near[:-1]
        near[:-1] |= near[1:]
        highest, _ = _search(x, fine.even, fine.odd, fine.bound, highest, 1.0, near & blocks)
    return float(highest)


class PeakMeter:
    """True peak as displayed, and sample peak, of sound that arrives in blocks: as of the whole, in constant memory.

    A stretch is searched when the samples after it are there; what waits for them counts as if silence followed.
    """

    def __init__(self, channels: int) -> None:
        self._held = np.zeros((channels, 0), np.float32)
        self._searched = 0
        self._highest = self._sample_peak = 0.0

    def process(self, block: Samples) -> None:
        """Hear the next samples (channels, n)."""
        self._sample_peak = max(self._sample_peak, sample_peak(Audio(block)))
        self._held = np.concatenate([self._held, block], axis=1)
        whole = self._held.shape[1] // _BLOCK - 1
        if whole > self._searched:
            self._highest = self._search_to(whole)
            # One block is searched twice, so that a peak at an edge is looked at from both sides.
            keep = max(0, whole - 2)
            self._held = self._held[:, keep * _BLOCK :].copy()
            self._searched = whole - 1 - keep

    @property
    def sample_peak(self) -> float:
        """Highest absolute sample so far, linear."""
        return self._sample_peak

    @property
    def true_peak(self) -> float:
        """Highest value between samples so far, linear, the sound ending here."""
        return self._search_to(_blocks(self._held.shape[1], interpolators()["fine"]))

    def _search_to(self, end: int) -> float:
        wanted = np.zeros(end, np.bool_)
        wanted[self._searched :] = True
        channels = [np.ascontiguousarray(channel) for channel in self._held]
        return _searched(channels, max(self._highest, self._sample_peak), [wanted] * len(channels))


def _blocks(length: int, part: Interpolator) -> int:
    """Blocks that cover a signal and the ringing at both of its ends."""
    return -(-(length + part.taps) // _BLOCK)


def true_peak_db(audio: Audio, detector: Detector = "display") -> float:
    """`true_peak` in dBTP; -inf for silence."""
    return _db(true_peak(audio, detector))


def sample_peak(audio: Audio) -> float:
    """Highest absolute sample, linear."""
    return max((float(highest_sample(np.ascontiguousarray(channel))) for channel in audio.samples), default=0.0)


def sample_peak_db(audio: Audio) -> float:
    """Highest absolute sample in dBFS; -inf for silence."""
    return _db(sample_peak(audio))


@njit(cache=True, nogil=True, fastmath=True)
def highest_sample(x: Samples) -> np.float32:
    """Largest absolute value of one channel."""
    highest = np.float32(0)
    for i in range(len(x)):
        highest = max(highest, abs(x[i]))
    return highest


@njit(cache=True, nogil=True, fastmath=True)
def raise_envelope(window: Samples, even: Samples, odd: Samples, scratch: Samples, envelope: Samples) -> None:
    """Lifts `envelope` (n) to the highest magnitudes that a filter of t taps finds in `window` (n + t - 1).

    Entry i covers the time from sample i + t/2 - 1 of the window to the one after it. `scratch` is (t + 2, n).
    """
    n, half = len(envelope), even.shape[1]
    sums, differences = scratch[:half], scratch[half : 2 * half]
    for k in range(half):
        near, far, s, d = window[k : k + n], window[2 * half - 1 - k : 2 * half - 1 - k + n], sums[k], differences[k]
        for i in range(n):
            s[i] = near[i] + far[i]
            d[i] = near[i] - far[i]
    e, o = scratch[2 * half], scratch[2 * half + 1]
    for phase in range(even.shape[0]):
        _weighted_sum(sums, even[phase], e)
        if phase < odd.shape[0]:
            _weighted_sum(differences, odd[phase], o)
            for i in range(n):
                envelope[i] = max(envelope[i], abs(e[i]) + abs(o[i]))
        else:
            for i in range(n):
                envelope[i] = max(envelope[i], abs(e[i]))


@njit(cache=True, nogil=True, fastmath=True)
def _weighted_sum(rows: Samples, weights: Samples, y: Samples) -> None:
    y[:] = 0
    fours = len(weights) // 4 * 4
    for k in range(0, fours, 4):
        a, b, c, d = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        t, u, v, w = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        for i in range(len(y)):
            y[i] += a * t[i] + b * u[i] + c * v[i] + d * w[i]
    for k in range(fours, len(weights)):
        a, t = weights[k], rows[k]
        for i in range(len(y)):
            y[i] += a * t[i]


@njit(cache=True, nogil=True, fastmath=True)
def load_window(x: Samples, start: int, window: Samples) -> None:
    """Copies x[start : start + len(window)] with silence beyond both ends."""
    first, last = max(0, -start), min(len(window), len(x) - start)
    window[:first] = 0
    window[max(first, last) :] = 0
    if last > first:
        window[first:last] = x[start + first : start + last]


@njit(cache=True, nogil=True, fastmath=True)
def _search(
    x: Samples, even: Samples, odd: Samples, bound: float, highest: float, share: float, wanted: NDArray[np.bool_]
) -> tuple[float, Samples]:
    """The highest absolute interpolated value in the wanted blocks of one channel, or `highest` if nothing beats it;
    and each block's own, as far as it can come near `share` of the highest."""
    taps = 2 * even.shape[1]
    window = np.zeros(_BLOCK + taps, np.float32)
    scratch = np.zeros((taps + 2, _BLOCK), np.float32)
    envelope = np.zeros(_BLOCK, np.float32)
    peaks = np.zeros(len(wanted), np.float32)
    for block in range(len(wanted)):
        if not wanted[block]:
            continue
        load_window(x, block * _BLOCK - _LEAD - taps // 2 + 1, window)
        if highest_sample(window) * bound > highest * share:
            envelope[:] = 0
            raise_envelope(window, even, odd, scratch, envelope)
            peaks[block] = highest_sample(envelope)
            highest = max(highest, np.float64(peaks[block]))
    return highest, peaks


def _db(value: float) -> float:
    return 20 * log10(value) if value > 0 else -inf
