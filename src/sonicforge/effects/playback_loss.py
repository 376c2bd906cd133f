"""What a playback head loses: spacing, coating thickness, gap; and what its edges add: the head bump.

With the wave number k = 2 pi f / v: exp(-k d) for the distance d between tape and head, (1 - exp(-k t)) / (k t) for a
coating of thickness t, sin(k g / 2) / (k g / 2) for a gap g (R. Wallace, "The reproduction of magnetically recorded
signals", BSTJ 30, 1951). The losses have no phase, so a linear-phase FIR carries them; the bump is a bell.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from sonicforge.effects.biquad import bell
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

IPS = 0.0254
"""Metres per second in one inch per second."""
BUMP_Q = 1.0
SIDE_S = 1e-3
"""Length of one side of the FIR."""
FADE_S = 0.02
_PIECE = 1024


def loss_db(
    hz: ArrayLike, *, speed_ips: float, spacing_um: float, thickness_um: float, gap_um: float
) -> NDArray[np.float64]:
    """Gain in dB (<= 0) at each frequency."""
    return np.asarray(20 * np.log10(np.maximum(np.abs(_loss(hz, speed_ips, spacing_um, thickness_um, gap_um)), 1e-9)))


def _loss(hz: ArrayLike, speed_ips: float, spacing: float, thickness: float, gap: float) -> NDArray[np.float64]:
    k = 2e-6 * math.pi * np.asarray(hz, np.float64) / (speed_ips * IPS)
    coating = np.where(k * thickness > 1e-6, -np.expm1(-k * thickness) / np.maximum(k * thickness, 1e-6), 1.0)
    return np.asarray(np.exp(-k * spacing) * coating * np.sinc(k * gap / (2 * math.pi)))


class PlaybackLoss:
    """`speed_ips` 1.875 (cassette) to 30 (studio); `spacing_um`, `thickness_um`, `gap_um` as in Wallace's formula.

    `bump_db` at `bump_hz` is the head bump.
    """

    def __init__(
        self,
        *,
        speed_ips: float = 7.5,
        spacing_um: float = 0.4,
        thickness_um: float = 1.2,
        gap_um: float = 2.5,
        bump_hz: float = 90.0,
        bump_db: float = 1.5,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._rate = sample_rate
        self.latency = math.ceil(SIDE_S * sample_rate)
        self._bump = Equaliser([bell(bump_hz, bump_db, q=BUMP_Q, sample_rate=sample_rate)] if bump_db else [])
        self._taps = self._design(speed_ips, spacing_um, thickness_um, gap_um)
        self.reset()

    def reset(self) -> None:
        self._bump.reset()
        self._past: Samples | None = None
        self._old, self._fading = self._taps, 0

    def move(self, *, speed_ips: float, spacing_um: float, thickness_um: float, gap_um: float) -> None:
        """Cross-fade to other losses within 20 ms from the next sample on."""
        self._old, self._taps = self._taps, self._design(speed_ips, spacing_um, thickness_um, gap_um)
        self._fading = math.ceil(FADE_S * self._rate)

    def process(self, block: Samples) -> Samples:
        warm = self._bump.process(block)
        behind = 2 * self.latency
        past = np.zeros((block.shape[0], behind), np.float32) if self._past is None else self._past
        line = np.concatenate([past, warm], axis=1)
        self._past = line[:, block.shape[1] :].copy()
        out = _filtered(line, self._taps, self.latency)
        if self._fading:
            self._blend(out, line)
        return out

    def _blend(self, out: Samples, line: Samples) -> None:
        whole = math.ceil(FADE_S * self._rate)
        count = min(self._fading, out.shape[1])
        old = _filtered(line[:, : count + 2 * self.latency], self._old, self.latency)
        share = ((self._fading - np.arange(count)) / whole).astype(np.float32)
        out[:, :count] += share * (old - out[:, :count])
        self._fading -= count

    def _design(self, speed_ips: float, spacing: float, thickness: float, gap: float) -> Samples:
        """One side of the FIR, middle first: sampled response, Hann-like window, unit gain at DC, no silent end."""
        size = 16 * self.latency
        response = _loss(np.fft.rfftfreq(size, 1 / self._rate), speed_ips, spacing, thickness, gap)
        side = np.fft.irfft(response, size)[: self.latency + 1] * np.kaiser(2 * self.latency + 1, 5.0)[self.latency :]
        side /= side[0] + 2 * side[1:].sum()
        heard = np.flatnonzero(np.abs(side) > 3e-5 * abs(side[0]))
        return side[: heard[-1] + 1].astype(np.float32)


def _filtered(line: Samples, taps: Samples, side: int) -> Samples:
    out = np.empty((line.shape[0], line.shape[1] - 2 * side), np.float32)
    for channel in range(line.shape[0]):
        _run(line[channel], taps, side, out[channel])
    return out


@njit(cache=True, nogil=True)
def _run(line, taps, side, out):  # type: ignore[no-untyped-def]
    total = np.empty(_PIECE, np.float32)
    for first in range(0, out.size, _PIECE):
        count = min(_PIECE, out.size - first)
        middle = line[first + side :]
        for j in range(count):
            total[j] = taps[0] * middle[j]
        for k in range(1, taps.size):
            weight = taps[k]
            older, younger = line[first + side - k :], line[first + side + k :]
            for j in range(count):
                total[j] += weight * (older[j] + younger[j])
        out[first : first + count] = total[:count]


EFFECT = Effect(
    name="playback_loss",
    summary="the treble that a tape head does not pick up, and its bump in the bass",
    make=PlaybackLoss,
    parameters=(
        Parameter("speed_ips", 1, 50, 7.5, "in/s", "dull and narrow", "open"),
        Parameter("spacing_um", 0, 20, 0.4, "um", "tape touches the head", "muffled"),
        Parameter("thickness_um", 0, 50, 1.2, "um", "bright", "warm"),
        Parameter("gap_um", 0.1, 50, 2.5, "um", "bright", "comb-like hole in the treble"),
        Parameter("bump_hz", 20, 250, 90, "Hz", "deep", "boxy"),
        Parameter("bump_db", 0, 9, 1.5, "dB", "flat", "boomy"),
    ),
    source="Wallace, BSTJ 30 (1951)",
)
