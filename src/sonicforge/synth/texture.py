"""Textures: layers of noise that sound wherever the part has notes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sonicforge.chance import choices, subseed
from sonicforge.errors import UnknownName
from sonicforge.genres.genre import Genre
from sonicforge.music.score import Part, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio, Samples
from sonicforge.synth.beds import kernels
from sonicforge.synth.beds.curves import Curve, activity, dips, walk
from sonicforge.synth.beds.layers import BEDS, Ground

NOISEBED = ({"bed": "noise", "highpass_hz": 300, "lowpass_hz": 4000, "lfo_hz": 0.05, "lfo_oct": 0.7, "width": 1.5},)
VINYL = ({"bed": "vinyl", "rate": 6},)
BUILT_IN: Mapping[str, tuple[Mapping[str, Any], ...]] = {"NOISEBED": NOISEBED, "VINYL": VINYL}
VINYL_DUCK_DB, VINYL_DUCK_S = 3.0, 0.18


def is_texture(voice: str, genre: Genre) -> bool:
    """Whether a voice is layers of noise rather than something with a pitch."""
    return voice in BUILT_IN or bool(genre.patches.get(voice, {}).get("texture"))


def render_texture(part: Part, genre: Genre, score: Score, clock: Clock, length: int) -> Audio:
    """The part as stereo at 48 kHz, `length` samples.

    Notes are the spans in which the texture sounds, their velocity its level; it fades in and out within 0.5 to 3 s.
    The lows are alike on both sides. Without notes it is silence.
    """
    out: Samples = np.zeros((2, length), np.float32)
    level = activity(part, clock, length)
    if level.any():
        layers = BUILT_IN.get(part.voice) or genre.patches[part.voice]["texture"]
        for place, settings in enumerate(layers):
            _add_layer(out, level, part, score, clock, settings, place)
    return Audio(out)


def _add_layer(
    out: Samples, level: Curve, part: Part, score: Score, clock: Clock, settings: Mapping[str, Any], place: int
) -> None:
    bed = settings["bed"]
    if bed not in BEDS:
        raise UnknownName("bed", bed, BEDS)
    seed = subseed(score.seed, "synth", part.name, "bed", place)
    gain = level * 10.0 ** (float(settings.get("level_db", 0.0)) / 20.0)
    if bed == "vinyl":
        kicks = [clock.second(note.start) for p in score.parts if p.drums and p.code == "k" for note in p.notes]
        gain = gain * dips(kicks, gain.size, VINYL_DUCK_DB, VINYL_DUCK_S)
    if not settings.get("pan_walk"):
        BEDS[bed](Ground(out, gain, seed, settings))
        return
    alone: Samples = np.zeros_like(out)
    BEDS[bed](Ground(alone, gain, seed, settings))
    kernels.add_panned(out, alone, walk(choices(seed, "pan"), gain.size, 0.5, (5.0, 12.0)))
