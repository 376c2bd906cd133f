"""The oscillators of a patch as banks: every copy of every wave for every tone, in pitch and in stereo."""

from dataclasses import dataclass, replace
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
NOISES = ("nzw", "nzp")
SUPERSAW = np.array([-1.0, -0.572, -0.178, 0.0, 0.181, 0.565, 0.977])
DRIFT_CENTS = 1.6
MOST_SOFT = 3
"""Copies of waves so poor in partials that more of them are not heard."""
CROWD = 3
MOST_IN_CROWD = 5
"""Copies of each wave in chords of so many tones: the tones beat with each other already."""
PAIR_SPREAD = 0.45
"""How far the two sides of a detuned pair without unison lean apart."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a kind: the source each belongs to, its place in the source's cycle, ratio, gains (channels, rows)."""

    source: NDArray[np.int64]
    offset: Doubles
    ratio: Doubles
    gain: Doubles
    kind: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Layout:
    """All that notes with the same tones have in common: rows with edges, sines, tables by name, number of sources."""

    edges: _Rows
    sines: _Rows
    tables: tuple[tuple[str, _Rows], ...]
    sources: int


def play_oscillators(
    voice: Voice, setting: Setting, moment: Moment, inc: Doubles, rng: np.random.Generator, out: Samples
) -> None:
    """Adds all oscillators of the patch to `out` (channels, n), RMS near 0.4. inc (hops + 1) cycles per sample."""
    patch = setting.patch
    hops = len(inc) - 1
    layout = _layout(patch.oscillators, patch.unison, patch.mix, _levels(patch), setting.channels, voice.tones)
    starts = np.zeros(layout.sources) if setting.fixed_phase else rng.random(layout.sources)
    drift = _drift(layout.sources, setting, hops, rng)
    if layout.edges.kind.size:
        play_bank(_bank(layout.edges, starts, drift), inc[:-1], _duty(patch, voice, moment, hops + 1), out)
    if layout.sines.kind.size:
        bank = _bank(layout.sines, starts, drift)
        add_sines(bank.phase, bank.ratio, bank.gain, bank.drift, inc[:-1], out)
    for name, rows in layout.tables:
        play_table(name, starts[rows.source], rows.ratio, rows.gain, inc[:-1], out)
    for one in patch.oscillators:
        if one.wave in NOISES:
            _add_noise(one, _scale(patch.oscillators), rng, out)


def _levels(patch: Patch) -> int:
    return patch.steps.levels if patch.steps is not None else 0


def _scale(oscillators: tuple[Oscillator, ...]) -> float:
    return float(LEVEL / np.sqrt(sum(one.level**2 * (1.4 if one.wave == "sin" else 1.0) for one in oscillators)))


@lru_cache(maxsize=256)
def _layout(
    oscillators: tuple[Oscillator, ...],
    uni: Unison,
    mix: float,
    levels: int,
    channels: int,
    tones: tuple[tuple[float, float], ...],
) -> _Layout:
    """Every oscillator for every tone in every unison copy, placed in pitch and in stereo."""
    scale = _scale(oscillators)
    copies = replace(uni, voices=min(uni.voices, MOST_IN_CROWD)) if len(tones) >= CROWD else uni
    found: dict[str, list[tuple[float, ...]]] = {"edges": [], "sines": []}
    source = 0
    for one in oscillators:
        if one.wave in NOISES:
            continue
        offsets, loudness, pans = _unison(one, copies, mix, channels)
        group = found.setdefault(one.wave[3:], []) if one.wave.startswith("wt:") else None
        for interval, gain in tones:
            for cents, level, pan in zip(offsets, loudness, pans, strict=True):
                ratio = 2 ** ((one.semitones + interval) / 12 + (one.cents + cents) / 1200)
                angle = (pan + 1) * np.pi / 4
                loud = one.level * scale * gain * level
                left, right = loud * np.sqrt(2) * np.cos(angle), loud * np.sqrt(2) * np.sin(angle)
                for offset, kind, share in _parts(one, levels):
                    rows = found["sines"] if one.wave == "sin" else found["edges"] if group is None else group
                    rows.append((source, offset, ratio, left * share, right * share, kind, loud * share))
                source += 1
    packed = {name: _pack(rows, channels) for name, rows in found.items()}
    tables = tuple((name, rows) for name, rows in packed.items() if name not in ("edges", "sines"))
    return _Layout(packed["edges"], packed["sines"], tables, source)


def _pack(rows: list[tuple[float, ...]], channels: int) -> _Rows:
    table = np.array(rows, np.float64).reshape(-1, 7).T
    gain = table[3:5] if channels == 2 else table[6:7]
    return _Rows(
        source=table[0].astype(np.int64),
        offset=np.ascontiguousarray(table[1]),
        ratio=np.ascontiguousarray(table[2]),
        gain=np.ascontiguousarray(gain),
        kind=table[5].astype(np.int64),
    )


def _parts(one: Oscillator, levels: int) -> list[tuple[float, int, float]]:
    """The trains of edges that make the wave: place in the cycle, kind, share of the gain."""
    if one.wave == "tri" and levels:
        phases, kinds, gains = chip.staircase(levels)
        return [(float(phase), int(kind), float(gain)) for phase, kind, gain in zip(phases, kinds, gains, strict=True)]
    if one.wave == "tri":
        return [(0.25, VALLEY, 1.0), (0.75, PEAK, 1.0)]
    if one.wave in ("pul", "sqr"):
        return [(0.0, RISE, 0.75), (1.0 - one.width, FALL, 0.75)]
    return [(0.0, SAW, 1.0)] if one.wave == "sin" else [(0.5, SAW, 1.0)]


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


def _bank(rows: _Rows, starts: Doubles, drift: Doubles) -> Bank:
    phase = (rows.offset + starts[rows.source]) % 1.0
    return Bank(phase, rows.ratio, rows.gain, rows.kind, np.ascontiguousarray(drift[rows.source]))


def _drift(sources: int, setting: Setting, hops: int, rng: np.random.Generator) -> Doubles:
    """Slow wander of each source's pitch (sources, stretches of 64 hops)."""
    points = hops // STRETCH + 3
    if setting.fixed_phase or setting.patch.steps is not None:
        return np.zeros((sources, points))
    turn = rng.random((sources, 1))
    seconds = np.arange(points) * (STRETCH * HOP / SAMPLE_RATE)
    wave = np.sin(2 * np.pi * ((0.11 + 0.35 * ((turn * 7.13) % 1.0)) * seconds + turn))
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
