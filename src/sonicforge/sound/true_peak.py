"""True peak: how high the wave between the samples goes (ITU-R BS.1770-5 Annex 2), by three detectors.

`itu` is the standard's own 48-tap filter at 4x, `sinc` a 49-tap Hann-windowed sinc at 4x (flatter, the figure
to show), `fine` a Kaiser-windowed sinc at 8x. Detectors disagree by up to half a decibel on bright sound, so a
ceiling counts as held only where all three say so.
"""

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
_BLOCK = 256

Taps = NDArray[np.float32]


@lru_cache(maxsize=1)
def itu_taps() -> Taps:
    """(4, 12): the phases of Annex 2, oldest sample first."""
    phases = [_ITU_0, _ITU_1, _ITU_1[::-1], _ITU_0[::-1]]
    return np.ascontiguousarray(np.array(phases, np.float32)[:, ::-1])


@lru_cache(maxsize=1)
def sinc_taps() -> Taps:
    """(3, 12): quarter, half and three quarters between samples; the fourth phase is the sample itself."""
    return _sinc_phases(4, 12, np.hanning(49))


@lru_cache(maxsize=1)
def fine_taps() -> Taps:
    """(7, 32): the eighths between samples, Kaiser window of beta 6."""
    return _sinc_phases(8, 32, np.kaiser(257, 6.0))


def _sinc_phases(factor: int, taps: int, window: NDArray[np.float64]) -> Taps:
    full = np.sinc((np.arange(factor * taps + 1) - factor * taps / 2) / factor) * window
    return np.array([full[phase : factor * taps : factor][::-1] for phase in range(1, factor)], np.float32)


def taps_of(detector: Detector) -> tuple[Taps, ...]:
    """The filters whose readings a detector takes the maximum of."""
    sets = {"itu": (itu_taps(),), "sinc": (sinc_taps(),), "fine": (fine_taps(),)}
    sets["display"] = sets["sinc"]
    sets["certified"] = (*sets["sinc"], *sets["itu"], *sets["fine"])
    return sets[detector]


def true_peak(audio: Audio, detector: Detector = "display") -> float:
    """Highest absolute value of the wave between samples, linear, over all channels; 0 for silence.

    The sound is taken to begin and end in silence. Stretches that provably cannot beat the highest peak found
    so far (their samples times the filter's largest possible gain stay below it) are skipped.
    """
    highest = sample_peak(audio)
    for taps in taps_of(detector):
        bound = float(np.abs(taps).sum(axis=1).max())
        for channel in audio.samples:
            highest = float(search(np.ascontiguousarray(channel), taps, bound, highest))
    return highest


def true_peak_db(audio: Audio, detector: Detector = "display") -> float:
    """`true_peak` in dBTP; -inf for silence."""
    return _db(true_peak(audio, detector))


def sample_peak(audio: Audio) -> float:
    """Highest absolute sample, linear."""
    if audio.length == 0:
        return 0.0
    return max(float(highest_sample(np.ascontiguousarray(channel))) for channel in audio.samples)


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
def raise_envelope(window: Samples, taps: Taps, scratch: Samples, envelope: Samples) -> None:
    """Lifts `envelope` (n) to the absolute values that `taps` (phases, t) find in `window` (n + t - 1 or more).

    Entry i covers the time from the sample in the middle of its taps to the one after it.
    """
    n = len(envelope)
    y = scratch[:n]
    for phase in range(taps.shape[0]):
        y[:] = 0
        for k in range(0, taps.shape[1], 4):
            a, b, c, d = taps[phase, k], taps[phase, k + 1], taps[phase, k + 2], taps[phase, k + 3]
            v = window[k : k + n + 3]
            for i in range(n):
                y[i] += a * v[i] + b * v[i + 1] + c * v[i + 2] + d * v[i + 3]
        for i in range(n):
            envelope[i] = max(envelope[i], abs(y[i]))


@njit(cache=True, nogil=True, fastmath=True)
def load_window(x: Samples, start: int, window: Samples) -> None:
    """Copies x[start : start + len(window)] with silence beyond both ends."""
    first, last = max(0, -start), min(len(window), len(x) - start)
    window[:first] = 0
    window[max(first, last) :] = 0
    if last > first:
        window[first:last] = x[start + first : start + last]


@njit(cache=True, nogil=True, fastmath=True)
def search(x: Samples, taps: Taps, bound: float, highest: float) -> float:
    """The highest absolute interpolated value of one channel, or `highest` if nothing beats it."""
    width = taps.shape[1]
    window = np.zeros(_BLOCK + width, np.float32)
    scratch = np.zeros(_BLOCK, np.float32)
    envelope = np.zeros(_BLOCK, np.float32)
    for start in range(-width // 2, len(x) + width // 2, _BLOCK):
        load_window(x, start - width // 2 + 1, window)
        if highest_sample(window) * bound > highest:
            envelope[:] = 0
            raise_envelope(window, taps, scratch, envelope)
            highest = max(highest, np.float64(highest_sample(envelope)))
    return highest


def _db(value: float) -> float:
    return 20 * log10(value) if value > 0 else -inf
