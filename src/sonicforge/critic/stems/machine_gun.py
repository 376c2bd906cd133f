"""Check 8: is every drum hit a little different from the last?"""

import itertools

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.stem_facts import Likeness, Stems
from sonicforge.critic.verdict import Finding
from sonicforge.music.score import Note, Part, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio, Samples

CHECK = Check(8, "machine_gun")

ALIKE, SAME = 0.995, 0.999
ALIKE_SHARE, SAME_SHARE = 30.0, 80.0
WINDOW_S, SHORTEST_S = 0.120, 0.030
EXEMPT_GENRES = frozenset({"chiptune"})
EXEMPT_IN_CLUBS = "k"
FEWEST_PAIRS = 8
_MOST_PAIRS = 64
_LAGS = range(-2, 3)


def likeness(stem: str, audio: Audio, score: Score, clock: Clock) -> tuple[Likeness, ...]:
    """Correlation of consecutive hits of each drum voice on a stem, from their onset for 120 ms, levels matched.

    A window ends where the next hit of the stem begins; hits under 30 ms apart from another voice's are left out, and
    so are pairs that are tuned or opened differently. At most 64 pairs a voice are compared, spread over the piece.
    """
    parts = [part for part in score.of_stem(stem) if part.drums and part.notes]
    if not parts:
        return ()
    onsets = {part.name: _onsets(part, clock) for part in parts}
    everything = np.sort(np.concatenate([*onsets.values(), np.zeros(0)]))
    return tuple(_compare(part, onsets[part.name], everything, audio) for part in parts)


def _onsets(part: Part, clock: Clock) -> np.ndarray:
    ticks = np.array([note.start for note in part.notes], np.float64)
    return clock.seconds(ticks) + np.array([note.shift_ms for note in part.notes]) / 1000


def _compare(part: Part, onsets: np.ndarray, everything: np.ndarray, audio: Audio) -> Likeness:
    order = np.argsort(onsets)
    pairs = [(a, b) for a, b in itertools.pairwise(order) if _twins(part.notes[a], part.notes[b])]
    step = max(1, len(pairs) // _MOST_PAIRS)
    found = []
    for a, b in pairs[::step][:_MOST_PAIRS]:
        length = min(_free(onsets[a], everything), _free(onsets[b], everything))
        if length >= SHORTEST_S:
            first, second, count = (round(s * audio.sample_rate) for s in (onsets[a], onsets[b], length))
            reach = slice(max(0, second + _LAGS[0]), second + count + _LAGS[-1])
            correlation = _correlation(_mono(audio, slice(first, first + count)), _mono(audio, reach))
            if correlation is not None:
                found.append(correlation)
    values = np.array(found)
    alike, same = (float((values > limit).mean()) if found else 0.0 for limit in (ALIKE, SAME))
    return Likeness(part.voice, part.code, len(found), alike, same)


def _twins(one: Note, other: Note) -> bool:
    return one.pitch == other.pitch and one.open == other.open


def _free(onset: float, everything: np.ndarray) -> float:
    """Seconds from an onset to the next one of the stem, 120 ms at most; 0 when another hit lies on top of it."""
    index = int(np.searchsorted(everything, onset - 1e-6))
    before = onset - everything[index - 1] if index > 0 else WINDOW_S
    after = everything[index + 1] - onset if index + 1 < len(everything) else WINDOW_S
    return 0.0 if before < SHORTEST_S else min(WINDOW_S, float(after))


def _mono(audio: Audio, span: slice) -> Samples:
    return np.asarray(audio.samples[:, span].mean(axis=0), np.float32)


def _correlation(one: Samples, reach: Samples) -> float | None:
    """Best normalised correlation of a hit with the stretch of another, a few samples longer; None in silence."""
    power = float(np.dot(one, one))
    best = None
    for lag in range(len(reach) - len(one) + 1):
        other = reach[lag : lag + len(one)]
        both = power * float(np.dot(other, other))
        if both > 1e-14:
            value = float(np.dot(one, other)) / both**0.5
            best = value if best is None else max(best, value)
    return best


def machine_gun(stems: Stems) -> Finding:
    """Share of consecutive hits that sound the same, of the drum voice that is worst."""
    if stems.genre.name in EXEMPT_GENRES:
        return skipped(CHECK, "this genre's drums are the same by design")
    told = [found for fact in stems.facts for found in fact.likeness if found.pairs >= FEWEST_PAIRS]
    told = [found for found in told if not (stems.genre.club and found.code in EXEMPT_IN_CLUBS)]
    if not told:
        return skipped(CHECK, "too few drum hits stand alone")
    alike, same = max(told, key=lambda found: found.alike), max(told, key=lambda found: found.same)
    return graded(
        CHECK,
        Measure(
            key="alike_share",
            words=f"the share of {alike.voice} hits that sound like the one before",
            value=100 * alike.alike,
            unit="%",
            digits=0,
            warn_above=ALIKE_SHARE,
        ),
        Measure(
            key="same_share",
            words=f"the share of {same.voice} hits that are the one before",
            value=100 * same.same,
            unit="%",
            digits=0,
            fail_above=SAME_SHARE,
        ),
    )
