"""Drawing ground: a dark sheet, perceptual colours, PNG bytes. All pictures of sound share these."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

PAPER = (14, 16, 24)
INK = (226, 230, 240)
FAINT = (72, 78, 98)

# Anchor colours of a dark-to-bright ramp with steadily rising lightness, interpolated in linear steps.
_RAMP = np.array(
    [(14, 16, 24), (42, 30, 92), (112, 38, 128), (190, 58, 110), (240, 112, 72), (252, 190, 96), (255, 246, 214)],
    np.float64,
)

PART_COLOURS = {
    "k": (240, 96, 84),
    "s": (246, 150, 86),
    "h": (200, 200, 130),
    "p": (170, 140, 110),
    "b": (112, 126, 246),
    "u": (74, 92, 206),
    "c": (96, 192, 160),
    "d": (66, 146, 150),
    "a": (120, 200, 240),
    "l": (255, 220, 110),
    "v": (240, 160, 220),
    "x": (120, 126, 140),
}


def ramp(values: NDArray[np.floating[Any]]) -> Pixels:
    """Colours for values 0..1, shape (...,) -> (..., 3)."""
    at = np.clip(values, 0.0, 1.0) * (len(_RAMP) - 1)
    low = np.minimum(at.astype(np.int64), len(_RAMP) - 2)
    share = np.asarray(at - low, np.float64)[..., None]
    mixed: NDArray[np.float64] = _RAMP[low] * (1.0 - share) + _RAMP[low + 1] * share
    return mixed.astype(np.uint8)


def sheet(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty dark page and a pen for it."""
    image = Image.new("RGB", (width, height), PAPER)
    return image, ImageDraw.Draw(image)


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow, so that no machine draws different letters."""
    return ImageFont.load_default(size)


def png(image: Image.Image) -> bytes:
    """The image as PNG bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def clock_text(seconds: float) -> str:
    """m:ss."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
