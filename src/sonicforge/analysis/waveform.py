"""Waveform picture: peak and RMS envelope per pixel column, with section names above when a score is known."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.picture import FAINT, INK, clock_text, font, png, sheet
from sonicforge.music.score import Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio

_TOP = 34
_BOTTOM = 22


def envelope(audio: Audio, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Lowest, highest and RMS value of the channel mean in each of `columns` equal stretches."""
    edges = np.linspace(0, audio.length, columns + 1).astype(np.int64)
    low, high, rms = (np.zeros(columns, np.float32) for _ in range(3))
    for column in range(columns):
        piece = audio.samples[:, edges[column] : edges[column + 1]]
        if piece.shape[1] == 0:
            continue
        low[column], high[column] = piece.min(), piece.max()
        rms[column] = float(np.sqrt(np.mean(np.square(piece[:, :: max(1, piece.shape[1] // 512)]))))
    return low, high, rms


def draw_waveform(audio: Audio, score: Score | None = None, *, width: int = 1400, height: int = 300) -> bytes:
    """PNG of the envelope; silence draws a flat line."""
    image, pen = sheet(width, height)
    low, high, rms = envelope(audio, width)
    middle = _TOP + (height - _TOP - _BOTTOM) / 2
    reach = (height - _TOP - _BOTTOM) / 2
    for column in range(width):
        tall, inner = (high[column], low[column]), (rms[column], -rms[column])
        pen.line([(column, float(middle - value * reach)) for value in tall], fill=(84, 120, 214))
        pen.line([(column, float(middle - value * reach)) for value in inner], fill=(150, 190, 255))
    duration = max(audio.duration_s, 1e-9)
    if score is not None:
        clock = Clock.of(score)
        for section in score.sections:
            x = clock.second(section.start) / duration * width
            pen.line([(x, 8), (x, height - _BOTTOM)], fill=FAINT)
            pen.text((x + 4, 8), section.name, fill=INK, font=font(13))
    step = 30 if duration > 90 else 10
    for second in range(0, int(duration) + 1, step):
        pen.text((second / duration * width + 2, height - _BOTTOM + 4), clock_text(second), fill=FAINT, font=font(12))
    return png(image)
