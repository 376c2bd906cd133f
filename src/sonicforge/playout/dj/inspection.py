"""`inspect`: what a listener would complain about in a seam, measured on the very samples that go on air."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from sonicforge.playout.block import RATE
from sonicforge.playout.dj.level import MOMENTARY, PIECE, SHORT, Sides, power_of, windows
from sonicforge.sound.audio import Samples
from sonicforge.sound.loudness import power_to_lufs

BUMP_DB = 1.0
BASS_DB = 2.0
SILENCE_S = 0.5
SILENT_LUFS = -50.0
CLICK = 3.0
"""A step at a seam this many times larger than any in the 20 ms around it clicks."""
_LOW_HZ, _LOW_SHARE = 120.0, 0.25
_THIN = 16
_NEAR = RATE // 50


@dataclass(frozen=True, slots=True)
class Inspection:
    """Measures of a seam against both sides of it; dB above the louder side, seconds, and the size of the worst step.

    `bump_db` is short-term (3 s), `momentary_db` 400 ms, both K-weighted; `bass_db` the low end below 120 Hz of the
    loudest second; `dip_db` how far the quietest 3 s lie below the quieter side; `silence_s` the longest stretch under
    -60 LUFS; `click` how much larger the step over a seam is than those around it.
    """

    bump_db: float
    momentary_db: float
    bass_db: float
    dip_db: float
    silence_s: float
    click: float

    @property
    def defects(self) -> tuple[str, ...]:
        """What must not go on air, in words."""
        told = (
            (self.bump_db > BUMP_DB, f"{self.bump_db:+.1f} dB louder than both sides"),
            (self.momentary_db > BUMP_DB, f"{self.momentary_db:+.1f} dB louder for a moment"),
            (self.bass_db > BASS_DB, f"the low end doubles: {self.bass_db:+.1f} dB"),
            (self.silence_s > SILENCE_S, f"{self.silence_s:.1f} s of silence"),
            (self.click > CLICK, "a click at a seam"),
        )
        return tuple(words for found, words in told if found)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "defects": list(self.defects)}


def inspect(bridge: Samples, sides: Sides, tracks: tuple[Samples, Samples], joined: Samples) -> Inspection:
    """Measures of a bridge (2, n) between its sides.

    `tracks` are both tracks over its length, alone and untouched; `joined` is what they are together in the bridge,
    without its own sounds.
    """
    heard = np.concatenate([sides.before, bridge, sides.after], axis=1)
    power = power_of(heard)
    lead = sides.before.shape[1] // PIECE
    near = power[max(lead - 50, 0) : lead + bridge.shape[1] // PIECE + 50]
    return Inspection(
        bump_db=_above(power, sides, SHORT, lead, bridge.shape[1]),
        momentary_db=_above(power, sides, MOMENTARY, lead, bridge.shape[1]),
        bass_db=_bass(joined, sides, tracks),
        dip_db=_below(power, sides, lead, bridge.shape[1]),
        silence_s=_longest(power_to_lufs(near) < SILENT_LUFS) / 100,
        click=max(_click(heard, sides.before.shape[1]), _click(heard, sides.before.shape[1] + bridge.shape[1])),
    )


def _above(power: NDArray[np.float64], sides: Sides, window: int, lead: int, length: int) -> float:
    """dB of the loudest window that touches the bridge over the loudest of either side."""
    touching = power[max(lead - window + 1, 0) : lead + length // PIECE + window - 1]
    loudest = float(windows(touching, window).max(initial=-120.0))
    reference = sides.loudest(window)
    return round(max(loudest - reference, -60.0), 2) if reference > -119 else 0.0


def _below(power: NDArray[np.float64], sides: Sides, lead: int, length: int) -> float:
    """dB by which the quietest 3 s around the bridge lie below the mean of the quieter side; 0 where they do not."""
    quietest = float(windows(power[max(lead - 150, 0) : lead + length // PIECE + 150], SHORT).min(initial=0.0))
    levels = [
        float(power_to_lufs(power_of(side).mean())) for side in (sides.before, sides.after) if side.shape[1] > PIECE
    ]
    return round(min(max(min(levels, default=quietest) - quietest, 0.0), 60.0), 2)


def _bass(joined: Samples, sides: Sides, tracks: tuple[Samples, Samples]) -> float:
    """dB of the loudest second of low end over the loudest that either track has there or beside it.

    A low end that is a small part of the whole sound cannot be said to double: a quarter of its power counts at least.
    """
    alone = (sides.before, tracks[0]), (tracks[1], sides.after)
    lows = max(_loudest_second(np.concatenate([_low(part) for part in parts])) for parts in alone)
    whole = max(_loudest_second(np.concatenate([_thin(part) for part in parts])) for parts in alone)
    together = _loudest_second(_low(joined))
    return round(float(np.clip(10 * np.log10(together / max(lows, _LOW_SHARE * whole)), -60, 60)), 2)


def _thin(samples: Samples) -> NDArray[np.float64]:
    """Root mean square of both channels and every 16 samples."""
    whole = samples[:, : samples.shape[1] // _THIN * _THIN].reshape(2, -1, _THIN)
    return np.sqrt(np.einsum("ckt,ckt->k", whole, whole) / (2 * _THIN)).astype(np.float64)


def _low(samples: Samples) -> NDArray[np.float64]:
    """What lies below 120 Hz, at a sixteenth of the rate."""
    whole = samples[:, : samples.shape[1] // _THIN * _THIN].reshape(2, -1, _THIN)
    thin = np.einsum("ckt->k", whole).astype(np.float64) / (2 * _THIN)
    if not thin.size:
        return thin
    return np.asarray(sosfilt(butter(4, _LOW_HZ, fs=RATE / _THIN, output="sos"), thin))


def _loudest_second(signal: NDArray[np.float64]) -> float:
    """Mean power of the loudest second, -60 dB at least."""
    size = min(RATE // _THIN, signal.size)
    if size == 0:
        return 1e-6
    total = np.concatenate([[0.0], np.cumsum(signal**2)])
    return max(float((total[size:] - total[:-size]).max() / size), 1e-6)


def _longest(silent: NDArray[np.bool_]) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _click(heard: Samples, seam: int) -> float:
    """The largest bend of the waveform over a seam against the largest within 20 ms on either side."""
    first = max(seam - _NEAR, 0)
    bends = np.abs(np.diff(heard[:, first : seam + _NEAR], n=2, axis=1)).max(axis=0, initial=0.0)
    at = seam - first
    over = bends[max(at - 3, 0) : at + 2].max(initial=0.0)
    around = np.concatenate([bends[: max(at - 3, 0)], bends[at + 2 :]]).max(initial=0.0)
    return round(float(over / max(around, 1e-4)), 2)
