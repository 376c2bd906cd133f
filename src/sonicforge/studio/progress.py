"""Progress of a production, reported to whoever asked; nobody waits for the listener."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

STAGES = ("compose", "synth", "mix", "master", "judge")


@dataclass(frozen=True, slots=True)
class Progress:
    """`stage` is one of `STAGES`; `done` 0..1 over the whole candidate; `candidate` counts from 0."""

    stage: str
    done: float
    candidate: int = 0
    candidates: int = 1


Report = Callable[[Progress], None]


def unheard(progress: Progress) -> None:
    """A report that nobody reads."""


@dataclass(slots=True)
class Stopwatch:
    """Wall-clock seconds per stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin
