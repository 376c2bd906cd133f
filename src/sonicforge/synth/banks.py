"""The oscillators of a patch as banks: every copy of every wave for every tone, in pitch and in stereo."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sonicforge.genres.timbre import Oscillator, Patch, Unison
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth import chip
from sonicforge.synth.envelopes import lfo_wave
from sonicforge.synth.lines import Voice
from sonicforge.synth.oscillators import (
    FALL,
    HOP,
    PEAK,
    RISE,
    SAW,
    STRETCH,
    VALLEY,
    Bank,
    add_loop,
    add_sines,
    noise_loop,
    play_bank,
)
from sonicforge.synth.setting import Moment, Setting, free_phase, lfo_rate
from sonicforge.synth.wavetables import play_table

Doubles = NDArray[np.float64]

LEVEL = 0.75
SUPERSAW = np.array([-1.0, -0.572, -0.178, 0.0, 0.181, 0.565, 0.977])
DRIFT_CENTS = 1.6
MOST_SOFT = 3
"""Copies of waves so poor in partials that more of them are not heard."""
PAIR_SPREAD = 0.45
"""How far the two sides of a detuned pair without unison lean apart."""


def play_oscillators(
    voice: Voice, setting: Setting, moment: Moment, inc: Doubles, rng: np.random.Generator, out: Samples
) -> None:
    """Adds all oscillators of the patch to `out` (channels, n), RMS near 0.4. inc (hops + 1) cycles per sample."""
    patch = setting.patch
    hops = len(inc) - 1
    power = sum(one.level**2 * (1.0 if one.wave != "sin" else 1.4) for one in patch.oscillators)
    scale = LEVEL / np.sqrt(power)
    edges: list[_Row] = []
    sines: list[_Row] = []
    for one in patch.oscillators:
        if one.wave in ("nzw", "nzp"):
            _add_noise(one, scale, rng, out)
            continue
        rows = _rows(one, voice, setting, scale, rng)
        if one.wave == "sin":
            sines += rows
        elif one.wave.startswith("wt:"):
            table = _bank(rows, setting, hops, rng)
            play_table(one.wave[3:], table.phase, table.ratio, table.gain, inc[:-1], out)
        else:
            edges += [edge for row in rows for edge in _as_edges(one, row, patch)]
    duty = _duty(patch, voice, moment, hops + 1)
    play_bank(_bank(edges, setting, hops, rng), inc[:-1], duty, out)
    if sines:
        bank = _bank(sines, setting, hops, rng)
        add_sines(bank.phase, bank.ratio, bank.gain, bank.drift, inc[:-1], out)


@dataclass(frozen=True, slots=True)
class _Row:
    phase: float
    ratio: float
    left: float
    right: float
    kind: int = SAW


def _rows(one: Oscillator, voice: Voice, setting: Setting, scale: float, rng: np.random.Generator) -> list[_Row]:
    """All copies of an oscillator: for each tone of the chord each unison voice, placed in pitch and in stereo."""
    offsets, levels, pans = _unison(one, setting.patch.unison, setting.patch.mix, setting.channels)
    rows = []
    for interval, gain in voice.tones:
        for offset, level, pan in zip(offsets, levels, pans, strict=True):
            ratio = 2 ** ((one.semitones + interval) / 12 + (one.cents + offset) / 1200)
            phase = 0.0 if setting.fixed_phase else rng.random()
            angle = (pan + 1) * np.pi / 4
            loud = one.level * scale * gain * level
            rows.append(_Row(phase, ratio, loud * np.sqrt(2) * np.cos(angle), loud * np.sqrt(2) * np.sin(angle)))
    return rows


@lru_cache(maxsize=64)
def _unison(one: Oscillator, uni: Unison, mix: float, channels: int) -> tuple[Doubles, Doubles, Doubles]:
    """Cents, levels (power sums to one) and pans of an oscillator's copies."""
    count = 7 if one.wave == "spr" else min(uni.voices, MOST_SOFT if one.wave in ("tri", "sin") else 16)
    place = np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    offsets, levels = place * uni.cents, np.ones(count)
    if one.wave == "spr":
        offsets = SUPERSAW * uni.cents
        levels[:] = -0.738 * mix**2 + 1.284 * mix + 0.044
        levels[3] = 0.998 - 0.554 * mix
    swap = np.where(np.minimum(np.arange(count), count - 1 - np.arange(count)) % 2 == 0, 1.0, -1.0)
    pans = uni.spread * place * swap
    if count == 1 and channels == 2:
        pans = np.array([PAIR_SPREAD * np.sign(one.cents)])
    return offsets, levels / np.sqrt(np.sum(levels**2)), pans


