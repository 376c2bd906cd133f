"""Curves over time: loudness, correlation in bands, chroma, on the same dark sheet as all pictures of sound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sonicforge.analysis.chroma import UPPER, folded, in_tune
from sonicforge.analysis.correlation import BANDS_HZ, StereoImage
from sonicforge.analysis.features import Features
from sonicforge.analysis.panorama import draw_clock, draw_sections
from sonicforge.analysis.picture import FAINT, INK, font, png, ramp, sheet
from sonicforge.analysis.structure import Section
from sonicforge.music.pitch import FLATS

Floats = NDArray[np.float64]

_LEFT, _TOP, _BOTTOM = 44, 30, 22
_COLOURS = ((120, 200, 240), (240, 96, 84), (255, 220, 110), (160, 220, 150))


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: evenly spaced values from the beginning to the end of the sound."""

    name: str
    values: Floats


def draw_lines(
    lines: Sequence[Line],
    duration_s: float,
    sections: tuple[Section, ...] = (),
    *,
    low: float,
    high: float,
    marks: Sequence[float],
    width: int = 1600,
    height: int = 320,
) -> bytes:
    """PNG of curves between `low` and `high` with a level line and label at each of `marks`."""
    image, pen = sheet(width, height)
    scale = (width - _LEFT) / max(duration_s, 1e-9)
    span = height - _TOP - _BOTTOM

    def y_of(values: Floats | float) -> Floats:
        return np.asarray(_TOP + span * (1 - (np.clip(values, low, high) - low) / (high - low)))

    draw_sections(pen, sections, scale, left=_LEFT)
    for mark in marks:
        y = float(y_of(mark))
        pen.line([(_LEFT, y), (width, y)], fill=(34, 38, 52))
        pen.text((4, y - 7), f"{mark:g}", fill=INK, font=font(12))
    for index, line in enumerate(lines):
        colour = _COLOURS[index % len(_COLOURS)]
        values = _thinned(line.values, width - _LEFT)
        x = _LEFT + np.linspace(0, width - _LEFT - 1, len(values))
        points = [(float(a), float(b)) for a, b in zip(x, y_of(values), strict=True)]
        if len(points) > 1:
            pen.line(points, fill=colour, width=2)
        pen.text((_LEFT + 8 + 110 * index, height - _BOTTOM - 18), line.name, fill=colour, font=font(13))
    draw_clock(pen, duration_s, scale, left=_LEFT, y=height - _BOTTOM + 5)
    return png(image)


def draw_loudness(momentary: Floats, short_term: Floats, duration_s: float, sections: tuple[Section, ...]) -> bytes:
    """PNG of momentary and short-term loudness, -60 to 0 LUFS."""
    lines = (Line("momentary", momentary), Line("short-term", short_term))
    return draw_lines(lines, duration_s, sections, low=-60, high=0, marks=(-50, -40, -30, -23, -14, -5))


def draw_correlation(image: StereoImage, duration_s: float, sections: tuple[Section, ...]) -> bytes:
    """PNG of the correlation in all bands, 1 in phase .. -1 out of phase."""
    lines = [Line(name, curve) for name, curve in zip(BANDS_HZ, image.curves, strict=True)]
    return draw_lines(lines, duration_s, sections, low=-1.05, high=1.05, marks=(-1, -0.5, 0, 0.5, 1))


def draw_chroma(features: Features, sections: tuple[Section, ...], *, width: int = 1600, row: int = 20) -> bytes:
    """PNG of the twelve pitch classes, C at the bottom."""
    image, pen = sheet(width, _TOP + 12 * row + _BOTTOM)
    scale = (width - _LEFT) / max(features.duration_s, 1e-9)
    chroma = folded(in_tune(features), UPPER)
    if chroma.any():
        level = np.array([_thinned(one, width - _LEFT) for one in chroma.T])
        shade = level / np.maximum(level.max(axis=0), 0.05 * level.max())
        pixels = Image.fromarray(ramp(shade[::-1]))
        image.paste(pixels.resize((width - _LEFT, 12 * row), Image.Resampling.NEAREST), (_LEFT, _TOP))
    for index, name in enumerate(FLATS):
        pen.text((8, _TOP + (11 - index) * row + 2), name, fill=INK, font=font(13))
    draw_sections(pen, sections, scale, left=_LEFT)
    pen.line([(_LEFT, _TOP + 12 * row), (width, _TOP + 12 * row)], fill=FAINT)
    draw_clock(pen, features.duration_s, scale, left=_LEFT, y=_TOP + 12 * row + 5)
    return png(image)


def _thinned(values: NDArray[np.floating], most: int) -> Floats:
    """At most `most` values, means of neighbours."""
    if len(values) <= most:
        return np.asarray(values, np.float64)
    edges = np.linspace(0, len(values), most + 1).astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray((total[edges[1:]] - total[edges[:-1]]) / np.diff(edges), np.float64)
