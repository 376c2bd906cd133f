"""Panorama: the spectrogram of a recording of any length under its sections, chords and beats."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageDraw import ImageDraw

from sonicforge.analysis.beats import Beats
from sonicforge.analysis.chords import Chord
from sonicforge.analysis.frames import Frames, magnitudes
from sonicforge.analysis.picture import FAINT, INK, clock_text, font, png, ramp, sheet
from sonicforge.analysis.structure import Section
from sonicforge.sound.audio import Samples

ROWS, MOST_COLUMNS = 360, 2400
LOW_HZ, HIGH_HZ = 30.0, 20_000.0

_DEPTH_DB = 90.0
_LEFT, _TOP, _BOTTOM = 44, 58, 22
SECTION_COLOURS = (
    (86, 120, 214), (96, 176, 150), (214, 150, 76), (190, 92, 120), (140, 110, 200), (120, 160, 90), (200, 110, 90),
    (90, 150, 190),
)  # fmt: skip


class Skyline:
    """Hears blocks (channels, n) and keeps at most 2400 columns of spectrum, whatever the length."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._size = 1 << max(8, round(np.log2(0.0853 * sample_rate)))
        self._frames = Frames(self._size, self._size)
        self._edges = _edges(sample_rate, self._size)
        self._kept: list[NDArray[np.float32]] = []
        self._open, self._count, self._every = np.zeros(ROWS, np.float32), 0, 1

    def process(self, block: Samples) -> None:
        """Hear the next samples."""
        self._hear(self._frames.push(block.mean(axis=0, dtype=np.float32)))

    def levels(self) -> NDArray[np.float64]:
        """Levels in dB (360 rows from 30 Hz up, columns) of everything heard; call it once, at the end."""
        self._hear(self._frames.finish())
        if self._count:
            self._kept.append(self._open / np.float32(self._count))
        power = np.array(self._kept, np.float64).reshape(-1, ROWS).T
        return np.asarray(10 * np.log10(power + 1e-12), np.float64)

    def _hear(self, frames: Samples) -> None:
        for first in range(0, len(frames), 64):
            power = np.square(magnitudes(frames[first : first + 64]))
            sums = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1, dtype=np.float64)], axis=1)
            low, high = self._edges
            for column in (sums[:, high] - sums[:, low]).astype(np.float32):
                self._add(column)

    def _add(self, column: NDArray[np.float32]) -> None:
        self._open = self._open + column
        self._count += 1
        if self._count < self._every:
            return
        self._kept.append(self._open / np.float32(self._count))
        self._open, self._count = np.zeros(ROWS, np.float32), 0
        if len(self._kept) == MOST_COLUMNS:
            self._kept = [(a + b) / np.float32(2) for a, b in zip(self._kept[::2], self._kept[1::2], strict=True)]
            self._every *= 2


@lru_cache(maxsize=8)
def _edges(sample_rate: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last bin (exclusive) of each row; neighbouring rows share a bin where bins are wide."""
    hertz = np.geomspace(LOW_HZ, HIGH_HZ, ROWS + 1)
    bins = np.clip(np.round(hertz * size / sample_rate).astype(np.int64), 1, size // 2)
    return bins[:-1], np.maximum(bins[1:], bins[:-1] + 1)


def draw_panorama(
    levels: NDArray[np.float64],
    duration_s: float,
    beats: Beats,
    chords: tuple[Chord, ...],
    sections: tuple[Section, ...],
    *,
    width: int = 1600,
) -> bytes:
    """PNG: sections and chords on top, the spectrogram with a line for each bar below; silence draws an empty sheet."""
    image, pen = sheet(width, _TOP + ROWS + _BOTTOM)
    columns = width - _LEFT
    scale = columns / max(duration_s, 1e-9)
    if levels.size:
        shade = np.clip((levels - levels.max() + _DEPTH_DB) / _DEPTH_DB, 0, 1) if levels.max() > -119 else levels * 0
        pixels = Image.fromarray(ramp(shade[::-1])).resize((columns, ROWS), Image.Resampling.BILINEAR)
        image.paste(pixels, (_LEFT, _TOP))
    draw_sections(pen, sections, scale, left=_LEFT)
    _draw_bars(pen, beats, scale)
    _draw_chords(pen, chords, scale)
    for mark in (50, 100, 200, 500, 1000, 2000, 5000, 10_000):
        y = _TOP + ROWS * (1 - np.log(mark / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ))
        pen.line([(_LEFT - 5, y), (_LEFT, y)], fill=FAINT)
        pen.text((4, y - 7), f"{mark // 1000}k" if mark >= 1000 else str(mark), fill=INK, font=font(12))
    draw_clock(pen, duration_s, scale, left=_LEFT, y=_TOP + ROWS + 4)
    return png(image)


def draw_sections(pen: ImageDraw, sections: tuple[Section, ...], scale: float, *, left: int, y: int = 4) -> None:
    """Sections as coloured bars, equal letters in equal colours."""
    for section in sections:
        x, end = left + section.start_s * scale, left + section.end_s * scale
        name = ord(section.label[0]) - 65
        pen.rectangle([(x, y), (max(x, end - 2), y + 18)], fill=SECTION_COLOURS[name % len(SECTION_COLOURS)])
        if end - x > 16:
            pen.text((x + 4, y + 2), section.label, fill=(16, 18, 26), font=font(13))


def draw_clock(pen: ImageDraw, duration_s: float, scale: float, *, left: int, y: float) -> None:
    """Minutes and seconds along the bottom, never closer than 70 pixels."""
    steps = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600)
    step = next((step for step in steps if step * scale >= 70), 7200)
    for second in range(0, int(duration_s) + 1, step):
        pen.text((left + second * scale + 2, y), clock_text(second), fill=FAINT, font=font(12))


def _draw_bars(pen: ImageDraw, beats: Beats, scale: float) -> None:
    """A tick for every bar above the spectrogram; too many ticks would be a block, so every second, fourth ... then."""
    bars = beats.bars_s
    if len(bars) < 2:
        return
    step = 1
    while np.median(np.diff(bars)) * step * scale < 5:
        step *= 2
    for index, second in enumerate(bars[::step]):
        x = _LEFT + second * scale
        pen.line([(x, _TOP - 7 - 4 * (index % 4 == 0)), (x, _TOP - 1)], fill=INK if index % 4 == 0 else FAINT)


def _draw_chords(pen: ImageDraw, chords: tuple[Chord, ...], scale: float) -> None:
    """Names where there is room for them."""
    free = 0.0
    for chord in chords:
        x = _LEFT + chord.start_s * scale
        if chord.root < 0 or x < free:
            continue
        pen.text((x, 28), chord.name, fill=INK, font=font(12))
        free = x + 8 * len(chord.name) + 6
