"""What mastering does to one recording, as named numbers with reasons: stored, shown, edited, replayed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from sonicforge.effects.multiband import Band
from sonicforge.errors import BadDataFile
from sonicforge.genres.shape import Flag, Free, Many, Maybe, Number, Row, Text, record
from sonicforge.master.reference import BANDS_HZ, Gains
from sonicforge.sound.dither import DITHERS
from sonicforge.workshop.mastering.preset import CEILING, LUFS

VERSION = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """`dc` is taken away from each channel; then a low cut of 12 dB/oct, and a high cut where `high_hz` is not 0."""

    dc: tuple[float, ...]
    low_hz: float
    high_hz: float
    reason: str


@dataclass(frozen=True, slots=True)
class Tone:
    """Gains in dB at `master.reference.BANDS_HZ` for middle and side."""

    middle_db: Gains
    side_db: Gains
    reason: str


@dataclass(frozen=True, slots=True)
class DeEss:
    on: bool
    split_hz: float
    threshold_db: float
    most_db: float
    reason: str


@dataclass(frozen=True, slots=True)
class Dynamics:
    """One more band than splits; see `effects.multiband`."""

    on: bool
    splits_hz: tuple[float, ...]
    bands: tuple[Band, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Excite:
    on: bool
    hz: float
    drive_db: float
    mix_db: float
    reason: str


@dataclass(frozen=True, slots=True)
class Image:
    """See `effects.enhancer`."""

    on: bool
    width: float
    mono_below_hz: float
    air_db: float
    spread: float
    reason: str


@dataclass(frozen=True, slots=True)
class Level:
    """`ride_db`, positions of a slow fader two seconds apart -> compressor above `glue_db` dBFS -> `gain_db` -> soft
    clip at `clip_db` dBFS -> limiter at `ceiling_db` dBTP -> each of `lifts_db` into the limiter again -> `trim_db`.

    None is not used; `gain_db` None asks for everything but target and ceiling to be decided anew. `codec_room_db` is
    how far the limiter stays below the ceiling because a lossy coder overshoots by that much.
    """

    target_lufs: float
    ceiling_db: float
    gain_db: float | None = None
    clip_db: float | None = None
    glue_db: float | None = None
    ride_db: tuple[float, ...] = ()
    lifts_db: tuple[float, ...] = ()
    trim_db: float = 0.0
    codec_room_db: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything, in the order of the chain. `preset` and `references` say where it came from."""

    preset: str
    references: tuple[str, ...]
    strength: float
    cut: Cut
    tone: Tone
    deess: DeEss
    dynamics: Dynamics
    excite: Excite
    image: Image
    level: Level
    dither: str
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` makes the same decision of them. `bands_hz` is only told, not read."""
        return {"bands_hz": [round(hz, 1) for hz in BANDS_HZ]} | _plain(asdict(self))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], file: Path | str = "decision") -> Self:
        """The decision in `stored`, checked; raises `BadDataFile` naming the value and its range."""
        try:
            _DECISION.check(stored, "")
            if len(stored["dynamics"]["bands"]) != len(stored["dynamics"]["splits_hz"]) + 1:
                raise ValueError("dynamics.bands", "must be one more than splits_hz")
        except ValueError as error:
            key, problem = error.args if len(error.args) == 2 else ("file", str(error))
            raise BadDataFile(file, key, problem) from error
        parts = {part.name: stored[part.name] for part in fields(cls) if part.name in stored}
        kinds = {"cut": Cut, "tone": Tone, "deess": DeEss, "excite": Excite, "image": Image, "level": Level}
        made = {name: kind(**_tuples(parts[name])) for name, kind in kinds.items()}
        bands = tuple(Band(**band) for band in parts["dynamics"]["bands"])
        made["dynamics"] = Dynamics(**(_tuples(parts["dynamics"]) | {"bands": bands}))
        return cls(**(_tuples(parts) | made))

    def in_words(self) -> dict[str, str]:
        """The reason of every step of the chain."""
        steps = ("cut", "tone", "deess", "dynamics", "excite", "image", "level")
        return {name: str(getattr(self, name).reason) for name in steps}


def load_decision(path: Path) -> Decision:
    """A decision from a file that `--report` wrote, or that holds the decision alone. Raises `BadDataFile`."""
    import orjson

    try:
        stored = orjson.loads(path.read_bytes())
    except OSError as error:
        raise BadDataFile(path, "file", f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    except orjson.JSONDecodeError as error:
        raise BadDataFile(path, "file", f"is not JSON: {error}") from error
    if isinstance(stored, dict) and "decision" in stored:
        stored = stored["decision"]
    return Decision.from_json(stored, path)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


def _tuples(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}


_GAIN = Number(-24, 24)
_GAINS = Row((_GAIN,) * len(BANDS_HZ))
_HZ = Number(10, 90_000)
_REASON = Text()
_BAND = record(
    threshold_db=Number(-120, 24), ratio=Number(1, 20), attack_ms=Number(0.05, 500), release_ms=Number(0, 5000),
    knee_db=Number(0, 40), most_db=Number(0, 40), gain_db=_GAIN,
)  # fmt: skip
_DECISION = record(
    "bands_hz version",
    version=Number(1, VERSION, whole=True), bands_hz=Free(), preset=Text(), references=Many(Text()),
    strength=Number(0, 1), dither=Text(DITHERS),
    cut=record(dc=Many(Number(-1e6, 1e6)), low_hz=Number(1, 500), high_hz=Number(0, 96_000), reason=_REASON),
    tone=record(middle_db=_GAINS, side_db=_GAINS, reason=_REASON),
    deess=record(
        on=Flag(), split_hz=Number(2000, 12_000), threshold_db=Number(-30, 0), most_db=Number(0, 24), reason=_REASON
    ),
    dynamics=record(on=Flag(), splits_hz=Many(_HZ, least=1), bands=Many(_BAND, least=2), reason=_REASON),
    excite=record(
        on=Flag(), hz=Number(2000, 12_000), drive_db=Number(-6, 24), mix_db=Number(-40, 0), reason=_REASON
    ),
    image=record(
        on=Flag(), width=Number(0, 2), mono_below_hz=Number(10, 500), air_db=Number(-6, 6), spread=Number(0, 1),
        reason=_REASON,
    ),
    level=record(
        "gain_db clip_db glue_db ride_db lifts_db trim_db codec_room_db reason",
        target_lufs=LUFS, ceiling_db=CEILING, gain_db=Maybe(Number(-60, 60)), clip_db=Maybe(Number(-60, 24)),
        glue_db=Maybe(Number(-160, 24)), ride_db=Many(Number(-12, 12)), lifts_db=Many(Number(0, 12)),
        trim_db=Number(-60, 0), codec_room_db=Number(0, 6), reason=_REASON,
    ),
)  # fmt: skip
