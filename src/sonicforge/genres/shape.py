"""Kinds of values a data file may hold; each checks a value and says what is wrong with it.

A schema is a table of these. `check` raises ValueError(key, problem) with the place and the range or names wanted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Shape(Protocol):
    """A kind of value."""

    def check(self, value: Any, key: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Number:
    low: float
    high: float
    whole: bool = False

    def check(self, value: Any, key: str) -> None:
        if type(value) is not int and (self.whole or type(value) is not float):
            raise ValueError(key, f"is {value!r}, but must be a {'whole ' if self.whole else ''}number")
        if not self.low <= value <= self.high:
            raise ValueError(key, f"is {value}, but must be between {self.low:g} and {self.high:g}")


@dataclass(frozen=True, slots=True)
class Text:
    """A string; one of `choices`, or matching `pattern`, which `like` shows by an example."""

    choices: tuple[str, ...] = ()
    pattern: str = ""
    like: str = ""

    def check(self, value: Any, key: str) -> None:
        if not isinstance(value, str):
            raise ValueError(key, f"is {value!r}, but must be a text")
        if self.choices and value not in self.choices:
            raise ValueError(key, f"is {value!r}, but must be one of {', '.join(self.choices)}")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise ValueError(key, f"is {value!r}, but must look like {self.like}")


@dataclass(frozen=True, slots=True)
class Flag:
    def check(self, value: Any, key: str) -> None:
        if type(value) is not bool:
            raise ValueError(key, f"is {value!r}, but must be true or false")


@dataclass(frozen=True, slots=True)
class Span:
    """Two numbers, the second not below the first unless `falling` is allowed."""

    low: float
    high: float
    whole: bool = False
    falling: bool = False

    def check(self, value: Any, key: str) -> None:
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError(key, f"is {value!r}, but must be two numbers [from, to]")
        for end in value:
            Number(self.low, self.high, self.whole).check(end, key)
        if not self.falling and value[0] > value[1]:
            raise ValueError(key, f"is {value!r}, but the first number must not exceed the second")


@dataclass(frozen=True, slots=True)
class Level:
    """One number, or two for a course from the first to the second."""

    low: float
    high: float

    def check(self, value: Any, key: str) -> None:
        if isinstance(value, list):
            Span(self.low, self.high, falling=True).check(value, key)
        else:
            Number(self.low, self.high).check(value, key)


@dataclass(frozen=True, slots=True)
class Row:
    """A list of fixed length with a shape for each place; the places after `least` may be left out."""

    items: tuple[Shape, ...]
    least: int = -1

    def check(self, value: Any, key: str) -> None:
        least = len(self.items) if self.least < 0 else self.least
        if not isinstance(value, list) or not least <= len(value) <= len(self.items):
            count = f"{least}" if least == len(self.items) else f"{least} to {len(self.items)}"
            raise ValueError(key, f"is {value!r}, but must be a list of {count} values")
        for index, (shape, item) in enumerate(zip(self.items, value, strict=False)):
            shape.check(item, f"{key}[{index}]")


@dataclass(frozen=True, slots=True)
class Many:
    """A list of any length from `least` on."""

    of: Shape
    least: int = 0

    def check(self, value: Any, key: str) -> None:
        if not isinstance(value, list):
            raise ValueError(key, f"is {value!r}, but must be a list")
        if len(value) < self.least:
            raise ValueError(key, f"has {len(value)} entries, but must have at least {self.least}")
        for index, item in enumerate(value):
            self.of.check(item, f"{key}[{index}]")


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with names of the file's own choice, or from `names`."""

    of: Shape
    names: tuple[str, ...] = ()
    least: int = 0

    def check(self, value: Any, key: str) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(key, f"is {value!r}, but must be a mapping")
        if len(value) < self.least:
            raise ValueError(key, f"has {len(value)} entries, but must have at least {self.least}")
        for name, item in value.items():
            if not isinstance(name, str) or (self.names and name not in self.names):
                wanted = f"; known: {', '.join(self.names)}" if self.names else ", names must be texts"
                raise ValueError(f"{key}.{name}", f"is not a name that can stand here{wanted}")
            self.of.check(item, f"{key}.{name}")


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with fixed keys; those in `optional` may be missing."""

    fields: Mapping[str, Shape]
    optional: frozenset[str] = frozenset()

    def check(self, value: Any, key: str) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(key or "file", f"is {value!r}, but must be a mapping")
        prefix = f"{key}." if key else ""
        for name in value:
            if name not in self.fields:
                raise ValueError(f"{prefix}{name}", f"is not a known key; known: {', '.join(self.fields)}")
        for name, shape in self.fields.items():
            if name in value:
                shape.check(value[name], f"{prefix}{name}")
            elif name not in self.optional:
                raise ValueError(f"{prefix}{name}", "is missing")


@dataclass(frozen=True, slots=True)
class Maybe:
    """A shape, or null."""

    of: Shape

    def check(self, value: Any, key: str) -> None:
        if value is not None:
            self.of.check(value, key)


@dataclass(frozen=True, slots=True)
class Free:
    """Anything; checked by the code that reads it."""

    def check(self, _value: Any, _key: str) -> None:
        return None


def record(optional: str = "", **fields: Shape) -> Record:
    """A record with its optional keys named in one string."""
    return Record(fields, frozenset(optional.split()))
