"""Chords: what sounds on each beat, triad and seventh.

Pitch classes above and in the bass are weighed by a linear model that is the same for every root (`learned.CHORD`), and
a Viterbi search keeps a chord until another one is worth the change, which is cheapest on the first beat of a bar (Sheh
and Ellis 2003 brought hidden Markov models to chords; bass chroma and beats are after Mauch and Dixon 2010).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.beats import Beats
from sonicforge.analysis.chroma import BASS, UPPER, between, folded, in_tune
from sonicforge.analysis.features import Features
from sonicforge.analysis.learned import CHORD
from sonicforge.music.pitch import class_name
from sonicforge.sound.audio import Samples

Floats = NDArray[np.float64]

QUALITIES = ("", "maj7", "7", "m", "m7")
"""Kinds of chords told apart; ninths and more count to the seventh below them."""
MINOR = (False, False, False, True, True)
CLASSES = 12 * len(QUALITIES)
NONE = -1
"""No chord: silence, or drums alone."""

_CHANGE_COST = 3.0
_OFF_BEAT, _OFF_HALF = 2.5, 1.0
_QUIET = 0.02
_NO_BEAT_S = 0.5


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord from `start_s` to `end_s`: pitch class of the root (-1 for none) and one of `QUALITIES`."""

    start_s: float
    end_s: float
    root: int
    quality: str

    @property
    def minor(self) -> bool:
        """Whether the third is minor."""
        return self.quality.startswith("m") and not self.quality.startswith("maj")

    @property
    def name(self) -> str:
        """As on a lead sheet: `F#m7`, `C`, `Bmaj7`; `-` for no chord."""
        return "-" if self.root == NONE else class_name(self.root) + self.quality

    @property
    def triad(self) -> int:
        """0..11 major triads from C up, 12..23 minor ones, -1 for none."""
        return NONE if self.root == NONE else self.root + 12 * self.minor


def chord_times(beats: Beats, duration_s: float) -> Floats:
    """Borders of the pieces in which chords are looked for: beats and the ends, or half seconds without beats."""
    inner = beats.times_s if len(beats.times_s) else np.arange(_NO_BEAT_S, duration_s, _NO_BEAT_S)
    inner = inner[(inner > 0.1) & (inner < duration_s - 0.1)]
    return np.concatenate([[0.0], inner, [duration_s]]) if duration_s > 0 else np.zeros(0)


def find_chords(features: Features, beats: Beats) -> tuple[Chord, ...]:
    """Chords of a whole sound without gaps between them; equal neighbours are one."""
    times = chord_times(beats, features.duration_s)
    if len(times) < 2 or not len(features.pitches):
        return ()
    path = best_path(log_odds(beat_vectors(features, times)), _change_costs(times, beats))
    path[~heard(features, times)] = NONE
    return _named(path, times)


def beat_vectors(features: Features, times_s: Floats) -> Samples:
    """What the model reads between each two times, (times - 1, 24): upper chroma, bass chroma, as roots of shares."""
    semitones = in_tune(features)
    parts = [between(folded(semitones, span), times_s) for span in (UPPER, BASS)]
    return np.concatenate([np.sqrt(part / (part.sum(axis=1, keepdims=True) + 2e-3)) for part in parts], axis=1)


def heard(features: Features, times_s: Floats, *, least: float = _QUIET) -> NDArray[np.bool_]:
    """Where there is enough pitch to speak of a chord: `least` times what loud beats have."""
    amount = between(features.pitches.sum(axis=1, keepdims=True), times_s)[:, 0]
    return np.asarray(amount > least * max(float(np.percentile(amount, 90)), 1e-6))


def rooted(vectors: Samples) -> Samples:
    """The vectors as heard from each of the twelve roots, (beats, 12, 24)."""
    upper, bass = vectors[:, :12], vectors[:, 12:]
    return np.stack([np.concatenate([np.roll(upper, -k, 1), np.roll(bass, -k, 1)], axis=1) for k in range(12)], axis=1)


def log_odds(vectors: Samples) -> Floats:
    """Logarithms of the probability of each chord on each beat, (beats, 60): quality by quality, C first."""
    model = np.array(CHORD, np.float32)
    kinds = len(QUALITIES)
    weights, bias = model[:-kinds].reshape(kinds, -1), model[-kinds:]
    worth = np.einsum("bkf,mf->bmk", rooted(vectors), weights, optimize=True) + bias[None, :, None]
    flat = worth.reshape(len(vectors), CLASSES).astype(np.float64)
    flat -= flat.max(axis=1, keepdims=True)
    return np.asarray(flat - np.log(np.exp(flat).sum(axis=1, keepdims=True)))


def triad_probabilities(values: Floats) -> Floats:
    """Probabilities of the 24 triads (beats, 24), major then minor, from log odds of all chords."""
    shares = np.exp(values).reshape(len(values), len(QUALITIES), 12)
    minor = np.array(MINOR)
    return np.concatenate([shares[:, ~minor].sum(axis=1), shares[:, minor].sum(axis=1)], axis=1)


def best_path(values: Floats, change_costs: Floats) -> NDArray[np.int64]:
    """The states (steps, states -> steps) with the highest sum; step i's changes cost `change_costs[i]` (Viterbi)."""
    best, back = values[0].copy(), []
    states = np.arange(values.shape[1])
    for row, cost in zip(values[1:], change_costs[1:], strict=True):
        top = int(best.argmax())
        stays = best >= best[top] - cost
        back.append(np.where(stays, states, top))
        best = np.where(stays, best, best[top] - cost) + row
    path = [int(best.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return np.array(path[::-1], np.int64)


def _change_costs(times_s: Floats, beats: Beats) -> Floats:
    """Dear between the bars' strong beats, cheap on the first."""
    costs = np.full(len(times_s) - 1, _CHANGE_COST)
    if len(beats.downbeats) < 2:
        return costs
    first = int(beats.downbeats[0])
    at = np.searchsorted(beats.times_s, times_s[:-1] + 1e-6) - 1 - first
    phase = at % beats.per_bar
    costs += np.where(phase == 0, 0.0, np.where(phase * 2 == beats.per_bar, _OFF_HALF, _OFF_BEAT))
    return costs


def _named(path: NDArray[np.int64], times_s: Floats) -> tuple[Chord, ...]:
    starts = np.flatnonzero(np.diff(path, prepend=path[0] - 1))
    ends = np.append(starts[1:], len(path))
    found = []
    for first, last in zip(starts, ends, strict=True):
        quality, root = divmod(int(path[first]), 12) if path[first] != NONE else (0, NONE)
        found.append(Chord(float(times_s[first]), float(times_s[last]), root, QUALITIES[quality]))
    return tuple(found)
