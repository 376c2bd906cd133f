"""What happens in which bar: steps by bar, bars of the groove, chord shapes. Read by the markers of a genre."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from sonicforge.critic.reading import Reading, Voice, sixteenth
from sonicforge.music.score import ChordSpan, Section

BODY_ENERGY = 0.6
"""Sections with at least this share of the peak's energy are the body of the piece, where its groove is itself."""


def steps_by_bar(reading: Reading, voices: Iterable[Voice]) -> dict[int, set[int]]:
    """16th steps that are hit in each bar, without ghost notes. Swung notes count on the step they were written."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for voice in voices:
        loud = voice.where(~voice.ghost)
        step = sixteenth(loud.start)
        per_bar = 4 * reading.score.beats_per_bar
        for bar, inside in zip((step // per_bar).tolist(), (step % per_bar).tolist(), strict=True):
            found[bar].add(inside)
    return found


def bars_of(reading: Reading, sections: Iterable[Section]) -> list[int]:
    """Numbers of the bars in these sections."""
    bar = reading.bar
    return [number for s in sections for number in range(s.start // bar, s.end // bar)]


def body(reading: Reading, code: str) -> list[Section]:
    """Sections in which a part plays fully and the energy is that of the body of the piece."""
    least = BODY_ENERGY * reading.peak.mean_energy
    return [s for s in reading.score.sections if s.mean_energy >= least and any(_full(part, code) for part in s.parts)]


def _full(part: str, code: str) -> bool:
    return part[0] == code and part[1:] != "-"


def body_steps(reading: Reading, code: str) -> list[set[int]]:
    """The steps of every bar of the body in which a drum code plays at all."""
    steps = steps_by_bar(reading, reading.of_code(code))
    return [steps[bar] for bar in bars_of(reading, body(reading, code)) if steps.get(bar)]


def share_with(bars: list[set[int]], *templates: Iterable[int]) -> float:
    """Mean over bars of how much of the best fitting template is hit; 1 without bars."""
    wanted = [set(template) for template in templates if template]
    if not bars or not wanted:
        return 1.0
    return float(np.mean([max(len(template & bar) / len(template) for template in wanted) for bar in bars]))


def intervals(chord: ChordSpan) -> frozenset[int]:
    """Semitones of a chord's tones above its root."""
    return frozenset((tone - chord.tones[0]) % 12 for tone in chord.tones)


def chord_share(reading: Reading, chosen: Iterable[bool]) -> float:
    """Share of the time of all chords that the chosen ones take."""
    chords = reading.score.chords
    total = sum(chord.length for chord in chords)
    held = sum(chord.length for chord, take in zip(chords, chosen, strict=True) if take)
    return held / total if total else 0.0


def coloured(chord: ChordSpan) -> bool:
    """Whether a chord is more than a triad or a fifth: four tones, or a suspension in place of the third."""
    shape = intervals(chord)
    return len(shape) > 3 or (len(shape) == 3 and not shape & {3, 4})


def notes_per_bar(voices: Iterable[Voice], sections: Iterable[Section], bar: int) -> float:
    """Most onsets a bar that voices reach in one of these sections, on average over the section."""
    told = list(voices)
    return max(
        (sum(v.between(s.start, s.end).count for v in told) * bar / max(s.length, 1) for s in sections), default=0.0
    )
