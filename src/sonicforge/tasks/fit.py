"""How well a piece fits its place: energy of the hour, nearness to the piece before, worth, rest. Numbers 0..1."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sonicforge.chance import choices
from sonicforge.library.values import Track
from sonicforge.playout.dj.match import compatible
from sonicforge.tasks.items import item_of

WEIGHTS: Final = {"energy": 0.3, "near": 0.25, "worth": 0.25, "rest": 0.1, "chance": 0.1}
"""Parts of the sum; set by hand so that a wrong energy weighs as much as a clash of key and tempo together."""
FULL_REST_S: Final = 86_400.0
_NOWHERE: Final = Path()
"""The DJ's measure looks at no sound."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The parts of a fit and their weighted sum."""

    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(WEIGHTS[name] * value for name, value in self.parts.items())

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"total": round(self.total, 3)} | {name: round(value, 3) for name, value in self.parts.items()}


def fit(track: Track, *, energy: float, before: Track | None, at: float, seed: int) -> Fit:
    """How well a track fits at a moment `at` with a wished `energy` after `before`; `seed` adds a grain of chance."""
    rested = at - track.last_played_at if track.last_played_at else FULL_REST_S
    return Fit(
        {
            "energy": max(0.0, 1.0 - abs(track.energy - energy) / 0.5),
            "near": 0.7 if before is None else nearness(before, track),
            "worth": track.worth,
            "rest": min(max(rested / FULL_REST_S, 0.0), 1.0),
            "chance": choices(seed, "fit", track.id).random(),
        }
    )


def nearness(before: Track, after: Track) -> float:
    """How well the DJ can lead from one piece to the other: genres, keys, energy and tempo, 0..1."""
    return compatible(item_of(before, _NOWHERE), item_of(after, _NOWHERE)).score
