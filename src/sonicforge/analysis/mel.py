"""Bands and cepstra as the ear and the recognisers of timbre use them."""

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Samples

LOG_FLOOR = 1e-7
"""Mean magnitude below which a band counts as silent (-140 dB)."""


def hertz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """O'Shaughnessy's mel: 2595 log10(1 + f / 700)."""
    return np.asarray(2595.0 * np.log10(1.0 + hz / 700.0), np.float64)


def mel_to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `hertz_to_mel`."""
    return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0), np.float64)


def _even_mel(bands: int, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Edges of equally wide bands in mel, the outer ones included."""
    low, high = hertz_to_mel(np.array([low_hz, high_hz]))
    return np.linspace(float(low), float(high), bands + 2)


@lru_cache(maxsize=16)
def mel_centres(bands: int, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Centre frequencies (bands,) in Hz, equally spaced in mel between the two edges."""
    edges = _even_mel(bands, low_hz, high_hz)
    return mel_to_hertz(edges)[1:-1]


@lru_cache(maxsize=16)
def mel_filters(
    sample_rate: int, size: int, bands: int = 40, low_hz: float = 30.0, high_hz: float = 11_000.0
) -> Samples:
    """Triangular weights (size // 2 + 1, bands) for magnitude spectra, each band's weights summing to 1.

    A band narrower than the bin spacing reads the bins beside its centre. Bands above half the rate are empty.
    """
    hz = np.arange(size // 2 + 1) * sample_rate / size
    edges = mel_to_hertz(_even_mel(bands, low_hz, high_hz))
    spacing = sample_rate / size
    below = np.maximum(np.diff(edges)[:-1], spacing)
    above = np.maximum(np.diff(edges)[1:], spacing)
    centres = edges[1:-1]
    rising = 1.0 - (centres - hz[:, None]) / below
    falling = 1.0 - (hz[:, None] - centres) / above
    weights = np.clip(np.minimum(rising, falling), 0.0, 1.0)
    return np.asarray(weights / np.maximum(weights.sum(axis=0), 1e-12), np.float32)


def mel_bands(magnitude: Samples, sample_rate: int, bands: int = 40) -> Samples:
    """Mean magnitude (frames, bands) in mel bands from 30 Hz to 11 kHz, of spectra (frames, size // 2 + 1)."""
    weights, spans = _sparse(sample_rate, 2 * (magnitude.shape[1] - 1), bands)
    out = np.empty((len(magnitude), bands), np.float32)
    _weigh(np.ascontiguousarray(magnitude), weights, spans, out)
    return out


@lru_cache(maxsize=16)
def _sparse(sample_rate: int, size: int, bands: int) -> tuple[Samples, NDArray[np.int64]]:
    """`mel_filters` turned (bands, bins), with the first and last bin that counts for each band."""
    weights = np.ascontiguousarray(mel_filters(sample_rate, size, bands).T)
    spans = np.zeros((bands, 2), np.int64)
    for band, row in enumerate(weights):
        (used,) = np.nonzero(row)
        if used.size:
            spans[band] = used[0], used[-1] + 1
    return weights, spans


@njit(cache=True, nogil=True, fastmath=True)
def _weigh(magnitude, weights, spans, out):  # type: ignore[no-untyped-def]
    for frame in range(magnitude.shape[0]):
        for band in range(weights.shape[0]):
            total = np.float32(0.0)
            for k in range(spans[band, 0], spans[band, 1]):
                total += magnitude[frame, k] * weights[band, k]
            out[frame, band] = total


@lru_cache(maxsize=16)
def _cosines(bands: int, count: int) -> Samples:
    """Orthonormal DCT-II as a matrix (bands, count)."""
    angle = np.pi / bands * (np.arange(bands)[:, None] + 0.5) * np.arange(count)
    scale = np.full(count, np.sqrt(2.0 / bands))
    scale[0] = np.sqrt(1.0 / bands)
    return np.asarray(np.cos(angle) * scale, np.float32)


def cepstra(log_bands: Samples, count: int = 13) -> Samples:
    """Mel cepstra (n, count) of log band levels (n, bands) (Davis and Mermelstein 1980); the first is loudness."""
    return log_bands @ _cosines(log_bands.shape[1], count)
