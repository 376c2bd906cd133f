"""The second voice: it speaks where the lead rests or holds, or walks beside it in thirds."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from sonicforge.compose.blocks import Block
from sonicforge.compose.fit import Sounding
from sonicforge.compose.lead import pitches_of
from sonicforge.compose.motif import Motif, line_of
from sonicforge.compose.phrasing import Sung, loudness_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.vary import inverted, sequence
from sonicforge.music.score import STEP, TICKS

HOLD = TICKS
"""A lead note this long leaves room for another voice."""
_THIRD_BELOW = (-2, -5)


@dataclass(frozen=True, slots=True)
class Spaces:
    """Where the lead is silent or holds: asks are in ticks."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    attacks: frozenset[int]

    @classmethod
    def of(cls, line: Sequence[Sung]) -> "Spaces":
        ordered = sorted(line, key=lambda note: note.start)
        return cls(
            tuple(note.start for note in ordered), tuple(note.end for note in ordered),
            frozenset(note.start for note in ordered),
        )  # fmt: skip

    def free(self, start: int, end: int) -> bool:
        """Whether the lead rests all through, or holds a note of a quarter and more without a new attack."""
        index = bisect_right(self.starts, start) - 1
        upcoming = self.starts[index + 1] if index + 1 < len(self.starts) else 1 << 60
        if upcoming < end:
            return False
        holding = index >= 0 and self.ends[index] > start
        return not holding or self.ends[index] - self.starts[index] >= HOLD

    def silent(self, start: int, end: int) -> bool:
        """Whether the lead rests all through."""
        index = bisect_right(self.starts, start) - 1
        upcoming = self.starts[index + 1] if index + 1 < len(self.starts) else 1 << 60
        return upcoming >= end and (index < 0 or self.ends[index] <= start)


