"""Reference matching: the balance of one recording drawn towards that of others, as curves for middle and side.

A recording's balance is the mean power of its loud frames in sixth-octave bands, middle and side. Several references
give a mean and a variance per band; where they disagree, or where a recording is too short to be sure, less is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, log10
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples
from sonicforge.sound.k_curve import coefficients
from sonicforge.sound.spectrum import FLOOR_DB, to_db

BANDS_HZ = tuple(1000.0 * 2 ** (step / 6) for step in range(-32, 27))
"""Centres from 24.8 Hz to 20.2 kHz, a sixth of an octave apart."""

Curve = NDArray[np.float64]
Gains = tuple[float, ...]
"""dB for each of `BANDS_HZ`."""

MOST_DB = 6.0
MOST_EDGE_DB = 3.0
"""Below 60 Hz and above 12 kHz, where recordings differ most and little is heard."""
MOST_SIDE_DB = 3.0
EDGES_HZ = (60.0, 12_000.0)
SIDE_FROM_HZ = 150.0

PRIOR_DB = 4.0
"""How far recordings are from each other; a band known no better than this is corrected by half."""

_EMPTY_DB = 30.0
_EMPTY_SIDE_DB = 30.0
_FRAME_S = 0.17
_OCTAVE = 6
_FINE_SHARE = 0.5
_INDEPENDENT_S = 4.0
_BATCH = 32
_LOWEST, _HIGHEST = -70, 20
_GATE_LU = 10.0


@dataclass(frozen=True, slots=True)
class Profile:
    """What a recording sounds like on average, in dB per sixth octave at `BANDS_HZ`.

    `middle_db` and `side_db` are mean powers of (L+R)/2 and (L-R)/2 in frames within 10 LU of the mean, `FLOOR_DB`
    where there is nothing; `doubt_db` is the standard error of a band: its restlessness over the stretches heard.
    """

    middle_db: Gains
    side_db: Gains
    doubt_db: Gains
    heard_s: float

    @property
    def silent(self) -> bool:
        return self.heard_s == 0.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A balance to be drawn to: `middle_db` up to a common gain, side over middle, and the standard deviation of both.

    `side_mid_db` is None where the side does not matter.
    """

    middle_db: Gains
    middle_doubt_db: Gains
    side_mid_db: Gains | None
    side_doubt_db: Gains


@dataclass(frozen=True, slots=True)
class Match:
    """Gains in dB at `BANDS_HZ` for middle and side that leave the loudness as it is."""

    middle_db: Gains
    side_db: Gains

    @property
    def flat(self) -> bool:
        return not any(self.middle_db) and not any(self.side_db)


