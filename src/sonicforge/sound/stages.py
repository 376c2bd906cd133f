"""What a track is on its way from score to air: stems, mixdown, master.

Each finished stage carries the decision (named numbers) that produced it, so that it can be
stored, shown, edited and replayed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sonicforge.sound.audio import Audio

Stems = Mapping[str, Audio]
"""Stem name -> dry `Audio`, mono or stereo, all of one length and rate."""


@dataclass(frozen=True, slots=True)
class Mixdown:
    """The summed mix before mastering."""

    audio: Audio
    decision: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Master:
    """The finished sound, its decision and what was measured on it."""

    audio: Audio
    decision: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