def answers(
    sketch: Sketch, blocks: Sequence[Block], lead: Sequence[Sung], hook: Motif, rng: Random, *, shift: int = -2
) -> list[Sung]:
    """Replies of two to four notes from the hook's end, in bars where the lead is silent; every second chance is taken.

    Without a lead in the section the hook is turned over and said every four bars.
    """
    spaces = Spaces.of(lead)
    cell = _reply(hook, shift, rng)
    turned = sequence(inverted(hook), 1)
    line: list[Sung] = []
    for block in blocks:
        end = block.start + block.bars * sketch.bar
        alone = spaces.silent(block.start, end)
        period, said = (4 * sketch.bar, turned) if alone else (sketch.bar, cell)
        taken = False
        for start in range(block.start, end, period):
            at = start + (sketch.bar // 2 if not alone else 0)
            tones = [tone for tone in said.tones if at + tone.at < end and spaces.silent(at + tone.at, at + tone.end)]
            taken = not taken and len(tones) >= 2
            if not taken:
                continue
            pitches = pitches_of(sketch, at, tones, *_beside(sketch))
            loudness = loudness_of(block.energy, block.presence) - 8
            line += [
                Sung(at + tone.at, tone.length, pitch, loudness) for tone, pitch in zip(tones, pitches, strict=True)
            ]
    return line


def held_strings(sketch: Sketch, blocks: Sequence[Block], lead: Sequence[Sung], low: int, high: int) -> list[Sung]:
    """A counter-melody of long notes: one a chord, moving little, never the note the lead sings."""
    ordered = sorted(lead, key=lambda note: note.start)
    starts = [note.start for note in ordered]
    line: list[Sung] = []
    pitch = (low + high) // 2
    for block in blocks:
        end = block.start + block.bars * sketch.bar
        for chord in sketch.chords_between(block.start, end):
            start, stop = max(chord.start, block.start), min(chord.end, end)
            if stop - start < TICKS:
                continue
            for at, until in _halves(start, stop, sketch.bar):
                sung = ordered[max(0, bisect_right(starts, at) - 1)].pitch if ordered else pitch
                pitch = _counter_tone(chord.tones, pitch, sung, low, high, moving=at != start)
                line.append(
                    Sung(at, until - at - STEP // 2, pitch, loudness_of(block.energy, block.presence) - 6, free=True)
                )
    return line


def echo(lead: Sequence[Sung], blocks: Sequence[Block], bar: int, delay: int) -> list[Sung]:
    """The lead once more, `delay` ticks later and softer, where its attacks do not meet the lead's."""
    spaces = Spaces.of(lead)
    spans = [(block.start, block.start + block.bars * bar) for block in blocks]
    line: list[Sung] = []
    for note in lead:
        at = note.start + delay
        if not any(first <= at < end for first, end in spans) or at in spaces.attacks:
            continue
        index = bisect_right(spaces.starts, at)
        room = (spaces.starts[index] if index < len(spaces.starts) else at + note.length) - at
        length = min(note.length, room)
        if length >= STEP // 2:
            line.append(replace(note, start=at, length=length, loudness=note.loudness - 22, double=0))
    return line


def thirds_below(sketch: Sketch, lead: Sequence[Sung], spans: Sequence[tuple[int, int]]) -> list[Sung]:
    """The lead's line a diatonic third below, a sixth where the third would rub against the chord."""
    line: list[Sung] = []
    for note in lead:
        if any(first <= note.start < end for first, end in spans):
            pitch = third_below(sketch, note)
            line.append(replace(note, pitch=pitch, loudness=note.loudness - 10, double=0))
    return line


def third_below(sketch: Sketch, note: Sung) -> int:
    """The tone a diatonic third (else a sixth) below a note that suits the chord."""
    key = sketch.key_at(note.start)
    chord = Sounding.of(sketch.chord_at(note.start), key)
    line = line_of(key, note.pitch)
    options = [chord.pitch(key, line + steps) for steps in _THIRD_BELOW]
    return next((pitch for pitch in options if not chord.rubs(pitch)), options[0])


def bells(sketch: Sketch, blocks: Sequence[Block], lead: Sequence[Sung], hook: Motif) -> list[Sung]:
    """High bell figures: three chord tones downwards behind the lead's phrases; alone, the hook's rhythm on them."""
    spaces = Spaces.of(lead)
    line: list[Sung] = []
    _, high = sketch.genre.melody.range
    for block in blocks:
        end = block.start + block.bars * sketch.bar
        for nth, start in enumerate(range(block.start, end, sketch.bar)):
            chord = sketch.chord_at(start)
            tones = sorted(_lift(tone, high - 9) for tone in chord.tones[:4])[:3]
            if spaces.silent(start, start + sketch.bar):
                offset = sketch.bar if hook.span > sketch.bar and nth % 2 else 0
                rhythm = [tone.at - offset for tone in hook.tones if 0 <= tone.at - offset < sketch.bar]
                rhythm = rhythm if nth % 4 != 3 else []
            else:
                rhythm = [at for at in (5 * STEP, 8 * STEP, 11 * STEP, 14 * STEP)
                          if spaces.free(start + at, start + at + 3 * STEP)][-3:] if nth % 2 else []  # fmt: skip
            loudness = loudness_of(block.energy, block.presence) - 12
            line += [Sung(start + at, 3 * STEP, tones[-1 - index % len(tones)], loudness - 2 * index)
                     for index, at in enumerate(rhythm)]  # fmt: skip
    return line


def choir(sketch: Sketch, blocks: Sequence[Block], low: int, high: int, rng: Random) -> list[Sung]:
    """Long breaths on colour tones: one note a chord or two bars, with silences between them."""
    line: list[Sung] = []
    pitch = (low + high) // 2
    for block in blocks:
        end = block.start + block.bars * sketch.bar
        for chord in sketch.chords_between(block.start, end):
            start, stop = max(chord.start, block.start), min(chord.end, end)
            if rng.random() < 0.2 or stop - start < sketch.bar:
                continue
            pitch = _counter_tone(chord.tones[1:] or chord.tones, pitch, pitch, low, high, moving=True)
            late = rng.choice((0, TICKS, 2 * TICKS))
            length = min(stop - start - late, rng.choice((2, 3, 4)) * sketch.bar)
            if length >= TICKS:
                line.append(
                    Sung(start + late, length, pitch, loudness_of(block.energy, block.presence) - 14, free=True)
                )
    return line


def _reply(hook: Motif, shift: int, rng: Random) -> Motif:
    count = min(len(hook.tones), rng.choice((2, 3, 3, 4)))
    last = hook.tones[-count:]
    start = last[0].at - last[0].at % (2 * STEP)
    return Motif(
        tuple(replace(t, at=t.at - start, line=t.line + shift, length=min(t.length, 6 * STEP)) for t in last), hook.span
    )


def _beside(sketch: Sketch) -> tuple[int, int]:
    low, high = sketch.genre.melody.range
    return low - 3, high - 2


def _halves(start: int, stop: int, bar: int) -> list[tuple[int, int]]:
    """A stretch as one note up to two bars, as two when it is longer."""
    if stop - start <= 2 * bar:
        return [(start, stop)]
    middle = start + (stop - start) // 2 // bar * bar
    return [(start, middle), (middle, stop)]


def _counter_tone(tones: Sequence[int], before: int, sung: int, low: int, high: int, *, moving: bool) -> int:
    options = [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
    if not options:
        return before
    cost = {pitch: abs(pitch - before) + 3 * (pitch % 12 == sung % 12) + 4 * (abs(pitch - sung) in (1, 2, 13))
            + 2 * (moving and pitch == before) for pitch in options}  # fmt: skip
    return min(options, key=lambda pitch: (cost[pitch], pitch))


def _lift(pitch_class: int, floor: int) -> int:
    return floor + (pitch_class - floor) % 12
