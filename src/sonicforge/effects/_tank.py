"""The feedback delay network behind `reverb`, in blocks of 64 samples."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.presets import ReverbPreset
from sonicforge.sound.audio import Samples

BLOCK = 64
TREBLE_HZ = 6000.0
DIFFUSERS_MS = (3.1, 4.7, 7.3, 10.9)
DIFFUSION = 0.6
GOLDEN = 0.6180339887498949
SHIMMER_WINDOW = 2048
FADE = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SHIMMER_WINDOW) / SHIMMER_WINDOW)).astype(np.float32)
ROOM_M = (1.0, 1.37, 0.73)
SOURCE = (0.31, 0.42, 0.46)
EARS = ((0.62, 0.55, 0.43), (0.69, 0.44, 0.43))


class Tank:
    """Pre-delay, early reflections, diffusers and network: mono blocks in, stereo blocks out."""

    def __init__(self, preset: ReverbPreset, sample_rate: int, *, shimmer: bool) -> None:
        self._preset, self._rate = preset, sample_rate
        self._lengths = _line_lengths(preset, sample_rate)
        self._k, self._p = _damping(preset, self._lengths, sample_rate)
        self._predelay = max(round(preset.predelay_ms * sample_rate / 1000) - BLOCK, 0)
        self._taps, self._tap_gains = _early(preset, sample_rate)
        self._diffusers = np.array([_prime_from(round(ms * sample_rate / 1000)) for ms in DIFFUSERS_MS])
        lines = preset.lines
        self._signs = _output_signs(lines)
        octave = 0.0 if preset.shimmer_db is None or not shimmer else 10 ** (preset.shimmer_db / 20)
        self._octave = np.array([octave, 1 - math.exp(-2 * math.pi * 3500 / sample_rate)])
        rates = preset.turn_hz * (0.6 + 0.8 * np.arange(lines // 2) / (lines // 2))
        self._turns = 2 * math.pi * rates * BLOCK / sample_rate
        self.clear()
        self._count = 0

    def clear(self) -> None:
        """Empty all lines."""
        lines = self._preset.lines
        self._line = np.zeros((lines, _ring(int(self._lengths.max())) + BLOCK), np.float32)
        farthest = self._predelay + int(self._taps.max(initial=0))
        self._intake = np.zeros((1, _ring(farthest) + BLOCK), np.float32)
        self._diffuser = np.zeros((4, _ring(int(self._diffusers.max())) + BLOCK), np.float32)
        self._upward = np.zeros((1, _ring(SHIMMER_WINDOW + BLOCK) + BLOCK), np.float32)
        self._memory = np.zeros(lines + 4, np.float32)
        self._shimmering = np.zeros(BLOCK, np.float32)

    @property
    def quiet(self) -> bool:
        """True when the lines hold nothing above -120 dBFS."""
        return bool(np.abs(self._line).max() < 1e-6 and np.abs(self._intake).max() < 1e-6)

    def rest(self, blocks: int) -> None:
        """Let time pass while nothing sounds."""
        self._count += blocks

    def t60_s(self, hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean decay time over the lines, from the loss per second at each frequency."""
        z = np.exp(-2j * np.pi * np.asarray(hz, np.float64)[:, None] / self._rate)
        gain = np.abs(self._k / (1 - self._p * z))
        phase_delay = self._lengths + self._p / (1 - self._p)
        loss_db = -20 * np.log10(gain).sum(axis=1) / phase_delay.sum() * self._rate
        return np.asarray(60.0 / loss_db)

    def process(self, mono: Samples) -> Samples:
        blocks = mono.shape[1] // BLOCK
        out = np.empty((2, mono.shape[1]), np.float32)
        count = self._count + np.arange(blocks + 1)
        offsets = np.arange(self._turns.size) * 2.4
        angle = self._preset.turn * np.sin(count[:, None] * self._turns + offsets)
        turn = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
        _run(
            mono[0], out, self._count, self._intake, self._predelay, self._taps, self._tap_gains, self._diffuser,
            self._diffusers, self._line, self._lengths, self._k, self._p, turn, self._signs, self._memory,
            self._upward, self._octave, self._shimmering,
        )  # fmt: skip
        self._count += blocks
        return out


