"""Check 20 (sound): does a long passage of ambient return exactly?"""

import numpy as np

from sonicforge.critic.audio.digital import longest_true
from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.hearing import HOP
from sonicforge.critic.listening import Listening, decibels, sliding_mean
from sonicforge.critic.score.repetition import AMBIENT_REPEAT_FAIL_S, AMBIENT_REPEAT_S, UNMEASURED
from sonicforge.critic.verdict import Finding

CHECK = Check(20, "repetition_novelty")

SAME_DB = 0.5
"""Mean difference of the octaves 125 Hz .. 8 kHz, over a third of a second, up to which two moments are the same."""
LEAST_DISTANCE_S = 5.0
_BANDS = slice(2, 9)
_SMOOTH = 4
_DEPTH_DB = 50.0


def exact_repeats(listening: Listening) -> Finding:
    """Longest passage of an ambient piece whose spectrum returns within half a decibel, at any distance over 5 s."""
    if listening.genre is None or listening.genre.name not in UNMEASURED:
        return skipped(CHECK, "repetition of bars is read in the score")
    step = HOP / listening.hearing.audio.sample_rate
    octaves = listening.hearing.octaves[:, _BANDS]
    if len(octaves) < 2 * AMBIENT_REPEAT_S / step:
        return skipped(CHECK, "too short for a long passage to return")
    level = decibels(np.stack([sliding_mean(band, _SMOOTH) for band in octaves.T]))
    level = np.maximum(level, level.max() - _DEPTH_DB).astype(np.float32)
    longest = 0
    for lag in range(int(LEAST_DISTANCE_S / step), level.shape[1] - int(AMBIENT_REPEAT_S / step)):
        apart = np.abs(level[:, lag:] - level[:, :-lag]).sum(axis=0)
        longest = max(longest, longest_true(apart < SAME_DB * len(level)))
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
