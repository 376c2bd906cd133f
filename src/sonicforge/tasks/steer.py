"""The owner's words for the whole programme: "more energy after 22:00", "less jazz", "only ambient at night"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sonicforge.genres.phrase import Phrase, listed
from sonicforge.genres.synonym import genre_words
from sonicforge.library.programme import Programme
from sonicforge.tasks.reshape import with_energy, with_none_of, with_only, with_weight
from sonicforge.tasks.span import Span, span_of, when
from sonicforge.tasks.words import spoken

STEP: Final = 0.15
FACTOR: Final = 2.0
_STEPS: Final = (
    (r"\b(?:much|a lot|lots|way|far)\b", 2.0),
    (r"\b(?:a (?:little|bit|touch|tad)|slightly|somewhat)\b", 0.5),
)
_MORE: Final = (
    r"\b(?:more|higher|raise|increase|boost|turn up)\b.{0,20}\b(?:energy|power|drive)\b"
    r"|\b(?:livelier|wilder|more energetic|more lively)\b"
)
_LESS: Final = (
    r"\b(?:less|lower|reduce|decrease|turn down)\b.{0,20}\b(?:energy|power|drive)\b"
    r"|\b(?:calmer|quieter|mellower|more relaxed|more calm|less energetic|calm down|chill out)\b"
)
_LEVEL: Final = r"\benergy\s*(?:to|of|at|is|=|:)?\s*(\d{1,3})\s*(?:%|percent)"
_SKIP: Final = r"(?:please\s+)?(?:skip|next)(?:\s+(?:this|that|it|one|track|song|piece|the|please|now))*[.!]?"
_VERB: Final = re.compile(
    r"\b(more|less|fewer|no more|no|without|stop|never|nothing but|only|just)\s+(?:(?:of|play|playing|the)\s+){0,2}$"
)
_AND: Final = re.compile(r"(?:\b(?:and|or)|,|&)\s*$")
_KINDS: Final = {
    "more": "more", "less": "less", "fewer": "less", "no more": "no", "no": "no", "without": "no", "stop": "no",
    "never": "no", "nothing but": "only", "only": "only", "just": "only",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Steered:
    """What an owner's words change: a new `programme`, or `skip`; `said` tells it back."""

    programme: Programme | None
    skip: bool
    said: tuple[str, ...]


def steer(text: str, programme: Programme, *, hour: float, genre_folder: Path | None = None) -> Steered | None:
    """What words mean for a programme at a local `hour`; None when they are no command.

    A command without a time of day changes the whole day. Raises `Conflict` where nothing would be left to play.
    """
    phrase = Phrase(text)
    if re.fullmatch(_SKIP, phrase.rest.strip()):
        return Steered(None, skip=True, said=("what is on air is skipped",))
    span = span_of(phrase, hour)
    said: list[str] = []
    for kind, genres in _genre_wishes(phrase, genre_folder).items():
        programme = _with_genres(programme, kind, genres, span, genre_folder)
        time = f" {when(span)}" if kind in ("only", "no") else ""
        said.append(f"{kind} {listed(map(spoken, genres))}{time}")
    programme = _with_energy(phrase, programme, span, said)
    return Steered(programme, skip=False, said=tuple(said)) if said else None


def _genre_wishes(phrase: Phrase, folder: Path | None) -> dict[str, list[str]]:
    """Kind of change -> genres; a verb holds for a whole list, as in "no techno and trance"."""
    wishes: dict[str, list[str]] = {}
    kind = ""
    for match, name in phrase.take_names(genre_words(folder)):
        before = phrase.before(match.start())
        if found := _VERB.search(before):
            kind = _KINDS[found[1]]
        elif not _AND.search(before):
            kind = ""
        if kind and name not in wishes.setdefault(kind, []):
            wishes[kind].append(name)
    return wishes


def _with_genres(
    programme: Programme, kind: str, genres: Sequence[str], span: Span | None, folder: Path | None
) -> Programme:
    if kind == "only":
        return with_only(programme, genres, span, folder)
    if kind == "no":
        return with_none_of(programme, genres, span, folder)
    return with_weight(programme, genres, FACTOR if kind == "more" else 1 / FACTOR, folder)


def _with_energy(phrase: Phrase, programme: Programme, span: Span | None, said: list[str]) -> Programme:
    if level := phrase.take(_LEVEL):
        wished = min(int(level[1]), 100) / 100
        said.append(f"energy {wished:.0%} {when(span)}")
        return with_energy(programme, span, lambda _: wished)
    step = STEP * next((factor for pattern, factor in _STEPS if phrase.take(pattern)), 1.0)
    more, less = phrase.take(_MORE), phrase.take(_LESS)
    if bool(more) == bool(less):
        return programme
    change = step if more else -step
    said.append(f"energy {change * 100:+.0f} % {when(span)}")
    return with_energy(programme, span, lambda energy: energy + change)