class ProfileListener:
    """Hears a stream block by block, in constant memory, and tells its `Profile`.

    Frames of 0.17 s are sorted by loudness into steps of 1 LU, so that the gate can be drawn when the mean is known.
    """

    def __init__(self, channels: int, sample_rate: int) -> None:
        self._size = 1 << round(np.log2(_FRAME_S * sample_rate))
        self._frame_s = self._size / sample_rate
        self._stereo = channels == 2
        self._edges = _band_edges(sample_rate, self._size)
        self._weights = k_gain(sample_rate)
        slots = _HIGHEST - _LOWEST
        self._count = np.zeros(slots)
        self._sums = np.zeros((4, slots, len(BANDS_HZ)))  # middle, side, level, level squared
        self._rest = np.zeros((channels, 0), np.float32)

    def hear(self, block: Samples) -> None:
        """The next samples (channels, n)."""
        waiting = np.concatenate([self._rest, block], axis=1) if self._rest.shape[1] else block
        frames = waiting.shape[1] // self._size
        for first in range(0, frames, _BATCH):
            last = min(first + _BATCH, frames)
            part = waiting[:, first * self._size : last * self._size]
            self._count_frames(part.reshape(len(part), last - first, self._size))
        self._rest = waiting[:, frames * self._size :].copy()

    def profile(self) -> Profile:
        """What was heard so far; a recording shorter than a frame is one frame."""
        if not self._count.any() and self._rest.any():
            padded = np.pad(self._rest, ((0, 0), (0, self._size - self._rest.shape[1])))
            self._count_frames(padded[:, None, :])
        loud = self._loud()
        count = float(self._count[loud].sum())
        if count == 0:
            nothing = (FLOOR_DB,) * len(BANDS_HZ)
            return Profile(nothing, nothing, (0.0,) * len(BANDS_HZ), 0.0)
        middle, side, level, square = self._sums[:, loud].sum(axis=1) / count
        restless = np.sqrt(np.maximum(square - level**2, 0.0))
        independent = max(count * self._frame_s / _INDEPENDENT_S, 1.0)
        return Profile(
            middle_db=rounded(to_db(middle)),
            side_db=rounded(to_db(side)),
            doubt_db=rounded(restless / np.sqrt(independent)),
            heard_s=round(count * self._frame_s, 2),
        )

    def _count_frames(self, frames: Samples) -> None:
        """Sort frames (channels, n, size) by loudness."""
        import scipy.fft

        spectra = scipy.fft.rfft(frames * _hann(self._size))
        middle, side = np.empty((2, frames.shape[1], len(BANDS_HZ)))
        _band_powers(spectra, self._edges, self._stereo, middle, side)
        middle, side = middle * _scale(self._size), side * _scale(self._size)
        weighted = ((middle + side) * self._weights).sum(axis=1) * (2 if self._stereo else len(frames))
        slots = np.floor(-0.691 + to_db(weighted) - _LOWEST).astype(np.int64)
        kept = slots >= 0
        slots = np.minimum(slots[kept], len(self._count) - 1)
        middle, side = middle[kept], side[kept]
        level = to_db(np.maximum(middle, 1e-6 * middle.max(axis=1, keepdims=True))) - to_db(weighted[kept])[:, None]
        np.add.at(self._count, slots, 1.0)
        for sums, values in zip(self._sums, (middle, side, level, level**2), strict=True):
            np.add.at(sums, slots, values)

    def _loud(self) -> NDArray[np.bool_]:
        """Steps of loudness that pass the relative gate."""
        levels = np.arange(_LOWEST, _HIGHEST) + 0.5
        if not self._count.any():
            return np.zeros(len(levels), np.bool_)
        mean = 10 * log10(float(np.average(10 ** (levels / 10), weights=self._count)))
        return np.asarray(levels > mean - _GATE_LU)


def blended(profiles: Sequence[Profile]) -> Wanted:
    """The mean balance of several recordings, each at the same loudness, and how sure it is. Silent ones are left out.

    Raises ValueError if all are silent.
    """
    heard = [profile for profile in profiles if not profile.silent]
    if not heard:
        raise ValueError("silence has no balance to match")
    levels = np.array([k_levelled(np.array(profile.middle_db)) for profile in heard])
    widths = np.array([_width(profile) for profile in heard])
    own = np.mean(np.square([profile.doubt_db for profile in heard]), axis=0)
    several = len(heard) > 1
    return Wanted(
        middle_db=rounded(levels.mean(axis=0)),
        middle_doubt_db=rounded(np.sqrt(own + (levels.var(axis=0, ddof=1) if several else 0.0))),
        side_mid_db=rounded(widths.mean(axis=0)),
        side_doubt_db=rounded(np.sqrt(own + (widths.var(axis=0, ddof=1) if several else 0.0))),
    )


