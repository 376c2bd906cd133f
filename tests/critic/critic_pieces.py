"""Pieces to judge: composed scores that read well, and made-up sound that follows them and measures well."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.fft import next_fast_len

from sonicforge.compose.compose import compose
from sonicforge.critic.judge import judge_score
from sonicforge.critic.verdict import Finding
from sonicforge.effects.limiter import limit
from sonicforge.genres.concept import Concept
from sonicforge.genres.genre import Genre
from sonicforge.genres.load import load
from sonicforge.genres.settle import settle
from sonicforge.music.score import TICKS, ChordSpan, Cue, Note, Part, Score, Section
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples
from sonicforge.sound.loudness import integrated
from sonicforge.sound.spectrum import OCTAVES_HZ
from sonicforge.sound.stages import Master

SEEDS = range(1, 9)
SEVERITY = {"skipped": 0, "ok": 0, "warn": 1, "fail": 2}


def worst(findings: tuple[Finding, ...], number: int) -> Finding:
    """The gravest finding of a check."""
    return max((f for f in findings if f.id == number), key=lambda f: SEVERITY[f.status])


@lru_cache(maxsize=32)
def good_score(genre: str, number: int) -> tuple[Score, Genre]:
    """A composed score in which this check has nothing to complain about."""
    for seed in SEEDS:
        plan = settle(Concept(genre=genre, seed=seed), load(genre))
        score = compose(plan)
        if worst(judge_score(score, plan.genre), number).status == "ok":
            return score, plan.genre
    raise AssertionError(f"no {genre} of {len(SEEDS)} seeds pleases check {number}")


def with_parts(score: Score, codes: str, change: Callable[[Part], Part]) -> Score:
    """The score with some parts changed."""
    return replace(score, parts=tuple(change(part) if part.code in codes else part for part in score.parts))


def with_notes(score: Score, codes: str, change: Callable[[int, Note], Note]) -> Score:
    """The score with every note of some parts changed; the function also gets the note's number."""
    return with_parts(
        score, codes, lambda part: replace(part, notes=tuple(change(i, note) for i, note in enumerate(part.notes)))
    )


LOUDNESS = {0.0: -20.0, 0.3: -10.5, 0.45: -7.5, 0.6: -4.0, 0.7: -0.5, 1.0: 0.0}
"""Level in dB of a section by its planned energy."""


PLAN = (("intro", 8, 0.32, "hp"), ("groove", 8, 0.54, "kshb"), ("break", 8, 0.31, "cd"), ("peak", 12, 0.66, "kshbcl"),
    ("outro", 4, 0.32, "hp"))  # fmt: skip
BAR = 4 * TICKS


def planned_score(genre: str = "house_deep") -> Score:
    """Eighty seconds of form with a hat on every 8th, for sound that is made without it."""
    starts = np.cumsum([0, *(bars * BAR for _, bars, _, _ in PLAN)]).tolist()
    sections = tuple(
        Section(name, start, bars, bars * BAR, (energy, energy), tuple(codes))
        for (name, bars, energy, codes), start in zip(PLAN, starts, strict=False)
    )
    hats = Part("hat", "h", "hats", "hat", True, tuple(Note(t, 120, 60, 90) for t in range(0, starts[-1], TICKS // 2)))
    chord = ChordSpan(0, starts[-1], "i9", (9, 0, 4, 7, 11), 9, (60, 64, 67, 71))
    cue = Cue("CRS", starts[3], BAR)
    return Score(genre, "plan", 1, "A minor", 4, ((0, 122.0),), starts[-1], sections, (chord,), (hats,), (), (cue,))


@lru_cache(maxsize=1)
def good_take() -> tuple[Score, Genre, Master]:
    """A planned score and sound made of nothing but shaped noise that measures like deep house should."""
    score, genre = planned_score(), load("house_deep")
    raw = shaped_noise(score, genre)
    audio = raw
    for _ in range(3):
        gain = 10 ** ((genre.target.lufs - integrated(audio)) / 20)
        raw = Audio(raw.samples * np.float32(gain))
        audio, reduction = limit(Audio(np.tanh(raw.samples)), genre.target.true_peak)
    decision = {"start": 0, "gain_reduction_rate": 20.0, "gain_reduction_db": reduction.resampled(20.0)}
    return (
        score,
        genre,
        Master(audio, decision, {"gain_reduction_p95": reduction.p95_db, "integrated": integrated(audio)}),
    )


def shaped_noise(score: Score, genre: Genre, *, pulse: bool = True) -> Audio:
    """Noise with the genre's octave balance and width, a burst on every 8th, sections at their planned levels."""
    clock = Clock.of(score)
    length = int((clock.duration_s + 3.0) * SAMPLE_RATE)
    rng = np.random.default_rng(5)
    mid, side = (coloured(rng, length, genre, wide) for wide in (False, True))
    level = np.zeros(length)
    for section in score.sections:
        start, end = (int(clock.second(tick) * SAMPLE_RATE) for tick in (section.start, section.end))
        low, high = np.interp(section.energy, list(LOUDNESS), list(LOUDNESS.values()))
        level[start:end] = 10 ** (np.linspace(low, high, end - start) / 20)
    last = int(clock.duration_s * SAMPLE_RATE)
    level[last:] = level[last - 1] * np.exp(-np.arange(length - last) / (0.35 * SAMPLE_RATE))
    if pulse:
        marks = (clock.seconds(np.arange(0, score.length, 480)) * SAMPLE_RATE).astype(int)
        since = np.arange(length) - marks[np.maximum(np.searchsorted(marks, np.arange(length), side="right") - 1, 0)]
        level *= 0.35 + np.exp(-since / (0.05 * SAMPLE_RATE)) * (1 - np.exp(-since / (0.002 * SAMPLE_RATE)))
    return Audio(np.stack([mid + side, mid - side]).astype(np.float32) * level.astype(np.float32) * np.float32(0.2))


def coloured(rng: np.random.Generator, length: int, genre: Genre, wide: bool) -> Samples:
    """Noise (a loop of 22 s) whose octave powers follow the genre's balance, or its side signal."""
    size = 1 << 20
    spectrum = np.fft.rfft(rng.standard_normal(size))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 1.0)
    tone = np.array(genre.target.balance) + (np.array(genre.target.side_mid) if wide else 0.0)
    density = np.interp(np.log2(hz), np.log2(OCTAVES_HZ), tone) - 10 * np.log10(hz)
    gain = 10 ** (density / 20) * (hz > 24)
    if wide:
        gain *= 1 / (1 + (110 / hz) ** 8)
    loop = np.fft.irfft(spectrum * gain, size) * 12
    return np.resize(loop, length).astype(np.float32)


def equalised(audio: Audio, bands: dict[tuple[float, float], float]) -> Audio:
    """The sound with some bands raised by so many dB, with straight edges."""
    size = next_fast_len(audio.length, real=True)
    spectrum = np.fft.rfft(audio.samples, size)
    hz = np.fft.rfftfreq(size, 1 / audio.sample_rate)
    for (bottom, top), gain_db in bands.items():
        spectrum[:, (hz >= bottom) & (hz < top)] *= 10 ** (gain_db / 20)
    return Audio(np.fft.irfft(spectrum, size)[:, : audio.length].astype(np.float32), audio.sample_rate)