def _as_edges(one: Oscillator, row: _Row, patch: Patch) -> list[_Row]:
    """The edge trains an oscillator is made of."""

    def edge(phase: float, kind: int, share: float = 1.0) -> _Row:
        return _Row((row.phase + phase) % 1.0, row.ratio, row.left * share, row.right * share, kind)

    if one.wave == "tri" and patch.steps is not None and patch.steps.levels:
        phases, kinds, gains = chip.staircase(patch.steps.levels)
        return [edge(float(p), int(k), float(g)) for p, k, g in zip(phases, kinds, gains, strict=True)]
    if one.wave == "tri":
        return [edge(0.25, VALLEY), edge(0.75, PEAK)]
    if one.wave in ("pul", "sqr"):
        return [edge(0.0, RISE, 0.75), edge(1.0 - one.width, FALL, 0.75)]
    return [edge(0.5, SAW)]


def _bank(rows: list[_Row], setting: Setting, hops: int, rng: np.random.Generator) -> Bank:
    count = len(rows)
    gain = np.array([[row.left for row in rows], [row.right for row in rows]], np.float64).reshape(2, count)
    if setting.channels == 1:
        gain = np.full((1, count), 1.0) * np.array([np.hypot(row.left, row.right) / np.sqrt(2) for row in rows])
    return Bank(
        phase=np.array([row.phase for row in rows], np.float64),
        ratio=np.array([row.ratio for row in rows], np.float64),
        gain=np.ascontiguousarray(gain),
        kind=np.array([row.kind for row in rows], np.int64),
        drift=_drift(rows, setting, hops, rng),
    )


def _drift(rows: list[_Row], setting: Setting, hops: int, rng: np.random.Generator) -> Doubles:
    """Slow wander of each oscillator's pitch (rows, stretches of 64 hops); pairs of edges move together."""
    points = hops // STRETCH + 3
    if setting.fixed_phase or setting.patch.steps is not None or not rows:
        return np.zeros((len(rows), points))
    seconds = np.arange(points) * (STRETCH * HOP / SAMPLE_RATE)
    seeds = np.array([row.ratio for row in rows])
    turn = (np.unique(seeds, return_inverse=True)[1] * 0.618034 + rng.random()) % 1.0
    rate = 0.11 + 0.35 * ((turn * 7.13) % 1.0)
    wave = np.sin(2 * np.pi * (rate[:, None] * seconds + turn[:, None]))
    return wave * (DRIFT_CENTS / 1200 * np.log(2))


def _duty(patch: Patch, voice: Voice, moment: Moment, points: int) -> Doubles:
    """What is added to every pulse's width over time: tables and width LFOs."""
    curve = np.zeros(points)
    pulses = [one for one in patch.oscillators if one.wave == "pul"]
    if patch.steps is not None and pulses:
        curve += chip.duty_curve(patch.steps, pulses[0].width, points)
    for lfo in patch.lfos_of("pw"):
        hz = lfo_rate(lfo, voice, moment.bpm)
        curve += lfo.depth * 0.5 * lfo_wave(lfo, points, hz=hz, phase=free_phase(lfo.hz, lfo.beats, moment))
    return curve


def _add_noise(one: Oscillator, scale: float, rng: np.random.Generator, out: Samples) -> None:
    loop = noise_loop(one.wave == "nzp")
    for channel in out:
        add_loop(loop, int(rng.integers(len(loop))), np.float32(one.level * scale * 1.7), channel)
