"""Spectrum: where the power of a sound lies, in octaves, thirds of an octave or FFT bins."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Audio, Samples

Power = NDArray[np.float64]
Spans = Sequence[tuple[float, float]]

OCTAVES_HZ = (31.25, 62.5, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
THIRDS_HZ = tuple(1000.0 * 2 ** (step / 3) for step in range(-16, 14))
"""Centres from 24.8 Hz to 20.2 kHz (the 25 Hz ... 20 kHz bands of IEC 61260, base two)."""

FLOOR_DB = -200.0
_WINDOW = 8192
_BATCH = 64


def octave_bands(audio: Audio, spans_s: Spans | None = None) -> Power:
    """Mean power of the ten octave bands 31 Hz .. 16 kHz in dB, shape (10,), all channels averaged.

    A full-scale sine reads -3 dB in its band and pink noise reads flat. `spans_s` limits the measurement to
    those stretches of time (start, end). Silence reads `FLOOR_DB`; a band above half the sample rate too.
    """
    return to_db(band_power(audio, OCTAVES_HZ, sqrt(2.0), spans_s).mean(axis=0))


def third_octaves(audio: Audio, spans_s: Spans | None = None) -> Power:
    """Mean power of the thirty third-octave bands 25 Hz .. 20 kHz in dB, shape (30,), all channels averaged."""
    return to_db(band_power(audio, THIRDS_HZ, 2 ** (1 / 6), spans_s).mean(axis=0))


def mid_side_octaves(audio: Audio, spans_s: Spans | None = None) -> tuple[Power, Power]:
    """Octave bands in dB of mid (L+R)/2 and side (L-R)/2, each (10,). Mono has silence as its side."""
    if audio.channels == 1:
        return octave_bands(audio, spans_s), np.full(len(OCTAVES_HZ), FLOOR_DB)
    power = mid_side_spectrum(audio, spans_s) @ _band_matrix(audio.sample_rate, OCTAVES_HZ, sqrt(2.0)).T
    return to_db(power[0]), to_db(power[1])


def band_power(audio: Audio, centres_hz: Sequence[float], half_width: float, spans_s: Spans | None = None) -> Power:
    """Mean power (channels, bands) between centre / half_width and centre * half_width."""
    matrix = _band_matrix(audio.sample_rate, tuple(centres_hz), half_width)
    return power_spectrum(audio, spans_s) @ matrix.T


def power_spectrum(audio: Audio, spans_s: Spans | None = None) -> Power:
    """Mean power a bin (channels, 4097) of Hann-windowed 8192-sample pieces; bins of a sine sum to its power."""
    total = np.zeros((audio.channels, _WINDOW // 2 + 1))
    count = 0
    for batch in _pieces(audio, spans_s):
        total += _spectra(batch).sum(axis=1)
        count += batch.shape[1]
    return total / max(count, 1)


def mid_side_spectrum(audio: Audio, spans_s: Spans | None = None) -> Power:
    """`power_spectrum` of mid (L+R)/2 and side (L-R)/2 of stereo sound, shape (2, 4097)."""
    total = np.zeros((2, _WINDOW // 2 + 1))
    count = 0
    for batch in _pieces(audio, spans_s):
        left, right = batch[0], batch[1]
        total += _spectra(np.stack([left + right, left - right])).sum(axis=1) / 4
        count += batch.shape[1]
    return total / max(count, 1)


def stft_power(audio: Audio, *, size: int = 2048, hop: int = 512) -> NDArray[np.float32]:
    """Power spectrogram (channels, frames, size // 2 + 1) with a Hann window; frame i starts at sample i * hop.

    The last frame is padded with silence; a sine's bins sum to its power.
    """
    import scipy.fft

    frames = max(1, -(-max(0, audio.length - size) // hop) + 1)
    padded = np.zeros((audio.channels, (frames - 1) * hop + size), np.float32)
    padded[:, : min(audio.length, padded.shape[1])] = audio.samples[:, : padded.shape[1]]
    view = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, ::hop]
    window = _hann(size)
    out = np.empty((audio.channels, frames, size // 2 + 1), np.float32)
    for first in range(0, frames, 256):
        spectrum = scipy.fft.rfft(view[:, first : first + 256] * window)
        out[:, first : first + 256] = (spectrum.real**2 + spectrum.imag**2) * _bin_scale(size)
    return out


def to_db(power: NDArray[np.floating]) -> Power:
    """10 log10 of a power, floored at `FLOOR_DB`."""
    return 10 * np.log10(np.maximum(np.asarray(power, np.float64), 10 ** (FLOOR_DB / 10)))


def _pieces(audio: Audio, spans_s: Spans | None) -> Iterator[Samples]:
    """Batches (channels, pieces, 8192) of the wanted stretches; the remainder under one piece is padded."""
    spans = [(0.0, audio.duration_s)] if spans_s is None else spans_s
    for start_s, end_s in spans:
        start = max(0, round(start_s * audio.sample_rate))
        end = min(audio.length, round(end_s * audio.sample_rate))
        for first in range(start, end, _BATCH * _WINDOW):
            part = audio.samples[:, first : min(first + _BATCH * _WINDOW, end)]
            whole = part.shape[1] // _WINDOW
            if whole:
                yield part[:, : whole * _WINDOW].reshape(audio.channels, whole, _WINDOW)
            elif first == start and part.shape[1]:
                yield np.pad(part, ((0, 0), (0, _WINDOW - part.shape[1])))[:, None, :]


def _spectra(batch: Samples) -> Power:
    """Power a bin of windowed pieces, float32 arithmetic."""
    import scipy.fft

    spectrum = scipy.fft.rfft(batch * _hann(_WINDOW))
    return np.asarray((spectrum.real**2 + spectrum.imag**2) * _bin_scale(_WINDOW))


@lru_cache(maxsize=8)
def _hann(size: int) -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


@lru_cache(maxsize=8)
def _bin_scale(size: int) -> NDArray[np.float32]:
    """Makes one-sided bins of a Hann window (mean square 3/8) sum to the mean square of the signal."""
    scale = np.full(size // 2 + 1, 2.0 / (size * size * 3 / 8), np.float32)
    scale[[0, -1]] /= 2
    return scale


@lru_cache(maxsize=16)
def _band_matrix(sample_rate: int, centres_hz: tuple[float, ...], half_width: float) -> Power:
    """(bands, bins): the share of each FFT bin inside each band; a bin is as wide as the bin spacing."""
    spacing = sample_rate / _WINDOW
    low = (np.arange(_WINDOW // 2 + 1) - 0.5) * spacing
    shares = [
        np.clip((np.minimum(low + spacing, hz * half_width) - np.maximum(low, hz / half_width)) / spacing, 0, 1)
        for hz in centres_hz
    ]
    return np.array(shares)
