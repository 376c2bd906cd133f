"""What the tower tells through files in `air/<station>/`, judged: what is old or silent is red, whatever it says."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from sonicforge.api.shapes import AirHealth, Health, OutputTold
from sonicforge.library.values import Play

STALE_S: Final = 5.0
"""The tower writes its outputs' state every second."""
SILENT_S: Final = 5.0
FROZEN_S: Final = 5.0
_RANK: Final[Mapping[Health, int]] = {"green": 0, "amber": 1, "red": 2}
_FIELDS: Final = frozenset(OutputTold.model_fields) - {"health", "why"}


def air_health(folder: Path, station: str, *, now: float | None = None) -> AirHealth:
    """How a station's outputs are. A missing, old or damaged file means that nobody knows: red."""
    path = folder / "outputs-state.json"
    try:
        age = (time.time() if now is None else now) - path.stat().st_mtime
        stale = f"the tower has said nothing for {age:.0f} s" if not -STALE_S <= age <= STALE_S else ""
        outputs = [_output(one, stale) for one in _states(orjson.loads(path.read_bytes()))]
    except FileNotFoundError:
        return AirHealth(station=station, health="red", why="the tower is not running", age_s=None, outputs=[])
    except (OSError, ValueError) as error:
        why = f"what the tower tells cannot be read: {type(error).__name__}"
        return AirHealth(station=station, health="red", why=why, age_s=None, outputs=[])
    worst = max(outputs, key=lambda output: _RANK[output.health], default=None)
    if stale or worst is None:
        return AirHealth(station=station, health="red", why=stale or "no outputs", age_s=age, outputs=outputs)
    why = "" if worst.health == "green" else f"{worst.name}: {worst.why}"
    return AirHealth(station=station, health=worst.health, why=why, age_s=age, outputs=outputs)


def sounding(folder: Path, station: str, at: float, *, now: float | None = None) -> Play | None:
    """What the tower says sounds at a moment, None when it says nothing of it.

    This is known at once; the log of plays learns it a little later, and much later while the library is locked. Its
    `id` is 0, because it has none yet.
    """
    try:
        told = orjson.loads((folder / "now.json").read_bytes())
        late = (time.time() if now is None else now) - told["written_at"]
        heard, item = told["sounding"], told["sounding"]["item"]
        since = heard["since"]
        if not -STALE_S <= late <= STALE_S or at < since["utc"]:
            return None
        words = {name: str(item.get(name, "")) for name in ("title", "artist", "genre")}
        return Play(
            id=0,
            station=station,
            position=int(since["position"]),
            kind=str(heard["kind"]),
            track_id=str(item["id"]),
            **words,
            started_at=float(since["utc"]),
            ended_at=None,
            source="",
            request_id=None,
            reason={},
            transition=told.get("transition") or {},
            listeners=0,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _states(told: Any) -> list[Mapping[str, Any]]:
    """A list of states, bare or under `outputs`."""
    listed = told.get("outputs") if isinstance(told, dict) else told
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ValueError("no list of outputs")
    return listed


def _output(told: Mapping[str, Any], stale: str) -> OutputTold:
    known = {name: value for name, value in told.items() if name in _FIELDS}
    health, why = ("red", stale) if stale else _judged(known)
    return OutputTold.model_validate({"since": 0.0, "state": "unknown", **known, "health": health, "why": why})


def _judged(told: Mapping[str, Any]) -> tuple[Health, str]:
    """By what was heard of the encoded sound: an output that is on but silent or standing still is red."""
    state, detail = told.get("state"), told.get("detail") or ""
    silent, frozen = told.get("silent_s") or 0.0, told.get("frozen_s") or 0.0
    if state in ("failed", "off", None):
        return "red", detail or f"it is {state or 'unknown'}"
    if silent > SILENT_S:
        return "red", f"silent for {silent:.0f} s"
    if frozen > FROZEN_S:
        return "red", f"standing still for {frozen:.0f} s"
    if state in ("connecting", "waiting"):
        return "amber", detail or f"it is {state}"
    if told.get("level_lufs") is None:
        return "amber", "no sound was heard of it yet"
    return "green", ""
