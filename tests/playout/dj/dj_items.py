"""Items with known bars and known sound, written to a folder."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from sonicforge.music.barlines import Barlines, Span
from sonicforge.playout.item import Item
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.files import write

RATE = 48_000
FORM = (("intro", 16, 0.3), ("main", 4, 0.8), ("outro", 16, 0.35))

Sound = Callable[[float, float], Samples]
"""From a length in seconds and a beat in seconds to samples (2, n)."""


def bare(
    name: str = "a",
    *,
    genre: str = "house_deep",
    bpm: float = 120.0,
    key: str = "A minor",
    energy: float = 0.5,
    form: tuple[tuple[str, int, float], ...] = FORM,
    drums: bool = True,
    bars: bool = True,
    path: Path = Path("nowhere.flac"),
) -> Item:
    """An item of which no file exists: enough to decide."""
    bar_s, sections, at = 240.0 / bpm, [], 0
    for title, count, loud in form:
        full = title == "main"
        sections.append(Span(title, at * bar_s, (at + count) * bar_s, loud, drums=drums, bass=full, lead=full))
        at += count
    lines = Barlines(4, tuple(bar * bar_s for bar in range(at + 1)), tuple(sections))
    length = at * bar_s + 1.0
    return Item(name, name, "X", genre, path, length, -16.0, 0.0, bpm, key, energy, lines if bars else None)


def heard(folder: Path, sound: Sound, name: str = "a", *, gain_db: float = 0.0, **facts: object) -> Item:
    """An item with a file of `sound` over its whole length, 32 bit float; made once for all tests of a folder."""
    item = bare(name, **facts)  # type: ignore[arg-type]
    path = folder / f"{sound.__name__}-{item.bpm}.wav"
    if not path.exists():
        write(path, Audio(sound(item.duration_s, 60.0 / item.bpm)), bits="32f")
    return replace(item, path=path, gain_db=gain_db)


def noise(length_s: float, beat_s: float, *, seed: int = 1, level: float = 0.05) -> Samples:
    """Steady white noise."""
    dice = np.random.default_rng(seed)
    return (level * dice.standard_normal((2, round(length_s * RATE)))).astype(np.float32)


def other_noise(length_s: float, beat_s: float) -> Samples:
    return noise(length_s, beat_s, seed=2)


def loud_noise(length_s: float, beat_s: float) -> Samples:
    return noise(length_s, beat_s, seed=3, level=0.2)


def other_loud_noise(length_s: float, beat_s: float) -> Samples:
    return noise(length_s, beat_s, seed=4, level=0.2)


def silence(length_s: float, beat_s: float) -> Samples:
    return np.zeros((2, round(length_s * RATE)), np.float32)


def tone(length_s: float, beat_s: float, *, hertz: float = 440.0) -> Samples:
    """A steady sine."""
    wave = 0.2 * np.sin(2 * np.pi * hertz * np.arange(round(length_s * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def clicks(length_s: float, beat_s: float) -> Samples:
    """A short high click on every beat."""
    out = np.zeros(round(length_s * RATE))
    burst = np.sin(2 * np.pi * 3_000 * np.arange(96) / RATE) * np.hanning(96)
    for beat in range(int(length_s / beat_s)):
        at = round(beat * beat_s * RATE)
        out[at : at + 96] += 0.5 * burst[: out.size - at]
    return np.stack([out, out]).astype(np.float32)


def bass_and_hats(length_s: float, beat_s: float) -> Samples:
    """A low tone of 55 Hz under hissing eighths."""
    at = np.arange(round(length_s * RATE)) / RATE
    hats = noise(length_s, beat_s, seed=5, level=0.06) * np.exp(-((at % (beat_s / 2)) / 0.03)).astype(np.float32)
    low = (0.25 * np.sin(2 * np.pi * 55 * at)).astype(np.float32)
    return (hats + low).astype(np.float32)


def programme(out: Samples, bridge: Samples, into: Samples, leave: int, enter: int) -> Samples:
    """What a listener hears: `out` up to sample `leave`, the bridge, `into` from sample `enter` on."""
    return np.concatenate([out[:, :leave], bridge, into[:, enter:]], axis=1)
