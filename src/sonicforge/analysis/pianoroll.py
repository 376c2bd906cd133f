"""Piano roll picture: pitched parts by colour above, one lane per drum voice below, section energies on top."""

from collections.abc import Callable

from PIL.ImageDraw import ImageDraw

from sonicforge.analysis.picture import FAINT, INK, PART_COLOURS, font, png, sheet
from sonicforge.music.score import Part, Score

_LEFT = 96
_TOP = 44
_LANE = 13


def draw_pianoroll(score: Score, *, width: int = 1600, row: int = 6) -> bytes:
    """PNG of a whole score; an empty score draws the sheet with its sections."""
    pitched = [part for part in score.parts if not part.drums and part.notes]
    drums = [part for part in score.parts if part.drums and part.notes]
    pitches = [note.pitch for part in pitched for note in part.notes] or [60]
    low, high = min(pitches) - 1, max(pitches) + 1
    roll = (high - low + 1) * row
    height = _TOP + roll + 12 + _LANE * len(drums) + 8
    image, pen = sheet(width, height)
    scale = (width - _LEFT - 4) / max(score.length, 1)
    _draw_sections(pen, score, scale, height)
    for pitch in range(low, high + 1):
        if pitch % 12 == 0:
            y = _TOP + (high - pitch) * row
            pen.line([(_LEFT, y + row), (width, y + row)], fill=(34, 38, 52))
            pen.text((_LEFT - 30, y - 4), f"C{pitch // 12 - 1}", fill=FAINT, font=font(11))
    for part in pitched:
        _draw_notes(pen, part, scale, lambda pitch: _TOP + (high - pitch) * row, row - 1)
    for lane, part in enumerate(drums):
        y = _TOP + roll + 12 + lane * _LANE
        pen.text((4, y - 2), part.voice[:14], fill=INK, font=font(11))
        _draw_notes(pen, part, scale, _lane(y), _LANE - 3)
    for index, (code, colour) in enumerate(PART_COLOURS.items()):
        if any(part.code == code for part in pitched):
            pen.text((4 + (index % 2) * 30, _TOP + (index // 2) * 14), code, fill=colour, font=font(13))
    return png(image)


def _lane(y: int) -> Callable[[int], float]:
    return lambda _: y


def _draw_sections(pen: ImageDraw, score: Score, scale: float, height: int) -> None:
    for section in score.sections:
        x, end = _LEFT + section.start * scale, _LEFT + section.end * scale
        start_y, end_y = (_TOP - 6 - 22 * energy for energy in section.energy)
        pen.polygon([(x, _TOP - 6), (x, start_y), (end, end_y), (end, _TOP - 6)], fill=(44, 52, 84))
        pen.line([(x, 0), (x, height)], fill=FAINT)
        pen.text((x + 3, 2), section.name, fill=INK, font=font(12))


def _draw_notes(pen: ImageDraw, part: Part, scale: float, y_of: Callable[[int], float], thick: int) -> None:
    red, green, blue = PART_COLOURS.get(part.code, INK)
    for note in part.notes:
        y = y_of(note.pitch)
        x = _LEFT + note.start * scale
        shade = 0.45 + 0.55 * note.velocity / 127
        colour = (int(red * shade), int(green * shade), int(blue * shade))
        pen.rectangle([(x, y), (max(x + 1, x + note.length * scale - 1), y + thick)], fill=colour)
