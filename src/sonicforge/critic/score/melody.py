"""Check 24: is there a tune, and can it be sung back?"""

import re

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.reading import Ints, Reading, Voice, sixteenth
from sonicforge.critic.score.motif import Line, commonest_cell, line_of
from sonicforge.critic.verdict import Finding
from sonicforge.music.score import TICKS

CHECK = Check(24, "melody_hook")

LEAST_STEPS = 0.50
RESTS_OFF = 15.0
RECURRENCES, FEWEST_RECURRENCES = 3.0, 1.0
LEAST_CHORD_TONES = 0.55
WIDEST_RANGE, WIDEST_LEAP = 24, 16
MOST_CELLS = 7.0
STABLE_DEGREES = (1, 3, 5)
ENOUGH = 12

_LEAPERS = re.compile(r"bell|arp|fx|chop")
_ARTICULATION = TICKS // 2
"""Gaps shorter than an 8th are articulation, not rests."""


def melody_hook(reading: Reading) -> Finding:
    """Steps, range, rests, cells, recurrence and chord tones of the lead (or, without one, of the second voice).

    Intervals count inside phrases; a rest of a quarter note is a breath. Rests are the share of time without the lead
    in the sections that plan it, gaps under an 8th being articulation. A cell is a bar's rhythm; cells are counted in
    eight bars with melody and averaged. Recurrence is how often the commonest cell of four notes (of two or three where
    phrases are that short) comes back after its first time, in 16 bars with melody, moves counted along the scale.
    Bells, arps and chopped voices may leap as they like.
    """
    voices = reading.of_code("l") or reading.of_code("v")
    lines = [(voice, line_of(voice)) for voice in voices if voice.count >= ENOUGH]
    if not lines:
        return skipped(CHECK, "no lead plays")
    measures = [
        _steps(lines),
        *_bounds(lines),
        _rests(reading, voices),
        _recurrence(reading, lines),
        _cells(reading, lines),
    ]
    tones = _chord_tones(reading, lines)
    if tones is not None:
        measures.append(tones)
    return graded(CHECK, *measures, more={"stable_ends": _stable_ends(reading, lines)})


def _steps(lines: list[tuple[Voice, Line]]) -> Measure:
    moves = np.abs(np.concatenate([line.intervals for _, line in lines]))
    return Measure(
        key="step_share",
        words="the share of steps and repeats among the melody's moves",
        value=float((moves <= 2).mean()) if len(moves) else 1.0,
        digits=2,
        warn_below=LEAST_STEPS,
    )


def _bounds(lines: list[tuple[Voice, Line]]) -> list[Measure]:
    singing = [line for voice, line in lines if not _LEAPERS.search(voice.part.voice)]
    leap = max((int(np.abs(line.intervals).max()) for line in singing if len(line.intervals)), default=0)
    spread = max((int(line.pitch.max() - line.pitch.min()) for line in singing), default=0)
    return [
        Measure(
            key="range",
            words="the melody's range",
            value=spread,
            unit="semitones",
            digits=0,
            fail_above=WIDEST_RANGE,
        ),
        Measure(
            key="widest_leap",
            words="the melody's widest leap",
            value=leap,
            unit="semitones",
            digits=0,
            fail_above=WIDEST_LEAP,
        ),
    ]


def _rests(reading: Reading, voices: tuple[Voice, ...]) -> Measure:
    wanted = 100 * reading.genre.melody.rests
    code = voices[0].code
    spans = [(s.start, s.end) for s in reading.score.sections if any(part[0] == code for part in s.parts)]
    sounding = planned = 0
    for start, end in spans:
        inside = [voice.between(start, end) for voice in voices]
        if not any(voice.count for voice in inside):
            continue
        planned += end - start
        sounding += covered(np.concatenate([v.start for v in inside]), np.concatenate([v.end for v in inside]), end)
    rests = 100 * (1 - sounding / planned) if planned else wanted
    return Measure(
        key="rests_off",
        words=f"the distance of the melody's rests ({rests:.0f} %) from the genre's {wanted:.0f} %",
        value=abs(rests - wanted),
        unit="points",
        digits=0,
        warn_above=RESTS_OFF,
    )


def covered(start: Ints, end: Ints, last: int) -> int:
    """Ticks in which at least one note sounds, up to `last`; gaps under an 8th are filled."""
    order = np.argsort(start)
    total, reach = 0, -1
    for a, b in zip(start[order].tolist(), np.minimum(end[order], last).tolist(), strict=True):
        if reach < 0 or a - reach >= _ARTICULATION:
            total += b - a
            reach = b
        elif b > reach:
            total += b - reach
            reach = b
    return total


def _recurrence(reading: Reading, lines: list[tuple[Voice, Line]]) -> Measure:
    value = 0.0
    for _, line in lines:
        bars = len(np.unique(line.start // reading.bar))
        notes = min(4, max(2, round(len(line.start) / (line.phrase[-1] + 1))))
        times = commonest_cell(reading, line, notes) - 1
        value = max(value, 16 * times / max(bars, 1))
    return Measure(
        key="recurrences",
        words="how often the motif comes back in 16 bars",
        value=value,
        unit="times",
        warn_below=RECURRENCES,
        fail_below=FEWEST_RECURRENCES,
    )


def _cells(reading: Reading, lines: list[tuple[Voice, Line]]) -> Measure:
    rhythms: dict[int, tuple[int, ...]] = {}
    for _, line in lines:
        bars = line.start // reading.bar
        for bar in np.unique(bars).tolist():
            steps = tuple(sixteenth(line.start[bars == bar] % reading.bar).tolist())
            rhythms[bar] = rhythms.get(bar, ()) + steps
    told = [rhythms[bar] for bar in sorted(rhythms)]
    windows = [len(set(told[i : i + 8])) for i in range(0, len(told) - 7, 4)] or [min(len(set(told)), 7)]
    return Measure(
        key="cells",
        words="the number of different rhythms in eight bars of melody",
        value=float(np.mean(windows)),
        fail_above=MOST_CELLS,
    )


def _chord_tones(reading: Reading, lines: list[tuple[Voice, Line]]) -> Measure | None:
    chords = reading.score.chords
    strong = 2 * TICKS if reading.score.beats_per_bar % 2 == 0 else reading.bar
    met = inside = 0
    for _, line in lines:
        on = (line.start % reading.bar) % strong == 0
        numbers = reading.chord_numbers(line.start[on]) if chords else np.zeros(0, np.int64)
        for number, pitch in zip(numbers.tolist(), line.pitch[on].tolist(), strict=False):
            met += 1
            inside += pitch % 12 in chords[number].tones
    if met < 4:
        return None
    return Measure(
        key="chord_tone_share",
        words="the share of chord tones on strong beats",
        value=inside / met,
        digits=2,
        warn_below=LEAST_CHORD_TONES,
    )


def _stable_ends(reading: Reading, lines: list[tuple[Voice, Line]]) -> float:
    key = reading.key
    if key is None:
        return 1.0
    ends = [int(p) for _, line in lines for p in line.pitch[np.flatnonzero(np.diff(line.phrase, append=-1))]]
    return sum(key.degree(pitch) in STABLE_DEGREES for pitch in ends) / len(ends) if ends else 1.0
