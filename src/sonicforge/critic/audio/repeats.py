"""Check 20 (sound): does a long passage of ambient return exactly?"""

import numpy as np

from sonicforge.critic.audio.digital import longest_true
from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.hearing import HOP
from sonicforge.critic.listening import Listening, decibels
from sonicforge.critic.score.repetition import AMBIENT_REPEAT_FAIL_S, AMBIENT_REPEAT_S, UNMEASURED
from sonicforge.critic.verdict import Finding

CHECK = Check(20, "repetition_novelty")

SAME_DB = 0.5
"""Mean difference of the thirds of an octave up to which two moments are the same."""
_GROUP = 4
_DEPTH_DB = 50.0


def exact_repeats(listening: Listening) -> Finding:
    """Longest passage of an ambient piece whose spectrum returns within half a decibel, at any distance over 5 s."""
    if listening.genre is None or listening.genre.name not in UNMEASURED:
        return skipped(CHECK, "repetition of bars is read in the score")
    thirds = listening.hearing.mid + listening.hearing.side
    groups = thirds[: len(thirds) // _GROUP * _GROUP].reshape(-1, _GROUP, thirds.shape[1]).mean(axis=1)
    step = _GROUP * HOP / listening.hearing.audio.sample_rate
    if len(groups) < 2 * AMBIENT_REPEAT_S / step:
        return skipped(CHECK, "too short for a long passage to return")
    level = decibels(groups)
    level = np.maximum(level, level.max() - _DEPTH_DB).astype(np.float32)
    longest = 0
    for lag in range(int(5 / step), len(level) - int(AMBIENT_REPEAT_S / step)):
        same = np.abs(level[lag:] - level[:-lag]).mean(axis=1) < SAME_DB
        longest = max(longest, longest_true(same))
    return graded(
        CHECK,
        Measure(
            key="longest_repeat_s",
            words="the longest passage that returns exactly",
            value=longest * step,
            unit="s",
            warn_above=AMBIENT_REPEAT_S,
            fail_above=AMBIENT_REPEAT_FAIL_S,
        ),
    )
