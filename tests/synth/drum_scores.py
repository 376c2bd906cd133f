"""Small scores and measures for the tests of drums, textures and cues."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from sonicforge.genres.genre import Genre
from sonicforge.genres.kit import DrumVoice, parse_voice
from sonicforge.genres.load import load
from sonicforge.music.score import STEP, TICKS, ChordSpan, Cue, Note, Part, Score, Section
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE, Audio
from sonicforge.synth.drums.render import render_drum_part

BAR = 4 * TICKS


def score_of(
    genre: str,
    *parts: Part,
    bars: int = 4,
    bpm: float = 120.0,
    seed: int = 3,
    cues: tuple[Cue, ...] = (),
    key: str = "A minor",
) -> Score:
    length = bars * BAR
    section = Section("A", 0, bars, length, (0.5, 0.5), ("k",))
    chord = ChordSpan(0, length, "i", (9, 0, 4), 9, (57, 60, 64, 69))
    return Score(genre, "test", seed, key, 4, ((0, bpm),), length, (section,), (chord,), parts, cues=cues)


def hits(
    voice: str,
    steps: list[int],
    *,
    code: str = "h",
    stem: str = "hats",
    velocity: int = 100,
    opened: tuple[int, ...] = (),
    **more: object,
) -> Part:
    notes = tuple(Note(s * STEP, STEP, 60, velocity, open=s in opened, **more) for s in steps)  # type: ignore[arg-type]
    return Part(voice, code, stem, voice, True, notes)


def voice_of(genre: str, name: str) -> DrumVoice:
    return parse_voice(name, load(genre).kit[name])


def rendered(part: Part, score: Score, genre: Genre | None = None, tail_s: float = 2.0) -> Audio:
    clock = Clock.of(score)
    length = int((clock.duration_s + tail_s) * SAMPLE_RATE)
    return render_drum_part(part, genre or load(score.genre), score, clock, length)


def centroid(x: NDArray[np.float32]) -> float:
    """Power-weighted mean frequency in Hz."""
    power = np.abs(np.fft.rfft(x, 1 << 18)) ** 2
    return float((power * np.fft.rfftfreq(1 << 18, 1 / SAMPLE_RATE)).sum() / power.sum())


def peak_hz(x: NDArray[np.float32]) -> float:
    return float(np.abs(np.fft.rfft(x, 1 << 18)).argmax() * SAMPLE_RATE / (1 << 18))


def fall_ms(x: NDArray[np.float32], *, body: bool, attack_ms: float = 0.0) -> float:
    """Time from onset (or the end of the attack) until the envelope stays 20 dB below its maximum.

    Tones: highest sample of 12 ms behind a 6 ms click; noise: RMS of 10 ms.
    """
    if body:
        envelope = sliding_window_view(np.pad(np.abs(x), (0, 575)), 576).max(axis=1)
        loudest = envelope[288:].max()
    else:
        envelope = np.sqrt(np.maximum(np.convolve(x.astype(float) ** 2, np.ones(480) / 480, "same"), 0.0))
        loudest = envelope.max()
    return float(np.flatnonzero(envelope >= 0.1 * loudest)[-1] * 1000 / SAMPLE_RATE - attack_ms)


def rms(x: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))
