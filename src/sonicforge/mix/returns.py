"""Effect returns: each send bus through its reverb or delay, at half the rate, summed to one wet signal."""

from collections.abc import Mapping
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

    Effects run on `threads` threads; their sum has one fixed order.
    """
    names = sorted(sends)
    if not names:
        return None
    total: Samples | None = None
    power = {}
    with ThreadPoolExecutor(max_workers=max(threads, 1)) as pool:
        for name, wet in zip(names, pool.map(lambda name: _one(name, sends[name], space), names), strict=True):
            power[name] = sum(float(row @ row) for row in wet)
            if total is None:
                total = wet
            else:
                total += wet
    assert total is not None
    return Wet(total, power)


def _one(name: str, send: Samples, space: Space) -> Samples:
    rate = space.timeline.sample_rate // 2
    if is_delay(name):
        effect: Delay | Reverb = Delay(
            name, bpm=space.timeline.bpm, swing_percent=space.swing_percent, sample_rate=rate
        )
    else:
        effect = Reverb(name, shimmer=space.shimmer, sample_rate=rate)
    out = np.empty((2, send.size), np.float32)
    for first in range(0, send.size, BLOCK):
        last = min(first + BLOCK, send.size)
        out[:, first:last] = effect.process(send[None, first:last])
    if name in REVERBS and REVERBS[name].hold_ms:
        _gate(out, name, space, rate)
    return out


def _gate(wet: Samples, name: str, space: Space, rate: int) -> None:
    """Close the room behind each hit: hold tied to the tempo, at most three 16ths, then a short release."""
    preset = REVERBS[name]
    sixteenth_ms = 15_000.0 / space.timeline.bpm
    hold = min(max(preset.hold_ms, 2 * sixteenth_ms), SIXTEENTHS_OF_HOLD * sixteenth_ms, LONGEST_HOLD_MS)
    curve = gate_curve(
        space.gate_hits_s.get(name, np.zeros(0)),
        wet.shape[1],
        hold_ms=hold,
        release_ms=preset.release_ms,
        sample_rate=rate,
    )
    ride(wet, curve)
