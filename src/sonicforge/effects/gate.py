"""Noise gate: high-passed key -> two thresholds -> hold -> raised cosine between open and shut.

It opens above one threshold and shuts below a lower one, so that a level that trembles around either cannot make it
chatter. Shut means turned down by `range_db`, not cut off: a floor that vanishes is heard more than a quieter one.
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.biquad import highpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.grid import HOP, Ear, GainLine, Levels, LookAhead, by_chunks, pieces
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

OPENNESS, IS_OPEN, HELD = range(3)


class Hysteresis:
    """Openness 0..1 of every piece from its level: opens at `open_db`, shuts below `close_db` after a hold.

    `attack_ms` and `release_ms` are the whole way between shut and open.
    """

    def __init__(
        self, *, open_db: float, close_db: float, attack_ms: float, hold_ms: float, release_ms: float, sample_rate: int
    ) -> None:
        self._numbers = np.array(
            [
                10 ** (open_db / 20),
                10 ** (min(close_db, open_db) / 20),
                1 / pieces(attack_ms, sample_rate),
                hold_ms * sample_rate / 1000 / HOP,
                1 / pieces(release_ms, sample_rate),
            ]
        )
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros(3)

    @property
    def is_open(self) -> bool:
        return bool(self._state[IS_OPEN])

    def process(self, levels: Levels) -> Levels:
        """Openness (raised cosine, 0..1) in answer to each level (linear peak)."""
        openness = np.empty_like(levels)
        _follow(levels, self._numbers, self._state, openness)
        return openness


class Gate:
    """Turns down what is softer than the thresholds; channels are linked.

    Shuts `hysteresis_db` below `open_db`. With the default look-ahead it is open before the first sample of what
    opened it. `key` of `process` lets another sound open it.
    """

    def __init__(
        self,
        *,
        open_db: float = -45.0,
        hysteresis_db: float = 5.0,
        range_db: float = 24.0,
        attack_ms: float = 1.0,
        hold_ms: float = 50.0,
        release_ms: float = 150.0,
        look_ahead_ms: float = 3.0,
        key_highpass_hz: float = 100.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._hysteresis = Hysteresis(
            open_db=open_db,
            close_db=open_db - hysteresis_db,
            attack_ms=attack_ms,
            hold_ms=hold_ms,
            release_ms=release_ms,
            sample_rate=sample_rate,
        )
        self._range_db = range_db
        rumble = highpass(key_highpass_hz, slope=24, sample_rate=sample_rate)
        self._key_filter = Equaliser([rumble]) if key_highpass_hz > 0 else None
        self._ear, self._ahead = Ear(), LookAhead(round(look_ahead_ms * sample_rate / 1000))
        self._line = GainLine(10 ** (-range_db / 20))
        self.latency = self._ahead.samples

    def reset(self) -> None:
        for part in (self._hysteresis, self._ear, self._ahead, self._line, self._key_filter):
            if part is not None:
                part.reset()

    @property
    def is_open(self) -> bool:
        return self._hysteresis.is_open

    def process(self, block: Samples, key: Samples | None = None) -> Samples:
        """Gate `block` by its own level or by that of `key` (same number of samples)."""
        return by_chunks(self._chunk, block) if key is None else self._chunk(block, key)

    def _chunk(self, block: Samples, key: Samples | None = None) -> Samples:
        heard = block if key is None else key
        if self._key_filter is not None:
            heard = self._key_filter.process(heard)
        openness = self._hysteresis.process(self._ear.process(heard))
        out = self._ahead.process(block)
        self._line.ride(out, 10 ** ((openness - 1) * (self._range_db / 20)))
        return out


@njit(cache=True, nogil=True)
def _follow(levels, numbers, state, openness):  # type: ignore[no-untyped-def]
    opens, shuts, attack, hold, release = numbers
    way, is_open, held = state
    for k in range(levels.size):
        if levels[k] >= opens:
            is_open = 1.0
        if levels[k] >= shuts:
            held = hold
        elif is_open > 0.0:
            held -= 1.0
            if held < 0.0:
                is_open = 0.0
        way = min(way + attack, 1.0) if is_open > 0.0 else max(way - release, 0.0)
        openness[k] = 0.5 - 0.5 * math.cos(math.pi * way)
    state[0], state[1], state[2] = way, is_open, held


EFFECT = Effect(
    "gate",
    "turns the sound down between its events: hiss, spill, breath",
    Gate,
    (
        Parameter("open_db", -90, 0, -45, "dBFS", "nearly always open", "only peaks open it"),
        Parameter("hysteresis_db", 0, 24, 5, "dB", "may chatter", "stays open down to the decay"),
        Parameter("range_db", 0, 90, 24, "dB", "nothing happens", "silence between events"),
        Parameter("attack_ms", 0.1, 50, 1, "ms", "opens at once", "swells in"),
        Parameter("hold_ms", 0, 100, 50, "ms", "shuts at once", "waits"),
        Parameter("release_ms", 5, 1000, 150, "ms", "cut off", "fades away"),
        Parameter("look_ahead_ms", 0, 10, 3, "ms", "the first edge is dulled", "open in time"),
        Parameter("key_highpass_hz", 0, 4000, 100, "Hz", "rumble opens it", "only treble opens it"),
    ),
    source="two thresholds after O. H. Schmitt, J. Sci. Instrum. 15 (1938)",
)
