"""Effect returns: each send bus through its reverb or delay, at half the rate, summed to one wet signal."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.control import ride
from sonicforge.effects.delay import Delay
from sonicforge.effects.ducker import gate_curve
from sonicforge.effects.presets import DELAYS, REVERBS
from sonicforge.effects.reverb import Reverb
from sonicforge.errors import UnknownName
from sonicforge.mix.automation import Timeline
from sonicforge.sound.audio import Samples

BLOCK = 1 << 15
SIXTEENTHS_OF_HOLD = 3
LONGEST_HOLD_MS = 260.0


@dataclass(frozen=True, slots=True)
class Space:
    """What the returns need to know besides the sends: tempo, swing, and the hits that open gated rooms."""

    timeline: Timeline
    swing_percent: float
    shimmer: bool
    gate_hits_s: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Wet:
    """The summed returns (2, samples at half the rate) and the power of each preset's return."""

    samples: Samples
    power: Mapping[str, float]


def is_delay(preset: str) -> bool:
    """Whether a preset is a delay. Raises `UnknownName` for no preset at all."""
    if preset not in DELAYS and preset not in REVERBS:
        raise UnknownName("effect preset", preset, [*DELAYS, *REVERBS])
    return preset in DELAYS


def return_all(sends: Mapping[str, Samples], space: Space, *, threads: int = 2) -> Wet | None:
    """Every send (mono, half rate) through its effect. None without sends.

    Effects are dealt into two groups of about equal work, which may run side by side; whatever the number of threads,
    each group sums in the order of its names, so that the bytes are the same.
    """
    if not sends:
        return None
    length = max(send.size for send in sends.values())
    groups = _dealt(sends)
    with ThreadPoolExecutor(max_workers=min(max(threads, 1), len(groups))) as pool:
        sums = list(pool.map(lambda names: _sum([(name, sends[name]) for name in names], space, length), groups))
    total, power = sums[0]
    for other, more in sums[1:]:
        total += other
        power |= more
    return Wet(total, {name: power[name] for name in sorted(power)})


def _dealt(names: Iterable[str]) -> list[list[str]]:
    """One or two groups of presets; the most work goes first, to the group that has less."""
    groups: list[list[str]] = [[], []]
    work = [0, 0]
    for name in sorted(names, key=lambda name: (-_work(name), name)):
        lighter = int(work[1] < work[0])
        groups[lighter].append(name)
        work[lighter] += _work(name)
    return [sorted(group) for group in groups if group]


def _work(name: str) -> int:
    """Roughly what an effect costs: lines of a reverb; a delay is about six."""
    return 6 if is_delay(name) else REVERBS[name].lines


def _sum(sends: Sequence[tuple[str, Samples]], space: Space, length: int) -> tuple[Samples, dict[str, float]]:
    """A group's returns, block by block, and the power of each."""
    rate = space.timeline.sample_rate // 2
    total = np.zeros((2, length), np.float32)
    power = {}
    for name, send in sends:
        effect = _effect(name, space, rate)
        gate = _gate(name, length, space, rate)
        power[name] = 0.0
        for first in range(0, send.size, BLOCK):
            wet = effect.process(send[None, first : first + BLOCK])
            if gate is not None:
                ride(wet, gate, at=first)
            power[name] += sum(float(row @ row) for row in wet)
            total[:, first : first + wet.shape[1]] += wet
    return total, power


def _effect(name: str, space: Space, rate: int) -> Delay | Reverb:
    if is_delay(name):
        return Delay(name, bpm=space.timeline.bpm, swing_percent=space.swing_percent, sample_rate=rate)
    return Reverb(name, shimmer=space.shimmer, sample_rate=rate)


def _gate(name: str, length: int, space: Space, rate: int) -> Samples | None:
    """What closes the room behind each hit: hold tied to the tempo, at most three 16ths, then a short release."""
    if name not in REVERBS or not REVERBS[name].hold_ms:
        return None
    preset = REVERBS[name]
    sixteenth_ms = 15_000.0 / space.timeline.bpm
    hold = min(max(preset.hold_ms, 2 * sixteenth_ms), SIXTEENTHS_OF_HOLD * sixteenth_ms, LONGEST_HOLD_MS)
    hits = space.gate_hits_s.get(name, np.zeros(0))
    return gate_curve(hits, length, hold_ms=hold, release_ms=preset.release_ms, sample_rate=rate)
