"""Check 21: does something happen often enough, and not too much at once?"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import log2

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.reading import DRUM_CODES, Reading, sixteenth
from sonicforge.critic.verdict import Finding
from sonicforge.music.score import TICKS, Curve

CHECK = Check(21, "change_cadence")

GAP, GAP_FAIL = 8, 16
SLOW_GENRES = frozenset({"ambient", "techno_melodic", "techno_peak"})
SLOW_MOODS = frozenset({"focused"})
SLOW_FACTOR = 2
MOST_EVENTS = 6
FILTER_MOVE = log2(1.25)

_FILTERS = ("lowpass_hz", "highpass_hz", "cutoff_oct")
_BUILDS = ("RIS", "SNR", "HPF", "LPF")
_REST_BARS = 4
_NEW_HITS = 2
_MEMORY_BARS = 4


def change_cadence(reading: Reading) -> Finding:
    """Bars between noticeable events: layers, pattern switches and fills, effects, filter moves, new chords.

    Everything that changes on one beat is one event. A layer enters or leaves when a part begins after four bars of
    silence or falls silent for four, and belongs to its bar line. A drum bar is new when it differs in at least two
    hits from each of the four bars before it. A filter move is every further 25 %. Chords are new when a four-bar
    stretch has one not heard in the eight bars before. Crowding (more than six events in two bars) is not counted where
    a build is planned.
    """
    bars = reading.bars
    if bars < GAP:
        return skipped(CHECK, "too short to ask for change")
    events = sorted(set(_events(reading)))
    marks = [0, *(tick // reading.bar for tick in events), bars]
    gap = max(b - a for a, b in pairwise(marks))
    slow = SLOW_FACTOR if _slow(reading) else 1
    return graded(
        CHECK,
        Measure(
            key="longest_gap",
            words="the longest stretch without a noticeable change",
            value=gap,
            unit="bars",
            digits=0,
            warn_above=GAP * slow,
            fail_above=GAP_FAIL * slow,
        ),
        Measure(
            key="most_events",
            words="the most changes within two bars",
            value=_crowding(reading, events),
            digits=0,
            fail_above=MOST_EVENTS,
        ),
        more={"events": float(len(events))},
    )


def _slow(reading: Reading) -> bool:
    told = set(reading.score.facts.get("mood", "").replace(",", " ").split())
    return reading.genre.name in SLOW_GENRES or bool(told & SLOW_MOODS)


def _events(reading: Reading) -> Iterator[int]:
    """Ticks of events, on beats."""
    for tick in (*_layers(reading), *_drum_bars(reading), *_cues(reading), *_filters(reading), *_chords(reading)):
        yield round(tick / TICKS) * TICKS


def _layers(reading: Reading) -> Iterator[int]:
    for voice in reading.voices:
        rest = _REST_BARS * reading.bar
        reach = np.maximum.accumulate(voice.end)
        silent = voice.start[1:] - reach[:-1] >= rest
        entries = [int(tick) for tick in voice.start[1:][silent]] + [int(voice.start[0])] * int(voice.start[0] >= rest)
        exits = [int(tick) for tick in reach[:-1][silent]]
        exits += [int(reach[-1])] * int(reading.score.length - reach[-1] >= rest)
        yield from (tick // reading.bar * reading.bar for tick in entries)
        yield from (-(-tick // reading.bar) * reading.bar for tick in exits)


def _drum_bars(reading: Reading) -> Iterator[int]:
    """Starts of bars whose drums are unlike each of the four bars before."""
    bars: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for number, voice in enumerate(reading.of_code(DRUM_CODES)):
        loud = voice.where(~voice.ghost)
        inside = sixteenth(loud.start % reading.bar)
        for bar, step in zip((loud.start // reading.bar).tolist(), inside.tolist(), strict=True):
            bars[bar].add((number, step))
    for bar in range(_MEMORY_BARS, reading.bars):
        before = [bars.get(bar - back, set()) for back in range(1, _MEMORY_BARS + 1)]
        if all(len(bars.get(bar, set()) ^ other) >= _NEW_HITS for other in before):
            yield bar * reading.bar


def _cues(reading: Reading) -> Iterator[int]:
    return (cue.start for cue in reading.score.cues)


def _filters(reading: Reading) -> Iterator[int]:
    """Ticks at which a filter has moved by another 25 %."""
    for curve in reading.score.curves:
        if curve.parameter in _FILTERS and len(curve.points) > 1:
            yield from _moves(curve, reading.bar)


def _moves(curve: Curve, bar: int) -> Iterator[int]:
    ticks = np.array([tick for tick, _ in curve.points], np.float64)
    octaves = np.array([value for _, value in curve.points], np.float64)
    if curve.parameter.endswith("_hz"):
        octaves = np.log2(np.maximum(octaves, 1.0))
    grid = np.arange(ticks[0], ticks[-1] + bar, bar)
    path = np.interp(grid, ticks, octaves)
    mark = path[0]
    for tick, value in zip(grid.tolist(), path.tolist(), strict=True):
        if abs(value - mark) >= FILTER_MOVE:
            mark = value
            yield int(tick)


def _chords(reading: Reading) -> Iterator[int]:
    block = 4 * reading.bar
    heard: list[set[str]] = []
    for start in range(0, reading.score.length, block):
        now = {chord.symbol for chord in reading.score.chords if start <= chord.start < start + block}
        known = set().union(*heard[-2:]) if heard else now
        if now - known:
            yield start
        heard.append(now or known)


def _crowding(reading: Reading, events: list[int]) -> int:
    builds = [(cue.start, cue.start + cue.length) for cue in reading.cues(*_BUILDS)]
    most, first = 0, 0
    for last, tick in enumerate(events):
        while tick - events[first] >= 2 * reading.bar:
            first += 1
        if not any(start <= tick <= end or start <= events[first] <= end for start, end in builds):
            most = max(most, last - first + 1)
    return most
