"""From notes to voices: single notes, glided lines of one voice, and chords of long notes that share one filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sonicforge.genres.timbre import Patch
from sonicforge.music.score import Note
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE

TOUCH_TICKS = 12
TOGETHER_S = 0.012
LONG_S = 1.0
SHORTEST = int(0.012 * SAMPLE_RATE)
SLIDE_MS = 60.0


@dataclass(frozen=True, slots=True)
class Strike:
    """A note within a voice: its start in samples after the voice's, `fresh` when the envelopes begin anew."""

    at: int
    pitch: float
    velocity: int
    fresh: bool
    accent: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """What sounds as one: `start` in samples of the track, `gate` samples until it is released.

    `tones` are (semitones from the line's pitch, gain); `origin` is the pitch it glides in from, if any.
    """

    index: int
    tick: int
    start: int
    gate: int
    strikes: tuple[Strike, ...]
    tones: tuple[tuple[float, float], ...]
    lfo_beats: float
    origin: float | None

    @property
    def pitch(self) -> float:
        return self.strikes[0].pitch

    @property
    def velocity(self) -> int:
        return self.strikes[0].velocity


def voices(notes: Sequence[Note], patch: Patch, clock: Clock) -> list[Voice]:
    """The notes of one part as voices, in order of their start."""
    ordered = sorted(notes, key=lambda note: (note.start, note.pitch))
    if not ordered:
        return []
    starts = clock.seconds([note.start for note in ordered])
    ends = clock.seconds([note.end for note in ordered])
    timed = [
        _Timed(note, float(start) + note.shift_ms / 1000, float(end) + note.shift_ms / 1000)
        for note, start, end in zip(ordered, starts, ends, strict=True)
    ]
    if _is_line(ordered) and (patch.glide_ms > 0 or any(note.slide for note in ordered)):
        groups = _lines(timed, patch)
        return [_line(index, group, before) for index, (group, before) in enumerate(groups)]
    if shares_filter(patch):
        return [_chord(index, group) for index, group in enumerate(_chords(timed))]
    return [_line(index, [one], None) for index, one in enumerate(timed)]


def shares_filter(patch: Patch) -> bool:
    """Slow oscillator patches, whose chords may pass one filter together: nothing in them bends the sound."""
    slow = patch.amp_envelope is not None and patch.amp_envelope.attack_ms >= 100
    bent = patch.drive_db > 0 or patch.drive_after_db > 0 or (patch.filter is not None and patch.filter.kind == "lad24")
    others = patch.fm or patch.string or patch.partials or patch.piano
    return slow and not bent and bool(patch.oscillators) and not others


@dataclass(frozen=True, slots=True)
class _Timed:
    note: Note
    start_s: float
    end_s: float


def _is_line(notes: Sequence[Note]) -> bool:
    """True when no note starts before the one before has (nearly) ended."""
    return all(one.end - two.start <= TOUCH_TICKS * 10 for one, two in pairwise(notes))


def _lines(timed: Sequence[_Timed], patch: Patch) -> list[tuple[list[_Timed], float | None]]:
    """Runs of notes that one voice plays without letting go, each with the pitch it slides in from."""
    groups: list[tuple[list[_Timed], float | None]] = [([timed[0]], None)]
    for before, one in pairwise(timed):
        gap = one.note.start - before.note.end
        reach = 240 if one.note.slide else TOUCH_TICKS
        joined = gap <= reach and (one.note.slide or (patch.glide_ms > 0 and one.note.pitch != before.note.pitch))
        if joined:
            groups[-1][0].append(one)
        else:
            groups.append(([one], float(before.note.pitch) if one.note.slide else None))
    return groups


def _chords(timed: Sequence[_Timed]) -> list[list[_Timed]]:
    """Long notes that begin and end together, in groups; all other notes alone."""
    groups: list[list[_Timed]] = []
    for one in timed:
        for group in groups[-6:]:
            first = group[0]
            together = abs(first.start_s - one.start_s) < TOGETHER_S and abs(first.end_s - one.end_s) < 4 * TOGETHER_S
            if together and first.end_s - first.start_s >= LONG_S:
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _line(index: int, run: Sequence[_Timed], origin: float | None) -> Voice:
    start = round(run[0].start_s * SAMPLE_RATE)
    strikes = tuple(
        Strike(
            at=round(one.start_s * SAMPLE_RATE) - start,
            pitch=float(one.note.pitch),
            velocity=one.note.velocity,
            fresh=place == 0 or not one.note.slide,
            accent=one.note.accent,
        )
        for place, one in enumerate(run)
    )
    gate = max(round(run[-1].end_s * SAMPLE_RATE) - start, strikes[-1].at + SHORTEST)
    note = run[0].note
    return Voice(index, note.start, start, gate, strikes, ((0.0, 1.0),), note.lfo_beats, origin)


def _chord(index: int, group: Sequence[_Timed]) -> Voice:
    pitches = [one.note.pitch for one in group]
    centre = sum(pitches) / len(pitches)
    loudest = max(one.note.velocity for one in group)
    tones = tuple((one.note.pitch - centre, velocity_step_gain(one.note.velocity - loudest)) for one in group)
    start = round(group[0].start_s * SAMPLE_RATE)
    gate = max(round(group[0].end_s * SAMPLE_RATE) - start, SHORTEST)
    strike = Strike(0, centre, loudest, fresh=True, accent=False)
    note = group[0].note
    return Voice(index, note.start, start, gate, (strike,), tones, note.lfo_beats, None)


def velocity_step_gain(velocity_steps: float) -> float:
    """9 dB over the 87 steps between velocity 40 and 127."""
    return float(10 ** (velocity_steps * 9.0 / 87.0 / 20))
