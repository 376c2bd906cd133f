"""Slow curves, one value every 10 ms: where a texture sounds, how its level wanders and swells."""

import random

import numpy as np
from numpy.typing import NDArray

from sonicforge.music.score import Part
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE
from sonicforge.synth.beds.kernels import HOP

Curve = NDArray[np.float64]
PER_S = SAMPLE_RATE // HOP
FADE_S = (0.5, 3.0)


def points(length: int) -> int:
    """Curve points that cover `length` samples."""
    return length // HOP + 2


def activity(part: Part, clock: Clock, length: int) -> Curve:
    """Level 0..1 of a texture: a note sounds from its start to its end at its velocity.

    Fades begin at the note's edges and take an eighth of the shortest note, but 0.5 to 3 s; notes that touch melt.
    """
    count = points(length)
    target = np.zeros(count)
    shortest = np.inf
    for note in part.notes:
        first, last = clock.second(note.start), clock.second(note.end)
        shortest = min(shortest, last - first)
        span = slice(round(first * PER_S), max(round(last * PER_S), round(first * PER_S) + 1))
        target[span] = np.maximum(target[span], (note.velocity / 127.0) ** 1.2)
    if not part.notes:
        return target
    fade = int(np.clip(shortest / 8, *FADE_S) * PER_S)
    window = np.hanning(fade + 2)[1:-1]
    risen = np.convolve(target, window / window.sum())[:count]
    risen[risen < 1e-6] = 0.0
    return risen


def walk(chance: random.Random, count: int, span: float, every_s: tuple[float, float]) -> Curve:
    """A random walk between -span and span that turns every `every_s` seconds and moves on half cosines."""
    times, values = [0.0], [chance.uniform(-span, span)]
    while times[-1] < count:
        times.append(times[-1] + chance.uniform(*every_s) * PER_S)
        values.append(chance.uniform(-span, span))
    at = np.arange(count)
    piece = np.searchsorted(times, at, side="right") - 1
    start, end = np.array(times)[piece], np.array(times)[piece + 1]
    along = 0.5 - 0.5 * np.cos(np.pi * (at - start) / (end - start))
    level = np.array(values)
    return level[piece] + (level[piece + 1] - level[piece]) * along


def swells(chance: random.Random, count: int, rise_s: float, fall_s: float, floor: float = 0.15) -> Curve:
    """Waves between `floor` and 1: a rise on half a cosine, a longer fall that bends; no two alike."""
    out = np.empty(count)
    at = 0
    peak = 1.0
    while at < count:
        rise = max(1, int(rise_s * chance.uniform(0.6, 1.5) * PER_S))
        fall = max(1, int(fall_s * chance.uniform(0.6, 1.6) * PER_S))
        peak = chance.uniform(0.5, 1.0)
        up = floor + (peak - floor) * (0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise))
        down = floor + (peak - floor) * (0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) / fall) ** 0.7))
        wave = np.concatenate([up, down])[: count - at]
        out[at : at + wave.size] = wave
        at += wave.size
    return out


def decibels(curve: Curve) -> Curve:
    """Decibels as gain."""
    return np.asarray(10.0 ** (curve / 20.0))


def dips(times_s: list[float], count: int, depth_db: float, release_s: float) -> Curve:
    """Gain that falls by `depth_db` at each time and recovers linearly in dB."""
    out = np.zeros(count)
    shape = -depth_db * np.linspace(1.0, 0.0, max(2, int(release_s * PER_S)))
    for time in times_s:
        first = int(time * PER_S)
        piece = out[first : first + shape.size]
        np.minimum(piece, shape[: piece.size], out=piece)
    return decibels(out)
