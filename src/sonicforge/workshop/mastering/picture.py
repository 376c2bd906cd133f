"""The report as a picture: balance before, after, wanted; equaliser; loudness and gain reduction over time; why."""

from collections.abc import Sequence
from math import log10
from typing import Any

import numpy as np
from PIL import ImageDraw

from sonicforge.analysis.picture import FAINT, INK, clock_text, font, png, sheet

_WIDTH, _HEIGHT = 1400, 1080
_BEFORE, _AFTER, _WANTED, _SIDE = (130, 140, 170), (255, 190, 90), (110, 200, 160), (120, 160, 250)
_GRID = (38, 42, 58)
_MARKS_HZ = (31, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000)

Curve = Sequence[float | None]
Box = tuple[int, int, int, int]
Pen = ImageDraw.ImageDraw


def draw_report(told: dict[str, Any]) -> bytes:
    """PNG of what `report` tells."""
    image, pen = sheet(_WIDTH, _HEIGHT)
    before, after = told["before"], told["after"]
    pen.text((30, 16), str(told["file"]).rsplit("/", 1)[-1], fill=INK, font=font(22))
    pen.text((30, 48), f"{_measures('before', before)}    {_measures('after', after)}", fill=INK, font=font(15))
    curves, level = told["curves"], told["decision"]["level"]
    _balance(pen, (30, 90, 700, 400), curves)
    _equaliser(pen, (730, 90, 1370, 400), curves)
    _loudness(pen, (30, 440, 1370, 640), told["loudness_lufs"], level["target_lufs"])
    _reduction(pen, (30, 680, 1370, 790), told["reduction_db"])
    _words(pen, (30, 820), told["words"])
    return png(image)


def _measures(name: str, figures: dict[str, Any]) -> str:
    def shown(key: str) -> str:
        return "silence" if figures[key] is None else f"{figures[key]:.1f}"

    return (
        f"{name}: {shown('integrated')} LUFS, {shown('true_peak')} dBTP, range {figures['range_lu']:.1f} LU, "
        f"peak to loudness {figures['plr']:.1f} dB"
    )


def _balance(pen: Pen, box: Box, curves: dict[str, Any]) -> None:
    rows = [("before", curves["before_db"], _BEFORE), ("after", curves["after_db"], _AFTER)]
    if curves["wanted_db"] is not None:
        rows.insert(0, ("wanted", curves["wanted_db"], _WANTED))
    known = [level for _, curve, _ in rows for level in curve if level is not None]
    top = max(known, default=0.0) + 3
    _frame(pen, box, "balance (dB per sixth of an octave, equal loudness)", top - 48, top, 12)
    _hertz(pen, box)
    _legend(pen, box, [(name, colour) for name, _, colour in rows])
    for _, curve, colour in rows:
        _line(pen, box, [_x(box, hz) for hz in curves["bands_hz"]], curve, (top - 48, top), colour)


def _equaliser(pen: Pen, box: Box, curves: dict[str, Any]) -> None:
    _frame(pen, box, "equaliser (dB)", -12, 12, 3)
    _hertz(pen, box)
    _legend(pen, box, [("side", _SIDE), ("middle", _AFTER)])
    across = [_x(box, hz) for hz in curves["bands_hz"]]
    _line(pen, box, across, curves["side_eq_db"], (-12, 12), _SIDE)
    _line(pen, box, across, curves["eq_db"], (-12, 12), _AFTER)


def _loudness(pen: Pen, box: Box, loudness: dict[str, Any], target: float) -> None:
    both = [*loudness["before"], *loudness["after"], target]
    top = 6 * np.ceil((max(both) + 1) / 6)
    _frame(pen, box, "loudness, three seconds (LUFS)", top - 36, top, 6)
    _legend(pen, box, [("target", _WANTED), ("before", _BEFORE), ("after", _AFTER)])
    across = _clock(pen, box, len(loudness["after"]), loudness["step_s"])
    _line(pen, box, [box[0], box[2]], [target, target], (top - 36, top), _WANTED)
    for name, colour in (("before", _BEFORE), ("after", _AFTER)):
        curve = loudness[name][: len(across)]
        _line(pen, box, across[: len(curve)], curve, (top - 36, top), colour)


