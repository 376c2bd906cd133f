"""Processors for sound: EQ, dynamics, saturation, space, modulation, tape, vinyl, restoration.

`from sonicforge.effects import Chain, Compressor, Tape` loads only what is named; `sonicforge.effects.catalogue` knows
every effect with its parameters.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sonicforge.effects.agc import Leveller
    from sonicforge.effects.bitcrush import Bitcrush
    from sonicforge.effects.chain import Chain
    from sonicforge.effects.chorus import Chorus
    from sonicforge.effects.compressor import Compressor
    from sonicforge.effects.crossover import Crossover, LinearCrossover
    from sonicforge.effects.deesser import DeEsser
    from sonicforge.effects.delay import Delay
    from sonicforge.effects.digital import Converter
    from sonicforge.effects.dropouts import Dropouts
    from sonicforge.effects.ducker import Ducker, Pump
    from sonicforge.effects.dynamic_eq import DynamicBand, DynamicEqualiser
    from sonicforge.effects.enhancer import Enhancer
    from sonicforge.effects.equaliser import Equaliser
    from sonicforge.effects.exciter import Exciter
    from sonicforge.effects.expander import Expander
    from sonicforge.effects.fading import Fading
    from sonicforge.effects.flanger import Flanger
    from sonicforge.effects.gain import Gain
    from sonicforge.effects.gate import Gate
    from sonicforge.effects.hiss import Hiss
    from sonicforge.effects.hpss import Hpss
    from sonicforge.effects.hysteresis import Hysteresis
    from sonicforge.effects.insert import Insert
    from sonicforge.effects.limiter import Limiter
    from sonicforge.effects.medium import Medium
    from sonicforge.effects.multiband import Band, Multiband
    from sonicforge.effects.pan import AutoPan, Pan
    from sonicforge.effects.parametric import ParametricEqualiser
    from sonicforge.effects.phaser import Phaser
    from sonicforge.effects.pitch import PitchShift
    from sonicforge.effects.plate import Plate
    from sonicforge.effects.playback_loss import PlaybackLoss
    from sonicforge.effects.restoration.declick import Declick
    from sonicforge.effects.restoration.declip import Declip
    from sonicforge.effects.restoration.dehum import Dehum
    from sonicforge.effects.restoration.denoise import Denoise
    from sonicforge.effects.restoration.smear import Smear
    from sonicforge.effects.reverb import Reverb
    from sonicforge.effects.saturation import Saturation
    from sonicforge.effects.sidechain import Talkover
    from sonicforge.effects.soft_clip import SoftClip
    from sonicforge.effects.spin_down import SpinDown
    from sonicforge.effects.stereo import MonoBass, SideCut, Width
    from sonicforge.effects.stretch import Stretcher
    from sonicforge.effects.sweep import Sweep
    from sonicforge.effects.tape import Tape
    from sonicforge.effects.transient import Transient
    from sonicforge.effects.tremolo import Tremolo
    from sonicforge.effects.vinyl import Vinyl
    from sonicforge.effects.widener import Widener
    from sonicforge.effects.wow_flutter import WowFlutter

_HOMES = {
    "AutoPan": "sonicforge.effects.pan",
    "Band": "sonicforge.effects.multiband",
    "Bitcrush": "sonicforge.effects.bitcrush",
    "Chain": "sonicforge.effects.chain",
    "Chorus": "sonicforge.effects.chorus",
    "Compressor": "sonicforge.effects.compressor",
    "Converter": "sonicforge.effects.digital",
    "Crossover": "sonicforge.effects.crossover",
    "DeEsser": "sonicforge.effects.deesser",
    "Declick": "sonicforge.effects.restoration.declick",
    "Declip": "sonicforge.effects.restoration.declip",
    "Dehum": "sonicforge.effects.restoration.dehum",
    "Delay": "sonicforge.effects.delay",
    "Denoise": "sonicforge.effects.restoration.denoise",
    "Dropouts": "sonicforge.effects.dropouts",
    "Ducker": "sonicforge.effects.ducker",
    "DynamicBand": "sonicforge.effects.dynamic_eq",
    "DynamicEqualiser": "sonicforge.effects.dynamic_eq",
    "Enhancer": "sonicforge.effects.enhancer",
    "Equaliser": "sonicforge.effects.equaliser",
    "Exciter": "sonicforge.effects.exciter",
    "Expander": "sonicforge.effects.expander",
    "Fading": "sonicforge.effects.fading",
    "Flanger": "sonicforge.effects.flanger",
    "Gain": "sonicforge.effects.gain",
    "Gate": "sonicforge.effects.gate",
    "Hiss": "sonicforge.effects.hiss",
    "Hpss": "sonicforge.effects.hpss",
    "Hysteresis": "sonicforge.effects.hysteresis",
    "Insert": "sonicforge.effects.insert",
    "Leveller": "sonicforge.effects.agc",
    "Limiter": "sonicforge.effects.limiter",
    "LinearCrossover": "sonicforge.effects.crossover",
    "Medium": "sonicforge.effects.medium",
    "MonoBass": "sonicforge.effects.stereo",
    "Multiband": "sonicforge.effects.multiband",
    "Pan": "sonicforge.effects.pan",
    "ParametricEqualiser": "sonicforge.effects.parametric",
    "Phaser": "sonicforge.effects.phaser",
    "PitchShift": "sonicforge.effects.pitch",
    "Plate": "sonicforge.effects.plate",
    "PlaybackLoss": "sonicforge.effects.playback_loss",
    "Pump": "sonicforge.effects.ducker",
    "Reverb": "sonicforge.effects.reverb",
    "Saturation": "sonicforge.effects.saturation",
    "SideCut": "sonicforge.effects.stereo",
    "Smear": "sonicforge.effects.restoration.smear",
    "SoftClip": "sonicforge.effects.soft_clip",
    "SpinDown": "sonicforge.effects.spin_down",
    "Stretcher": "sonicforge.effects.stretch",
    "Sweep": "sonicforge.effects.sweep",
    "Talkover": "sonicforge.effects.sidechain",
    "Tape": "sonicforge.effects.tape",
    "Transient": "sonicforge.effects.transient",
    "Tremolo": "sonicforge.effects.tremolo",
    "Vinyl": "sonicforge.effects.vinyl",
    "Widener": "sonicforge.effects.widener",
    "Width": "sonicforge.effects.stereo",
    "WowFlutter": "sonicforge.effects.wow_flutter",
}

__all__ = [
    "AutoPan",
    "Band",
    "Bitcrush",
    "Chain",
    "Chorus",
    "Compressor",
    "Converter",
    "Crossover",
    "DeEsser",
    "Declick",
    "Declip",
    "Dehum",
    "Delay",
    "Denoise",
    "Dropouts",
    "Ducker",
    "DynamicBand",
    "DynamicEqualiser",
    "Enhancer",
    "Equaliser",
    "Exciter",
    "Expander",
    "Fading",
    "Flanger",
    "Gain",
    "Gate",
    "Hiss",
    "Hpss",
    "Hysteresis",
    "Insert",
    "Leveller",
    "Limiter",
    "LinearCrossover",
    "Medium",
    "MonoBass",
    "Multiband",
    "Pan",
    "ParametricEqualiser",
    "Phaser",
    "PitchShift",
    "Plate",
    "PlaybackLoss",
    "Pump",
    "Reverb",
    "Saturation",
    "SideCut",
    "Smear",
    "SoftClip",
    "SpinDown",
    "Stretcher",
    "Sweep",
    "Talkover",
    "Tape",
    "Transient",
    "Tremolo",
    "Vinyl",
    "Widener",
    "Width",
    "WowFlutter",
]


def __getattr__(name: str) -> Any:
    """Load a class on first use, so that `import sonicforge.effects` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sonicforge.effects' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
