"""The last hand on a line: no wild leaps, no lasting rubs, one highest note; and how well a theme would sing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from sonicforge.compose.blocks import BLOCK_BARS
from sonicforge.compose.fit import Sounding
from sonicforge.compose.lead import pitches_of
from sonicforge.compose.motif import Tone, is_strong, line_of
from sonicforge.compose.phrasing import Sung
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.theme import Theme, tones_of
from sonicforge.music.score import STEP, TICKS

PASSING = 360
"""Ticks of a passing dissonance: well under an 8th."""


def worth_of(sketch: Sketch, theme: Theme, start: int, compass: tuple[int, int]) -> float:
    """How well a theme would sing at `start`: steps inside phrases, the hook coming back unbent, strong chord tones."""
    span = min(theme.span, BLOCK_BARS * sketch.bar)
    tones = tones_of(theme, span)
    if len(tones) < 3:
        return 0.0
    pitches = pitches_of(sketch, start, tones, *compass)
    moves = [abs(q - p) for (a, p), (b, q) in pairwise(zip(tones, pitches, strict=True)) if b.at - a.end < TICKS]
    steps = sum(move <= 2 for move in moves) / max(1, len(moves))
    key = sketch.key_at(start)
    lines = [line_of(key, pitch) for pitch in pitches]
    cells = Counter((b - a, c - b, j.at - i.at, k.at - j.at) for (a, i), (b, j), (c, k) in
                    _triples(list(zip(lines, tones, strict=True))))  # fmt: skip
    again = min(1.0, (max(cells.values(), default=1) - 1) / 3)
    strong = [p % 12 in sketch.chord_at(start + t.at).tones for t, p in zip(tones, pitches, strict=True)
              if is_strong(t.at, sketch.bar)]  # fmt: skip
    grounded = sum(strong) / len(strong) if strong else 0.4
    return 2.0 * min(1.0, steps / 0.62) + 1.8 * again + 0.8 * min(1.0, grounded / 0.7)


def crowned(sketch: Sketch, line: Sequence[Sung], highest: int) -> list[Sung]:
    """The line with one highest note, between 60 and 85 % of the track.

    When the top pitch stands elsewhere or more than once, the note of that window that needs least is raised to the
    next chord tone above everything else up to `highest`. Leaps stay within an octave.
    """
    line = list(line)
    window = [
        i
        for i, note in enumerate(line)
        if 0.6 * sketch.length <= note.start <= 0.85 * sketch.length and note.length >= 2 * STEP
    ]
    if not window:
        return line
    top = max(note.pitch for note in line)
    if sum(note.pitch == top for note in line) == 1 and any(line[i].pitch == top for i in window):
        return line
    for index in sorted(window, key=lambda i: (-line[i].pitch, -line[i].length, i))[:12]:
        tones = sketch.chord_at(line[index].start).tones
        for pitch in range(top + 1, min(highest, min(_beside(line, index)) + 12) + 1):
            if pitch % 12 in tones and (pitch - 1) % 12 not in tones:
                line[index] = replace(line[index], pitch=pitch)
                return line
    return line


def _beside(line: Sequence[Sung], index: int) -> list[int]:
    """Pitches of the neighbours of a note; its own when it stands alone."""
    return [line[i].pitch for i in (index - 1, index + 1) if 0 <= i < len(line)] or [line[index].pitch]


def joined(sketch: Sketch, line: Sequence[Sung], compass: tuple[int, int]) -> list[Sung]:
    """The line without leaps over an octave inside a stretch: whichever note does it best moves by an octave."""
    line = list(line)
    low, high = compass

    def strain(first: int) -> int:
        pitches = [note.pitch for note in line[max(0, first - 2) : first + 3]]
        outside = sum(max(0, low - pitch, pitch - high) for pitch in pitches)
        return 2 * outside + sum(max(0, abs(b - a) - 12) for a, b in pairwise(pitches))

    for index in range(1, len(line)):
        before, here = line[index - 1], line[index]
        move = here.pitch - before.pitch
        if abs(move) <= 12 or here.start - before.end >= 3 * sketch.bar:
            continue
        shift = -12 if move > 0 else 12
        line[index] = replace(here, pitch=here.pitch + shift)
        moved_here = strain(index)
        line[index], line[index - 1] = here, replace(before, pitch=before.pitch - shift)
        if moved_here <= strain(index):
            line[index], line[index - 1] = replace(here, pitch=here.pitch + shift), before
    return line


def unclouded(sketch: Sketch, line: Sequence[Sung]) -> list[Sung]:
    """The line without lasting rubs: tones a semitone from a chord note stay short or end where such a chord begins."""
    clear: list[Sung] = []
    for note in line:
        key = sketch.key_at(note.start)
        for chord in sketch.chords_between(note.start, note.end):
            if not Sounding.of(chord, key).rubs(note.pitch):
                continue
            if chord.start <= note.start:
                if note.length > PASSING:
                    note = replace(note, length=PASSING)
            elif chord.start - note.start >= STEP:
                note = replace(note, length=min(note.length, chord.start - note.start))
        clear.append(note)
    return clear


def _triples(items: Sequence[tuple[int, Tone]]) -> Iterator[tuple[tuple[int, Tone], ...]]:
    return zip(items, items[1:], items[2:], strict=False)
