"""Check 25 (score): does it have every mark of its genre, and a form that counts in fours?"""

from collections.abc import Mapping
from typing import Any

from sonicforge.critic.grade import Check, Measure, graded
from sonicforge.critic.reading import Reading
from sonicforge.critic.score import markers_groove, markers_harmony, markers_sound
from sonicforge.critic.score.markers_groove import Marker
from sonicforge.critic.verdict import Finding
from sonicforge.music.score import Section

CHECK = Check(25, "genre_identity")

MARKERS: Mapping[str, Marker] = {**markers_groove.MARKERS, **markers_harmony.MARKERS, **markers_sound.MARKERS}
NEEDS: Mapping[str, Marker] = {**markers_groove.NEEDS, **markers_harmony.NEEDS, **markers_sound.NEEDS}
BANS: Mapping[str, Marker] = {**markers_groove.BANS, **markers_harmony.BANS, **markers_sound.BANS}

ELSEWHERE = frozenset({"kick_alt", "backbeat_alt", "straight_forms", "need", "ban", "lra_min", "top_hz_max"})
"""Keys that belong to another marker, or are heard in the finished sound (`critic.audio.ending`)."""

SECTION_BARS = 4
FREE_FORM = frozenset({"ambient"})
"""Genres that shun cycles of four bars."""


def genre_identity(reading: Reading) -> Finding:
    """Markers of the genre's `identity` data, tempo inside its range, sections in multiples of four bars.

    One marker missing or one odd section warns; two missing markers, or a tempo outside the range at any point but a
    closing ritardando, fail. How the piece ends is heard in the finished sound.
    """
    missing = missing_markers(reading)
    odd = [section for section in reading.score.sections if _odd(section, reading)]
    low, high = reading.genre.bpm
    told = (
        f"the number of missing marks of the genre ({'; '.join(missing)})" if missing else "the number of missing marks"
    )
    bpm = reading.score.tempo[0][1]
    return graded(
        CHECK,
        Measure(
            key="bpm",
            words="the tempo",
            value=bpm,
            unit="bpm",
            fail_below=low - 0.05,
            fail_above=high + 0.05,
        ),
        Measure(key="markers_missing", words=told, value=len(missing), digits=0, warn_above=0, fail_above=1),
        Measure(
            key="odd_sections",
            words="the number of sections that are not a multiple of four bars",
            value=len(odd),
            digits=0,
            warn_above=0,
        ),
    )


def missing_markers(reading: Reading) -> list[str]:
    """A sentence for every marker of the genre that is not there."""
    told = reading.genre.identity
    return [
        *_complaints(reading, told, MARKERS),
        *_complaints(reading, told.get("need", {}), NEEDS),
        *_complaints(reading, told.get("ban", {}), BANS),
    ]


def _complaints(reading: Reading, told: Mapping[str, Any], table: Mapping[str, Marker]) -> list[str]:
    answers = [table[name](reading, wanted) for name, wanted in told.items() if name in table]
    return [answer for answer in answers if answer]


def _odd(section: Section, reading: Reading) -> bool:
    if reading.genre.name in FREE_FORM:
        return False
    return section.bars % SECTION_BARS != 0 or section.start % reading.bar != 0
