"""Art for a piece: the cover inside its file, or one drawn from what is known of it."""

import math
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

from sonicforge.chance import choices
from sonicforge.playout.item import Item
from sonicforge.sound.decoding import read_cover

_TONES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_SHARPS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb"}


def art(item: Item, size: int) -> Image.Image:
    """A square picture of `size` pixels; a file that is missing or holds no picture is no trouble."""
    return _covered(item, size) or drawn(item, size)


def drawn(item: Item, size: int) -> Image.Image:
    """Rings of light: the key gives the hue, the energy warmth and number, the piece itself their places."""
    dice = choices(0, "art", item.id, item.title)
    hue = _hue(item.key, dice.random())
    image = Image.new("RGB", (size, size), _colour(hue + 0.5, 0.55, 0.12))
    pen = ImageDraw.Draw(image, "RGBA")
    for _ in range(6 + round(10 * item.energy)):
        radius = size * dice.uniform(0.05, 0.45)
        middle = (size * dice.gauss(0.5, 0.22), size * dice.gauss(0.5, 0.22))
        box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
        colour = _colour(hue + dice.gauss(0, 0.06), 0.45 + 0.3 * item.energy, dice.uniform(0.5, 1.0))
        pen.ellipse(box, fill=(*colour, 26), outline=(*colour, 150), width=max(1, size // 160))
    return image.filter(ImageFilter.GaussianBlur(size / 500))


def _covered(item: Item, size: int) -> Image.Image | None:
    try:
        cover = read_cover(item.path) if item.path.is_file() else None
        if cover is None:
            return None
        with Image.open(BytesIO(cover)) as picture:
            picture.thumbnail((size, size))
            square = Image.new("RGB", (size, size))
            square.paste(picture.convert("RGB"), ((size - picture.width) // 2, (size - picture.height) // 2))
            return square
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _hue(key: str, otherwise: float) -> float:
    """Around the circle of fifths, so that related keys have related colours."""
    tonic = key.partition(" ")[0]
    tonic = _SHARPS.get(tonic, tonic)
    return _TONES.index(tonic) * 7 % 12 / 12 if tonic in _TONES else otherwise


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = (0.5 + 0.5 * math.cos(2 * math.pi * (hue - shift)) for shift in (0.0, 1 / 3, 2 / 3))
    parts = (value * (1 - saturation + saturation * part) for part in (red, green, blue))
    return tuple(round(255 * min(1.0, part)) for part in parts)  # type: ignore[return-value]
