"""Each track plays slightly different instruments: a few parameters of a patch move, its role stays."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from sonicforge.chance import choices
from sonicforge.genres.timbre import Patch

LEAST, MOST = 0.10, 0.22
SUB_CUTOFF_HZ = 300.0
"""Voices filtered this low are foundations, their cutoff is their role."""


def mutate(patch: Patch, seed: int) -> Patch:
    """The patch with up to six parameters changed by 10 to 22 %, chosen and sized by the track's seed.

    Sources, pitches, attack times and resonances never move.
    """
    rng = choices(seed, "synth", patch.name, "mutation")
    able = [move for move in MOVES if move(patch, 1.0) is not None]
    for move in rng.sample(able, min(len(able), rng.randint(3, 6))):
        patch = move(patch, _factor(rng)) or patch
    return patch


def _factor(rng: Random) -> float:
    change = 1 + rng.uniform(LEAST, MOST)
    return change if rng.random() < 0.5 else 1 / change


def _cutoff(patch: Patch, factor: float) -> Patch | None:
    spec = patch.filter
    if spec is None or spec.kind in ("fmt", "cmb") or spec.hz < SUB_CUTOFF_HZ:
        return None
    return replace(patch, filter=replace(spec, hz=spec.hz * factor))


def _envelope_depth(patch: Patch, factor: float) -> Patch | None:
    spec = patch.filter
    return replace(patch, filter=replace(spec, env_oct=spec.env_oct * factor)) if spec and spec.env_oct else None


def _envelope_decay(patch: Patch, factor: float) -> Patch | None:
    env = patch.filter_envelope
    return replace(patch, filter_envelope=replace(env, decay_ms=env.decay_ms * factor)) if env else None


def _detune(patch: Patch, factor: float) -> Patch | None:
    uni = patch.unison
    return replace(patch, unison=replace(uni, cents=uni.cents * factor)) if uni.voices > 1 else None


def _supersaw_mix(patch: Patch, factor: float) -> Patch | None:
    bank = any(oscillator.wave == "spr" for oscillator in patch.oscillators)
    return replace(patch, mix=min(1.0, patch.mix * factor)) if bank else None


def _drive(patch: Patch, factor: float) -> Patch | None:
    return replace(patch, drive_db=patch.drive_db * factor) if patch.drive_db else None


def _drive_after(patch: Patch, factor: float) -> Patch | None:
    return replace(patch, drive_after_db=patch.drive_after_db * factor) if patch.drive_after_db else None


def _movement(patch: Patch, factor: float) -> Patch | None:
    if not any(lfo.hz and not lfo.step_hz for lfo in patch.lfos):
        return None
    moved = (replace(lfo, hz=lfo.hz * factor) if lfo.hz and not lfo.step_hz else lfo for lfo in patch.lfos)
    return replace(patch, lfos=tuple(moved))


def _index(patch: Patch, factor: float) -> Patch | None:
    if patch.fm is None:
        return None
    first, *rest = patch.fm.modulators
    return replace(patch, fm=replace(patch.fm, modulators=(replace(first, index=first.index * factor), *rest)))


def _brightness(patch: Patch, factor: float) -> Patch | None:
    string = patch.string
    return replace(patch, string=replace(string, bright=min(1.0, string.bright * factor))) if string else None


def _hammer(patch: Patch, factor: float) -> Patch | None:
    piano = patch.piano
    return replace(patch, piano=replace(piano, hammer_hz=piano.hammer_hz * factor)) if piano else None


Move = Callable[[Patch, float], Patch | None]
MOVES: tuple[Move, ...] = (
    _cutoff,
    _envelope_depth,
    _envelope_decay,
    _detune,
    _supersaw_mix,
    _drive,
    _drive_after,
    _movement,
    _index,
    _brightness,
    _hammer,
)
