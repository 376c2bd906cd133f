"""Music with a known truth, made of plain tones and bursts."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from sonicforge.analysis.features import Features, features
from sonicforge.sound.audio import Audio

RATE = 24_000
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)


def burst(seconds: float, fall: float, seed: int, *, tone: float = 0.0, rate: int = RATE) -> np.ndarray:
    """A drum: a falling tone, or noise where `tone` is 0."""
    t = np.arange(int(seconds * rate)) / rate
    body = (
        np.sin(2 * np.pi * tone * t * (1 + np.exp(-t * 60)))
        if tone
        else np.random.default_rng(seed).normal(size=t.size)
    )
    return (body * np.exp(-t * fall)).astype(np.float32)


def put(line: np.ndarray, sound: np.ndarray, second: float, level: float, rate: int = RATE) -> None:
    at = round(second * rate)
    part = line[at : at + sound.size]
    part += level * sound[: part.size]


def drums(bpm: float, seconds: float, *, start: float = 0.3, rate: int = RATE) -> np.ndarray:
    """Rock beat in 4/4: kick on 1 and 3, snare on 2 and 4, hats on eighths, from `start` on."""
    line = np.zeros(int(seconds * rate), np.float32)
    kick, snare = burst(0.2, 18, 1, tone=55, rate=rate), burst(0.15, 25, 2, rate=rate)
    hat = np.diff(burst(0.05, 90, 3, rate=rate), prepend=0)
    beat = 60 / bpm
    for number in range(int((seconds - start) / beat)):
        second = start + number * beat
        put(line, kick if number % 2 == 0 else snare, second, 0.8 if number % 2 == 0 else 0.35, rate)
        put(line, hat, second, 0.15, rate)
        put(line, hat, second + beat / 2, 0.12, rate)
        if number % 4 == 0:
            put(line, kick, second + 1.5 * beat, 0.6, rate)
    return line


def tone(pitch: float, seconds: float, rate: int = RATE) -> np.ndarray:
    """A note with eight harmonics, softly begun and ended."""
    t = np.arange(int(seconds * rate)) / rate
    hz = 440 * 2 ** ((pitch - 69) / 12)
    body = sum(np.sin(2 * np.pi * hz * k * t) / k**1.3 for k in range(1, 9) if hz * k < rate / 2)
    edge = np.minimum(1, np.minimum(t, t[::-1]) / 0.02)
    return (body * edge * 0.3).astype(np.float32)


def chord_line(chords: Sequence[tuple[int, tuple[int, ...]]], each_s: float, *, cents: float = 0.0) -> np.ndarray:
    """(root pitch class, intervals) one after the other, root in the bass."""
    line = np.zeros(int(len(chords) * each_s * RATE) + 1, np.float32)
    for number, (root, intervals) in enumerate(chords):
        for pitch in (36 + root, *(60 + (root + interval) % 12 for interval in intervals)):
            put(line, tone(pitch + cents / 100, each_s), number * each_s, 0.5 if pitch < 48 else 0.25)
    return line


def audio(*lines: np.ndarray, rate: int = RATE) -> Audio:
    """Lines of any length together, mono."""
    mix = np.zeros(max(map(len, lines)), np.float32)
    for line in lines:
        mix[: len(line)] += line
    return Audio(mix[None] * np.float32(0.5), rate)


@cache
def rock(bpm: float, seconds: float = 40.0) -> Features:
    """Drums and a bar-long chord loop (vi IV I V of C) at a tempo, heard."""
    bar = 240 / bpm
    loop = [(9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR)]
    count = int((seconds - 0.3) / bar)
    lead = np.zeros(int(0.3 * RATE), np.float32)
    harmony = np.concatenate([lead, chord_line([loop[k % 4] for k in range(count)], bar)])
    return features(audio(drums(bpm, seconds), 0.5 * harmony))
