"""What can be done with a motif: repetition, new tail, sequence, fragment, displacement, augmentation and the rest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

from sonicforge.compose.motif import Motif, Tone, is_strong
from sonicforge.music.score import STEP, TICKS


@dataclass(frozen=True, slots=True)
class Setting:
    """What an operation may need to know: the lines allowed, the bar in ticks, degrees that rest or ask."""

    low: int
    high: int
    bar: int
    closed: tuple[int, ...]
    open: tuple[int, ...]


def sequence(motif: Motif, steps: int) -> Motif:
    """The motif moved by diatonic steps."""
    return _mapped(motif, lambda tone: replace(tone, line=tone.line + steps))


def octave(motif: Motif, octaves: int = 1) -> Motif:
    return sequence(motif, 7 * octaves)


def inverted(motif: Motif) -> Motif:
    """Upside down around its first tone."""
    if not motif.tones:
        return motif
    axis = motif.tones[0].line
    return _mapped(motif, lambda tone: replace(tone, line=2 * axis - tone.line, bend=-tone.bend))


def augmented(motif: Motif) -> Motif:
    """Twice as slow."""
    return Motif(tuple(replace(t, at=2 * t.at, length=2 * t.length) for t in motif.tones), 2 * motif.span)


def diminished(motif: Motif) -> Motif:
    """Twice as fast, said twice."""
    half = motif.span // 2
    fast = tuple(replace(t, at=t.at // 2, length=max(STEP // 2, t.length // 2)) for t in motif.tones)
    return Motif(fast + tuple(replace(t, at=t.at + half) for t in fast), motif.span)


def fragment(motif: Motif) -> Motif:
    """The first half said twice."""
    half = motif.span // 2
    first = tuple(_cut(tone, half) for tone in motif.tones if tone.at < half)
    if len(first) < 2:
        return motif
    return Motif(first + tuple(replace(t, at=t.at + half) for t in first), motif.span)


def head(motif: Motif, count: int) -> Motif:
    """Only the first tones; the last of them is held a little longer."""
    kept = motif.tones[:count]
    if not kept:
        return motif
    room = (motif.tones[count].end if count < len(motif.tones) else motif.span) - kept[-1].at
    return Motif((*kept[:-1], replace(kept[-1], length=min(room, max(kept[-1].length, 3 * STEP)))), motif.span)


def displaced(motif: Motif, steps: int) -> Motif:
    """Shifted by 16ths; what would leave the span stays away."""
    moved = (replace(t, at=t.at + steps * STEP) for t in motif.tones)
    return Motif(tuple(_cut(t, motif.span) for t in moved if 0 <= t.at < motif.span - STEP), motif.span)


def thinned(motif: Motif, setting: Setting) -> Motif:
    """Without its weak, short notes; at least two stay."""
    kept = [
        tone
        for index, tone in enumerate(motif.tones)
        if index in (0, len(motif.tones) - 1) or is_strong(tone.at, setting.bar) or tone.length >= 4 * STEP
    ]
    return Motif(tuple(kept), motif.span) if len(kept) < len(motif.tones) else Motif(motif.tones[::2], motif.span)


def ornamented(motif: Motif, rng: Random) -> Motif:
    """A neighbour note before one or two of the longer tones, taken from the time of the tone before."""
    tones: list[Tone] = []
    left = 2
    for tone in motif.tones:
        free = tone.at - (tones[-1].at if tones else 0)
        if left and tones and free >= 3 * STEP and tone.length >= 2 * STEP and rng.random() < 0.6:
            tones[-1] = replace(tones[-1], length=min(tones[-1].length, free - STEP))
            tones.append(Tone(tone.at - STEP, STEP, tone.line + rng.choice((-1, 1))))
            left -= 1
        tones.append(tone)
    return Motif(tuple(tones), motif.span)


def tail(motif: Motif, degrees: Iterable[int], setting: Setting, rng: Random) -> Motif:
    """The last one to three tones replaced by steps that lead to one of `degrees`; the head stays recognisable."""
    count = len(motif.tones)
    if count < 2:
        return motif
    changed = min(max(1, count - 3), rng.choice((1, 2, 2, 3)))
    kept = motif.tones[: count - changed]
    last = motif.tones[-1].line
    goal = nearest_line(last + rng.choice((-2, -1, 1, 2)), degrees, setting, unlike=last)
    lines = _path(kept[-1].line, goal, changed)
    new = (replace(t, line=line, bend=0) for t, line in zip(motif.tones[count - changed :], lines, strict=True))
    return Motif((*kept, *new), motif.span)


def ended(motif: Motif, degrees: Iterable[int], setting: Setting) -> Motif:
    """The motif as the end of a phrase: it closes on one of `degrees`, its last note is long and a rest follows.

    The last note lasts at least 1.5 times the mean and is followed by half a beat of rest; where there is no room for
    that, notes before the end fall away.
    """
    tones = list(motif.tones)
    while len(tones) > 2 and motif.span - tones[-1].at < _final_length(tones[:-1]) + TICKS // 2:
        tones.pop()
    if not tones:
        return motif
    last = tones[-1]
    room = motif.span - last.at - TICKS // 2
    length = max(min(room, max(last.length, _final_length(tones[:-1]))), min(STEP, room), STEP // 2)
    line = nearest_line(last.line, degrees, setting)
    return Motif((*tones[:-1], replace(last, line=line, bend=0, length=length)), motif.span)


def nearest_line(line: int, degrees: Iterable[int], setting: Setting, *, unlike: int | None = None) -> int:
    """The line nearest to one whose degree is wanted and that lies in range."""
    wanted = {degree % 7 for degree in (d - 1 for d in degrees)}
    options = [c for c in range(line - 5, line + 6)
               if c % 7 in wanted and setting.low <= c <= setting.high and c != unlike]  # fmt: skip
    return min(options, key=lambda c: (abs(c - line), c)) if options else min(max(line, setting.low), setting.high)


def vary(motif: Motif, weights: Mapping[str, float], setting: Setting, rng: Random) -> Motif:
    """One operation drawn by the genre's weights; spans stay as they are."""
    known = {name: weight for name, weight in weights.items() if name in OPERATIONS and weight > 0}
    name = rng.choices(tuple(known), tuple(known.values()))[0] if known else "tail"
    varied = OPERATIONS[name](motif, setting, rng)
    return inside(varied, setting) if varied.span == motif.span and varied.tones else motif


