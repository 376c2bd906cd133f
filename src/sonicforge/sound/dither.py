"""Floating point to integer samples: dither, then rounding; once, and last of all.

"tpdf": two independent rectangular noises of one step each make the rounding error a steady noise of step^2 / 4
(Lipshitz, Wannamaker, Vanderkooy, JAES 40, 1992) instead of distortion that follows quiet music. "shaped": the same
noise, and what was rounded away is fed back through `shape`, so that the error moves to where hearing is dull. "none"
only rounds.
"""

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.chance import subseed
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import Samples

DITHERS = ("none", "tpdf", "shaped")

Taps = NDArray[np.float64]

LIPSHITZ = (2.033, -2.165, 1.959, -1.590, 0.6149)
"""Feedback taps for 44.1 kHz: Lipshitz, Vanderkooy, Wannamaker, "Minimally audible noise shaping", JAES 39 (1991)."""

MOST_GAIN_DB = 12.0
"""How much more noise than "tpdf" a fitted shape may make over the whole band."""

_SEED = subseed(0, "sound", "dither") & 0xFFFFFFFF
_QUIET_S = 0.5
_ORDER = 10
_LOWEST_RATE = 32_000
_POINTS = 4096
_DEAF_DB = 60.0


class Quantiser:
    """Turns float blocks into integers of 16 or 24 bits; the same samples for any split into blocks.

    After half a second of digital silence dither and feedback rest, so that silence stays silent in the file. Raises
    `UnknownName` for a `dither` that does not exist.
    """

    def __init__(self, channels: int, bits: int, sample_rate: int, *, dither: str = "tpdf") -> None:
        if dither not in DITHERS:
            raise UnknownName("dither", dither, DITHERS)
        self._bits = bits
        self._width = 0.0 if dither == "none" else 1.0
        self._taps = np.asarray(shape(sample_rate) if dither == "shaped" else (), np.float64)
        self._errors = np.zeros((channels, len(self._taps)))
        self._position = 0
        self._rest_after = int(_QUIET_S * sample_rate)
        self._quiet = np.full(channels, self._rest_after, np.int64)

    def process(self, samples: Samples) -> NDArray[np.int32]:
        """Samples (channels, n) as interleaved (n, channels) int32 with the value in the upper `bits`."""
        block = np.ascontiguousarray(samples)
        out = np.empty(block.shape[::-1], np.int32)
        if len(self._taps):
            _shape(block, self._bits, self._position, self._rest_after, self._quiet, self._taps, self._errors, out)
        else:
            _quantise(block, self._bits, self._position, self._rest_after, self._quiet, self._width, out)
        self._position += block.shape[1]
        return out


@lru_cache(maxsize=16)
def shape(sample_rate: int) -> tuple[float, ...]:
    """Feedback taps c for a rate: the error's spectrum becomes that of 1 - sum of c[k] z^-(k+1).

    The published taps at 44.1 kHz; elsewhere the filter that makes the error least audible, which is the linear
    predictor of a signal with the spectrum of the ear's sensitivity (Gerzon, Craven, AES preprint 2822, 1989). The
    sensitivity is Terhardt's threshold in quiet, flattened until the whole noise grows by no more than
    `MOST_GAIN_DB`. Below 32 kHz there is nowhere to hide the noise: no taps.
    """
    if sample_rate == 44_100:
        return LIPSHITZ
    if sample_rate < _LOWEST_RATE:
        return ()
    steps = np.linspace(1.0, 0.05, 96)
    fits = (_predictor(share * _threshold_db(sample_rate)) for share in steps)
    return next(tuple(round(float(tap), 4) for tap in taps) for taps in fits if _gain_db(taps) <= MOST_GAIN_DB)


def noise_gain_db(taps: Taps | tuple[float, ...], hz: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """By how much `taps` raise or lower the error at each frequency."""
    delays = np.exp(-2j * np.pi * np.outer(hz / sample_rate, np.arange(1, len(taps) + 1)))
    return np.asarray(20 * np.log10(np.abs(1 - delays @ np.asarray(taps, np.float64))))


def _threshold_db(sample_rate: int) -> NDArray[np.float64]:
    """Threshold in quiet (Terhardt, Hearing Research 1, 1979) from 0 to half the rate; flat where nobody hears."""
    khz = np.maximum(np.arange(_POINTS + 1) * (sample_rate / 2 / _POINTS) / 1000, 0.02)
    level = 3.64 * khz**-0.8 - 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) + 1e-3 * khz**4
    return np.asarray(np.minimum(level, _DEAF_DB))


def _predictor(threshold_db: NDArray[np.float64]) -> Taps:
    sensitivity = 10 ** (-threshold_db / 10)
    correlation = np.fft.irfft(sensitivity)[: _ORDER + 1]
    lags = np.abs(np.subtract.outer(np.arange(_ORDER), np.arange(_ORDER)))
    return np.asarray(np.linalg.solve(correlation[lags], correlation[1:]))


def _gain_db(taps: Taps) -> float:
    return float(10 * np.log10(1 + float(taps @ taps)))


@njit(cache=True, nogil=True, inline="always")
def _noise(position, channel):  # type: ignore[no-untyped-def]
    # Two 16-bit noises from one integer hash of the sample's position (a published low-bias mix).
    h = np.uint32(position * 2654435769 + channel * 2246822519 + _SEED)
    h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D))
    h = np.uint32((h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B))
    h ^= h >> np.uint32(16)
    return (np.float64(h & np.uint32(0xFFFF)) + np.float64(h >> np.uint32(16)) + 1.0) * (1.0 / 65536.0) - 1.0


@njit(cache=True, nogil=True, inline="always")
def _inside(value, scale):  # type: ignore[no-untyped-def]
    if not (value > -scale):  # also catches what is not a number
        value = -scale if value == value else np.float64(0.0)
    return min(value, scale - 1.0)


@njit(cache=True, nogil=True)
def _quantise(samples, bits, position, rest_after, quiet, width, out):  # type: ignore[no-untyped-def]
    scale = np.float64(1 << (bits - 1))
    shift = 32 - bits
    for channel in range(samples.shape[0]):
        silent_for = quiet[channel]
        x = samples[channel]
        for i in range(len(x)):
            value = np.float64(x[i]) * scale
            silent_for = silent_for + 1 if value == 0.0 else 0
            if silent_for <= rest_after:
                value += width * _noise(position + i, channel)
            out[i, channel] = np.int32(np.int64(np.floor(_inside(value, scale) + 0.5)) << shift)
        quiet[channel] = silent_for


@njit(cache=True, nogil=True)
def _shape(samples, bits, position, rest_after, quiet, taps, errors, out):  # type: ignore[no-untyped-def]
    scale = np.float64(1 << (bits - 1))
    shift = 32 - bits
    order = taps.size
    for channel in range(samples.shape[0]):
        silent_for = quiet[channel]
        x, past = samples[channel], errors[channel]
        for i in range(len(x)):
            value = _inside(np.float64(x[i]) * scale, scale)
            silent_for = silent_for + 1 if value == 0.0 else 0
            error = 0.0
            if silent_for <= rest_after:
                for k in range(order):
                    value -= taps[k] * past[k]
                rounded = np.floor(value + _noise(position + i, channel) + 0.5)
                error = rounded - value
                value = _inside(rounded, scale)
            for k in range(order - 1, 0, -1):
                past[k] = past[k - 1]
            past[0] = error
            out[i, channel] = np.int32(np.int64(value) << shift)
        quiet[channel] = silent_for
