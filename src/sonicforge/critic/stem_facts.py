"""`StemFacts`: the little that is kept of a stem for judging, so that the stem itself can go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sonicforge.genres.genre import Genre
from sonicforge.music.score import Score
from sonicforge.sound.audio import Samples


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike consecutive hits of a drum voice are: pairs compared, and the shares above 0.995 and 0.999."""

    voice: str
    code: str
    pairs: int
    alike: float
    same: float


@dataclass(frozen=True, slots=True)
class StemFacts:
    """What was heard in one dry stem.

    `low` is the mono sum below 150 Hz at 800 samples a second (kick and bass stems only); `hash_db` the energy beside
    the harmonics of some high notes against that on them; `clicks` their number, None where nobody looked for them.
    """

    stem: str
    duration_s: float
    likeness: tuple[Likeness, ...] = ()
    low: Samples | None = None
    hash_db: tuple[float, ...] = field(default=())
    clicks: int | None = None


@dataclass(frozen=True, slots=True)
class Stems:
    """Everything known of a mix: the facts of all stems, the mix decision (may be empty), the score and the genre."""

    facts: tuple[StemFacts, ...]
    decision: Mapping[str, Any]
    score: Score
    genre: Genre
