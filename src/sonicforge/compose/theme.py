"""From hook to theme: eight bars by a plan of statements, variations, contrast and rests."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from sonicforge.compose.hook import ChordsAt, Frame, draw_line, wish_of
from sonicforge.compose.manner import Manner
from sonicforge.compose.motif import Motif, Tone, judged, quality
from sonicforge.compose.vary import Setting, ended, inside, inverted, octave, sequence, tail, vary
from sonicforge.genres.genre import Melody
from sonicforge.music.score import STEP

_CONTRASTS = 6


@dataclass(frozen=True, slots=True)
class Theme:
    """The hook, its contrast and the units of the plan, each `unit` ticks long."""

    hook: Motif
    contrast: Motif
    plan: str
    units: tuple[Motif, ...]
    setting: Setting

    @property
    def unit(self) -> int:
        return self.hook.span

    @property
    def span(self) -> int:
        return sum(unit.span for unit in self.units)


def compose_theme(
    hook: Motif, contrast: Motif, plan: str, setting: Setting, melody: Melody, rng: Random, *, answer_low: bool = False
) -> Theme:
    """A theme after a plan (its letters are explained in `manner`)."""
    units = tuple(_unit(letter, hook, contrast, setting, melody, rng) for letter in plan.split())
    if answer_low:
        units = (*units[:-1], octave(units[-1], -1))
    return Theme(hook, contrast, plan, units, setting)


def contrast_of(hook: Motif, frame: Frame, manner: Manner, chords: ChordsAt, rng: Random) -> Motif:
    """A second motif that belongs to the first: its rhythm begins like the hook's end, its line lies apart.

    It repeats no more than the hook's rhythm, so that a theme never holds many different rhythm cells.
    """
    gaps = [(tone.at // STEP, tone.length // STEP) for tone in hook.tones]
    half = hook.span // STEP // 2
    later = [(at - half, length) for at, length in gaps if at >= half]
    rhythm = later + [(at + half, length) for at, length in gaps if at < half] if len(later) >= 2 else gaps
    limit = (hook.span // STEP) - min(manner.breath, 4)
    rhythm = sorted((at, max(1, length)) for at, length in rhythm if at < limit)
    if not rhythm:
        return hook
    top = sum(tone.line for tone in hook.tones) / len(hook.tones)
    centre = round(top + rng.choice((-2, 2, 3)))
    heard = [chords(at * STEP) for at, _ in rhythm]
    middle = min(max(centre, frame.low), frame.high)
    drawn = [draw_line(tuple(rhythm), hook.span, frame, heard, rng, centre=middle) for _ in range(_CONTRASTS)]
    wish = wish_of(frame, manner)
    return max(drawn, key=lambda motif: quality(judged(motif, frame.key, frame.bar, wish, heard)))


def with_new_tail(theme: Theme, rng: Random) -> Theme:
    """The theme with another ending of its last unit."""
    return _with_unit(theme, _last_sung(theme), lambda unit: ended(
        tail(unit, theme.setting.closed, theme.setting, rng), theme.setting.closed, theme.setting))  # fmt: skip


def with_other_variation(theme: Theme, melody: Melody, rng: Random) -> Theme:
    """The theme with its second unit varied anew."""
    return _with_unit(theme, min(1, len(theme.units) - 1), lambda unit: vary(
        unit if unit.tones else theme.hook, melody.operations, theme.setting, rng))  # fmt: skip


def lifted(theme: Theme, steps: int) -> Theme:
    """The second half of the theme moved up by diatonic steps, within the range."""
    half = len(theme.units) // 2
    moved = tuple(inside(sequence(unit, steps), theme.setting) for unit in theme.units[half:])
    return replace(theme, units=theme.units[:half] + moved)


def tones_of(theme: Theme, span: int) -> tuple[Tone, ...]:
    """The theme's tones up to `span`; a theme cut short closes early, one too short says its first half twice."""
    units = theme.units
    if span > theme.span:
        units = units[: len(units) // 2] + units
    tones: list[Tone] = []
    start = 0
    for index, unit in enumerate(units):
        if start >= span:
            break
        last = start + unit.span >= span
        if last and index < len(units) - 1 and unit.tones:
            unit = ended(unit, theme.setting.closed, theme.setting)
        tones += [tone for tone in unit.at(start) if tone.at < span]
        start += unit.span
    return tuple(replace(tone, length=min(tone.length, span - tone.at)) for tone in tones)


def _unit(letter: str, hook: Motif, contrast: Motif, setting: Setting, melody: Melody, rng: Random) -> Motif:
    match letter:
        case "A":
            return hook
        case "v":
            return vary(hook, melody.operations, setting, rng)
        case "B":
            return contrast
        case "o":
            return ended(tail(hook, setting.open, setting, rng), setting.open, setting)
        case "c":
            return ended(tail(hook, setting.closed, setting, rng), setting.closed, setting)
        case "s":
            return inside(sequence(hook, rng.choice((1, 2))), setting)
        case "i":
            return inside(inverted(hook), setting)
        case "e":
            return _climbing(hook, setting, rng)
        case _:
            return Motif((), hook.span)


def _climbing(hook: Motif, setting: Setting, rng: Random) -> Motif:
    """The hook on its way up: moved by a third or fourth, each half higher than the one before."""
    high = sequence(hook, rng.choice((2, 3)))
    half = high.span // 2
    later = [tone for tone in high.tones if tone.at >= half]
    if len(later) >= 2 and max(tone.line for tone in later) + 1 <= setting.high:
        high = Motif(tuple(replace(t, line=t.line + 1) if t.at >= half else t for t in high.tones), high.span)
    return inside(high, setting)


def _last_sung(theme: Theme) -> int:
    return max((index for index, unit in enumerate(theme.units) if unit.tones), default=0)


def _with_unit(theme: Theme, index: int, change: Callable[[Motif], Motif]) -> Theme:
    units = list(theme.units)
    units[index] = change(units[index])
    return replace(theme, units=tuple(units))