def inside(motif: Motif, setting: Setting) -> Motif:
    """The motif moved by octaves until it fits the range as well as it can."""
    if not motif.tones:
        return motif
    low, high = min(t.line for t in motif.tones), max(t.line for t in motif.tones)
    shift = 0
    while high + shift > setting.high and low + shift - 7 >= setting.low - 2:
        shift -= 7
    while low + shift < setting.low and high + shift + 7 <= setting.high + 2:
        shift += 7
    return sequence(motif, shift) if shift else motif


Operation = Callable[[Motif, Setting, Random], Motif]
OPERATIONS: dict[str, Operation] = {
    "rep": lambda motif, _setting, _rng: motif,
    "tail": lambda motif, setting, rng: tail(motif, setting.open + setting.closed, setting, rng),
    "seq": lambda motif, _setting, rng: sequence(motif, rng.choice((-2, -1, 1, 2))),
    "frag": lambda motif, _setting, _rng: fragment(motif),
    "disp": lambda motif, _setting, rng: displaced(motif, rng.choice((-2, 2, 2, 1))),
    "dim": lambda motif, _setting, _rng: diminished(motif),
    "inv": lambda motif, _setting, _rng: inverted(motif),
    "orn": lambda motif, _setting, rng: ornamented(motif, rng),
    "thin": lambda motif, setting, _rng: thinned(motif, setting),
    "oct": lambda motif, _setting, rng: octave(motif, rng.choice((-1, 1))),
    "aug": lambda motif, _setting, _rng: head(motif, max(2, len(motif.tones) // 2)),
}
"""Operation by the name genre files use. Inside a plan, where time is given, `aug` broadens by leaving out the end."""


def _final_length(others: list[Tone]) -> int:
    mean = sum(tone.length for tone in others) / len(others) if others else TICKS
    return round(1.5 * mean / STEP) * STEP


def _path(start: int, goal: int, count: int) -> list[int]:
    return [round(start + (goal - start) * (index + 1) / count) for index in range(count)]


def _cut(tone: Tone, end: int) -> Tone:
    return tone if tone.end <= end else replace(tone, length=end - tone.at)


def _mapped(motif: Motif, change: Callable[[Tone], Tone]) -> Motif:
    return Motif(tuple(map(change, motif.tones)), motif.span)
