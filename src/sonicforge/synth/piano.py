"""Piano: stiff strings in twos and threes, prompt sound and after-sound, hammer, damper.

Partials f_n = n f0 sqrt((1 + B n^2) / (1 + B)); a hammer that brightens with velocity and strikes at one eighth of the
string; two-stage decay from coupled, slightly mistuned strings (Weinreich, "Coupled piano strings", JASA 1977).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sonicforge.chance import noise
from sonicforge.genres.timbre import Piano
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth.additive import BLOCK, play_phasors

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex128]

DETUNE_CENTS = np.array([-0.7, 0.0, 0.8])
AFTER_DB = -13.0
FLOOR_DB = -72.0
PAN = np.array([[0.85, 1.0, 1.15, 0.8, 1.2], [1.15, 1.0, 0.85, 1.2, 0.8]])
"""Share of three strings and two after-sounds in each channel."""


def strike(spec: Piano, pitch: float, velocity: int, out: Samples, *, tune: float, rng: np.random.Generator) -> None:
    """Adds a held note to `out` (channels, n). `tune` is the frequency factor of the track; RMS near 0.3."""
    f0 = 440.0 * 2 ** ((pitch - 69) / 12) * tune
    stiffness = 1.7e-4 * 2 ** (max(pitch - 45, 0) / 9.5)
    n = np.arange(1, 120)
    hz = n * f0 * np.sqrt((1 + stiffness * n * n) / (1 + stiffness))
    level = _levels(spec, pitch, velocity, n, hz)
    keep = (hz < 17_000) & (level > FLOOR_DB)
    n, hz, amount = n[keep], hz[keep], 10 ** (level[keep] / 20)
    prompt = 10 * 2 ** (-(pitch - 48) / 18) / (1 + 0.3 * (n - 1))
    tones, steps = _strings(pitch, hz, amount, prompt, rng)
    register = 10 ** (-0.06 * max(pitch - 72, 0) / 20) * 0.30 / np.sqrt(0.5 * np.sum(amount**2))
    tones *= register
    sides = PAN if out.shape[0] == 2 else np.ones((1, 5))
    lean = np.clip((pitch - 60) / 70, -0.3, 0.3)
    if out.shape[0] == 2:
        sides = sides * np.array([[1 - lean], [1 + lean]])
    play_phasors(2 * np.pi * hz / SAMPLE_RATE, tones, steps, sides, out)
    _hammer(spec, velocity, out, rng)


def _levels(spec: Piano, pitch: float, velocity: int, n: NDArray[np.int64], hz: Doubles) -> Doubles:
    """Level of each partial in dB: string, striking point, hammer's softness, tone."""
    exponent = 1.2 if spec.felt else 1.5
    corner = spec.hammer_hz * (velocity / 100) ** exponent * 2 ** ((pitch - 60) / 30)
    string = -20 * np.log10(n**0.85)
    point = np.maximum(-30.0, 20 * np.log10(np.abs(np.sin(np.pi * n / 8)) + 1e-9))
    slope = -7.5 * hz / max(corner, 200.0)
    tone = spec.brightness_db / (1 + (2000.0 / hz) ** 2)
    lid = -24 * np.log10(1 + (hz / 3200.0) ** 4) / 2 if spec.felt else 0.0
    level = string + point + slope + tone + lid
    return level - level.max()


def _strings(
    pitch: float, hz: Doubles, amount: Doubles, prompt: Doubles, rng: np.random.Generator
) -> tuple[Complexes, Complexes]:
    """Complex starts and factors per block of three strings and two after-sounds (p, 5)."""
    detune = DETUNE_CENTS * (1.0 if pitch >= 48 else 0.6)
    weights = np.array([1.0, 1.0, 1.0] if pitch >= 48 else [1.0, 0.0, 1.0])
    after = 10 ** (AFTER_DB / 20)
    share = np.concatenate([weights / weights.sum() * (1 - after), [after / 2, after / 2]])
    cents = np.concatenate([detune, detune[[0, 2]] * 0.35])
    stretch = np.array([1.0, 1.0, 1.0, 2.5, 2.5])
    turns = 2 * np.pi * hz[:, None] * (2 ** (cents / 1200) - 1) * BLOCK / SAMPLE_RATE
    fall = -6.9078 * BLOCK / (np.maximum(prompt[:, None] * stretch, 0.05) * SAMPLE_RATE)
    phase = 2 * np.pi * rng.random((len(hz), 1)) + rng.uniform(-0.35, 0.35, (len(hz), 5))
    return amount[:, None] * share * np.exp(1j * phase), np.exp(fall + 1j * turns)


def _hammer(spec: Piano, velocity: int, out: Samples, rng: np.random.Generator) -> None:
    """Knock of the hammer, felt more than heard."""
    knock = _knocks()[int(rng.integers(len(_knocks())))]
    size = min(out.shape[1], knock.shape[1])
    level = 10 ** ((-26 + (6 if spec.felt else 0)) / 20) * (velocity / 100) * 0.35
    out[:, :size] += knock[: out.shape[0], :size] * np.float32(level)


@lru_cache(maxsize=1)
def _knocks() -> Samples:
    """Eight stereo bursts (8, 2, 4096) between 250 and 1400 Hz that fall with 14 ms, RMS 1 before the fall."""
    spectrum = np.fft.rfft(noise(0, "synth", "hammer").standard_normal((8, 2, 4096)))
    hz = np.fft.rfftfreq(4096, 1 / SAMPLE_RATE)
    spectrum *= 1 / np.sqrt((1 + (250 / np.maximum(hz, 1)) ** 6) * (1 + (hz / 1400) ** 6))
    knocks = np.fft.irfft(spectrum)
    t = np.arange(4096) / SAMPLE_RATE
    knocks *= np.exp(-t / 0.014) * np.minimum(t / 0.001, 1.0) / knocks.std()
    return knocks.astype(np.float32)


@lru_cache(maxsize=1)
def thump() -> Samples:
    """The damper falling back: a soft 120 Hz knock (1, 160 ms), peak near 1."""
    t = np.arange(int(0.16 * SAMPLE_RATE)) / SAMPLE_RATE
    return (np.sin(2 * np.pi * 120 * t) * np.exp(-t / 0.04) * np.minimum(t / 0.004, 1.0)).astype(np.float32)[None, :]
