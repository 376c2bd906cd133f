"""Where a track may be left and how its phrases lie: bar lines and sections in the DJ's terms."""

from dataclasses import dataclass

from sonicforge.music.barlines import Barlines, Span
from sonicforge.playout.item import Item

_LONG_ENDING = 8
"""Bars of a calm ending after which nothing is lost by going on."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The bars of an item that really sound: `bars` of them, bar line `bars` ends the last one."""

    lines: Barlines
    bars: int

    def line_s(self, bar: int) -> float:
        """Second of the file at which a bar begins."""
        return self.lines.bars_s[bar]

    def beat_s(self, bar: int) -> float:
        """Length of a beat of that bar."""
        bar = min(max(bar, 0), self.lines.bars - 1)
        return (self.line_s(bar + 1) - self.line_s(bar)) / self.lines.beats_per_bar

    def section(self, bar: int) -> Span | None:
        """The section in which a bar lies."""
        return self.lines.section_at((self.line_s(bar) + self.line_s(bar + 1)) / 2) if bar < self.lines.bars else None

    def into_section(self, bar: int) -> int:
        """How many bars after the start of its section a bar begins; 0 also for the end of the music."""
        span = self.section(bar)
        if span is None or bar >= self.bars:
            return 0
        return bar - self.lines.bar_at(span.start_s + self.beat_s(bar) / 2)

    def plays(self, bar: int, what: str) -> bool:
        """Whether drums, bass or lead (`what`) begin notes in the section of a bar; without sections it is assumed."""
        span = self.section(bar)
        return True if span is None else bool(getattr(span, what))

    def low_end(self, bar: int) -> bool:
        """Whether a bar has something that fills the low end."""
        return self.plays(bar, "bass") or self.plays(bar, "drums")


def phrases_of(item: Item) -> Phrases | None:
    """None where no bar lines are known, or fewer than four bars of sound."""
    lines = item.barlines
    if lines is None:
        return None
    bars = sum(second <= item.duration_s + 0.02 for second in lines.bars_s) - 1
    return Phrases(lines, bars) if bars >= 4 else None


def calm(phrases: Phrases | None, item: Item, bar: int) -> bool:
    """Whether there is no beat to match around a bar."""
    if phrases is None:
        return item.energy <= 0.35
    return not phrases.plays(min(max(bar, 0), phrases.bars - 1), "drums")


def leaving_bar(phrases: Phrases, *, hot: bool = False) -> int:
    """The bar line on which a track that is cut, stopped or echoed out is left.

    The last one; but of an ending of more than eight bars only eight are played, and `hot` leaves before a calm ending
    that would take the energy away.
    """
    last = phrases.section(phrases.bars - 1)
    if last is None or len(phrases.lines.sections) < 2:
        return phrases.bars
    start = phrases.bars - 1 - phrases.into_section(phrases.bars - 1)
    before = phrases.section(max(start - 1, 0))
    if hot and before is not None and before.energy > last.energy + 0.15 and start >= 8:
        return start
    return min(phrases.bars, start + _LONG_ENDING) if start >= 4 else phrases.bars
