"""Key: tonic and mode, from the chords, the notes, and the places where pieces like to stand on the tonic.

Twenty-four keys are compared by a linear model that is the same for every tonic (`learned.KEY`). It reads how much each
triad, pitch class and bass note sounds (the profiles of Krumhansl 1990, learned instead of listened to), which chord
opens the phrases, the piece and its last bar, and how the roots move.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.beats import Beats
from sonicforge.analysis.chords import beat_vectors, chord_times, heard, log_odds, triad_probabilities
from sonicforge.analysis.chroma import tuning_cents
from sonicforge.analysis.features import Features
from sonicforge.analysis.learned import KEY
from sonicforge.music.scale import Key

Floats = NDArray[np.float64]

_PHRASE_BARS = 4
_QUIET = 0.08
_MOVES = (7, 5, 2, 10, 8, 3)
"""Semitones by which the root stood above the tonic before it moved there."""


@dataclass(frozen=True, slots=True)
class FoundKey:
    """`key` in major or minor, how sure 0..1, the runners-up with their probabilities, and the tuning in cents.

    `key` is None where no pitch sounds.
    """

    key: Key | None
    confidence: float
    candidates: tuple[tuple[Key, float], ...]
    tuning_cents: float

    @property
    def tuning_hz(self) -> float:
        """The pitch of A4."""
        return float(440.0 * 2 ** (self.tuning_cents / 1200))


def find_key(features: Features, beats: Beats) -> FoundKey:
    """Key of a whole sound."""
    times = chord_times(beats, features.duration_s)
    if len(times) < 2 or not features.pitches.any():
        return FoundKey(None, 0.0, (), 0.0)
    worth = key_vectors(*evidence(features, times), first_bar(times, beats), beats.per_bar) @ np.array(KEY)
    shares = np.exp(worth - worth.max())
    shares /= shares.sum()
    order = np.argsort(-shares)[:4]
    ranked = tuple((_key(int(at)), round(float(shares[at]), 4)) for at in order)
    return FoundKey(ranked[0][0], float(shares[order[0]]), ranked, tuning_cents(features))


def evidence(features: Features, times_s: Floats) -> tuple[Floats, Floats]:
    """Triad probabilities (beats, 24) and chroma shares (beats, 24: upper, bass), zero where nothing sounds."""
    vectors = beat_vectors(features, times_s)
    sounding = heard(features, times_s, least=_QUIET)[:, None]
    return triad_probabilities(log_odds(vectors)) * sounding, np.square(vectors, dtype=np.float64) * sounding


def key_vectors(triads: Floats, chroma: Floats, start: int, per_bar: int) -> Floats:
    """What the model reads of each key, (24, 386): twelve major keys from C up, then twelve minor ones.

    `start` is the beat on which the first bar begins.
    """
    rows = [*_shares(triads.mean(axis=0)), *_shares(chroma[:, :12].mean(axis=0)), *_shares(chroma[:, 12:].mean(axis=0))]
    rows += _shares(triads[start :: _PHRASE_BARS * per_bar].sum(axis=0))
    rows += _halves(triads[start : start + per_bar].mean(axis=0))
    rows += _halves(_last_bar(triads, per_bar))
    rows += _moves(triads)
    return keyed(np.array(rows))


def keyed(rows: Floats) -> Floats:
    """Rows of twelve, C first, as seen from each key: (rows, 12) gives (24, 2 * 12 * rows + 2)."""
    width = rows.size
    out = np.zeros((24, 2 * width + 2))
    for tonic in range(12):
        seen = np.roll(rows, -tonic, axis=1).ravel()
        for mode in (0, 1):
            out[12 * mode + tonic, mode * width : (mode + 1) * width] = seen
            out[12 * mode + tonic, 2 * width + mode] = 1.0
    return out


def _halves(values: Floats) -> list[Floats]:
    return [values[:12], values[12:]]


def _shares(values: Floats) -> list[Floats]:
    """Roots of the shares, in rows of twelve."""
    root = np.sqrt(values / max(float(values.sum()), 1e-9))
    return [root[at : at + 12] for at in range(0, len(root), 12)]


def _last_bar(triads: Floats, per_bar: int) -> Floats:
    """The last bar in which a chord sounds, the ring-out left aside."""
    sounding = np.flatnonzero(triads.sum(axis=1) > 0.5)
    end = int(sounding[-1]) + 1 if len(sounding) else len(triads)
    return np.asarray(triads[max(0, end - per_bar) : end].mean(axis=0), np.float64)


def _moves(triads: Floats) -> list[Floats]:
    """For each tonic the share of root movements that arrive there from each of `_MOVES`."""
    roots = triads[:, :12] + triads[:, 12:]
    moved = roots[:-1].T @ roots[1:]
    np.fill_diagonal(moved, 0.0)
    moved /= max(float(moved.sum()), 1e-9)
    tonics = np.arange(12)
    return [np.sqrt(moved[(tonics + interval) % 12, tonics]) for interval in _MOVES]


def first_bar(times_s: Floats, beats: Beats) -> int:
    """The first piece between the times that begins a bar."""
    if not len(beats.downbeats):
        return 0
    return int(np.abs(times_s[:-1] - beats.bars_s[0]).argmin())


def _key(at: int) -> Key:
    return Key(at % 12, "aeolian" if at >= 12 else "ionian")
