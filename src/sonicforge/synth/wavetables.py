"""Named single-cycle waves in band-limited copies, two per octave, read with linear interpolation.

Each wave is a recipe of harmonics; the copy for a pitch holds only the harmonics below 20 kHz.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.errors import UnknownName
from sonicforge.sound.audio import Samples

Doubles = NDArray[np.float64]

SIZE = 2048
COPIES = 20
LOWEST_HZ = 20.0
CEILING_HZ = 20_000.0


def _organ(n: Doubles) -> Doubles:
    """Drawbars 8', 4', 2 2/3', 2' and 1'."""
    return np.select([n == 1, n == 2, n == 3, n == 4, n == 8], [1.0, 0.7, 0.4, 0.45, 0.2], 0.0)


def _hollow(n: Doubles) -> Doubles:
    return np.where(n % 2 == 1, n**-1.3, 0.04 / n)


def _glass(n: Doubles) -> Doubles:
    low, middle = np.exp(-(((n - 1) / 1.2) ** 2)), np.exp(-(((n - 6) / 1.5) ** 2))
    return low + 0.35 * middle + 0.15 * np.exp(-(((n - 13) / 2) ** 2))


def _voice(n: Doubles) -> Doubles:
    """A vowel frozen around harmonics 4 and 9."""
    return (1 / n) * (0.4 + np.exp(-(((n - 4) / 2) ** 2)) * 2 + np.exp(-(((n - 9) / 2.5) ** 2)) * 1.6)


def _digital(n: Doubles) -> Doubles:
    return (1 / n) * (1 + 0.9 * np.cos(n * 1.7)) * np.where(n > 48, 0.0, 1.0)


def _reed(n: Doubles) -> Doubles:
    return n**-0.9 * np.where(n % 2 == 1, 1.0, 0.45) * np.exp(-n / 30)


RECIPES: dict[str, Callable[[Doubles], Doubles]] = {
    "organ": _organ,
    "hollow": _hollow,
    "glass": _glass,
    "voice": _voice,
    "digital": _digital,
    "reed": _reed,
}


@lru_cache(maxsize=8)
def copies(name: str) -> Samples:
    """The wave `name` as (20, 2049): copy i serves pitches up to 20 Hz * 2^((i+1)/2); RMS 0.58 like a saw."""
    if name not in RECIPES:
        raise UnknownName("wavetable", name, RECIPES)
    n = np.arange(1, SIZE // 2, dtype=np.float64)
    level = RECIPES[name](n)
    level *= 0.58 / np.sqrt(0.5 * np.sum(level**2))
    phase = np.exp(-0.5j * np.pi * (1 + 0.1 * np.sin(n)))
    table = np.zeros((COPIES, SIZE + 1), np.float32)
    for i in range(COPIES):
        spectrum = np.zeros(SIZE // 2 + 1, np.complex128)
        top = CEILING_HZ / (LOWEST_HZ * 2 ** ((i + 1) / 2))
        spectrum[1:-1] = level * phase * (n <= max(top, 1)) * SIZE / 2
        table[i, :SIZE] = np.fft.irfft(spectrum, SIZE)
    table[:, SIZE] = table[:, 0]
    return table


def play_table(name: str, phase: Doubles, ratio: Doubles, gain: Doubles, inc: Doubles, out: Samples) -> None:
    """Adds rows of the wave `name` to `out` (channels, n); phase (rows), gain (channels, rows), inc (hops)."""
    _read(copies(name), phase.copy(), ratio, gain, inc, out)


@njit(cache=True, nogil=True, fastmath=True)
def _read(table, phase, ratio, gain, inc, out):  # type: ignore[no-untyped-def]
    channels, size = out.shape
    for k in range(phase.size):
        place = phase[k]
        left = np.float32(gain[0, k])
        right = np.float32(gain[channels - 1, k])
        for b in range(inc.size):
            step = inc[b] * ratio[k]
            copy = int(np.ceil(2.0 * np.log2(max(step * 48000.0, 20.0) / 20.0))) - 1
            wave = table[min(max(copy, 0), 19)]
            start = b * 32
            for i in range(min(32, size - start)):
                at = place * 2048.0
                whole = int(at)
                part = np.float32(at - whole)
                y = wave[whole] + part * (wave[whole + 1] - wave[whole])
                out[0, start + i] += left * y
                if channels == 2:
                    out[1, start + i] += right * y
                place += step
                place -= np.floor(place)
