"""`Item`: a finished piece of music on its way to air, with all the tower and the DJ need to know of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from sonicforge.errors import BadDataFile, BadInput
from sonicforge.music.barlines import Barlines


@dataclass(frozen=True, slots=True)
class Item:
    """A file that can be played, and facts about it.

    `gain_db` brings the file to the station's loudness. `energy` 0..1, `key` as in "F minor" (empty when unknown).
    `barlines` are exact seconds in the file; without them the DJ knows no beats. `ticket` is what whoever handed the
    item out wants to hear again when it begins (None: nothing). `tags` are free words for pages and players.
    """

    id: str
    title: str
    artist: str
    genre: str
    path: Path
    duration_s: float
    lufs: float
    gain_db: float
    bpm: float
    key: str
    energy: float
    barlines: Barlines | None = None
    ticket: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = (self.duration_s, self.lufs, self.gain_db, self.bpm, self.energy)
        if not all(map(isfinite, numbers)) or self.duration_s <= 0:
            raise BadInput(f"item {self.id!r} has impossible numbers: {numbers}")

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **asdict(self),
            "path": str(self.path),
            "barlines": None if self.barlines is None else self.barlines.to_json(),
            "tags": dict(self.tags),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Item":
        """`to_json` backwards; raises `BadDataFile` for anything else."""
        try:
            bars = told.get("barlines")
            known = {**told, "path": Path(told["path"]), "barlines": None if bars is None else Barlines.from_json(bars)}
            return cls(**known)
        except (KeyError, TypeError, ValueError, BadInput) as error:
            raise BadDataFile("item", "document", str(error)) from error
