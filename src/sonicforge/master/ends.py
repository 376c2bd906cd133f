"""The ends of the master: no waiting before the music, a natural tail after it."""

from dataclasses import dataclass

import numpy as np

from sonicforge.effects.limiter_gain import GROUP
from sonicforge.master.level import COARSE, Sketch
from sonicforge.sound.audio import Samples

ENTRY_DBFS, AUDIBLE_DBFS = -42.0, -60.0
"""Peaks that begin the music, and those that still belong to its tail: who waits for it hears less than who follows."""
LEAD_S = 0.05
TAIL_S = 0.5
CUT_TAIL_S = 2.0
_FADE_IN_S = 0.02
_CUT_DBFS = -36.0


@dataclass(frozen=True, slots=True)
class Ends:
    """Which samples are kept, and the fades at both ends in samples."""

    start: int
    end: int
    fade_in: int
    fade_out: int


def decide_ends(heard: Sketch, gain_db: float, length: int) -> Ends:
    """Keep at most 50 ms before the first moment above -42 dBFS and half a second after the last above -60, faded.

    Sound that still rings when the material stops fades over two seconds; sound that is cut off at full level only
    over half a second, because it was probably meant to go on until there. Silence is kept as it is.
    """
    rate, step = heard.sample_rate, GROUP * COARSE
    audible = np.flatnonzero(heard.peaks > 10 ** ((AUDIBLE_DBFS - gain_db) / 20))
    if not len(audible):
        return Ends(0, length, 0, 0)
    entries = np.flatnonzero(heard.peaks > 10 ** ((ENTRY_DBFS - gain_db) / 20))
    first = entries[0] if len(entries) else audible[0]
    start = max(0, int(first) * step - round(LEAD_S * rate))
    last = min(length, (int(audible[-1]) + 1) * step)
    end = min(length, last + round(TAIL_S * rate))
    fade_s = TAIL_S
    if end - last < TAIL_S * rate / 2:
        final = float(heard.peaks[-round(0.05 * rate / step) :].max()) * 10 ** (gain_db / 20)
        fade_s = CUT_TAIL_S if final < 10 ** (_CUT_DBFS / 20) else TAIL_S
    return Ends(start, end, round(_FADE_IN_S * rate) if start else 0, min(round(fade_s * rate), end - start))


def fade_ends(samples: Samples, ends: Ends) -> None:
    """Raised-cosine fades in place on samples that already begin at `ends.start`."""
    if ends.fade_in:
        samples[:, : ends.fade_in] *= _rise(ends.fade_in)
    if ends.fade_out:
        samples[:, -ends.fade_out :] *= _rise(ends.fade_out)[:, ::-1]


def _rise(length: int) -> Samples:
    return (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)[None]
