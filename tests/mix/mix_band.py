"""A small band of known sounds: a kick, a pad, a lead and a hat over twelve bars at 120 bpm."""

from dataclasses import replace

import numpy as np

from sonicforge.genres.genre import Bus, Duck, StemMix
from sonicforge.music.score import TICKS, Curve, Note, Part, Score, Section
from sonicforge.sound.audio import Audio

RATE = 48_000
BAR = 4 * TICKS
BARS = 12
LENGTH = BARS * 2 * RATE + RATE
NO_DUCK = Duck("", 0.0, 0.0)
PLAIN_BUS = Bus(0.0, None, 0.0, 0.0, 0.0, 20_000.0, 0.0)


def plain(lu: float, **changes: object) -> StemMix:
    """A channel that does nothing but set the level."""
    return replace(StemMix(lu, 0.0, 1.0, 10.0, 20_000.0, False, (), None, None, None, NO_DUCK), **changes)  # type: ignore[arg-type]


def part(code: str, stem: str, starts: list[int], length: int, drums: bool = False) -> Part:
    return Part(stem, code, stem, "voice", drums, tuple(Note(start, length, 60, 100) for start in starts))


def make_score(*parts: Part, curves: tuple[Curve, ...] = (), **changes: object) -> Score:
    half = BARS // 2 * BAR
    codes = tuple(p.code for p in parts)
    sections = (
        Section("A", 0, BARS // 2, half, (0.4, 0.4), codes),
        Section("B", half, BARS // 2, half, (0.8, 0.8), codes),
    )
    score = Score("test", "Test", 1, "A minor", 4, ((0, 120.0),), BARS * BAR, sections, (), parts, curves)
    return replace(score, **changes)  # type: ignore[arg-type]


def noise(channels: int = 2, level: float = 0.1, seed: int = 0, low: float = 200.0, high: float = 4000.0) -> Audio:
    """Steady band noise over the whole length."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal((channels, LENGTH)), axis=1)
    hz = np.fft.rfftfreq(LENGTH, 1 / RATE)
    spectrum[:, (hz < low) | (hz > high)] = 0
    x = np.fft.irfft(spectrum, LENGTH, axis=1)
    return Audio((x / x.std() * level).astype(np.float32))


def hits(starts: list[int], hz: float = 60.0, seconds: float = 0.15, level: float = 0.5) -> Audio:
    """Decaying sines at ticks (120 bpm), mono."""
    x = np.zeros((1, LENGTH), np.float32)
    t = np.arange(int(seconds * RATE)) / RATE
    hit = (level * np.sin(2 * np.pi * hz * t) * np.exp(-t / (seconds / 4))).astype(np.float32)
    for start in starts:
        at = start * RATE // (2 * TICKS)
        x[0, at : at + hit.size] += hit[: LENGTH - at]
    return Audio(x)


BEATS = list(range(0, BARS * BAR, TICKS))
