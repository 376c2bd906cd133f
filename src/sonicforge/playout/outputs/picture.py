"""The station's picture: art, title and a moving spectrum, as 4:2:0 frames for a video encoder."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from sonicforge.analysis.picture import font
from sonicforge.playout.item import Item
from sonicforge.playout.outputs.art import art
from sonicforge.playout.outputs.spectrum_bars import BANDS, Levels
from sonicforge.playout.outputs.titles import one_line

Planes = NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
_ART, _MARGIN = 440, 80
_TEXT_LEFT = _MARGIN + _ART + 60
_TEXT_WIDTH = WIDTH - _TEXT_LEFT - _MARGIN
_BARS_TOP, _BARS_HEIGHT = 400, 180
_BAR = 12
_BAR_STEP = 16
_BARS_WIDTH = BANDS * _BAR_STEP
_font = cache(font)

_LUMA, _BLUE, _RED = 196, 118, 150
"""The colour of the bars in Y, Cb and Cr: warm white."""


class Picture:
    """`show` draws the still part once for each piece; `frame` then costs a copy and a few thousand bars' pixels."""

    def __init__(self, station: str) -> None:
        self._station = one_line(station, 80)
        self._base: Planes = _planes(_page(None, self._station))
        # For every pixel of the field of bars: how high its bar must stand to cover it; never, between the bars.
        column = np.arange(_BARS_WIDTH)
        self._band = column // _BAR_STEP
        self._painted = column % _BAR_STEP < _BAR

    def show(self, item: Item | None) -> None:
        """Another piece sounds."""
        self._base = _planes(_page(item, self._station))

    def frame(self, levels: Levels) -> Planes:
        """The picture now, (HEIGHT * 3 / 2, WIDTH): the plane of Y above those of Cb and Cr, as yuv420p."""
        planes = self._base.copy()
        heights = np.where(self._painted, np.round(levels * _BARS_HEIGHT).astype(np.int64)[self._band], 0)
        covered = np.arange(_BARS_HEIGHT, 0, -1)[:, None] <= heights[None, :]
        rows, columns = slice(_BARS_TOP, _BARS_TOP + _BARS_HEIGHT), slice(_TEXT_LEFT, _TEXT_LEFT + _BARS_WIDTH)
        planes[rows, columns][covered] = _LUMA
        half = covered[::2, ::2]
        blue, red = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
        rows = slice(_BARS_TOP // 2, (_BARS_TOP + _BARS_HEIGHT) // 2)
        columns = slice(_TEXT_LEFT // 2, (_TEXT_LEFT + _BARS_WIDTH) // 2)
        blue[rows, columns][half] = _BLUE
        red[rows, columns][half] = _RED
        return planes


def _page(item: Item | None, station: str) -> Image.Image:
    page = Image.new("RGB", (WIDTH, HEIGHT), (16, 16, 22))
    if item is not None:
        square = art(item, _ART)
        # Drawn small first: a strong blur of a large picture is slow, and nobody can tell.
        glow = square.resize((64, 36)).filter(ImageFilter.GaussianBlur(5)).resize((WIDTH, HEIGHT))
        page = Image.blend(page, glow, 0.35)
        page.paste(square, (_MARGIN, (HEIGHT - _ART) // 2))
    pen = ImageDraw.Draw(page)
    pen.text((_TEXT_LEFT, 130), _cut(pen, station.upper(), 26), fill=(178, 182, 196), font=_font(26))
    if item is not None:
        size = next((size for size in (60, 48, 38) if _width(pen, item.title, size) <= _TEXT_WIDTH), 38)
        pen.text((_TEXT_LEFT, 252), _cut(pen, item.title, size), fill=(250, 248, 242), font=_font(size), anchor="ls")
        pen.text((_TEXT_LEFT, 276), _cut(pen, item.artist, 34), fill=(214, 216, 226), font=_font(34))
        below = " · ".join(part for part in (item.genre.replace("_", " "), item.key) if part)
        pen.text((_TEXT_LEFT, 330), _cut(pen, below, 26), fill=(178, 182, 196), font=_font(26))
    return page


def _width(pen: ImageDraw.ImageDraw, text: str, size: int) -> float:
    return pen.textlength(one_line(text, 300), font=_font(size))


def _cut(pen: ImageDraw.ImageDraw, text: str, size: int) -> str:
    """As much of a title as fits on its line."""
    line = one_line(text, 300)
    if pen.textlength(line, font=_font(size)) <= _TEXT_WIDTH:
        return line
    while line and pen.textlength(line + "…", font=_font(size)) > _TEXT_WIDTH:
        line = line[:-1]
    return line.rstrip() + "…"


def _planes(page: Image.Image) -> Planes:
    """RGB to limited-range BT.709 planes, as the film says of itself (ITU-R BT.709-6, 3.2 to 3.5)."""
    red, green, blue = np.moveaxis(np.asarray(page.convert("RGB"), np.float32) / 255, 2, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    pair = np.stack([(blue - luma) / 1.8556, (red - luma) / 1.5748])
    chroma = 128 + 224 * pair.reshape(2, HEIGHT // 2, 2, WIDTH // 2, 2).mean(axis=(2, 4))
    planes = np.concatenate([(16 + 219 * luma).ravel(), chroma.ravel()])
    return np.round(planes).astype(np.uint8).reshape(HEIGHT * 3 // 2, WIDTH)