def match(heard: Profile, wanted: Wanted, *, strength: float = 1.0) -> Match:
    """The curves that draw `heard` towards `wanted`; `strength` 0 nothing .. 1 as far as is safe.

    Differences are shrunk by their doubt, smoothed over a third of an octave (what is finer than an octave counts half:
    it tells the notes, not the tone) and clamped: 6 dB, 3 dB at the edges of the range and for the side. Bands that
    hold nothing are not brought up. The curve's common gain leaves the K-weighted loudness of `heard` as it is.
    """
    if heard.silent or strength <= 0:
        flat = (0.0,) * len(BANDS_HZ)
        return Match(flat, flat)
    own = np.array(heard.middle_db)
    missing = np.array(wanted.middle_db) - k_levelled(own)
    missing -= _typical(missing, own)
    missing = np.where((missing > 0) & _empty(own), 0.0, missing)
    doubt = np.hypot(wanted.middle_doubt_db, heard.doubt_db)
    # Clamped once before, so that one extreme band does not spill over its neighbours, and once after.
    middle = _tamed(np.clip(_shrunk(missing, doubt), -2 * MOST_DB, 2 * MOST_DB))
    middle = strength * np.clip(middle, -most_db(), most_db())
    middle -= loudness_change_db(heard, middle)
    side = np.zeros(len(BANDS_HZ)) if wanted.side_mid_db is None else strength * _side(heard, wanted)
    return Match(rounded(middle), rounded(middle + side))


def loudness_change_db(heard: Profile, gains_db: Curve | Gains) -> float:
    """By how many dB gains at `BANDS_HZ` change the K-weighted power of the middle of `heard`."""
    power = 10 ** (np.array(heard.middle_db) / 10) * k_gain(48_000)
    total = float(power.sum())
    return 10 * log10(float(power @ 10 ** (np.asarray(gains_db) / 10)) / total) if total > 0 else 0.0


def distance_db(heard: Profile, wanted: Wanted) -> float:
    """Root mean square distance of two balances from 40 Hz to 16 kHz, their common gain taken out."""
    own = np.array(heard.middle_db)
    missing = smoothed(np.array(wanted.middle_db) - own)
    compared = (np.array(BANDS_HZ) >= 40) & (np.array(BANDS_HZ) <= 16_000) & ~_empty(own)
    return float(missing[compared].std()) if compared.any() else inf


def k_levelled(level_db: Curve) -> Curve:
    """Levels at `BANDS_HZ`, moved so that the K-weighted power is 0 dB."""
    return level_db - 10 * log10(float(10 ** (level_db / 10) @ k_gain(48_000)))


def smoothed(curve: Curve) -> Curve:
    """A curve over `BANDS_HZ` averaged over a third of an octave."""
    weights = np.array([0.25, 0.5, 0.25])
    return np.convolve(np.pad(curve, 1, mode="edge"), weights, mode="valid")


def most_db() -> Curve:
    """How far each band may be moved; half an octave leads from the middle to the edges."""
    low, high = EDGES_HZ
    corners = np.log2([low, low * 2**0.5, high / 2**0.5, high])
    return np.interp(np.log2(BANDS_HZ), corners, [MOST_EDGE_DB, MOST_DB, MOST_DB, MOST_EDGE_DB])


def rounded(values: NDArray[np.floating[Any]]) -> Gains:
    """To 0.01, as plain numbers."""
    return tuple(round(float(value), 2) for value in values)


@lru_cache(maxsize=8)
def k_gain(sample_rate: int) -> Curve:
    """Power gain of the K-weighting at `BANDS_HZ`."""
    b0, b1, b2, a1, a2, c1, c2 = coefficients(sample_rate)
    z = np.exp(-2j * np.pi * np.minimum(BANDS_HZ, 0.49 * sample_rate) / sample_rate)
    shelf = (b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z)
    cut = (1 - z) ** 2 / (1 + c1 * z + c2 * z * z)
    return np.asarray(np.abs(shelf * cut) ** 2)


@lru_cache(maxsize=8)
def _band_edges(sample_rate: int, size: int) -> Curve:
    """Borders of the bands in bins, where bin k reaches from k to k + 1; at most up to half the rate."""
    hz = np.array(BANDS_HZ)
    edges = np.append(hz * 2 ** (-1 / 12), hz[-1] * 2 ** (1 / 12))
    return np.minimum(edges * size / sample_rate + 0.5, size / 2 + 1)


