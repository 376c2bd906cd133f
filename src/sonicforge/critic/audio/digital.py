"""Check 1: is the file sound at all, without faults, offsets and holes?"""

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded
from sonicforge.critic.listening import Listening
from sonicforge.critic.verdict import Finding
from sonicforge.sound.k_weighting import PIECES_PER_SECOND

CHECK = Check(1, "digital_health")

SILENT = 10 ** (-60 / 20)
MOST_DC = 0.001
HOLE_WARN_S, HOLE_FAIL_S = 0.6, 1.5
LEAD_WARN_S, LEAD_FAIL_S = 0.5, 2.0
_GAP_MARGIN_S = 0.25


def digital_health(listening: Listening) -> Finding:
    """Samples that are no numbers, DC, holes below -60 dBFS, silence before and after.

    A piece of 10 ms is silent when no sample of it reaches -60 dBFS. Holes are looked for between first and last sound;
    the planned rests of the score (GAP cues) and everything after its last bar do not count. Silence after the end is
    measured and told, without a limit. Sound that is silent throughout has a hole as long as itself.
    """
    hearing = listening.hearing
    silent = hearing.highest < SILENT
    loud = np.flatnonzero(~silent)
    lead = loud[0] if len(loud) else len(silent)
    trail = len(silent) - 1 - loud[-1] if len(loud) else len(silent)
    holes = silent.copy() if len(loud) else np.zeros(0, bool)
    for start, end in _planned(listening):
        holes[hearing.pieces(start, end)] = False
    inner = holes[lead : len(silent) - trail] if len(loud) else silent
    return graded(
        CHECK,
        Measure(
            key="faults", words="the number of samples that are no number", value=hearing.faults, digits=0, fail_above=0
        ),
        Measure(
            key="dc",
            words="the DC offset",
            value=max(map(abs, hearing.dc)),
            digits=5,
            fail_above=MOST_DC,
        ),
        Measure(
            key="longest_hole_s",
            words="the longest unplanned silence",
            value=longest_true(inner) / PIECES_PER_SECOND,
            unit="s",
            digits=2,
            warn_above=HOLE_WARN_S,
            fail_above=HOLE_FAIL_S,
        ),
        Measure(
            key="leading_silence_s",
            words="the silence before the first sound",
            value=lead / PIECES_PER_SECOND,
            unit="s",
            digits=2,
            warn_above=LEAD_WARN_S,
            fail_above=LEAD_FAIL_S,
        ),
        more={"trailing_silence_s": trail / PIECES_PER_SECOND},
    )


def _planned(listening: Listening) -> list[tuple[float, float]]:
    """Stretches in which silence is meant: GAP cues with a little room around them, and the time after the last bar."""
    if listening.score is None or listening.clock is None:
        return []
    gaps = [cue for cue in listening.score.cues if cue.kind == "GAP"]
    spans = [
        (listening.second(cue.start) - _GAP_MARGIN_S, listening.second(cue.start + cue.length) + _GAP_MARGIN_S)
        for cue in gaps
    ]
    return [*spans, (listening.second(listening.score.length), listening.hearing.duration_s)]


def longest_true(flags: np.ndarray) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
