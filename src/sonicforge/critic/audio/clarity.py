"""Check 16 (sound): can the rhythm be heard through the reverb?"""

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.hearing import Floats
from sonicforge.critic.listening import Listening, decibels
from sonicforge.critic.verdict import Finding
from sonicforge.music.score import TICKS, Section

CHECK = Check(16, "wash_clarity")

DEPTH_WARN_DB, DEPTH_FAIL_DB = 5.0, 3.0
NO_RHYTHM = frozenset({"ambient", "cinematic"})
DEEPEST_DB = 40.0
_SMOOTH = 3
_DRUMS = frozenset("ksh")


def wash_clarity(listening: Listening) -> Finding:
    """Mean peak-to-valley depth of the 250 Hz .. 4 kHz envelope within each 8th of the groove sections.

    The envelope is taken over 30 ms; one 8th counts 40 dB at most. The share of reverb is judged from the mix.
    """
    if listening.genre is not None and listening.genre.name in NO_RHYTHM:
        return skipped(CHECK, "this genre has no rhythm to keep clear")
    groove = [s for s in listening.sections if _DRUMS & {part[0] for part in s.parts if part[1:] != "-"}]
    depths = [depth for section in groove for depth in _depths(listening, section)]
    if not depths:
        return skipped(CHECK, "no section is known to groove")
    return graded(
        CHECK,
        Measure(
            key="modulation_db",
            words="the depth of the rhythm in the middle frequencies",
            value=float(np.mean(depths)),
            unit="dB",
            warn_below=DEPTH_WARN_DB,
            fail_below=DEPTH_FAIL_DB,
        ),
    )


def _depths(listening: Listening, section: Section) -> Floats:
    """Depth in dB of every 8th of a section."""
    power = listening.hearing.envelope
    smooth = np.convolve(power, np.ones(_SMOOTH) / _SMOOTH, mode="same")
    marks = [round(listening.second(tick) * 100) for tick in range(section.start, section.end + 1, TICKS // 2)]
    cells = np.unique(np.clip(marks, 0, len(smooth)))
    if len(cells) < 2:
        return np.zeros(0)
    inside, starts = smooth[cells[0] : cells[-1]], cells[:-1] - cells[0]
    highest, lowest = np.maximum.reduceat(inside, starts), np.minimum.reduceat(inside, starts)
    heard = highest > 1e-8
    return np.minimum(decibels(highest[heard]) - decibels(lowest[heard]), DEEPEST_DB)
