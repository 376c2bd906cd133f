"""What the mixer decides: named numbers that can be stored, shown, edited and replayed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sonicforge.genres.genre import Bell, Duck, Send

NO_DUCK = Duck("", 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Squeeze:
    """A compressor's setting; `threshold_db` in dBFS of the stem before its fader, `release_ms` 0 = automatic."""

    threshold_db: float
    ratio: float
    attack_ms: float
    release_ms: float


@dataclass(frozen=True, slots=True)
class StemDecision:
    """One channel strip. `gain_db` is the fader, `pan` -1..1, `width` the side gain 0..2, slopes in dB/oct.

    Sends are relative to the channel after its fader. `drums` tells which bus it feeds. `lu` is the wanted loudness
    against the full mix, `heard_lufs` what the strip measured with the fader at 0 dB (null: silent).
    """

    stem: str
    gain_db: float
    pan: float
    width: float
    highpass_hz: float
    lowpass_hz: float
    lowpass_slope: int
    bells: tuple[Bell, ...] = ()
    compression: Squeeze | None = None
    reverb: Send | None = None
    delay: Send | None = None
    duck: Duck = NO_DUCK
    drums: bool = False
    lu: float = -12.0
    heard_lufs: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "StemDecision":
        """The decision that `to_json` wrote. Raises `KeyError` or `TypeError` for anything else."""
        return cls(
            **{
                **data,
                "bells": tuple(Bell(**bell) for bell in data["bells"]),
                "compression": None if data["compression"] is None else Squeeze(**data["compression"]),
                "reverb": None if data["reverb"] is None else Send(**data["reverb"]),
                "delay": None if data["delay"] is None else Send(**data["delay"]),
                "duck": Duck(**data["duck"]),
            }
        )


@dataclass(frozen=True, slots=True)
class BusDecision:
    """What happens to the sum. Drives in dB (None = off): gain in front of a soft curve, taken back behind it.

    `tape` 0..1 with the height of the peaks it meets, `hiss_db` in dBFS.
    """

    drum_drive_db: float | None = None
    glue: Squeeze | None = None
    saturation_drive_db: float | None = None
    tape: float = 0.0
    tape_peak: float = 0.5
    hiss_db: float = -90.0
    lowpass_hz: float = 20_000.0
    tilt_db: float = 0.0
    clip_drive_db: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "BusDecision":
        """The decision that `to_json` wrote. Raises `KeyError` or `TypeError` for anything else."""
        return cls(**{**data, "glue": None if data["glue"] is None else Squeeze(**data["glue"])})
