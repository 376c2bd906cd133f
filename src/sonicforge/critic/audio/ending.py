"""Check 25 (sound): how the piece ends, and the marks of its genre that only the sound shows."""

import numpy as np

from sonicforge.critic.audio.digital import SILENT
from sonicforge.critic.grade import Check, Measure, graded
from sonicforge.critic.listening import Listening
from sonicforge.critic.reading import Reading
from sonicforge.critic.score.identity import missing_markers
from sonicforge.critic.verdict import Finding
from sonicforge.sound.k_weighting import PIECES_PER_SECOND

CHECK = Check(25, "genre_identity")

LEAST_TAIL_S = 0.5
LOUD_BELOW_LU = 10.0
TOP_BELOW_DB = 20.0
"""A band-limited genre has its 16 kHz octave at least this far below its 1 kHz octave."""


def ending(listening: Listening) -> Finding:
    """Time from the last full sound (within 10 LU of the piece's loudness) to the last above -60 dBFS.

    A hard cut has none, also when silence follows it. Marks of the genre that the sound shows (loudness range, a dark
    top) count together with those missing in the score.
    """
    measures = [
        Measure(
            key="tail_s",
            words="the tail of the ending",
            value=tail_s(listening),
            unit="s",
            digits=2,
            fail_below=LEAST_TAIL_S,
        )
    ]
    missing = _missing(listening)
    if missing:
        if listening.score is not None and listening.genre is not None:
            missing += missing_markers(Reading(listening.score, listening.genre))
        measures.append(
            Measure(
                key="markers_missing",
                words=f"the number of missing marks of the genre ({'; '.join(missing)})",
                value=len(missing),
                digits=0,
                warn_above=0,
                fail_above=1,
            )
        )
    return graded(CHECK, *measures)


def tail_s(listening: Listening) -> float:
    """Seconds between the last loud 50 ms and the end of all sound; 0 for silence."""
    hearing = listening.hearing
    power = np.convolve(hearing.power, np.ones(5) / 5, mode="same")
    least = 10 ** ((hearing.loudness.integrated - LOUD_BELOW_LU + 0.691) / 10)
    loud = np.flatnonzero(power >= least)
    heard = np.flatnonzero(hearing.highest >= SILENT)
    return float(heard[-1] - loud[-1]) / PIECES_PER_SECOND if len(loud) and len(heard) else 0.0


def _missing(listening: Listening) -> list[str]:
    if listening.genre is None:
        return []
    need = listening.genre.identity.get("need", {})
    missing = []
    lra = listening.hearing.loudness.range_lu
    if "lra_min" in need and lra < need["lra_min"]:
        missing.append(f"the loudness range is {lra:.1f} LU, not {need['lra_min']}")
    balance = listening.balance()
    if "top_hz_max" in need and balance[5] - balance[9] < TOP_BELOW_DB:
        missing.append(f"the top lies only {balance[5] - balance[9]:.0f} dB below the middle")
    return missing
