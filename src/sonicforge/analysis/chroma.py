"""Chroma: how strongly each of the twelve pitch classes sounds, in tune and beat by beat."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.features import SLOW_HZ, Features
from sonicforge.analysis.pitches import LOWEST, PITCHES, STEPS
from sonicforge.sound.audio import Samples

Floats = NDArray[np.float64]

BASS = (28, 52)
"""MIDI numbers of bass notes, E1 .. D#3."""
UPPER = (42, 88)
"""MIDI numbers from which chords are read, F#2 .. D#6."""


def tuning_cents(features: Features) -> float:
    """How far the sound lies above A4 = 440 Hz in cents, -50 .. 50; 0 for silence.

    The phase of a circular mean over the thirds of a semitone, weighted by salience.
    """
    thirds = (
        features.pitches.sum(axis=0).reshape(PITCHES, STEPS).sum(axis=0) if len(features.pitches) else np.zeros(STEPS)
    )
    turn = np.exp(2j * np.pi * (np.arange(STEPS) - STEPS // 2) / STEPS)
    mean = complex((thirds * turn).sum())
    return float(np.angle(mean) / (2 * np.pi) * 100) if abs(mean) > 1e-9 else 0.0


def in_tune(features: Features) -> Samples:
    """Salience of semitones (slow frames, 72), read around the tuning the sound has."""
    shift = tuning_cents(features) / 100 * STEPS
    at = np.arange(PITCHES * STEPS) + shift
    low = np.floor(at).astype(np.int64)
    share = (at - low).astype(np.float32)
    padded = np.pad(features.pitches, ((0, 0), (2, 3)))
    moved = padded[:, low + 2] * (1 - share) + padded[:, low + 3] * share
    return np.asarray(moved.reshape(-1, PITCHES, STEPS).sum(axis=2), np.float32)


def folded(semitones: Samples, span: tuple[int, int]) -> Samples:
    """Chroma (frames, 12), C first, of the semitones from the first MIDI number of `span` up to before the second."""
    out = np.zeros((len(semitones), 12), np.float32)
    for pitch in range(*span):
        out[:, pitch % 12] += semitones[:, pitch - LOWEST]
    return out


def between(frames: Samples, times_s: Floats) -> Samples:
    """Means of slow frames between each two of the times, (times - 1, width); at least one frame each."""
    if not len(frames):
        return np.zeros((max(len(times_s) - 1, 0), frames.shape[1]), np.float32)
    edges = np.clip(np.round(times_s * SLOW_HZ).astype(np.int64), 0, len(frames) - 1)
    first, last = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0, dtype=np.float64)])
    return np.asarray((total[last] - total[first]) / (last - first)[:, None], np.float32)
