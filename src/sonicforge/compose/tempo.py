"""The tempo curve: steady, or breathing with the phrase and slowing into endings."""

from sonicforge.compose.sketch import Sketch
from sonicforge.music.score import Section

PHRASE_BARS = 4
BREATH = (-0.6, 0.5, 1.0, 0.3)
"""Deviation at the bar lines of a phrase, as a share of the rubato: slow at the turn, forward in the middle."""
RITARD_BARS = 2

Tempo = tuple[tuple[int, float], ...]


def tempo_of(sketch: Sketch) -> Tempo:
    """((tick, bpm), ...), linear in between; a single point for a steady piece."""
    bpm = round(sketch.plan.bpm, 3)
    points: dict[int, float] = {0: bpm}
    for section in sketch.sections:
        asked = sketch.directions(section)
        if asked.rubato:
            _breathe(points, section, sketch.bar, bpm, asked.rubato / 100)
        elif len(points) > 1:
            points[section.start] = bpm
        if asked.ritard:
            _slow_down(points, section, sketch, bpm, asked.ritard / 100)
    ordered = tuple(sorted((tick, round(value, 3)) for tick, value in points.items()))
    return ordered if any(value != bpm for _, value in ordered) else ((0, bpm),)


def _breathe(points: dict[int, float], section: Section, bar: int, bpm: float, share: float) -> None:
    for index in range(section.bars):
        points[section.start + index * bar] = bpm * (1 + share * BREATH[index % PHRASE_BARS])
    points[section.end - 1] = bpm * (1 - share)


def _slow_down(points: dict[int, float], section: Section, sketch: Sketch, bpm: float, share: float) -> None:
    start = max(section.start, section.end - RITARD_BARS * sketch.bar)
    points = _cleared(points, start, section.end)
    points[start] = bpm
    points[section.end - 1] = bpm * (1 - share)
    if section.end < sketch.length:
        points[section.end] = bpm


def _cleared(points: dict[int, float], start: int, end: int) -> dict[int, float]:
    for tick in [tick for tick in points if start < tick < end]:
        del points[tick]
    return points
