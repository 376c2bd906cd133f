"""Brushes on a snare: a bed of pink noise that circles once per beat while the part plays."""

import numpy as np

from sonicforge.chance import subseed
from sonicforge.genres.kit import BrushBed
from sonicforge.music.score import TICKS, Part, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Samples
from sonicforge.synth.beds.curves import PER_S, Curve, points
from sonicforge.synth.beds.layers import Ground, band_noise, gain_to
from sonicforge.synth.drums.levels import NOISE_RMS

FADE_S = 0.12


def add_brush_bed(out: Samples, part: Part, bed: BrushBed, score: Score, clock: Clock) -> None:
    """Adds the bed to `out`: (middle, side) when it has two rows, else mono."""
    level = _circles(part, score, clock, points(out.shape[1]))
    if not level.any():
        return
    gain = level * gain_to(20.0 * float(np.log10(NOISE_RMS)) + bed.level_db, bed.low_hz, bed.high_hz, pink=True)
    stereo: Samples = np.zeros((2, out.shape[1]), np.float32)
    ground = Ground(stereo, gain, subseed(score.seed, "synth", part.name, "brush"), {})
    swing = 0.8 + 0.4 * level / max(float(level.max()), 1e-9)
    band_noise(ground, np.full(level.size, bed.low_hz), bed.high_hz * swing, gain, pink=True)
    out[0] += 0.5 * (stereo[0] + stereo[1])
    if out.shape[0] == 2:
        out[1] += 0.5 * (stereo[0] - stereo[1])


def _circles(part: Part, score: Score, clock: Clock, count: int) -> Curve:
    """The hand's speed: fastest on the beat, slowest between, as loud as the strokes around it."""
    level = np.zeros(count)
    notes = sorted(part.notes, key=lambda note: note.start)
    for note, after in zip(notes, [*notes[1:], None], strict=True):
        end = note.start + TICKS if after is None else after.start
        if end - note.start > score.bar:
            end = note.start + TICKS
        first, last = clock.second(note.start) * PER_S, clock.second(end) * PER_S
        at = np.arange(round(first), min(round(last), count))
        beat = (note.start + (at - first) / max(last - first, 1.0) * (end - note.start)) / TICKS
        level[at] = (note.velocity / 127.0) ** 1.6 * (0.6 + 0.4 * np.cos(2 * np.pi * beat))
    fade = np.hanning(int(FADE_S * PER_S) + 2)[1:-1]
    smooth = np.convolve(level, fade / fade.sum())[:count]
    smooth[smooth < 1e-6] = 0.0
    return smooth
