"""What a voice must know of its surroundings: the track's instrument, and the moment it sounds in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.genres.timbre import Lfo, Patch
from sonicforge.synth.lines import Voice

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setting:
    """The patch as this track plays it, its seed, channels and tuning (a frequency factor).

    `fixed_phase` starts every note at the same phase (basses); `frozen` is the patch that grains are cut from.
    """

    patch: Patch
    seed: int
    channels: int
    fixed_phase: bool
    tune: float
    frozen: Patch | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The state of the track while a voice sounds: tempo, seconds and beats at its start, cutoff offset in octaves.

    `octaves` is one number, or one point every 32 samples. `moving` lets free LFOs run on; otherwise they stand still.
    """

    bpm: float
    at_s: float
    beats: float
    octaves: float | Doubles
    moving: bool


def lfo_rate(lfo: Lfo, voice: Voice, bpm: float) -> float:
    """Hertz of an LFO at a tempo; `seq` takes the note's own period, a beat if it has none."""
    return lfo.hz or bpm / 60.0 / (lfo.beats or voice.lfo_beats or 1.0)


def free_phase(hz: float, beats: float, moment: Moment) -> float:
    """Position of a free LFO when the voice starts."""
    return (hz * moment.at_s if hz else moment.beats / beats) % 1.0
