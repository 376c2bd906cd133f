"""Check 20: does the piece repeat enough to be remembered and little enough to stay awake?"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import pairwise

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.reading import Reading, Voice, sixteenth
from sonicforge.critic.score.motif import scale_steps
from sonicforge.critic.verdict import Finding

CHECK = Check(20, "repetition_novelty")

LONGEST_RUN = {"techno_peak": (16, 32)}
LONGEST_RUN_OTHERS = (8, 16)
RECURRENCE_LOW, RECURRENCE_NONE, RECURRENCE_HIGH = 0.30, 0.15, 0.92
AMBIENT_REPEAT_S, AMBIENT_REPEAT_FAIL_S = 20.0, 40.0
UNMEASURED = frozenset({"ambient"})

_FOREGROUND = ("l", "v", "a", "b", "u", "c")


def repetition_novelty(reading: Reading) -> Finding:
    """Longest run of identical bars, and how much of the piece comes back.

    Two bars are identical when every part plays the same steps and pitches; velocity and human timing do not make a bar
    new. Too much recurrence is judged on those whole bars. Too little is judged on the foreground (lead, else second
    voice, arpeggio, bass, chords), because a tune is what listeners remember: a bar comes back when another bar has its
    rhythm and its steps along the scale, at any pitch. For ambient the longest passage that returns exactly counts
    instead, 20 s to warn and 40 s to fail.
    """
    if reading.genre.name in UNMEASURED:
        return _ambient(reading)
    bars = whole_bars(reading)
    if len(bars) < 8:
        return skipped(CHECK, "fewer than eight bars say nothing about repetition")
    warn, fail = LONGEST_RUN.get(reading.genre.name, LONGEST_RUN_OTHERS)
    return graded(
        CHECK,
        Measure(
            key="longest_run",
            words="the longest run of identical bars",
            value=longest_run(bars),
            unit="bars",
            digits=0,
            warn_above=warn,
            fail_above=fail,
        ),
        Measure(
            key="bar_recurrence",
            words="the share of bars heard elsewhere note for note",
            value=recurrence(bars),
            digits=2,
            warn_above=RECURRENCE_HIGH,
        ),
        Measure(
            key="motif_recurrence",
            words="the share of foreground bars that come back",
            value=recurrence(foreground_bars(reading)),
            digits=2,
            warn_below=RECURRENCE_LOW,
            fail_below=RECURRENCE_NONE,
        ),
    )


def whole_bars(reading: Reading) -> list[Hashable]:
    """One hashable value a bar: every part's steps and pitches; None for an empty bar."""
    content: defaultdict[int, set[tuple[int, int, int]]] = defaultdict(set)
    for number, voice in enumerate(reading.voices):
        if voice.code == "x":
            continue
        bars = voice.start // reading.bar
        steps = sixteenth(voice.start - bars * reading.bar)
        for bar, step, pitch in zip(bars.tolist(), steps.tolist(), voice.pitch.tolist(), strict=True):
            content[bar].add((number, step, pitch))
    return [frozenset(content[bar]) or None for bar in range(reading.bars)]


def foreground_bars(reading: Reading) -> list[Hashable]:
    """One value for each bar in which the foreground has notes, in order: its rhythm and its steps along the scale."""
    for code in _FOREGROUND:
        bars = [shape for voice in reading.of_code(code) for shape in _shapes(reading, voice)]
        if len(bars) >= 4:
            return [shape for _, shape in sorted(bars, key=lambda told: told[0])]
    return []


def _shapes(reading: Reading, voice: Voice) -> list[tuple[int, Hashable]]:
    """Bar number and shape of every bar in which a voice begins at least two notes; one note is no shape."""
    steps = scale_steps(voice.pitch, reading.key)
    shapes: list[tuple[int, Hashable]] = []
    for bar, first, last in _spans(voice.start // reading.bar):
        if last - first < 2:
            continue
        rhythm = tuple(sixteenth(voice.start[first:last] % reading.bar).tolist())
        shapes.append((bar, (rhythm, tuple(np.diff(steps[first:last]).tolist()))))
    return shapes


def _spans(groups: np.ndarray) -> list[tuple[int, int, int]]:
    """(value, first, end) of each stretch of equal values in a sorted array."""
    edges = [0, *(np.flatnonzero(np.diff(groups)) + 1).tolist(), len(groups)]
    return [(int(groups[a]), a, b) for a, b in pairwise(edges) if b > a]


def longest_run(bars: Sequence[Hashable]) -> int:
    """Length of the longest run of equal values; empty bars end a run."""
    longest = run = 0
    before: Hashable = None
    for bar in bars:
        run = run + 1 if bar is not None and bar == before else int(bar is not None)
        before = bar
        longest = max(longest, run)
    return longest


def recurrence(bars: Sequence[Hashable]) -> float:
    """Share of the values that are not alone; 1 when there is nothing."""
    counts = Counter(bar for bar in bars if bar is not None)
    total = sum(counts.values())
    return sum(count for count in counts.values() if count > 1) / total if total else 1.0


def _ambient(reading: Reading) -> Finding:
    return graded(
        CHECK,
        Measure(
            key="longest_repeat_s",
            words="the longest passage that returns exactly",
            value=longest_repeat_s(reading),
            unit="s",
            warn_above=AMBIENT_REPEAT_S,
            fail_above=AMBIENT_REPEAT_FAIL_S,
        ),
    )


def longest_repeat_s(reading: Reading) -> float:
    """Seconds of the longest stretch of events that is heard again elsewhere, all pitched parts together.

    Two stretches are the same when their events follow in the same order with the same pitches and gaps (to a 16th).
    The second may begin while the first still sounds, as in a loop. At least four events make a stretch.
    """
    events = sorted(
        (tick, pitch, number)
        for number, voice in enumerate(reading.voices)
        if voice.code != "x" and not voice.part.drums
        for tick, pitch in zip(voice.start.tolist(), voice.pitch.tolist(), strict=True)
    )
    if len(events) < 8:
        return 0.0
    ticks = np.array([event[0] for event in events])
    names = np.array([event[1] + 1000 * event[2] for event in events])
    gaps = sixteenth(np.diff(ticks, append=ticks[-1]))
    longest = 0.0
    for lag in range(1, len(events) - 3):
        same = names[lag:] == names[:-lag]
        joined = same[:-1] & same[1:] & (gaps[:-1][: len(same) - 1] == gaps[lag:][: len(same) - 1])
        edges = np.flatnonzero(np.diff(np.concatenate([[0], joined.astype(np.int8), [0]])))
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if last - first >= 3:
                longest = max(longest, float(reading.clock.second(ticks[last]) - reading.clock.second(ticks[first])))
    return longest
