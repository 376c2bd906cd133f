"""Swing as played: how far the second of two notes is pushed, and how far every onset lies from that grid."""

from math import inf

import numpy as np

from sonicforge.critic.reading import Floats, Ints, Reading, Voice
from sonicforge.music.score import TICKS
from sonicforge.music.swing import swung

ENOUGH = 8
"""Off-beat notes needed to measure a swing."""

_EARLIEST, _LATEST = 0.36, 0.86
_ORNAMENTS = (TICKS // 8, TICKS // 6)


def measured_swing(reading: Reading, *, human: bool = True) -> float | None:
    """Position in percent of the second note in each pair of the genre's swing unit, from the hats.

    Without enough off-beat notes in the hats, percussion and then all drums are asked; None when nobody plays any.
    `human` counts human timing too, as the difference between second and first notes, so that a lag of the whole part
    does not. Rolls in triplets and 32nds are no swing.
    """
    pair = 2 * TICKS * 4 // reading.genre.swing.unit
    for codes in ("h", "p", "ks"):
        seconds = [_seconds(voice, pair, reading.ms_per_tick if human else inf) for voice in reading.of_code(codes)]
        if sum(map(len, seconds)) >= ENOUGH:
            return float(100 * np.concatenate(seconds).mean() / pair)
    return None


def _seconds(voice: Voice, pair: int, ms_per_tick: float) -> Floats:
    """Offsets in ticks of the notes that are second in their pair, less the mean lag of the first ones."""
    whole, inside = np.divmod(voice.start, pair)
    rolled = np.isin(whole, whole[np.abs(inside - pair / 3) <= 2]) | (inside == 3 * pair // 4)
    second = (inside > _EARLIEST * pair) & (inside < _LATEST * pair) & ~voice.ghost & ~rolled
    first = (inside == 0) & ~voice.ghost
    if not second.any():
        return np.zeros(0)
    lag = float(voice.shift[first if first.any() else second].mean())
    return np.asarray(inside[second] + (voice.shift[second] - lag) / ms_per_tick, np.float64)


def planned_swing(reading: Reading) -> tuple[float, float]:
    """Lowest and highest swing that was meant: the score's own figure, else the genre's range."""
    for name in ("swing_percent", "swing"):
        try:
            told = float(reading.score.facts[name])
        except (KeyError, ValueError):
            continue
        return told, told
    return reading.genre.swing.range


def deviations_ms(reading: Reading, voice: Voice, percent: float) -> Floats:
    """How late each onset is against the grid swung by `percent`, in ms, human timing included.

    Notes written exactly on 32nds or 16th triplets (rolls, ruffs) are on the grid as they stand.
    """
    off = voice.start - _nearest(voice.start, reading.genre.swing.unit, percent)
    for ornament in _ORNAMENTS:
        off = np.where(voice.start % ornament == 0, 0, off)
    return np.asarray(off * reading.ms_per_tick + voice.shift, np.float64)


def _nearest(ticks: Ints, unit: int, percent: float) -> Ints:
    """The nearest swung 16th to each tick."""
    pair = 2 * TICKS * 4 // unit
    written = range(0, pair + 1, TICKS // 4)
    places = np.array([swung(tick, unit=unit, percent=percent) if tick < pair else pair for tick in written])
    inside = ticks % pair
    closest = np.abs(inside[:, None] - places[None, :]).argmin(axis=1)
    return np.asarray(ticks - inside + places[closest], np.int64)
