"""`Transition`: what the DJ has decided for one seam, as plain numbers that can be stored, shown, edited and replayed.

Times are seconds of the bridge unless they are called seconds of a file. Curves are points (second, value): levels
are joined linearly, hertz evenly in octaves; the first and the last value hold outside.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import isfinite
from typing import Any, Literal

from sonicforge.errors import BadDataFile, BadInput, OutOfRange

Points = tuple[tuple[float, float], ...]
Method = Literal["B", "R", "H", "K", "E", "A", "C", "S", "F"]
ExtraKind = Literal["echo", "pad", "riser", "impact"]

METHODS: dict[Method, str] = {
    "B": "beat-matched blend",
    "R": "blend over a tempo ramp",
    "H": "blend in half, double or three-to-two time",
    "K": "morph: the old track goes on under the new one",
    "E": "echo-out, the next starts on the one",
    "A": "beatless bridge",
    "C": "riser, a beat of air and a cut on the one",
    "S": "tape stop, the next starts on the one",
    "F": "plain fade",
}
LONGEST_S = 120.0
OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ = 20.0, 20_000.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One track's way through the bridge.

    `time_map` are points (second of the bridge, second of the file); the track is silent before the first and after
    the last. `fader` is 0 closed .. 1 open with equal power: 0.5 is -3 dB. `keeps_pitch` says whether a changed speed
    is a time-stretch or a change of the platter's speed.
    """

    time_map: Points
    fader: Points = ((0.0, 1.0),)
    highpass_hz: Points = ((0.0, OPEN_HIGHPASS_HZ),)
    lowpass_hz: Points = ((0.0, OPEN_LOWPASS_HZ),)
    keeps_pitch: bool = False

    def __post_init__(self) -> None:
        for name in ("time_map", "fader", "highpass_hz", "lowpass_hz"):
            _check_points(name, getattr(self, name))
        if len(self.time_map) < 2 or any(b[1] < a[1] for a, b in pairwise(self.time_map)):
            raise BadInput(f"a time map needs two points and must not run backwards, met {self.time_map[:3]}")
        for share in (share for _, share in self.fader):
            if not 0 <= share <= 1:
                raise OutOfRange("fader", share, 0, 1)

    @property
    def speeds(self) -> tuple[float, ...]:
        """Seconds of the file that pass in a second of the bridge, for each stretch between two points."""
        return tuple((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(self.time_map))


@dataclass(frozen=True, slots=True)
class Extra:
    """Sound that belongs to neither track: from `at_s`, `length_s` long, `level_lufs` loud where it is loudest.

    `echo` repeats what the old track played in the beats before `at_s` (its level is that of the track, `level_lufs`
    does not count). `pad` holds `pitches` (MIDI numbers). `beat_s` is the length of a beat.
    """

    kind: ExtraKind
    at_s: float
    length_s: float
    level_lufs: float = -20.0
    beat_s: float = 0.5
    pitches: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.at_s <= LONGEST_S or not 0.01 <= self.length_s <= LONGEST_S:
            raise OutOfRange(f"span of {self.kind}", (self.at_s, self.length_s), 0, LONGEST_S, "s")
        if not 0.05 <= self.beat_s <= 5.0:
            raise OutOfRange("beat", self.beat_s, 0.05, 5.0, "s")
        if not -60 <= self.level_lufs <= -6:
            raise OutOfRange(f"level of {self.kind}", self.level_lufs, -60, -6, "LUFS")


@dataclass(frozen=True, slots=True)
class Transition:
    """How one track becomes the next.

    The old track plays up to second `out_at_s` of its file; then the bridge sounds for `length_s`; then the new one
    goes on from second `enters_in_at_s` of its file. `in_at_s` is the first second of it that is heard at all, and
    `bass_swap_s` where in the bridge the low end changes hands (None: it never meets). `tempo` is the speed of the old
    track at the end and of the new one at the start of the bridge against their own. `score` is what `compatible` says.
    """

    method: Method
    out_at_s: float
    in_at_s: float
    enters_in_at_s: float
    length_s: float
    out: Lane
    into: Lane
    extras: tuple[Extra, ...] = ()
    tempo: tuple[float, float] = (1.0, 1.0)
    bass_swap_s: float | None = None
    score: float = 0.0
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadInput(f"there is no method {self.method!r}; known: {', '.join(METHODS)}")
        if not 0.01 <= self.length_s <= LONGEST_S:
            raise OutOfRange("length of a bridge", self.length_s, 0.01, LONGEST_S, "s")
        numbers = (self.out_at_s, self.enters_in_at_s, self.in_at_s, self.score)
        if not all(map(isfinite, numbers)) or self.out_at_s < 0 or self.enters_in_at_s < 0:
            raise BadInput(f"a transition has impossible seconds: {numbers}")

    @property
    def words(self) -> str:
        """The method in words."""
        return METHODS[self.method]

    def to_json(self) -> dict[str, Any]:
        """Plain values, exact."""
        return {**asdict(self), "words": self.words}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Transition":
        """`to_json` backwards, `facts` of a bridge left out; raises `BadDataFile` for anything else."""
        try:
            known = {name: value for name, value in told.items() if name not in ("words", "facts")}
            extras = [{**extra, "pitches": tuple(extra.get("pitches", ()))} for extra in known.get("extras", ())]
            known["extras"] = tuple(Extra(**extra) for extra in extras)
            known["out"], known["into"] = _lane(known["out"]), _lane(known["into"])
            known["tempo"] = tuple(map(float, known.get("tempo", (1.0, 1.0))))
            known["reasons"] = tuple(map(str, known.get("reasons", ())))
            return cls(**known)
        except (KeyError, TypeError, ValueError, AttributeError, BadInput) as error:
            raise BadDataFile("transition", "document", str(error)) from error


def _lane(told: Mapping[str, Any]) -> Lane:
    curves = {name: value for name, value in told.items() if name != "keeps_pitch"}
    points = {name: tuple((float(at), float(value)) for at, value in curve) for name, curve in curves.items()}
    return Lane(**points, keeps_pitch=bool(told.get("keeps_pitch", False)))


def _check_points(name: str, points: Points) -> None:
    finite = all(isfinite(at) and isfinite(value) for at, value in points)
    if not points or not finite or any(b[0] <= a[0] for a, b in pairwise(points)):
        raise BadInput(f"{name} must be points with rising seconds, met {points[:4]}")
