"""From options to a concept: words and switches become one validated wish."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sonicforge.errors import OutOfRange
from sonicforge.genres.concept import Concept
from sonicforge.genres.interpret import interpret

MOST_SEED = 2**63 - 1


def concept_from(
    text: str,
    *,
    genre: str | None = None,
    moods: Sequence[str] = (),
    bpm: float | None = None,
    key: str | None = None,
    energy: float | None = None,
    minutes: float | None = None,
    form: str | None = None,
    feature: Sequence[str] = (),
    without: Sequence[str] = (),
    seed: int | None = None,
    genre_folder: Path | None = None,
) -> tuple[Concept, tuple[str, ...]]:
    """The concept and what was understood, in words. Options win over words; a missing seed is drawn."""
    if seed is None:
        seed = secrets.randbelow(2**31)
    if not 0 <= seed <= MOST_SEED:
        raise OutOfRange("seed", seed, 0, MOST_SEED)
    heard = interpret(text, seed=seed, folder=genre_folder)
    wishes: dict[str, object] = {
        "genre": genre,
        "mood": _split(moods),
        "bpm": bpm,
        "key": key,
        "energy": energy,
        "length_s": None if minutes is None else minutes * 60,
        "form": form,
        "instruments": _split(feature),
        "without": _split(without),
    }
    given = {name: value for name, value in wishes.items() if value not in (None, ())}
    return replace(heard.concept, **given).validated(), heard.understood  # type: ignore[arg-type]


def _split(words: Sequence[str]) -> tuple[str, ...]:
    """`("dark,calm", "warm")` -> `("dark", "calm", "warm")`."""
    parts = [part.strip() for word in words for part in word.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))
