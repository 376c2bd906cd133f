"""Spans of the day in people's words, and reckoning with them: (from, to) in local hours, over midnight as (22, 4)."""

from collections.abc import Sequence
from typing import Final

from sonicforge.genres.phrase import Phrase
from sonicforge.library.programme import DAY
from sonicforge.tasks.clock import clock_words

Span = tuple[float, float]

NIGHT_ENDS: Final = 4.0
"""An evening that was given no end lasts until then."""
_HOUR: Final = r"(\d{1,2})(?::([0-5]\d))?\s*(am\b|pm\b|o'clock|h\b)?"
_BETWEEN: Final = rf"\b(?:between|from)\s+{_HOUR}\s*(?:and|to|until|till|-)\s*{_HOUR}"
_AFTER: Final = rf"\b(?:after|from|since)\s+{_HOUR}"
_UNTIL: Final = rf"\b(?:until|till|before)\s+{_HOUR}"
_NOW: Final = r"\b(?:right )?now\b"
_PARTS: Final[dict[str, Span]] = {
    "morning": (6.0, 11.0),
    "afternoon": (12.0, 18.0),
    "evening": (18.0, 23.0),
    "tonight": (20.0, NIGHT_ENDS),
    "night": (22.0, NIGHT_ENDS),
}
_NOW_H: Final = 2.0


def span_of(phrase: Phrase, hour: float) -> Span | None:
    """The span that words speak of, blanked out; None where they name none. `hour` is the local hour now."""
    if found := phrase.take(_BETWEEN):
        return _clock(found[1], found[2], found[3] or found[6]), _clock(found[4], found[5], found[6])
    if found := phrase.take(_AFTER):
        begin = _clock(found[1], found[2], found[3])
        return begin, NIGHT_ENDS if begin >= 16.0 or begin < NIGHT_ENDS else DAY
    if found := phrase.take(_UNTIL):
        return round(hour, 2), _clock(found[1], found[2], found[3])
    for word, span in _PARTS.items():
        if phrase.take(rf"(?:\b(?:in the|at|over|during the|every)\s+)?\b{word}\b"):
            return span
    return (round(hour, 2), round((hour + _NOW_H) % DAY, 2)) if phrase.take(_NOW) else None


def when(span: Span | None) -> str:
    """The span in words."""
    return "all day" if span is None else f"from {clock_words(span[0])} to {clock_words(span[1])}"


def inside(hour: float, span: Span) -> bool:
    """Whether a local hour lies in a span or on its border."""
    begin, end = span
    return begin <= hour <= end if begin < end else hour >= begin or hour <= end


def without(hours: Sequence[Span], span: Span) -> tuple[Span, ...]:
    """Hours (none: the whole day) less a span; nothing is left where the span covers them."""
    left = [piece for each in (hours or ((0.0, DAY),)) for piece in _unwound(each)]
    for cut_begin, cut_end in _unwound(span):
        parts = [part for begin, end in left for part in ((begin, min(end, cut_begin)), (max(begin, cut_end), end))]
        left = [(begin, end) for begin, end in parts if end - begin > 1e-9]
    return tuple(left)


def _unwound(span: Span) -> list[Span]:
    """A span as pieces that do not cross midnight."""
    begin, end = span
    pieces = [span] if begin < end else [(begin, DAY), (0.0, end)]
    return [(start, stop) for start, stop in pieces if stop > start]


def _clock(hour: str, minute: str | None, half: str | None) -> float:
    told = int(hour) + int(minute or 0) / 60.0
    if half == "pm" and told < 12:
        told += 12
    return (told - 12 if half == "am" and told >= 12 else told) % DAY
