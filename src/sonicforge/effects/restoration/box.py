"""The inside of a time-frequency box, made up from both sides.

Magnitudes run from the level before to the level after, straight in decibels. Where the sound before and after is a
tone, its phase runs on from both sides and is cross-faded; where it is noise, so is what comes into the box.
"""

import numpy as np
from numpy.typing import NDArray

from sonicforge.chance import noise
from sonicforge.sound.audio import Samples

_BESIDE = 5
"""Frames on either side that tell what belongs into the box."""
_TONE = 0.9
_NEAR = 9
_FADE_S_OF_FRAME = 1 / 8

Spectrum = NDArray[np.complex64]
Real = NDArray[np.float64]


def fill_box(around: Samples, first: int, last: int, band: tuple[float, float], *, size: int, seed: int = 0) -> Samples:
    """`around` (n,) with the band (edges as shares of the sample rate) of around[first:last] filled anew.

    Needs 3 * `size` samples on both sides. Nothing changes beyond an eighth of a frame outside the box.
    """
    import scipy.fft

    hop = size // 4
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(around, size)[::hop]
    spectra = scipy.fft.rfft(frames * window)
    starts = np.arange(len(frames)) * hop
    inside = np.flatnonzero((starts + size > first) & (starts < last))
    low, high = round(band[0] * size), max(round(band[1] * size), round(band[0] * size) + 1) + 1
    filling = _between(spectra[:, low:high], inside, hop, low, size, seed)
    change = np.zeros((len(inside), size // 2 + 1), np.complex64)
    change[:, low:high] = (filling - spectra[inside, low:high]) * _edges(low, high, size // 2 + 1)
    difference = np.zeros(len(around), np.float32)
    for place, frame in zip(starts[inside], scipy.fft.irfft(change, size) * (window / 2), strict=True):
        difference[place : place + size] += frame
    return around + difference * _mask(len(around), first, last, max(round(size * _FADE_S_OF_FRAME), 2))


def _between(spectra: Spectrum, inside: NDArray[np.int64], hop: int, low: int, size: int, seed: int) -> Spectrum:
    """New values (inside, bins) from the frames before and after."""
    before, after = spectra[: inside[0]][-_BESIDE:], spectra[inside[-1] + 1 :][:_BESIDE]
    count, bins = len(inside), spectra.shape[1]
    step = 2 * np.pi * hop * (np.arange(bins) + low) / size
    pace_before, tone_before = _pace(before, step)
    pace_after, tone_after = _pace(after, step)
    power = [np.mean(np.abs(side) ** 2, axis=0) for side in (before, after)]
    level = [np.sqrt(side) + 1e-12 for side in power]
    share = ((np.arange(count) + 1) / (count + 1))[:, None]
    magnitude = level[0] ** (1 - share) * level[1] ** share
    steps = np.arange(1, count + 1)[:, None]
    left = np.exp(1j * (np.angle(before[-1]) + pace_before * steps))
    right = np.exp(1j * (np.angle(after[0]) - pace_after * (count + 1 - steps)))
    mixed = (1 - share) * left * level[0] + share * right * level[1]
    tones = magnitude * mixed / (np.abs(mixed) + 1e-12)
    even = [np.sqrt(_smoothed(side)) + 1e-12 for side in power]
    hiss = even[0] ** (1 - share) * even[1] ** share * _hiss(seed, int(inside[0]), count, size)[:, low : low + bins]
    return np.asarray(np.where(np.minimum(tone_before, tone_after) > _TONE, tones, hiss), np.complex64)


def _smoothed(power: Real) -> Real:
    """Mean over neighbouring bins: five overlapping frames tell the level of noise in one bin too loosely."""
    wide = min(_NEAR, len(power))
    sums = np.convolve(power, np.ones(wide), "same")
    return np.asarray(sums / np.convolve(np.ones(len(power)), np.ones(wide), "same"))


def _hiss(seed: int, place: int, count: int, size: int) -> Spectrum:
    """Spectra (count, bins), of mean power 1 a bin, of one white noise: their overlaps agree as those of sound do."""
    import scipy.fft

    hop = size // 4
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size))
    white = noise(seed, "restoration", "repair", place, count).standard_normal(size + hop * (count - 1))
    frames = np.lib.stride_tricks.sliding_window_view(white, size)[::hop]
    return np.asarray(scipy.fft.rfft(frames * window) / np.sqrt(size / 2), np.complex64)


def _pace(side: Spectrum, step: Real) -> tuple[Real, Real]:
    """Phase advance a frame of each bin, and how steady (0 to 1) it is."""
    if len(side) < 2:
        return step, np.zeros(len(step))
    turns = side[1:] * np.conj(side[:-1]) * np.exp(-1j * step)
    total = turns.sum(axis=0)
    return step + np.angle(total), np.abs(total) / (np.abs(turns).sum(axis=0) + 1e-20)


def _edges(low: int, high: int, bins: int) -> Real:
    """1, with half a step at an edge that is inside the spectrum."""
    edges = np.ones(high - low)
    if low > 0 and high - low > 2:
        edges[0] = 0.5
    if high < bins and high - low > 2:
        edges[-1] = 0.5
    return edges


def _mask(length: int, first: int, last: int, fade: int) -> Samples:
    mask = np.zeros(length, np.float32)
    mask[first:last] = 1
    slope = (0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)).astype(np.float32)
    mask[first - fade : first], mask[last : last + fade] = slope, slope[::-1]
    return mask
