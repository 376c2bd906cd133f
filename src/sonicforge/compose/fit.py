"""A tune meets the harmony: the cheapest way to bend a motif's tones to the chords without losing its shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from sonicforge.compose.motif import Tone, is_strong, line_of
from sonicforge.music.chord import chord_scale
from sonicforge.music.scale import MODES, Key
from sonicforge.music.score import STEP, TICKS, ChordSpan

_REACH = 2
_KEEP_INTERVAL = 0.85
_KEEP_PITCH = 0.5
_TURN = 1.0
_HOPELESS = 3.0


@dataclass(frozen=True, slots=True)
class Sounding:
    """What a melody note hears: the chord's pitch classes and pitches, and line by line the scale that goes with it."""

    tones: frozenset[int]
    voicing: frozenset[int]
    scale: tuple[int, ...]

    @classmethod
    def of(cls, chord: ChordSpan, key: Key) -> "Sounding":
        return _sounding(chord.tones, chord.voicing, key)

    def pitch(self, key: Key, line: int) -> int:
        """MIDI number of a line under this chord: as in the key, or bent where the chord bends the scale."""
        octave, index = divmod(line, 7)
        plain = 12 * octave + key.tonic + MODES[key.mode][index]
        return plain + (self.scale[index] - plain + 6) % 12 - 6

    def rubs(self, pitch: int) -> bool:
        """Whether a pitch outside the chord lies a minor second or ninth from one of its notes."""
        if pitch % 12 in self.tones:
            return False
        if not self.voicing:
            return (pitch - 1) % 12 in self.tones
        return any((pitch - tone) % 12 == 1 if pitch > tone else tone - pitch in (1, 13) for tone in self.voicing)


@dataclass(frozen=True, slots=True)
class _Place:
    """One tone's candidates with their own costs."""

    target: int
    pitches: tuple[int, ...]
    lines: tuple[int, ...]
    costs: tuple[float, ...]


def fitted(
    tones: Sequence[Tone], heard: Sequence[Sounding], key: Key, low: int, high: int, bar: int, *, pull: float = 0.45
) -> list[int]:
    """MIDI numbers for tones under their chords, one chord a tone.

    Dynamic programming over scale tones within a third of the wished line. It prefers what was written, chord tones on
    strong and long notes, no tone a semitone from a chord note, the written intervals, moves of an octave at most.
    `pull` scales the wish for chord tones.
    """
    places = [_place(tone, chord, key, low, high, bar, pull) for tone, chord in zip(tones, heard, strict=True)]
    if not places:
        return []
    totals = list(places[0].costs)
    back: list[list[int]] = []
    for before, here in pairwise(places):
        written = here.target - before.target
        choice: list[int] = []
        following: list[float] = []
        for line, pitch, own in zip(here.lines, here.pitches, here.costs, strict=True):
            best, best_index = 1e9, 0
            for index, total in enumerate(totals):
                cost = total + _move_cost(pitch - before.pitches[index], line - before.lines[index], written)
                if cost < best:
                    best, best_index = cost, index
            choice.append(best_index)
            following.append(best + own)
        totals = following
        back.append(choice)
    index = min(range(len(totals)), key=totals.__getitem__)
    path = [index]
    for choice in reversed(back):
        index = choice[index]
        path.append(index)
    return [place.pitches[index] for place, index in zip(places, reversed(path), strict=True)]


@lru_cache(maxsize=1024)
def _sounding(tones: tuple[int, ...], voicing: tuple[int, ...], key: Key) -> Sounding:
    return Sounding(frozenset(tones), frozenset(voicing), chord_scale(tones, key))


def _place(tone: Tone, chord: Sounding, key: Key, low: int, high: int, bar: int, pull: float) -> _Place:
    if tone.bend:
        pitch = chord.pitch(key, tone.line) + tone.bend
        return _Place(tone.line, (pitch,), (tone.line,), (0.0,))
    strong, long = is_strong(tone.at, bar), tone.length >= 4 * STEP
    weight = 1.0 * strong + 0.6 * long + 0.35 * (tone.at % TICKS == 0) + 0.15
    return _candidates(tone.line, weight, tone.length >= 2 * STEP, chord, key, low, high, pull)


@lru_cache(maxsize=8192)
def _candidates(
    line: int, weight: float, lasting: bool, chord: Sounding, key: Key, low: int, high: int, pull: float
) -> _Place:
    """Scale tones around a line, without those that cost far more than the best."""
    target = min(max(line, line_of(key, low)), line_of(key, high))
    found = []
    for near in range(target - _REACH, target + _REACH + 1):
        pitch = chord.pitch(key, near)
        cost = _KEEP_PITCH * abs(near - target)
        if pitch % 12 in chord.tones:
            cost += 0.35 * weight * ((pitch - 1) % 12 in chord.tones)
        else:
            rub = chord.rubs(pitch)
            cost += pull * weight + (0.3 + 3.2 * weight if rub and lasting else 0.8 * rub)
        if not low <= pitch <= high:
            cost += 6.0 + 2.0 * max(low - pitch, pitch - high)
        found.append((cost, near, pitch))
    best = min(found)[0]
    kept = [entry for entry in found if entry[0] <= best + _HOPELESS]
    return _Place(
        target,
        tuple(pitch for _, _, pitch in kept),
        tuple(near for _, near, _ in kept),
        tuple(cost for cost, _, _ in kept),
    )


@lru_cache(maxsize=8192)
def _move_cost(semitones: int, lines: int, written: int) -> float:
    cost = _KEEP_INTERVAL * abs(lines - written)
    if lines * written < 0 or (lines == 0) != (written == 0):
        cost += _TURN
    size = abs(semitones)
    if size > 12:
        cost += 3.0 + 2.0 * (size - 12)
    elif size == 6 or size > 9:
        cost += 0.35
    return cost
