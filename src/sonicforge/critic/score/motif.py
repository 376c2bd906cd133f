"""The tune as a line: one note at a time, in phrases, in steps along the scale."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sonicforge.critic.reading import Ints, Reading, Voice, sixteenth
from sonicforge.music.scale import MODES, Key
from sonicforge.music.score import TICKS

PHRASE_GAP = TICKS
"""A rest of a quarter note ends a phrase."""
_TOGETHER = TICKS // 16


@dataclass(frozen=True, slots=True)
class Line:
    """A single line of notes in ticks and MIDI numbers; `phrase` counts up at every breath."""

    start: Ints
    end: Ints
    pitch: Ints
    phrase: Ints

    @property
    def intervals(self) -> Ints:
        """Semitones between neighbours of one phrase."""
        return np.asarray(np.diff(self.pitch)[np.diff(self.phrase) == 0], np.int64)


def line_of(voice: Voice) -> Line:
    """The tune of a voice: of notes that begin together the highest, or of two octaves the one nearer to the last note.

    A tune that is doubled an octave above or below is thus the same tune.
    """
    keep = np.ones(voice.count, bool)
    start, pitch = voice.start, voice.pitch
    before: int | None = None
    for first, last in _chords(start):
        tones = pitch[first:last].tolist()
        chosen = max(tones)
        if chosen - 12 in tones and before is not None and abs(chosen - 12 - before) < abs(chosen - before):
            chosen -= 12
        keep[first:last] = False
        keep[first + tones.index(chosen)] = True
        before = chosen
    keep &= ~voice.ghost
    start, end, pitch = voice.start[keep], voice.end[keep], voice.pitch[keep]
    gaps = start[1:] - end[:-1]
    return Line(start, end, pitch, np.concatenate([[0], np.cumsum(gaps >= PHRASE_GAP)]).astype(np.int64)[: len(start)])


def _chords(start: Ints) -> list[tuple[int, int]]:
    edges = [0, *(np.flatnonzero(np.diff(start) > _TOGETHER) + 1).tolist(), len(start)]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def scale_steps(pitch: Ints, key: Key | None) -> Ints:
    """Pitches counted in steps along the scale, so that a sequence keeps its shape; semitones without a key."""
    if key is None:
        return pitch
    places = np.array([min(range(7), key=lambda d: abs(MODES[key.mode][d] - pc)) for pc in range(12)])
    octave, inside = np.divmod(pitch - key.tonic, 12)
    return np.asarray(7 * octave + places[inside], np.int64)


def commonest_cell(reading: Reading, line: Line, notes: int) -> int:
    """How often the most frequent cell of that many notes occurs, overlaps not counted.

    A cell is the gaps between onsets in 16ths and the moves along the scale, inside one phrase.
    """
    if len(line.start) < notes:
        return 0
    moves = np.diff(scale_steps(line.pitch, reading.key))
    gaps = np.diff(sixteenth(line.start))
    span = notes - 1
    cells = [
        (tuple(moves[i : i + span].tolist()), tuple(gaps[i : i + span].tolist()))
        if line.phrase[i] == line.phrase[i + span]
        else None
        for i in range(len(line.start) - span)
    ]
    counts = Counter(cell for cell in cells if cell is not None)
    best = 0
    for cell, count in counts.most_common(8):
        if count <= best:
            break
        best = max(best, _apart(cells, cell, span))
    return best


def _apart(cells: list[tuple[tuple[int, ...], tuple[int, ...]] | None], wanted: object, span: int) -> int:
    count, free = 0, 0
    for index, cell in enumerate(cells):
        if index >= free and cell == wanted:
            count += 1
            free = index + span
    return count
