"""Check 19: do touch and accents live?"""

import re
from math import inf

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.reading import DRUM_CODES, Reading, Voice, sixteenth
from sonicforge.critic.verdict import Finding

CHECK = Check(19, "velocity_life")

LEAST_STD = 4.0
LEAST_ACCENT_CORRELATION = 0.3
WILD_STD = 30.0
WINDOW_BARS = 8
ENOUGH = 8
"""Notes a window of eight bars needs to be judged."""
EXEMPT_GENRES = frozenset({"chiptune"})
EXEMPT_PARTS = {"trance_uplifting": "l"}

_KEYS = re.compile(r"piano|keys|rhodes|wurl|(^|_)ep(_|$)")


def velocity_life(reading: Reading) -> Finding:
    """Spread of velocity in every eight bars of hats and keys, and whether accents return from bar to bar.

    Hats are the voices of code h, keys those whose voice is a piano or electric piano. The accent pattern is the row of
    velocities on the 16 steps of a bar, silence counting 0; it is compared with the next bar and the one after, so that
    two-bar patterns pass, for the pieces with at least four hits a bar. Wild velocities are judged on every drum piece.
    """
    if reading.genre.name in EXEMPT_GENRES:
        return skipped(CHECK, "this genre's voices have no touch")
    judged = [voice for voice in reading.voices if _has_touch(reading, voice)]
    drums = [voice for voice in reading.of_code(DRUM_CODES) if voice.code != "k" or not reading.genre.club]
    measures = [*_touch(reading, judged), *_accents(reading, drums)]
    if not measures:
        return skipped(CHECK, "no hats, keys or piano play long enough")
    return graded(CHECK, *measures)


def _has_touch(reading: Reading, voice: Voice) -> bool:
    if voice.code in EXEMPT_PARTS.get(reading.genre.name, ""):
        return False
    return voice.code == "h" or (not voice.part.drums and bool(_KEYS.search(voice.part.voice)))


def _touch(reading: Reading, voices: list[Voice]) -> list[Measure]:
    least, dead, where = inf, 0, ""
    for voice in voices:
        spreads = _window_spreads(reading, voice)
        if not spreads:
            continue
        low = float(np.median([spread for _, spread in spreads]))
        if low < least:
            least, where = low, voice.part.name
        dead = max(dead, _dead_bars(spreads))
    if least == inf:
        return []
    return [
        Measure(
            key="velocity_std",
            words=f"the usual velocity spread of the {where} in eight bars",
            value=least,
            warn_below=LEAST_STD,
        ),
        Measure(
            key="dead_bars",
            words="the longest stretch of one unchanging velocity",
            value=dead,
            unit="bars",
            digits=0,
            fail_above=2 * WINDOW_BARS - 1,
        ),
    ]


def _window_spreads(reading: Reading, voice: Voice) -> list[tuple[int, float]]:
    """Window number and velocity spread of every eight bars with enough notes."""
    number = voice.start // (WINDOW_BARS * reading.bar)
    found = []
    for window in np.unique(number):
        velocities = voice.velocity[number == window]
        if len(velocities) >= ENOUGH:
            found.append((int(window), float(velocities.std())))
    return found


def _dead_bars(spreads: list[tuple[int, float]]) -> int:
    longest = run = 0
    before = -2
    for window, spread in spreads:
        run = (run + 1 if window == before + 1 else 1) if spread == 0 else 0
        before = window
        longest = max(longest, run)
    return longest * WINDOW_BARS


def _accents(reading: Reading, drums: list[Voice]) -> list[Measure]:
    weakest, where = inf, ""
    wildest, wild = 0.0, ""
    for voice in drums:
        pattern = accent_correlation(reading, voice)
        if pattern is None:
            continue
        if pattern < weakest:
            weakest, where = pattern, voice.part.name
        spread = float(voice.velocity.std())
        if pattern < LEAST_ACCENT_CORRELATION and spread > wildest:
            wildest, wild = spread, voice.part.name
    if weakest == inf:
        return []
    return [
        Measure(
            key="accent_correlation",
            words=f"the likeness of the {where}'s accents from bar to bar",
            value=weakest,
            digits=2,
            warn_below=LEAST_ACCENT_CORRELATION,
        ),
        Measure(
            key="patternless_std",
            words=f"the velocity spread of the {wild or 'drums'} without a pattern",
            value=wildest,
            fail_above=WILD_STD,
        ),
    ]


def accent_correlation(reading: Reading, voice: Voice) -> float | None:
    """Mean correlation of a bar's velocities with the next bar's or the one after; None for sparse pieces."""
    steps = 4 * reading.score.beats_per_bar
    grid = np.zeros((reading.bars + 1) * steps)
    grid[np.minimum(sixteenth(voice.start), len(grid) - 1)] = voice.velocity
    rows = grid[: reading.bars * steps].reshape(-1, steps)
    played = (rows > 0).sum(axis=1)
    if (played >= 4).sum() < ENOUGH:
        return None
    found = [
        max(_likeness(rows[bar], rows[other]) for other in (bar + 1, bar + 2) if other < len(rows))
        for bar in range(len(rows) - 2)
        if played[bar] >= 4 and played[bar + 1] >= 1
    ]
    return float(np.mean(found)) if len(found) >= ENOUGH // 2 else None


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    a, b = one - one.mean(), other - other.mean()
    power = float((a * a).sum() * (b * b).sum())
    if power == 0:
        return 1.0 if np.array_equal(one, other) else 0.0
    return float((a * b).sum() / power**0.5)
