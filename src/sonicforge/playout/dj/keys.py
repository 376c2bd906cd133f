"""How well two keys sound together, on the wheel that DJs use: neighbours share all tones but one."""

from dataclasses import dataclass

from sonicforge.errors import UnknownName
from sonicforge.music.scale import MODES, Key

TOGETHER = 0.55
"""Below this two tracks must not sound pitches at the same time."""
UNKNOWN = 0.55
"""A key that nobody knows: short overlaps only, but no reason to refuse."""

_MAJOR = MODES["ionian"]
_SAME, _NEIGHBOUR, _LETTER, _DIAGONAL = 1.0, 0.9, 0.85, 0.6
_STEPS = {2: 0.55, 10: 0.4, 7: 0.35, 3: 0.35, 9: 0.35}
_OTHER_TONIC, _OTHERS = 0.1, 0.1


@dataclass(frozen=True, slots=True)
class WheelPlace:
    """`number` 1..12 is the key signature, `minor` the inner ring (A), otherwise the outer one (B)."""

    number: int
    minor: bool

    @property
    def name(self) -> str:
        return f"{self.number}{'A' if self.minor else 'B'}"


def wheel_place(key: Key) -> WheelPlace:
    """C major is 8B, A minor 8A; every mode stands with the major key whose tones it shares the most of."""
    shared = {tonic: len(set(key.scale) & {(tonic + step) % 12 for step in _MAJOR}) for tonic in range(12)}
    natural = key.tonic if not key.minor else (key.tonic + 3) % 12
    tonic = max(shared, key=lambda tonic: (shared[tonic], tonic == natural))
    return WheelPlace((tonic * 7 + 7) % 12 + 1, key.minor)


def key_score(out: str, into: str) -> tuple[float, str]:
    """0..1 and a reason, of two keys in words such as "F minor"; `UNKNOWN` where one cannot be read."""
    try:
        first, second = Key.parse(out), Key.parse(into)
    except UnknownName:
        return UNKNOWN, "a key is unknown"
    here, there = wheel_place(first), wheel_place(second)
    score = _move(here, there)
    if here.number == there.number and here.minor == there.minor and first.tonic != second.tonic:
        score -= _OTHER_TONIC
    return score, f"{first.name} ({here.name}) to {second.name} ({there.name})"


def common_tones(out: str, into: str) -> tuple[int, ...]:
    """Pitch classes both keys have, best drone first: the fifth of the old key when it is tonic or fifth of the new."""
    try:
        first, second = Key.parse(out), Key.parse(into)
    except UnknownName:
        return ()
    homes = ((first.tonic + 7) % 12, first.tonic), ((second.tonic + 7) % 12, second.tonic)
    both = [tone for tone in first.scale if tone in second.scale]
    return tuple(sorted(both, key=lambda tone: (-(tone in homes[1]) - (tone in homes[0]), tone != homes[0][0])))


def _move(here: WheelPlace, there: WheelPlace) -> float:
    step = (there.number - here.number) % 12
    swapped = here.minor != there.minor
    if step == 0:
        return _LETTER if swapped else _SAME
    if step in (1, 11):
        return _DIAGONAL if swapped else _NEIGHBOUR
    return _OTHERS if swapped else _STEPS.get(step, _OTHERS)