def _scale(size: int) -> float:
    """What makes the bins of a Hann-windowed frame add up to its mean square."""
    return 2.0 / (size * size * 3 / 8)


@lru_cache(maxsize=8)
def _hann(size: int) -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


def _width(profile: Profile) -> Curve:
    return np.clip(np.array(profile.side_db) - np.array(profile.middle_db), -60.0, 20.0)


def _empty(level_db: Curve) -> NDArray[np.bool_]:
    """Bands far below the straight slope of music, 3 dB an octave from the loudest on: there is nothing in them."""
    octaves = np.log2(np.array(BANDS_HZ) / 100.0)
    return np.asarray(level_db + 3.0 * np.maximum(octaves, 0) < level_db.max() - _EMPTY_DB - 10)


def _typical(missing: Curve, level_db: Curve) -> float:
    """The common gain that leaves the least to correct: the median over the range that matters."""
    hz = np.array(BANDS_HZ)
    compared = (hz >= 60) & (hz <= 10_000) & ~_empty(level_db)
    return float(np.median(missing[compared])) if compared.any() else 0.0


def _shrunk(difference: Curve, doubt_db: Curve) -> Curve:
    return np.asarray(difference * PRIOR_DB**2 / (PRIOR_DB**2 + doubt_db**2))


def _tamed(curve: Curve) -> Curve:
    """Smoothed over a third of an octave; of what is finer than an octave only a share: it tells the notes, not the
    tone."""
    weights = np.hanning(2 * _OCTAVE + 1)[1:-1]
    broad = np.convolve(np.pad(curve, _OCTAVE - 1, mode="edge"), weights / weights.sum(), mode="valid")
    return np.asarray(broad + _FINE_SHARE * (smoothed(curve) - broad))


def _side(heard: Profile, wanted: Wanted) -> Curve:
    """Gain of the side over that of the middle; nothing in the bass and where there is no side to speak of."""
    missing = np.array(wanted.side_mid_db) - _width(heard)
    hz = np.array(BANDS_HZ)
    nothing = (hz < SIDE_FROM_HZ) | (_width(heard) < -_EMPTY_SIDE_DB) | _empty(np.array(heard.middle_db))
    missing = np.where(nothing, 0.0, missing)
    side = _tamed(np.clip(_shrunk(missing, np.array(wanted.side_doubt_db)), -2 * MOST_SIDE_DB, 2 * MOST_SIDE_DB))
    return np.asarray(np.where(hz < SIDE_FROM_HZ, 0.0, np.clip(side, -MOST_SIDE_DB, MOST_SIDE_DB)))


@njit(cache=True, nogil=True)
def _band_powers(spectra, edges, stereo, middle, side):  # type: ignore[no-untyped-def]
    """Power a band of (L+R)/2 and (L-R)/2, or the mean power of all channels; a bin that two bands share is divided."""
    channels, frames, bins = spectra.shape
    power = np.zeros((2, bins))
    for frame in range(frames):
        power[:] = 0.0
        for k in range(bins):
            if stereo:
                left, right = spectra[0, frame, k], spectra[1, frame, k]
                plus, minus = left + right, left - right
                power[0, k] = 0.25 * (plus.real**2 + plus.imag**2)
                power[1, k] = 0.25 * (minus.real**2 + minus.imag**2)
            else:
                for channel in range(channels):
                    value = spectra[channel, frame, k]
                    power[0, k] += (value.real**2 + value.imag**2) / channels
        for band in range(edges.size - 1):
            low, high = edges[band], edges[band + 1]
            total = other = 0.0
            for k in range(int(low), min(int(high) + 1, bins)):
                share = min(high, k + 1.0) - max(low, np.float64(k))
                if share > 0.0:
                    total += share * power[0, k]
                    other += share * power[1, k]
            middle[frame, band], side[frame, band] = total, other
