"""Small scores for hearing one patch at a time."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sonicforge.genres.genre import Genre
from sonicforge.music.score import ChordSpan, Cue, Curve, Note, Part, Score, Section

BAR = 3840


def score_of(
    genre: Genre,
    voice: str,
    notes: Iterable[Note],
    *,
    code: str = "l",
    stem: str = "one",
    bars: int = 2,
    bpm: float = 120.0,
    seed: int = 1,
    curves: Sequence[Curve] = (),
    cues: Sequence[Cue] = (),
) -> Score:
    """One part of `voice` on the stem `stem`; at 120 bpm a bar lasts two seconds."""
    part = Part("part", code, stem, voice, False, tuple(notes))
    section = Section("A", 0, bars, bars * BAR, (0.5, 0.5), (code,))
    chord = ChordSpan(0, bars * BAR, "C", (0, 4, 7), 0, (60, 64, 67))
    return Score(
        genre=genre.name,
        title="one patch",
        seed=seed,
        key="C major",
        beats_per_bar=4,
        tempo=((0, bpm),),
        length=bars * BAR,
        sections=(section,),
        chords=(chord,),
        parts=(part,),
        curves=tuple(curves),
        cues=tuple(cues),
    )


def rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def spectrum(line: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hertz and power of a line under a Blackman-Harris window."""
    n = np.arange(len(line)) / len(line)
    weights = (0.35875, -0.48829, 0.14128, -0.01168)
    window = sum((w * np.cos(2 * np.pi * k * n) for k, w in enumerate(weights)), np.zeros(len(line)))
    power = np.square(np.abs(np.fft.rfft(line * window)), dtype=np.float64)
    return np.fft.rfftfreq(len(line), 1 / 48_000).astype(np.float64), power


def stray_db(line: NDArray[np.float32], f0: float, cents: float = 35.0, above_hz: float = 60.0) -> float:
    """Energy above `above_hz` not within `cents` of a harmonic of f0, relative to the harmonics above 2 kHz, in dB."""
    hz, power = spectrum(line)
    nearest = np.maximum(np.round(hz / f0), 1) * f0
    near = (np.abs(1200 * np.log2(np.maximum(hz, 1) / nearest)) < cents) | (np.abs(hz - nearest) < 12)
    stray = power[~near & (hz > above_hz)].sum()
    return float(10 * np.log10(stray / power[near & (hz > 2000)].sum()))


def pitch_cents(line: NDArray[np.float32], wanted_hz: float) -> float:
    """How far the strongest line near `wanted_hz` lies from it, in cents."""
    hz, power = spectrum(line)
    near = np.flatnonzero(np.abs(1200 * np.log2(np.maximum(hz, 1) / wanted_hz)) < 60)
    top = near[np.argmax(power[near])]
    a, b, c = np.log(power[top - 1 : top + 2])
    peak = hz[top] + 0.5 * (a - c) / (a - 2 * b + c) * (hz[1] - hz[0])
    return float(1200 * np.log2(peak / wanted_hz))
