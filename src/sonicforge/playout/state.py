"""What a restarted tower needs to go on, and how files that others read are replaced whole."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sonicforge.errors import BadDataFile
from sonicforge.playout.block import BLOCK, RATE, Kind
from sonicforge.playout.clock import position_at
from sonicforge.playout.item import Item

STATE_FILE: Final = "state.json"

_UNTOLD_S: Final = 8.0
"""More than can have been played after the last state was written."""


@dataclass(frozen=True, slots=True)
class Sounding:
    """What is heard: second `at_s` of an item, and as what it is on air."""

    kind: Kind
    item: Item
    at_s: float


@dataclass(frozen=True, slots=True)
class State:
    """The station's epoch as (position, time of day) and what sounded there."""

    position: int
    utc: float
    sounding: Sounding | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        heard = self.sounding
        told = None if heard is None else {"kind": heard.kind, "item": heard.item.to_json(), "at_s": heard.at_s}
        return {"position": self.position, "utc": self.utc, "sounding": told}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "State":
        """`to_json` backwards; raises `BadDataFile` for anything else."""
        try:
            heard = told["sounding"]
            sounding = None
            if heard is not None:
                sounding = Sounding(heard["kind"], Item.from_json(heard["item"]), float(heard["at_s"]))
            state = cls(int(told["position"]), float(told["utc"]), sounding)
        except (KeyError, TypeError, ValueError, AttributeError, BadDataFile) as error:
            raise BadDataFile("state", "document", str(error)) from error
        if state.position < 0 or state.position % BLOCK or not 0 <= state.utc < 1e12:
            raise BadDataFile("state", "position", f"{state.position} at {state.utc} is no block of a station")
        return state


@dataclass(frozen=True, slots=True)
class Start:
    """Where a tower begins: its first position and time of day, and how many seconds were lost (0: never ran)."""

    position: int
    utc: float
    lost_s: float


def read_state(folder: Path) -> State | None:
    """The state of a station's folder, None where there is none that can be understood."""
    try:
        return State.from_json(json.loads((folder / STATE_FILE).read_text("utf-8")))
    except (OSError, ValueError, RecursionError, BadDataFile):
        return None


def start_after(state: State | None, now: float) -> Start:
    """Ahead by the time that passed; beyond everything that can have been played even if the day was set back."""
    if state is None:
        return Start(position_at(now), now, 0.0)
    utc = max(now, state.utc + _UNTOLD_S) if now < state.utc else now
    blocks = int((utc - state.utc) * RATE / BLOCK) + 1
    return Start(state.position + blocks * BLOCK, utc, utc - state.utc)


def write_json(path: Path, value: Any, *, durable: bool = False, private: bool = False) -> None:
    """Replace a file whole; `durable` ones are on the disk when this returns, `private` ones only their owner reads.

    Raises `OSError`.
    """
    hidden = path.with_name(f".{path.name}.part")
    with open(hidden, "w", encoding="utf-8", opener=_private if private else None) as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))
        if durable:
            file.flush()
            os.fsync(file.fileno())
    hidden.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