def _reduction(pen: Pen, box: Box, reduction: dict[str, Any]) -> None:
    deepest = max(6.0, 3 * np.ceil(max(reduction["most"], default=0.0) / 3))
    _frame(pen, box, "limiter: largest gain reduction of every second (dB)", -deepest, 0, 3)
    across = _clock(pen, box, len(reduction["most"]), reduction["step_s"])
    for x, value in zip(across, reduction["most"], strict=True):
        pen.line([(x, box[1]), (x, box[1] + (box[3] - box[1]) * value / deepest)], fill=_AFTER)


def _words(pen: Pen, corner: tuple[int, int], lines: Sequence[str]) -> None:
    y = corner[1]
    for line in lines:
        for piece in _wrapped(line, 190):
            pen.text((corner[0], y), piece, fill=INK, font=font(14))
            y += 19
            if y > _HEIGHT - 20:
                return


def _wrapped(line: str, most: int) -> list[str]:
    pieces, current = [], ""
    for word in line.split():
        if len(current) + len(word) >= most:
            pieces.append(current)
            current = "   "
        current = f"{current} {word}" if current else word
    return [*pieces, current]


def _frame(pen: Pen, box: Box, title: str, low: float, high: float, step: float) -> None:
    left, top, right, bottom = box
    pen.text((left, top - 20), title, fill=FAINT, font=font(13))
    for level in np.arange(np.ceil(low / step) * step, high + 1e-6, step):
        y = bottom - (level - low) / (high - low) * (bottom - top)
        pen.line([(left, y), (right, y)], fill=_GRID)
        pen.text((left + 2, y + 1 if y < top + 12 else y - 13), f"{level:g}", fill=FAINT, font=font(11))
    pen.rectangle(box, outline=_GRID)


def _hertz(pen: Pen, box: Box) -> None:
    for hz in _MARKS_HZ:
        x = _x(box, hz)
        pen.line([(x, box[1]), (x, box[3])], fill=_GRID)
        pen.text((x + 2, box[3] + 2), f"{hz // 1000}k" if hz >= 1000 else str(hz), fill=FAINT, font=font(11))


def _clock(pen: Pen, box: Box, points: int, step_s: float) -> list[float]:
    """Where each point lies, and the time below."""
    across = [box[0] + (box[2] - box[0]) * (k + 0.5) / max(points, 1) for k in range(points)]
    total = points * step_s
    every = next((one for one in (5, 10, 30, 60, 300, 600, 1800) if total / one <= 16), 3600)
    for second in range(0, int(total) + 1, every):
        x = box[0] + (box[2] - box[0]) * second / max(total, 1e-9)
        pen.text((x + 2, box[3] + 2), clock_text(second), fill=FAINT, font=font(11))
    return across


def _legend(pen: Pen, box: Box, rows: Sequence[tuple[str, tuple[int, int, int]]]) -> None:
    x = box[2] - 76 * len(rows)
    for name, colour in rows:
        pen.line([(x, box[1] + 14), (x + 16, box[1] + 14)], fill=colour, width=3)
        pen.text((x + 20, box[1] + 6), name, fill=INK, font=font(12))
        x += 76


def _line(
    pen: Pen, box: Box, across: Sequence[float], curve: Curve, span: tuple[float, float], colour: tuple[int, int, int]
) -> None:
    low, high = span
    points: list[tuple[float, float]] = []
    for x, level in zip(across, curve, strict=True):
        if level is None:
            continue
        share = min(max((level - low) / (high - low), 0.0), 1.0)
        points.append((x, box[3] - share * (box[3] - box[1])))
    if len(points) > 1:
        pen.line(points, fill=colour, width=2, joint="curve")


def _x(box: Box, hz: float) -> float:
    return box[0] + (box[2] - box[0]) * log10(max(hz, 24.0) / 24.0) / log10(20_500 / 24.0)
