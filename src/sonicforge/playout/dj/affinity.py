"""Which genre follows which, how well and by which method: `data/affinity.yaml`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

import yaml

from sonicforge.errors import BadDataFile
from sonicforge.playout.dj.transition import METHODS, Method

FILE = "affinity.yaml"
UNKNOWN = 3
"""Affinity of two different genres of which one is the owner's own: it works with care."""


@dataclass(frozen=True, slots=True)
class Affinity:
    """`score` 0 avoid .. 5 natural neighbour, `method` the first choice (None: not played on purpose)."""

    score: int
    method: Method | None


def affinity(out: str, into: str) -> Affinity:
    """Of two genre names; genres outside the table get on with themselves, and with care with everything else."""
    known = _table()[0].get((out, into))
    if known is not None:
        return known
    return Affinity(5, "B") if out == into else Affinity(UNKNOWN, "E")


def phrase_bars(genre: str) -> int:
    """Bars of a genre's blend: 32 where it thinks in long phrases, otherwise 16."""
    return 32 if genre in _table()[1] else 16


@cache
def _table() -> tuple[Mapping[tuple[str, str], Affinity], frozenset[str]]:
    told = yaml.safe_load((files("sonicforge.playout.dj") / "data" / FILE).read_text(encoding="utf-8"))
    try:
        order = [str(name) for name in told["order"]]
        pairs = {
            (row, column): Affinity(int(score), _method(method))
            for row in order
            for column, score, method in zip(order, told["affinity"][row], told["methods"][row], strict=True)
        }
        return pairs, frozenset(map(str, told["long_phrases"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadDataFile(FILE, "document", str(error)) from error


def _method(letter: Any) -> Method | None:
    if letter == ".":
        return None
    if letter not in METHODS:
        raise ValueError(f"there is no method {letter!r}")
    return cast("Method", letter)
