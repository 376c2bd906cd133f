"""A minute or so out of a finished track: whole sections where there are some that fit, with soft ends."""

from pathlib import Path
from typing import Final

import numpy as np

from sonicforge.music.barlines import Barlines, Span
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import read

FADE_IN_S: Final = 0.02
FADE_OUT_S: Final = 3.0


def excerpt(path: Path, barlines: Barlines, *, wanted_s: float) -> tuple[Audio, Barlines]:
    """About `wanted_s` seconds of a sound file from its liveliest section on, and their bar lines.

    A file that is not much longer comes whole. Raises `UnreadableAudio`.
    """
    audio = read(path)
    if audio.duration_s <= 1.3 * wanted_s:
        return audio, barlines
    begin = _begin(barlines, audio.duration_s - wanted_s)
    end = begin + wanted_s
    bars = [bar for bar in barlines.bars_s if bar <= end]
    end = bars[-1] if bars and bars[-1] > begin + wanted_s / 2 else end
    rate = audio.sample_rate
    samples = audio.samples[:, round(begin * rate) : round(end * rate)].copy()
    _soften(samples, rate)
    return Audio(samples, rate), _moved(barlines, begin, end)


def _begin(barlines: Barlines, latest: float) -> float:
    """Where the section with most energy begins that is early enough; else the first bar line."""
    early = [span for span in barlines.sections if 0.0 <= span.start_s <= latest]
    best = max(early, key=lambda span: (span.energy, -span.start_s), default=None)
    return best.start_s if best is not None else min((bar for bar in barlines.bars_s if bar >= 0.0), default=0.0)


def _soften(samples: np.ndarray, rate: int) -> None:
    into, out = round(FADE_IN_S * rate), min(round(FADE_OUT_S * rate), samples.shape[1] // 2)
    samples[:, :into] *= np.linspace(0.0, 1.0, into, dtype=np.float32)
    samples[:, samples.shape[1] - out :] *= np.cos(np.linspace(0.0, np.pi / 2, out)).astype(np.float32)


def _moved(barlines: Barlines, begin: float, end: float) -> Barlines:
    """Bar lines and sections of the excerpt; the bars that reach into it from outside stay whole."""
    bars = tuple(bar - begin for bar in barlines.bars_s if begin - 1e-6 <= bar <= end + 1e-6)
    inside = (span for span in barlines.sections if span.end_s > begin and span.start_s < end)
    sections = tuple(
        Span(
            span.name,
            max(span.start_s, begin) - begin,
            min(span.end_s, end) - begin,
            span.energy,
            drums=span.drums,
            bass=span.bass,
            lead=span.lead,
        )
        for span in inside
    )
    return Barlines(barlines.beats_per_bar, bars, sections)
