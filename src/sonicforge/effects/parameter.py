"""What can be set on an effect: each number with its range, unit and sound at both ends, each choice with its names."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sonicforge.effects.processor import Processor
from sonicforge.errors import OutOfRange, UnknownName


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number. `low_is` and `high_is` say in a few words what the ends of the range sound like."""

    name: str
    low: float
    high: float
    default: float
    unit: str = ""
    low_is: str = ""
    high_is: str = ""

    def checked(self, value: object) -> float:
        """`value` as a float inside the range; raises `OutOfRange`."""
        inside = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        if not inside or not self.low <= float(value) <= self.high:  # type: ignore[arg-type]
            raise OutOfRange(self.name, value, self.low, self.high, self.unit)
        return float(value)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Choice:
    """One name out of a few."""

    name: str
    options: tuple[str, ...]
    default: str

    def checked(self, value: object) -> str:
        """`value` if it is among the options; raises `UnknownName`."""
        if value not in self.options:
            raise UnknownName(self.name, value, self.options)
        return str(value)


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the catalogue: what a processor does, what can be set on it, and how to make one.

    `make` takes the parameters as keywords and, where it names them, `sample_rate`, `channels` and `seed`. `source` is
    the paper, circuit or standard behind it. `noisy` effects sound even when nothing comes in.
    """

    name: str
    summary: str
    make: Callable[..., Processor]
    parameters: tuple[Parameter | Choice, ...]
    source: str = ""
    noisy: bool = False

    def build(
        self, settings: Mapping[str, object] | None = None, *, sample_rate: int, channels: int = 2, seed: int = 0
    ) -> Processor:
        """The processor with `settings`; everything else at its default. Raises `OutOfRange`, `UnknownName`."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in settings or {}:
            if name not in known:
                raise UnknownName(f"parameter of {self.name}", name, known)
        wanted = {name: p.default for name, p in known.items()} | dict(settings or {})
        keywords: dict[str, Any] = {name: known[name].checked(value) for name, value in wanted.items()}
        surroundings = {"sample_rate": sample_rate, "channels": channels, "seed": seed}
        accepted = inspect.signature(self.make).parameters
        return self.make(**keywords, **{name: v for name, v in surroundings.items() if name in accepted})
