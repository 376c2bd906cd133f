"""The catalogue: every effect that can be named in a preset or on the command line.

Each effect's module keeps its row `EFFECT` (or rows `EFFECTS`) beside its code; adding one is one line here.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from sonicforge.effects.parameter import Effect
from sonicforge.effects.processor import Processor
from sonicforge.errors import UnknownName

_MODULES: tuple[str, ...] = (
    "agc",
    "bitcrush",
    "chorus",
    "compressor",
    "deesser",
    "delay",
    "digital",
    "dropouts",
    "ducker",
    "dynamic_eq",
    "enhancer",
    "exciter",
    "expander",
    "fading",
    "flanger",
    "gain",
    "gate",
    "hiss",
    "hpss",
    "hysteresis",
    "limiter",
    "match",
    "medium",
    "multiband",
    "pan",
    "parametric",
    "phaser",
    "pitch",
    "plate",
    "playback_loss",
    "restoration.declick",
    "restoration.declip",
    "restoration.dehum",
    "restoration.denoise",
    "restoration.smear",
    "reverb",
    "saturation",
    "soft_clip",
    "spin_down",
    "stereo",
    "sweep",
    "tape",
    "transient",
    "tremolo",
    "vinyl",
    "widener",
    "wow_flutter",
)


@cache
def catalogue() -> Mapping[str, Effect]:
    """Every effect by name. Importing all of them takes about a second."""
    rows: dict[str, Effect] = {}
    for name in _MODULES:
        module = import_module(f"sonicforge.effects.{name}")
        for row in getattr(module, "EFFECTS", None) or (module.EFFECT,):
            rows[row.name] = row
    return rows


def effect(name: str) -> Effect:
    """The row of one effect; raises `UnknownName`."""
    rows = catalogue()
    if name not in rows:
        raise UnknownName("effect", name, rows)
    return rows[name]


def build(
    name: str, settings: Mapping[str, object] | None = None, *, sample_rate: int, channels: int = 2, seed: int = 0
) -> Processor:
    """A processor by name, checked settings, the rest at their defaults."""
    return effect(name).build(settings, sample_rate=sample_rate, channels=channels, seed=seed)
