"""`Take`: everything one try produced."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sonicforge.critic.verdict import Verdict
from sonicforge.genres.concept import Concept
from sonicforge.music.score import Score
from sonicforge.sound.audio import Audio
from sonicforge.sound.stages import Master


@dataclass(frozen=True, slots=True)
class Take:
    """A finished try: `concept` alone makes it again, on the same version.

    `stems` are the dry stems when they were asked for; their sum through `mix` is the mixdown. `seconds` says where the
    time went, in wall-clock seconds per stage; `compromises` where a wish could only nearly be met.
    """

    concept: Concept
    score: Score
    master: Master
    verdict: Verdict
    mix: Mapping[str, Any]
    stems: Mapping[str, Audio]
    seconds: Mapping[str, float]
    compromises: tuple[str, ...] = ()

    @property
    def audio(self) -> Audio:
        return self.master.audio

    @property
    def id(self) -> str:
        """What `take_id` says of its concept and score."""
        return take_id(self.concept, self.score)


def take_id(concept: Concept, score: Score) -> str:
    """Twelve hex digits that name a take: a hash of its concept, score and code version."""
    from sonicforge import __version__

    told = orjson.dumps([concept.to_json(), score.seed, len(score.parts), __version__])
    return hashlib.blake2b(told, digest_size=6).hexdigest()
