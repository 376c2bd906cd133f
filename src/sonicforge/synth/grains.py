"""Grains: short windows out of a frozen note, at several pitches, strewn in time and stereo."""

import numpy as np

from sonicforge.genres.timbre import Grains, Patch
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth.additive import play_partials


def play_grains(spec: Grains, frozen: Patch, hz: float, out: Samples, *, rng: np.random.Generator) -> None:
    """Adds a cloud to `out` (channels, n) for as long as it lasts; grains of `frozen` at `hz` and its intervals."""
    buffers = [_freeze(spec, frozen, hz * 2 ** (interval / 12), rng) for interval in spec.pitches]
    count = int(out.shape[1] / SAMPLE_RATE * spec.per_s)
    jitter = spec.jitter_ms / 1000 * SAMPLE_RATE
    for place in range(count):
        at = int(place / spec.per_s * SAMPLE_RATE + rng.uniform(0, 1) * jitter)
        size = int(rng.uniform(*spec.size_ms) * SAMPLE_RATE / 1000)
        buffer = buffers[_pick(len(buffers), rng)]
        start = int(rng.integers(len(buffer) - size)) if len(buffer) > size else 0
        grain = buffer[start : start + size]
        size = min(len(grain), out.shape[1] - at)
        if size <= 0:
            continue
        window = np.hanning(len(grain) + 2)[1:-1].astype(np.float32)
        piece = (grain * window)[:size] * np.float32(rng.uniform(0.5, 1.0))
        angle = rng.uniform(0.15, np.pi / 2 - 0.15)
        for channel, share in zip(out, (np.cos(angle), np.sin(angle)), strict=False):
            channel[at : at + size] += piece * np.float32(share)


def _pick(count: int, rng: np.random.Generator) -> int:
    """The note itself twice as often as its intervals."""
    return max(0, int(rng.integers(count + 1)) - 1)


def _freeze(spec: Grains, frozen: Patch, hz: float, rng: np.random.Generator) -> Samples:
    """`buffer_s` seconds of the frozen note in one channel."""
    buffer = np.zeros((1, int(spec.buffer_s * SAMPLE_RATE)), np.float32)
    play_partials(frozen.partials, hz, buffer, velocity=0.8, wander=0.2, bowed=True, rng=rng)
    return buffer[0]
