"""Spectrogram picture: power on a logarithmic frequency axis from 30 Hz to 20 kHz, 90 dB deep."""

import numpy as np
from PIL import Image

from sonicforge.analysis.picture import FAINT, INK, clock_text, font, png, ramp, sheet
from sonicforge.sound.audio import Audio

_DEPTH_DB = 90.0
_LEFT = 44
_BOTTOM = 20


def draw_spectrogram(audio: Audio, *, width: int = 1400, height: int = 520) -> bytes:
    """PNG of the channel mean; 0 dB is the loudest point of the picture."""
    rows, columns = height - _BOTTOM, width - _LEFT
    size = 4096
    mono = audio.samples.mean(axis=0)
    if mono.size < size:
        mono = np.pad(mono, (0, size - mono.size))
    starts = np.linspace(0, mono.size - size, columns).astype(np.int64)
    window = np.hanning(size).astype(np.float32)
    hertz = np.geomspace(30.0, min(20_000.0, audio.sample_rate * 0.49), rows + 1)
    edges = np.clip(np.round(hertz * size / audio.sample_rate).astype(np.int64), 1, size // 2 - 1)
    power = np.empty((rows, columns), np.float32)
    for column, start in enumerate(starts):
        spectrum = np.abs(np.fft.rfft(mono[start : start + size] * window)) ** 2
        sums = np.concatenate([[0.0], np.cumsum(spectrum)])
        power[:, column] = (sums[np.maximum(edges[1:], edges[:-1] + 1)] - sums[edges[:-1]]).astype(np.float32)
    level = 10 * np.log10(power + 1e-12)
    shade = np.clip((level - level.max() + _DEPTH_DB) / _DEPTH_DB, 0.0, 1.0)[::-1]
    image, pen = sheet(width, height)
    image.paste(Image.fromarray(ramp(shade)), (_LEFT, 0))
    for mark in (50, 100, 200, 500, 1000, 2000, 5000, 10_000):
        y = float(rows - np.searchsorted(hertz, mark))
        pen.line([(_LEFT - 5, y), (_LEFT, y)], fill=FAINT)
        pen.text((4, y - 7), f"{mark // 1000}k" if mark >= 1000 else str(mark), fill=INK, font=font(12))
    duration = audio.duration_s
    step = 30 if duration > 90 else 10
    for second in range(0, int(duration) + 1, step):
        x = _LEFT + second / max(duration, 1e-9) * columns
        pen.text((x + 2, rows + 3), clock_text(second), fill=FAINT, font=font(12))
    return png(image)
