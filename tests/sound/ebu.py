"""The synthetic signals of EBU Tech 3341, EBU Tech 3342 and ITU-R BS.2217, made from their published descriptions.

The official files may not be shipped; these are sines, so they can be made again. Levels are per-channel peaks in dBFS.
"""

import numpy as np
from numpy.typing import NDArray

from sonicforge.sound.audio import Audio

RATE = 48_000

Pieces = list[tuple[float, float]]
"""(seconds, level in dBFS); -inf is silence."""


def tone(pieces: Pieces, *, hz: float = 1000.0, channels: int = 2, rate: int = RATE) -> Audio:
    """One phase-continuous sine whose level changes from piece to piece, alike in all channels."""
    lengths = [round(seconds * rate) for seconds, _ in pieces]
    gain = np.repeat([10 ** (level / 20) for _, level in pieces], lengths)
    wave = gain * np.sin(2 * np.pi * hz * np.arange(len(gain)) / rate)
    return Audio(np.tile(wave.astype(np.float32), (channels, 1)), rate)


def channel_tones(levels: list[float], seconds: float, *, hz: float = 1000.0) -> Audio:
    """A sine in each channel at its own level; -inf leaves a channel silent."""
    wave = np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return Audio(np.array([10 ** (level / 20) * wave for level in levels], np.float32))


INTEGRATED: dict[int, tuple[Pieces, float]] = {
    1: ([(20, -23)], -23.0),
    2: ([(20, -33)], -33.0),
    3: ([(10, -36), (60, -23), (10, -36)], -23.0),
    4: ([(10, -72), (10, -36), (60, -23), (10, -36), (10, -72)], -23.0),
    5: ([(20, -26), (20.1, -20), (20, -26)], -23.0),
}
"""Tech 3341 cases 1-5: stereo tones and their integrated loudness (+-0.1)."""

CASE_9: Pieces = [(1.34, -20), (1.66, -30)] * 5
CASE_12: Pieces = [(0.18, -20), (0.22, -30)] * 25

RANGES: dict[int, tuple[Pieces, float]] = {
    1: ([(20, -20), (20, -30)], 10.0),
    2: ([(20, -20), (20, -15)], 5.0),
    3: ([(20, -40), (20, -20)], 20.0),
    4: ([(20, -50), (20, -35), (20, -20), (20, -35), (20, -50)], 15.0),
}
"""Tech 3342 cases 1-4 and their loudness range (+-1)."""

SILENCE = -np.inf


def case_6() -> Audio:
    """5.0: left and right -28, centre -24, surrounds -30."""
    return channel_tones([-28, -28, -24, -30, -30], 20)


def case_10(i: int) -> Audio:
    """A 3 s tone that begins off the grid of any slow meter."""
    return tone([(i * 0.15, SILENCE), (3, -23), (1, SILENCE)])


def case_11() -> Audio:
    """Twenty 3 s tones, each 1 dB louder and starting 0.15 s later in its slot of 6 s."""
    return tone([p for i in range(20) for p in ((i * 0.15, SILENCE), (3, -38 + i), (3 - i * 0.15, SILENCE))])


def case_13(i: int) -> Audio:
    """A 400 ms tone that begins at any multiple of 20 ms."""
    return tone([(i * 0.02, SILENCE), (0.4, -23), (1, SILENCE)])


def case_14() -> Audio:
    """Twenty 400 ms tones, each 1 dB louder and starting 20 ms later in its slot of 800 ms."""
    return tone([p for i in range(20) for p in ((i * 0.02, SILENCE), (0.4, -38 + i), (0.4 - i * 0.02, SILENCE))])


PEAK_TONES: dict[int, tuple[float, float, float, float]] = {
    15: (4, 0.50, 0.0, -6.0),
    16: (4, 0.50, 45.0, -6.0),
    17: (6, 0.50, 60.0, -6.0),
    18: (8, 0.50, 67.5, -6.0),
    19: (4, 1.41, 45.0, 3.0),
}
"""Tech 3341 cases 15-19: rate / frequency, amplitude, phase in degrees, true peak (+0.2 / -0.4)."""


def peak_tone(case: int) -> Audio:
    """A tone whose crests fall between the samples, with 10 ms tapers."""
    period, amplitude, degrees, _ = PEAK_TONES[case]
    n = np.arange(RATE)
    wave = amplitude * np.sin(2 * np.pi * n / period + np.deg2rad(degrees))
    taper = np.minimum(1, np.minimum(n, n[::-1]) / (0.01 * RATE))
    return Audio(np.tile((wave * taper).astype(np.float32), (2, 1)))


def peak_burst(offset: int) -> Audio:
    """Cases 20-23: fs/6 at half scale with one full-scale period of fs/4, made at 4 fs and decimated at `offset`."""
    slow, fast = 2 * np.pi / 24, 2 * np.pi / 16
    steps = np.full(4 * RATE, slow)
    middle = 24 * (2 * RATE // 24)
    steps[middle : middle + 16] = fast
    phase = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    amplitude = np.full(len(phase), 0.5)
    amplitude[middle : middle + 16] = 1.0
    wave = amplitude * np.sin(phase)
    taper = np.minimum(1, np.minimum(np.arange(len(wave)), np.arange(len(wave))[::-1]) / (0.04 * RATE))
    decimated = np.convolve(wave * taper, _mild_lowpass(), mode="same")[offset::4]
    return Audio(np.tile(decimated.astype(np.float32), (2, 1)))


def _mild_lowpass() -> NDArray[np.float64]:
    """511-tap Kaiser low-pass at 0.96 of the Nyquist frequency of the decimated signal."""
    n = np.arange(-255, 256)
    taps = np.sinc(n * 0.96 / 4) * np.kaiser(511, 8.0)
    return taps / taps.sum()


BS_2217_TONES = {25: -11.916, 100: -21.176, 500: -22.351, 1000: -23.007, 2000: -25.380, 10000: -26.351}
"""Frequency -> per-channel peak of a stereo tone that reads -23 LKFS."""