def _ring(longest: int) -> int:
    """A power of two that holds `longest` and the block being written."""
    return 1 << (longest + 2 * BLOCK - 1).bit_length()


def _prime_from(number: int) -> int:
    while any(number % d == 0 for d in range(2, math.isqrt(number) + 1)):
        number += 1
    return number


def _line_lengths(preset: ReverbPreset, sample_rate: int) -> NDArray[np.int64]:
    """Primes spread geometrically, no two alike, jittered off the even ladder by the golden ratio."""
    low, high = (ms * sample_rate / 1000 for ms in preset.lines_ms)
    lengths: list[int] = []
    for k in range(preset.lines):
        place = (k + 0.5 * ((k * GOLDEN) % 1.0)) / (preset.lines - 0.5)
        number = _prime_from(max(round(low * (high / low) ** place), BLOCK + 3))
        while number in lengths:
            number = _prime_from(number + 1)
        lengths.append(number)
    # Neighbours in the matrix should not be neighbours in length.
    order = np.argsort([(k * GOLDEN) % 1.0 for k in range(preset.lines)])
    return np.array(lengths, np.int64)[order]


def _damping(
    preset: ReverbPreset, lengths: NDArray[np.int64], sample_rate: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One-pole k / (1 - p / z) per line: exact decay at 0 Hz and at `TREBLE_HZ`."""
    bass = 10 ** (-3 * lengths / (sample_rate * preset.t60_s))
    treble = 10 ** (-3 * lengths / (sample_rate * preset.t60_s * preset.treble))
    r = (treble / bass) ** 2
    c = math.cos(2 * math.pi * TREBLE_HZ / sample_rate)
    p = ((1 - r * c) - np.sqrt((1 - r * c) ** 2 - (1 - r) ** 2)) / (1 - r)
    return (bass * (1 - p)).astype(np.float32), p.astype(np.float32)


def _early(preset: ReverbPreset, sample_rate: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """First reflections of a shoebox, by image sources up to the second order, for two ears.

    The room is scaled so that the last of them arrives `early_ms` after the pre-delay.
    """
    if preset.early_db <= -60:
        return np.zeros((2, 0), np.int64), np.zeros((2, 0), np.float32)
    paths = [_reflections(ear) for ear in EARS]
    count = min(len(path) for path in paths)
    first = min(path[0][0] for path in paths)
    last = max(path[count - 1][0] for path in paths)
    scale = preset.early_ms * sample_rate / 1000 / (last - first)
    taps = np.array([[round((distance - first) * scale) for distance, _ in path[:count]] for path in paths], np.int64)
    gains = np.array([[gain for _, gain in path[:count]] for path in paths], np.float32)
    return taps, gains / np.sqrt((gains**2).sum(axis=1, keepdims=True)) * np.float32(10 ** (preset.early_db / 20))


def _reflections(ear: tuple[float, float, float]) -> list[tuple[float, float]]:
    found = []
    for nx, ny, nz in np.ndindex(5, 5, 5):
        order = (nx - 2, ny - 2, nz - 2)
        bounces = sum(abs(n) for n in order)
        if not 1 <= bounces <= 2:
            continue
        square = 0.0
        for n, size, source, place in zip(order, ROOM_M, SOURCE, ear, strict=True):
            image = n + (source if n % 2 == 0 else 1 - source)
            square += ((image - place) * size) ** 2
        found.append((math.sqrt(square), 0.75**bounces / math.sqrt(square)))
    return sorted(found)[:10]


def _output_signs(lines: int) -> NDArray[np.float32]:
    """Two orthogonal rows of +-1, so that left and right share no pattern."""
    index = np.arange(lines)
    left = np.where((index // 2) % 2 == 0, 1.0, -1.0)
    right = np.where(index % 2 == 0, 1.0, -1.0)
    return np.stack([left, right]).astype(np.float32)


@njit(cache=True, nogil=True, fastmath=True)
def _take(ring, start, into):  # type: ignore[no-untyped-def]
    # Rings carry their first block again behind their end, so any BLOCK samples lie in one piece.
    size = ring.size - BLOCK
    at = start & (size - 1)
    piece = ring[at : at + BLOCK]
    for t in range(BLOCK):
        into[t] = piece[t]


@njit(cache=True, nogil=True, fastmath=True)
def _add(ring, start, gain, into):  # type: ignore[no-untyped-def]
    at = start & (ring.size - BLOCK - 1)
    piece = ring[at : at + BLOCK]
    for t in range(BLOCK):
        into[t] += gain * piece[t]


@njit(cache=True, nogil=True, fastmath=True)
def _put(ring, start, block):  # type: ignore[no-untyped-def]
    size = ring.size - BLOCK
    at = start & (size - 1)
    piece = ring[at : at + BLOCK]
    for t in range(BLOCK):
        piece[t] = block[t]
    if at == 0:
        tail = ring[size : size + BLOCK]
        for t in range(BLOCK):
            tail[t] = block[t]


@njit(cache=True, nogil=True, fastmath=True)
def _mix(lines, turn0, turn1):  # type: ignore[no-untyped-def]
    # Slow rotation of pairs, then a fast Walsh-Hadamard transform: lossless.
    count = lines.shape[0]
    half = count // 2
    step = np.float32(1.0 / BLOCK)
    for k in range(half):
        a, b = lines[k], lines[k + half]
        c0, s0 = turn0[0, k], turn0[1, k]
        dc, ds = (turn1[0, k] - c0) * step, (turn1[1, k] - s0) * step
        for t in range(BLOCK):
            c, s = c0 + dc * np.float32(t), s0 + ds * np.float32(t)
            u, v = a[t], b[t]
            a[t] = c * u - s * v
            b[t] = s * u + c * v
    span = 1
    while span < count:
        for first in range(0, count, 2 * span):
            for k in range(first, first + span):
                a, b = lines[k], lines[k + span]
                for t in range(BLOCK):
                    u, v = a[t], b[t]
                    a[t] = u + v
                    b[t] = u - v
        span *= 2


@njit(cache=True, nogil=True, fastmath=True)
def _damp(line, at, lengths, lines, k, p, memory):  # type: ignore[no-untyped-def]
    mask = line.shape[1] - BLOCK - 1
    for first in range(0, lines.shape[0], 4):
        w, x = (at - lengths[first]) & mask, (at - lengths[first + 1]) & mask
        y, z = (at - lengths[first + 2]) & mask, (at - lengths[first + 3]) & mask
        rw, rx = line[first, w : w + BLOCK], line[first + 1, x : x + BLOCK]
        ry, rz = line[first + 2, y : y + BLOCK], line[first + 3, z : z + BLOCK]
        a, b, c, d = lines[first], lines[first + 1], lines[first + 2], lines[first + 3]
        ka, kb, kc, kd = k[first], k[first + 1], k[first + 2], k[first + 3]
        pa, pb, pc, pd = p[first], p[first + 1], p[first + 2], p[first + 3]
        sa, sb, sc, sd = memory[first], memory[first + 1], memory[first + 2], memory[first + 3]
        for t in range(BLOCK):
            sa = ka * rw[t] + pa * sa
            sb = kb * rx[t] + pb * sb
            sc = kc * ry[t] + pc * sc
            sd = kd * rz[t] + pd * sd
            a[t], b[t], c[t], d[t] = sa, sb, sc, sd
        memory[first], memory[first + 1], memory[first + 2], memory[first + 3] = sa, sb, sc, sd


@njit(cache=True, nogil=True, fastmath=True)
def _shimmer(upward, at, heard, octave, memory, offset, into):  # type: ignore[no-untyped-def]
    # Two heads that run at double speed through the last 85 ms, each faded in and out: an octave up.
    a = np.float32(octave[1])
    low, lower = memory[offset], memory[offset + 1]
    for t in range(BLOCK):
        low += a * (heard[t] - low)
        lower += a * (low - lower)
        heard[t] = lower
    memory[offset], memory[offset + 1] = low, lower
    _put(upward[0], at, heard)
    ring = upward[0]
    mask = ring.size - BLOCK - 1
    low, lower = memory[offset + 2], memory[offset + 3]
    gain = np.float32(octave[0])
    half = SHIMMER_WINDOW // 2
    for t in range(BLOCK):
        place = (at + t) & (SHIMMER_WINDOW - 1)
        lag = SHIMMER_WINDOW - place
        other = SHIMMER_WINDOW - ((place + half) & (SHIMMER_WINDOW - 1))
        fade = FADE[place]
        value = fade * ring[(at + t - lag) & mask] + (np.float32(1.0) - fade) * ring[(at + t - other) & mask]
        low += a * (value - low)
        lower += a * (low - lower)
        into[t] = gain * lower
    memory[offset + 2], memory[offset + 3] = low, lower


@njit(cache=True, nogil=True, fastmath=True)
def _run(  # type: ignore[no-untyped-def]
    mono, out, count, intake, predelay, taps, tap_gains, diffuser, diffusers, line, lengths, k, p, turn, signs,
    memory, upward, octave, shimmering,
):  # fmt: skip
    lines = np.empty((line.shape[0], BLOCK), np.float32)
    x = np.empty(BLOCK, np.float32)
    d = np.empty(BLOCK, np.float32)
    n = line.shape[0]
    g = np.float32(DIFFUSION)
    share = np.float32(1.0 / math.sqrt(n))
    tail = np.float32(1.0 / math.sqrt(n))
    for block in range(mono.size // BLOCK):
        at = (count + block) * BLOCK
        first = block * BLOCK
        left, right = out[0, first : first + BLOCK], out[1, first : first + BLOCK]
        _put(intake[0], at, mono[first : first + BLOCK])
        left[:] = np.float32(0.0)
        right[:] = np.float32(0.0)
        for j in range(taps.shape[1]):
            _add(intake[0], at - predelay - taps[0, j], tap_gains[0, j], left)
            _add(intake[0], at - predelay - taps[1, j], tap_gains[1, j], right)
        _take(intake[0], at - predelay, x)
        for t in range(BLOCK):
            x[t] += shimmering[t]
        for j in range(4):
            _take(diffuser[j], at - diffusers[j], d)
            for t in range(BLOCK):
                v = x[t] + g * d[t]
                x[t] = d[t] - g * v
                d[t] = v
            _put(diffuser[j], at, d)
        _damp(line, at, lengths, lines, k, p, memory)
        for j in range(n):
            row = lines[j]
            sl, sr = signs[0, j] * tail, signs[1, j] * tail
            for t in range(BLOCK):
                left[t] += sl * row[t]
                right[t] += sr * row[t]
        if octave[0] > 0.0:
            for t in range(BLOCK):
                d[t] = np.float32(0.5) * (left[t] + right[t])
            _shimmer(upward, at, d, octave, memory, n, shimmering)
        _mix(lines, turn[:, block], turn[:, block + 1])
        for j in range(n):
            row = lines[j]
            sign = share if j % 3 != 1 else -share
            for t in range(BLOCK):
                row[t] = share * row[t] + sign * x[t]
            _put(line[j], at, row)
    for j in range(memory.size):
        if abs(memory[j]) < 1e-25:
            memory[j] = np.float32(0.0)
