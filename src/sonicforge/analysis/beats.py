"""Beats and bars: the steadiest path through the onsets, then the bar that explains its accents.

Beats follow from dynamic programming (Ellis 2007) with a period that may drift. Which of the sixteenths is the first of
the bar is read from how kick, snare, hats, bass notes and chords are spread over the bar, by a linear model
(`learned.BAR`); the same look puts right beats that fell between the beats.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.analysis.features import FAST_HZ, SLOW_HZ, Features
from sonicforge.analysis.learned import BAR
from sonicforge.analysis.onsets import band_flux, pitch_flux, strength
from sonicforge.analysis.tempo import Tempo, estimate_tempo

Floats = NDArray[np.float64]

STEPS = 4
"""Sixteenths a beat."""
STREAMS = 7
"""Five groups of bands, bass pitches, other pitches."""

_TIGHTNESS = 800.0
_TURN_COST = 60.0
_WALTZ = 1.12


@dataclass(frozen=True, slots=True)
class Beats:
    """Seconds of every beat; `downbeats` are indices of the first beats of bars; `per_bar` 3 or 4.

    Without a pulse or in silence there are none.
    """

    times_s: Floats
    downbeats: NDArray[np.int64]
    per_bar: int

    @property
    def bars_s(self) -> Floats:
        """Seconds of the first beat of every bar."""
        return self.times_s[self.downbeats]


def track_beats(features: Features, tempo: Tempo | None = None) -> Beats:
    """Beats and bars of a whole sound; `tempo` is estimated when it is not known yet."""
    known = estimate_tempo(features) if tempo is None else tempo
    none = Beats(np.zeros(0), np.zeros(0, np.int64), 4)
    if known.bpm <= 0:
        return none
    flux = band_flux(features)
    times = follow(strength(flux), known)
    if len(times) < 8:
        return none
    accents = bar_accents(flux, pitch_flux(features), times)
    per_bar = _metre(accents)
    phases = _phases(accents, per_bar)
    return _numbered(times, phases, per_bar, features.duration_s)


def follow(curve: Floats, tempo: Tempo) -> Floats:
    """Seconds of the beats along an onset curve: strong onsets, evenly spaced at the tempo of the moment."""
    spread = float(curve.std())
    if spread == 0:
        return np.zeros(0)
    at = np.arange(len(curve)) / FAST_HZ
    period = 60 * FAST_HZ / np.interp(at, tempo.times_s, tempo.bpm_at)
    value, back = _best_paths(curve / spread, period, _TIGHTNESS)
    last = int(period[-1])
    place = len(curve) - 1 - last + int(value[-last - 1 :].argmax())
    path = []
    while place >= 0:
        path.append(place)
        place = int(back[place])
    return np.array(path[::-1]) / FAST_HZ


def bar_accents(flux: NDArray[np.float32], pitches: NDArray[np.float32], beats: Floats) -> NDArray[np.float32]:
    """Accents (sixteenths, 7) from the first beat on: how much begins at each, against the mean of its stream."""
    grid = np.interp(np.arange(STEPS * (len(beats) - 1)) / STEPS, np.arange(len(beats)), beats)
    at = np.round(grid * FAST_HZ).astype(np.int64)
    reach = np.clip(at[:, None] + np.arange(-2, 4), 0, len(flux) - 1)
    fast = flux[reach].max(axis=1) / (flux.mean(axis=0) + 5e-3)
    slow = np.stack([np.interp(grid * SLOW_HZ, np.arange(len(row)), row) for row in pitches.T], axis=1)
    slow = slow / (pitches.mean(axis=0) + 1e-3)
    return np.clip(np.concatenate([fast, slow], axis=1), 0, 8).astype(np.float32)


def bar_vectors(bar: NDArray[np.float32]) -> Floats:
    """What the model reads of one bar (16, 7) from each of its sixteenths as the first, (16, 112)."""
    even = bar - bar.mean(axis=0)
    return np.stack([np.roll(even, -first, axis=0).ravel() for first in range(len(bar))]).astype(np.float64)


def _metre(accents: NDArray[np.float32]) -> int:
    """3 where beats resemble the third after them clearly more than the second and fourth, else 4."""
    beats = accents[: len(accents) // STEPS * STEPS].reshape(-1, STEPS * STREAMS)
    if len(beats) < 24:
        return 4
    even = beats - beats.mean(axis=0)
    like = [float((even[lag:] * even[:-lag]).sum() / (len(even) - lag)) for lag in (2, 3, 4, 6, 8)]
    two, three, four, six, eight = like
    return 3 if three + six > _WALTZ * (max(two, four) + eight) and three > 0 else 4


def _weights(per_bar: int) -> NDArray[np.float32]:
    """The model for a bar of 4, and for one of 3 without its third beat."""
    model = np.array(BAR, np.float32).reshape(4 * STEPS, STREAMS)
    if per_bar == 3:
        model = np.concatenate([model[: 2 * STEPS], model[3 * STEPS :]])
    return model


def _phases(accents: NDArray[np.float32], per_bar: int) -> NDArray[np.int64]:
    """For each bar's worth of sixteenths the one that is first; it may change on the way, at a price."""
    size = per_bar * STEPS
    model = _weights(per_bar)
    bars = accents[: len(accents) // size * size].reshape(-1, size, STREAMS)
    bars = bars - bars.mean(axis=(0, 1))
    turned = np.stack([np.roll(model, first, axis=0).ravel() for first in range(size)], axis=1)
    value = bars.reshape(len(bars), -1) @ turned
    best, back = value[0].astype(np.float64), []
    for row in value[1:]:
        jump = int(best.argmax())
        stays = best >= best[jump] - _TURN_COST
        back.append(np.where(stays, np.arange(size), jump))
        best = np.where(stays, best, best[jump] - _TURN_COST) + row
    path = [int(best.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return np.array(path[::-1], np.int64)


def _numbered(times: Floats, phases: NDArray[np.int64], per_bar: int, duration_s: float) -> Beats:
    """Beats moved onto the sixteenths that carry them, bar by bar, and the first of each bar marked."""
    index = np.arange(len(times), dtype=np.float64)
    bar = np.minimum(index.astype(np.int64) // per_bar, len(phases) - 1)
    at = index + (phases % STEPS)[bar] / STEPS
    step = float(np.median(np.diff(times)))
    moved = np.interp(at, index, times)[at <= len(times) - 1]
    # A beat may have room before the first one that was tracked, and none where two bars disagree.
    if moved[0] - step > -0.05:
        moved = np.concatenate([[max(moved[0] - step, 0.0)], moved])
    moved = moved[np.diff(moved, prepend=-step) > 0.6 * step]
    moved = moved[moved < duration_s + 0.05]
    firsts = np.interp(np.arange(len(phases)) * per_bar + phases / STEPS, index, times)
    nearest = np.searchsorted((moved[1:] + moved[:-1]) / 2, firsts)
    return Beats(moved, _every_bar(nearest, per_bar, len(moved)), per_bar)


def _every_bar(found: NDArray[np.int64], per_bar: int, count: int) -> NDArray[np.int64]:
    """Downbeats without holes: the ones found, at least most of a bar apart, and those that must lie between them."""
    kept: list[int] = []
    for beat in found.tolist():
        if not kept or beat - kept[-1] >= per_bar - 1:
            while kept and beat - kept[-1] >= 2 * per_bar:
                kept.append(kept[-1] + per_bar)
            kept.append(beat)
    kept = [*range(kept[0] % per_bar, kept[0], per_bar), *kept]
    kept += range(kept[-1] + per_bar, count, per_bar)
    return np.array(kept, np.int64)


@njit(cache=True, nogil=True)
def _best_paths(curve, period, tightness):  # type: ignore[no-untyped-def]
    value = np.zeros(curve.size, np.float64)
    back = np.full(curve.size, -1, np.int64)
    for now in range(curve.size):
        beat = period[now]
        first, last = max(0, int(now - 1.5 * beat)), int(now - 0.67 * beat)
        best, best_at = 0.0, -1
        for before in range(first, last + 1):
            stretch = np.log((now - before) / beat)
            worth = value[before] - tightness * stretch * stretch
            if worth > best:
                best, best_at = worth, before
        value[now] = curve[now] + best
        back[now] = best_at
    return value, back
