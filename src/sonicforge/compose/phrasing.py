"""Performance: from pitches on a straight grid to notes with breath, dynamics, swing and human timing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from sonicforge.compose.humanise import Drift, velocity
from sonicforge.compose.motif import is_strong
from sonicforge.genres.genre import Swing
from sonicforge.music.score import STEP, TICKS, Note
from sonicforge.music.swing import swung

PHRASE_REST = TICKS // 2
"""A silence this long ends a phrase."""
GRACE = STEP // 2
"""Ticks of a grace note."""
_SOLO_RHO = 0.7
_PHRASE_BREAK = TICKS - STEP // 4
"""Inside a phrase no gap gets longer than this, or it would fall apart."""


@dataclass(frozen=True, slots=True)
class Sung:
    """A melody note before it is performed: straight ticks of the track, pitch, loudness as a velocity.

    `double` semitones away sounds a second note a little softer; 0 for none. `free` notes keep their length when the
    line is given its share of rest.
    """

    start: int
    length: int
    pitch: int
    loudness: float
    double: int = 0
    free: bool = False

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a part performs. `arc` is the velocity span of a phrase, `jitter` its noise, `lag_ms` mean and sigma.

    `glide` is the chance that a leap slides; `lead_ms` pulls slow attacks forward; `grace` is the chance
    of a grace note a semitone below.
    """

    swing: Swing
    bar: int
    arc: float = 8.0
    jitter: float = 3.0
    lag_ms: tuple[float, float] = (0.0, 0.0)
    glide: float = 0.0
    lead_ms: float = 0.0
    grace: float = 0.0


