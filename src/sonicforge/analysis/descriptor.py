"""Descriptor: 64 numbers that say how a recording sounds, for "more like this".

The cosine of the angle between two descriptors tells how alike they are: 1 the same, 0 nothing in common, below 0
opposites. Every number is a measured quantity less its mean over our own tracks of all genres, divided by its spread
there (`learned.SOUND_MEAN`, `SOUND_SPREAD`), cut at 2.5 and weighed by its group; the vector has length 1. Loudness and
key do not count: the same track played louder or transposed has nearly the same descriptor.

| numbers | group |
|---|---|
| 0-11 | timbre: mel cepstra 1 to 12, mean over time |
| 12-19 | how much cepstra 0 to 7 move |
| 20-23 | spectrum: log centroid, log roll-off, log flatness, movement of the centroid |
| 24 | tempo, log2(bpm / 120) |
| 25-30 | clearness of the pulse in five groups of bands and the pitches |
| 31-42 | repetition after 1/4, 1/2, 2 and 4 beats of bass, middle and treble |
| 43-47 | onsets in five groups of bands |
| 48-59 | pitch classes from the tonic up, as roots of shares |
| 60-61 | share of minor chords, chord changes a minute |
| 62-63 | movement of level, stereo width |
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.beats import Beats
from sonicforge.analysis.chords import Chord
from sonicforge.analysis.chroma import UPPER, folded, in_tune
from sonicforge.analysis.features import Features
from sonicforge.analysis.key import FoundKey
from sonicforge.analysis.learned import SOUND_MEAN, SOUND_SPREAD
from sonicforge.analysis.mel import cepstra
from sonicforge.analysis.onsets import band_flux
from sonicforge.analysis.periodicity import at_multiples, autocorrelations, envelopes, frames_of
from sonicforge.analysis.tempo import Tempo

Vector = NDArray[np.float32]

LENGTH = 64
VERSION = 1
"""Descriptors of different versions must not be compared."""

_GROUPS = ((12, 1.0), (8, 0.7), (4, 1.0), (1, 2.0), (6, 0.8), (12, 0.7), (5, 1.0), (12, 0.45), (2, 0.7), (2, 1.0))
_CUT = 2.5
_MULTIPLES = np.array([0.25, 0.5, 2.0, 4.0])
_QUIET_DB = 50.0


@dataclass(frozen=True, slots=True)
class Musical:
    """What the other analyses found, which the descriptor builds on. `side_db` is side against mid, -inf for mono."""

    tempo: Tempo
    beats: Beats
    key: FoundKey
    chords: tuple[Chord, ...]
    side_db: float = -np.inf


def describe(features: Features, found: Musical) -> Vector:
    """The descriptor (64,) of a recording, length 1; all zeros for silence."""
    raw = measures(features, found)
    if raw is None:
        return np.zeros(LENGTH, np.float32)
    steady = np.clip((raw - np.array(SOUND_MEAN)) / np.array(SOUND_SPREAD), -_CUT, _CUT)
    weighed = steady * np.concatenate([np.full(size, weight / np.sqrt(size)) for size, weight in _GROUPS])
    return np.asarray(weighed / max(float(np.linalg.norm(weighed)), 1e-9), np.float32)


def likeness(one: Vector, other: Vector) -> float:
    """Cosine of two descriptors, -1 .. 1."""
    scale = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / scale if scale > 0 else 0.0


def measures(features: Features, found: Musical) -> NDArray[np.float64] | None:
    """The 64 quantities before they are compared with other tracks; None for silence."""
    if not len(features.shape) or not features.shape[:, 4].any():
        return None
    sounding = features.shape[:, 4] > features.shape[:, 4].max() * 10 ** (-_QUIET_DB / 20)
    parts = [_timbre(features), _spectrum(features.shape[sounding]), *_rhythm(features, found.tempo)]
    parts += [_harmony(features, found), _space(features.shape[sounding, 4], found.side_db)]
    return np.concatenate(parts)


def _timbre(features: Features) -> NDArray[np.float64]:
    """Means of cepstra 1 to 12 and spreads of 0 to 7, of tenths of a second that sound."""
    whole = len(features.mel) // 10 * 10
    if whole == 0:
        levels = features.mel.astype(np.float32)
    else:
        levels = features.mel[:whole].reshape(-1, 10, features.mel.shape[1]).mean(axis=1, dtype=np.float32)
    levels = np.maximum(levels, levels.max() - np.float32(11.5))
    kept = levels[levels.max(axis=1) > levels.max() - 6]
    rows = cepstra(np.ascontiguousarray(kept), 13).astype(np.float64)
    return np.concatenate([rows[:, 1:].mean(axis=0), rows[:, :8].std(axis=0)])


def _spectrum(shape: NDArray[np.float32]) -> NDArray[np.float64]:
    centroid = np.log2(np.maximum(shape[:, 0], 20.0))
    rolloff, flatness = np.log2(np.maximum(shape[:, 2], 20.0)), np.log10(np.maximum(shape[:, 3], 1e-9))
    return np.array([centroid.mean(), rolloff.mean(), flatness.mean(), centroid.std()], np.float64)


def _rhythm(features: Features, tempo: Tempo) -> list[NDArray[np.float64]]:
    curves = autocorrelations(envelopes(features)).mean(axis=0)
    bpm = tempo.bpm if tempo.bpm > 0 else 120.0
    clear = curves[:, 25:200].max(axis=1)
    again = at_multiples(curves[[0, 2, 4]], np.array([float(frames_of(bpm))]), _MULTIPLES)[0].ravel()
    flux = band_flux(features)
    busy = np.log(flux.mean(axis=0) + 0.01) if len(flux) else np.zeros(5)
    return [
        np.array([np.log2(bpm / 120.0)]),
        clear.astype(np.float64),
        again.astype(np.float64),
        busy.astype(np.float64),
    ]


def _harmony(features: Features, found: Musical) -> NDArray[np.float64]:
    chroma = folded(in_tune(features), UPPER).sum(axis=0, dtype=np.float64)
    tonic = found.key.key.tonic if found.key.key is not None else 0
    shares = np.sqrt(np.roll(chroma, -tonic) / max(float(chroma.sum()), 1e-9))
    sounding = [chord for chord in found.chords if chord.root >= 0]
    seconds = sum(chord.end_s - chord.start_s for chord in sounding)
    minor = sum(chord.end_s - chord.start_s for chord in sounding if chord.minor)
    changes = 60 * len(sounding) / max(seconds, 5.0)
    return np.concatenate([shares, [minor / seconds if seconds else 0.5, np.log2(1 + changes)]])


def _space(level: NDArray[np.float32], side_db: float) -> NDArray[np.float64]:
    movement = float(np.std(20 * np.log10(np.maximum(level, 1e-7))))
    return np.array([movement, max(side_db, -40.0)])
