"""Cover art drawn from the music: chords are rings, the melody a path across them, energy the light behind."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from sonicforge.analysis.picture import font, png
from sonicforge.chance import choices
from sonicforge.music.score import Score


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    sector, part = divmod(hue % 1.0 * 6.0, 1.0)
    p, q, t = value * (1 - saturation), value * (1 - saturation * part), value * (1 - saturation * (1 - part))
    red, green, blue = [
        (value, t, p), (q, value, p), (p, value, t), (p, q, value), (t, p, value), (value, p, q),
    ][int(sector) % 6]  # fmt: skip
    return int(red * 255), int(green * 255), int(blue * 255)


def draw_cover(score: Score, *, size: int = 1000) -> bytes:
    """PNG, square. The same score draws the same cover; the key gives the hue, the mean energy its warmth."""
    dice = choices(score.seed, "cover", score.genre)
    energy = sum(section.mean_energy * section.length for section in score.sections) / max(score.length, 1)
    hue = (score.chords[0].tones[0] * 7 % 12) / 12 + dice.uniform(-0.03, 0.03) if score.chords else dice.random()
    image = _light(size, hue, energy)
    pen = ImageDraw.Draw(image, "RGBA")
    _draw_rings(pen, score, size, hue)
    _draw_path(pen, score, size, hue)
    image = image.filter(ImageFilter.GaussianBlur(0.6))
    pen = ImageDraw.Draw(image)
    margin = size // 16
    pen.text((margin, size - margin * 2.1), score.title, fill=(246, 244, 236), font=font(size // 18))
    below = f"{score.genre.replace('_', ' ')} · {score.key}"
    pen.text((margin, size - margin * 1.0), below, fill=(200, 200, 206), font=font(size // 36))
    colours = image.resize((size // 4, size // 4), Image.Resampling.NEAREST).quantize(192)
    return png(image.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG))


def _light(size: int, hue: float, energy: float) -> Image.Image:
    place = np.arange(size, dtype=np.float32) / size
    spread = 0.05 + 0.12 * energy
    glow = np.outer(np.exp(-((place - 0.42) ** 2) / spread), np.exp(-((place - 0.5) ** 2) / spread))
    low = np.array(_colour(hue + 0.55, 0.7, 0.10 + 0.08 * energy), np.float32)
    high = np.array(_colour(hue, 0.55, 0.45 + 0.4 * energy), np.float32)
    return Image.fromarray((low + glow[..., None] * (high - low)).astype(np.uint8))


def _draw_rings(pen: ImageDraw.ImageDraw, score: Score, size: int, hue: float) -> None:
    centre = (size * 0.5, size * 0.42)
    spans = score.chords[:: max(1, len(score.chords) // 28)][:28]
    for index, chord in enumerate(spans):
        radius = size * (0.06 + 0.36 * (index + 1) / len(spans))
        for tone in chord.tones:
            angle = tone / 12 * 360 - 90
            red, green, blue = _colour(hue + tone / 36, 0.5, 0.95)
            box = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
            pen.arc(box, angle - 11, angle + 11, fill=(red, green, blue, 150), width=max(2, size // 180))


def _draw_path(pen: ImageDraw.ImageDraw, score: Score, size: int, hue: float) -> None:
    notes = [note for part in score.of_code("lav") for note in part.notes][::2][:160]
    if len(notes) < 2:
        return
    low = min(note.pitch for note in notes)
    span = max(1, max(note.pitch for note in notes) - low)
    points = []
    for index, note in enumerate(notes):
        angle = 2 * math.pi * index / len(notes) * 2 - math.pi / 2
        radius = size * (0.10 + 0.30 * (note.pitch - low) / span)
        points.append((size * 0.5 + radius * math.cos(angle), size * 0.42 + radius * math.sin(angle)))
    red, green, blue = _colour(hue + 0.12, 0.25, 1.0)
    pen.line(points, fill=(red, green, blue, 90), width=max(1, size // 400), joint="curve")
    for (x, y), note in zip(points, notes, strict=True):
        dot = size * (0.002 + 0.006 * note.velocity / 127)
        pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill=(red, green, blue, 220))
