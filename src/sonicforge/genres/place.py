"""`Place`: a mapping of a data file that knows where it stands, so that every refusal names key, value and range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A mapping and its path. Getters return checked values or raise `ValueError(key path, problem)`."""

    path: str
    mapping: Mapping[str, Any]

    def fail(self, key: str, problem: str) -> ValueError:
        return ValueError(f"{self.path}.{key}", problem)

    def child(self, key: str) -> "Place":
        value = self.mapping[key]
        if not isinstance(value, Mapping):
            raise self.fail(key, f"is {value!r}, but must be a mapping")
        return Place(f"{self.path}.{key}", value)

    def number(self, key: str, span: Span, default: float | None = None) -> float:
        if key not in self.mapping and default is not None:
            return default
        return self.checked(key, self.mapping.get(key), span)

    def numbers(self, key: str, span: Span, *, least: int = 0) -> tuple[float, ...]:
        """A list of numbers; with `least` 1 a single number counts as a list of one."""
        value = self.mapping.get(key, ())
        if least and not isinstance(value, (Sequence, str)):
            value = (value,)
        items = self.listed(key, value)
        if len(items) < least:
            raise self.fail(key, "is empty, but must have at least one number")
        return tuple(self.checked(key, item, span) for item in items)

    def texts(self, key: str) -> tuple[str, ...]:
        items = self.listed(key, self.mapping.get(key, ()))
        if not all(isinstance(item, str) for item in items):
            raise self.fail(key, f"is {items!r}, but must be a list of strings")
        return tuple(items)

    def row(self, key: str, spans: Sequence[Span]) -> tuple[float, ...]:
        return self.fitted(key, self.mapping.get(key), spans)

    def rows(self, key: str, spans: Sequence[Span]) -> tuple[tuple[float, ...], ...]:
        return tuple(self.fitted(key, item, spans) for item in self.listed(key, self.mapping.get(key, ())))

    def fitted(self, key: str, value: Any, spans: Sequence[Span]) -> tuple[float, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != len(spans):
            raise self.fail(key, f"is {value!r}, but must be a list of {len(spans)} numbers")
        return tuple(self.checked(key, item, span) for item, span in zip(value, spans, strict=True))

    def checked(self, key: str, value: Any, span: Span) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.fail(key, f"is {value!r}, but must be a number between {span[0]:g} and {span[1]:g}")
        if not span[0] <= value <= span[1]:
            raise self.fail(key, f"is {value:g}, but must be between {span[0]:g} and {span[1]:g}")
        return float(value)

    def listed(self, key: str, value: Any) -> Sequence[Any]:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.fail(key, f"is {value!r}, but must be a list")
        return value
