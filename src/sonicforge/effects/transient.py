"""Transient shaper: two pairs of envelopes -> their difference in dB -> gain of attack and of sustain.

Where a fast envelope is ahead of one that rises slowly, something begins; where one that falls slowly is above one
that falls fast, something rings out. Differences of decibels do not know how loud the sound is, so there is no
threshold to set.
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.grid import HOP, Ear, GainLine, LookAhead, by_chunks, share
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

RISE_MS = 25.0
FALL_MS, LONG_FALL_MS = 60.0, 600.0
FULL_DB = 12.0
"""Difference of the envelopes at which a setting works in full."""
ONSET_MS = 1.0
"""How fast the sustain gain lets go when something begins."""
SOFTEST = 1e-5
"""Level that counts as silence (-100 dBFS)."""
QUICK, SLOW, LONG, ATTACK, SUSTAIN = range(5)


class Transient:
    """`attack_db` is added to beginnings, `sustain_db` to what rings after them (both may be negative).

    `softness_ms` rounds the gain: shorter is snappier. The default look-ahead lets the gain arrive with the hit.
    """

    def __init__(
        self,
        *,
        attack_db: float = 4.0,
        sustain_db: float = 0.0,
        softness_ms: float = 3.0,
        look_ahead_ms: float = 2.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._numbers = np.array(
            [
                attack_db,
                sustain_db,
                share(softness_ms, sample_rate),
                share(RISE_MS, sample_rate),
                math.log(10) / 20 * _fall_db(FALL_MS, sample_rate),
                math.log(10) / 20 * _fall_db(LONG_FALL_MS, sample_rate),
                share(min(ONSET_MS, softness_ms), sample_rate),
            ]
        )
        self._ear, self._line = Ear(), GainLine()
        self._ahead = LookAhead(round(look_ahead_ms * sample_rate / 1000))
        self.latency = self._ahead.samples
        self.reset()

    def reset(self) -> None:
        for part in (self._ear, self._line, self._ahead):
            part.reset()
        self._state = np.array([*[math.log(SOFTEST)] * 3, 0.0, 0.0])

    @property
    def gain_db(self) -> float:
        """Gain at this moment."""
        return float(self._state[ATTACK] + self._state[SUSTAIN])

    def process(self, block: Samples) -> Samples:
        return by_chunks(self._chunk, block)

    def _chunk(self, block: Samples) -> Samples:
        levels = self._ear.process(block)
        gains = np.empty_like(levels)
        _shape(levels, self._numbers, self._state, gains)
        out = self._ahead.process(block)
        self._line.ride(out, gains)
        return out


def _fall_db(ms: float, sample_rate: int) -> float:
    """Decibels a piece of an envelope that falls by 20 dB in `ms`."""
    return 20 * HOP / (ms * sample_rate / 1000)


@njit(cache=True, nogil=True)
def _shape(levels, numbers, state, gains):  # type: ignore[no-untyped-def]
    attack_db, sustain_db, soft, rise, fall, long_fall, onset = numbers
    quick, slow, long, attack, sustain = state
    per_neper, floor = 20.0 / math.log(10.0), math.log(SOFTEST)
    for k in range(levels.size):
        level = math.log(max(levels[k], SOFTEST))
        # The peaks of a low note are 10 ms apart: even the quick envelope falls slowly enough to step over them.
        quick = max(level, quick - fall, floor)
        slow = slow + rise * (quick - slow) if quick > slow else quick
        long = max(level, long - long_fall, floor)
        begun = min((quick - slow) * per_neper / FULL_DB, 1.0)
        ringing = min((long - quick) * per_neper / FULL_DB, 1.0)
        attack += soft * (attack_db * begun - attack)
        sustain += (soft if ringing > 0.0 else onset) * (sustain_db * ringing - sustain)
        if abs(attack) < 1e-4 and begun == 0.0:
            attack = 0.0
        if abs(sustain) < 1e-4 and ringing == 0.0:
            sustain = 0.0
        gains[k] = 10.0 ** ((attack + sustain) / 20.0)
    state[0], state[1], state[2], state[3], state[4] = quick, slow, long, attack, sustain


EFFECT = Effect(
    "transient",
    "makes the beginnings of sounds sharper or softer, their tails longer or shorter",
    Transient,
    (
        Parameter("attack_db", -15, 15, 4, "dB", "hits are rounded off", "hits snap"),
        Parameter("sustain_db", -24, 24, 0, "dB", "dry and short", "room and ring come forward"),
        Parameter("softness_ms", 0.5, 30, 3, "ms", "clicks and snaps", "breathes"),
        Parameter("look_ahead_ms", 0, 10, 2, "ms", "the very edge is missed", "in time with the hit"),
    ),
    source="envelope differences after the SPL Transient Designer (1998)",
)
