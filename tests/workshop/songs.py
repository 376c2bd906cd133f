"""Short music with a beat, made for tests."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 48_000


def music(
    seconds: float = 6.0, *, rate: int = RATE, seed: int = 1, level: float = 0.3, side: float = 0.3
) -> np.ndarray:
    """Kick, bass, chords and hats on a falling spectrum, stereo, float32 (2, n); peaks far above the mean."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    beat = t % 0.5
    kick = np.exp(-beat / 0.12) * np.sin(2 * np.pi * (50 * beat + 4 * (1 - np.exp(-beat / 0.02))))
    bass = 0.3 * np.sin(2 * np.pi * 55 * t) + 0.1 * np.sin(2 * np.pi * 110 * t)
    chords = sum(0.08 * np.sin(2 * np.pi * hz * t + hz) for hz in (220, 261.6, 329.6, 440, 659.3, 880, 1318.5))
    air, shimmer = rng.standard_normal((2, len(t))) * (0.01 + 0.05 * np.exp(-(t % 0.25) / 0.03))
    wide = sum(0.05 * np.sin(2 * np.pi * hz * t * 1.003) for hz in (330, 494, 988, 1976)) + shimmer
    middle = kick + bass + chords + air
    together = np.stack([middle + side * wide, middle - side * wide])
    return (level * together / np.abs(together).max()).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, np.atleast_2d(samples).T, rate, subtype=subtype)
    return path