def breathing(line: Sequence[Sung], stretch: int, rests: float, *, longest: int = 8 * TICKS) -> list[Sung]:
    """The line with note lengths scaled so that `rests` of `stretch` ticks are silent, as far as it can be.

    A gap of less than half a beat is articulation, not rest.
    Notes never reach into the next one and never shrink below half of their time. The last note of a phrase lasts 1.5
    times the mean where it has the room, `longest` ticks at most, and leaves half a beat of rest behind it.
    """
    if not line or stretch <= 0:
        return list(line)
    rooms = [max(STEP // 2, b.start - a.start) for a, b in pairwise(line)] + [2 * line[-1].length]
    typical = sorted(rooms)[len(rooms) // 2]
    closing = [room >= max(2 * typical, TICKS + PHRASE_REST) for room in rooms]
    wanted = (1 - rests) * stretch
    lengths = [float(min(note.length, room)) for note, room in zip(line, rooms, strict=True)]
    mean = wanted / len(line)
    best, nearest = lengths, float("inf")
    for _ in range(8):
        sounding = sum(room if room - length < PHRASE_REST else length
                       for length, room in zip(lengths, rooms, strict=True))  # fmt: skip
        if abs(sounding - wanted) < nearest:
            best, nearest = lengths, abs(sounding - wanted)
        if nearest < 0.005 * stretch:
            break
        factor = wanted / sounding
        lengths = [
            length if note.free else _scaled(length * factor, room, mean, closing=ends, longest=longest)
            for note, length, room, ends in zip(line, lengths, rooms, closing, strict=True)
        ]
    return [replace(note, length=max(1, round(length))) for note, length in zip(line, best, strict=True)]


def _scaled(length: float, room: int, mean: float, *, closing: bool, longest: int) -> float:
    if closing:
        most = min(room - PHRASE_REST, longest)
        return min(max(length, 1.5 * mean, STEP), most)
    most = min(room, longest)
    least = max(min(most, 2 * TICKS) * 0.5, min(most, room - _PHRASE_BREAK))
    return min(max(length, least), most)


def perform(line: Sequence[Sung], delivery: Delivery, rng: Random) -> tuple[list[Note], list[Note]]:
    """The notes of one voice in order of time, and its doublings."""
    if not line:
        return [], []
    line = _one_voice(line)
    levels = _levels(line, delivery, rng)
    drift = Drift(rng, *delivery.lag_ms, _SOLO_RHO)
    begins = [True, *(b.start - a.end >= PHRASE_REST for a, b in pairwise(line))]
    salt = rng.getrandbits(16)
    notes: list[Note] = []
    graces: list[Note] = []
    doubles: list[Note] = []
    for index, (note, level) in enumerate(zip(line, levels, strict=True)):
        shift = drift.next_ms()
        if begins[index] and note.start % delivery.bar >= delivery.bar - TICKS:
            shift -= 0.8 * delivery.lag_ms[0]
        start = _on_grid(note.start, delivery.swing)
        end = max(start + STEP // 4, _on_grid(note.end, delivery.swing))
        slide = False
        if index and delivery.glide and note.start - line[index - 1].end <= STEP // 2:
            slide = abs(note.pitch - line[index - 1].pitch) >= 3 and _happens(delivery.glide, note, delivery.bar, salt)
        if slide:
            notes[-1] = replace(notes[-1], length=max(1, start - notes[-1].start))
        shift = round(shift - delivery.lead_ms, 2)
        shift = max(shift, -0.9 * start / 2) if start < TICKS else shift
        notes.append(Note(start, end - start, note.pitch, velocity(level), shift, slide))
        if delivery.grace and _has_room(line, index) and _happens(delivery.grace, note, delivery.bar, salt + 7):
            played = notes[-1]
            graces.append(replace(played, start=start - GRACE, length=GRACE, pitch=note.pitch - 1,
                                   velocity=velocity(level - 20), ghost=True))  # fmt: skip
        if note.double:
            doubles.append(replace(notes[-1], pitch=note.pitch + note.double, velocity=velocity(level - 14)))
    return sorted([*notes, *graces], key=lambda n: (n.start, n.pitch)), doubles


def _happens(chance: float, note: Sung, bar: int, salt: int) -> bool:
    """A coin that falls alike wherever the same note stands in an eight-bar stretch, so that repeats stay repeats."""
    mixed = (note.start % (8 * bar) * 7919 + note.pitch * 104_729 + salt * 1_299_709) * 2_654_435_761 % (1 << 32)
    return mixed / (1 << 32) < chance


def _has_room(line: Sequence[Sung], index: int) -> bool:
    """Whether a grace note fits before a note: a longer one, approached by rest or from elsewhere."""
    note = line[index]
    if note.length < 2 * STEP or note.start < TICKS:
        return False
    return index == 0 or (note.start - line[index - 1].end >= GRACE and line[index - 1].pitch != note.pitch - 1)


def loudness_of(energy: float, presence: str = "on") -> float:
    """Velocity a melody plays at for a section's energy; reduced parts are about 4 dB softer."""
    return 70 + 30 * min(1.0, max(0.0, energy)) - (20 if presence == "reduced" else 0)


def phrases(line: Sequence[Sung]) -> list[tuple[int, int]]:
    """(first, end) indices of the phrases of a line: stretches without a rest of half a beat and more."""
    found: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(line) + 1):
        if index == len(line) or line[index].start - line[index - 1].end >= PHRASE_REST:
            found.append((first, index))
            first = index
    return found


def _one_voice(line: Sequence[Sung]) -> list[Sung]:
    ordered = sorted(line, key=lambda note: note.start)
    single: list[Sung] = []
    for note in ordered:
        if single and note.start - single[-1].start < STEP // 4:
            continue
        if single and single[-1].end > note.start:
            single[-1] = replace(single[-1], length=note.start - single[-1].start)
        single.append(note)
    return single


def _levels(line: Sequence[Sung], delivery: Delivery, rng: Random) -> list[float]:
    """Velocities: each phrase swells to its highest note and falls off; strong beats and syncopations lean in."""
    levels = [0.0] * len(line)
    for first, end in phrases(line):
        count = end - first
        peak = max(range(first, end), key=lambda index: (line[index].pitch, -index)) - first
        for index in range(first, end):
            place = index - first
            reach = max(1, peak) if place <= peak else max(1, count - 1 - peak)
            swell = 1 - abs(place - peak) / reach if count > 1 else 0.5
            level = line[index].loudness + delivery.arc * (swell - 0.55)
            if delivery.jitter:
                level += 3.0 * is_strong(line[index].start, delivery.bar) + _syncopation(line[index])
                level += rng.gauss(0, delivery.jitter)
            levels[index] = level
    return levels


def _syncopation(note: Sung) -> float:
    off = note.start % TICKS
    return 2.5 if off and note.length >= TICKS else -2.0 if off in (STEP, 3 * STEP) else 0.0


def _on_grid(tick: int, swing: Swing) -> int:
    return swung(tick, unit=swing.unit, percent=swing.percent)
