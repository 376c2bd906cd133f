"""Chip sound: tables read at 60 Hz ticks for loudness and duty, and a triangle of sixteen levels."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.genres.timbre import Steps
from sonicforge.sound.audio import SAMPLE_RATE
from sonicforge.synth.oscillators import FALL, HOP, RISE

Doubles = NDArray[np.float64]

VOLUMES = 15


def _ticks(steps: Steps, points: int) -> NDArray[np.int64]:
    return (np.arange(points) * HOP * steps.hz / SAMPLE_RATE + 1e-6).astype(np.int64)


def volume_curve(steps: Steps, gate: int, points: int) -> Doubles:
    """Loudness 0..1 at each control point: the table while the gate is open, then the release table, then nothing."""
    tick = _ticks(steps, points)
    table = np.array(steps.volume, np.float64)
    level = table[np.minimum(tick, len(table) - 1)]
    last = min(gate // HOP, points - 1)
    after = tick - tick[last] - 1
    fade = np.array([*steps.release, 0], np.float64)
    falling = np.minimum(fade[np.clip(after, 0, len(fade) - 1)], level[last])
    curve = np.where(np.arange(points) * HOP < gate, level, falling) / VOLUMES
    curve[0] = 0.0
    return curve


def release_length(steps: Steps) -> int:
    """Samples from the end of the gate to silence."""
    return int((len(steps.release) + 1) * SAMPLE_RATE / steps.hz) + 4 * HOP


def duty_curve(steps: Steps, width: float, points: int) -> Doubles:
    """Duty added to the oscillator's own `width` at each control point."""
    if not steps.duty:
        return np.zeros(points)
    table = np.array(steps.duty) - width
    return table[np.minimum(_ticks(steps, points), len(table) - 1)]


def staircase(levels: int) -> tuple[Doubles, NDArray[np.int64], Doubles]:
    """Phases, kinds and gains of the edges of a triangle with `levels` levels, amplitude 1."""
    steps = levels - 1
    places = (np.arange(1, levels) / (2 * levels)) % 1.0
    height = np.full(steps, 1.0 / steps)
    phases = np.concatenate([1.0 - places, 0.5 - places])
    kinds = np.concatenate([np.full(steps, RISE), np.full(steps, FALL)]).astype(np.int64)
    return phases, kinds, np.concatenate([height, height])
