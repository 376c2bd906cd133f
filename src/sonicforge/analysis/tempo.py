"""Tempo: which of the periods in the onsets a listener taps.

A tapped period shows in how kick, snare, hats and chords repeat at its multiples: a backbeat repeats after two beats, a
hat after half a beat. A linear model (81 weights, `learned.TEMPO`) reads the autocorrelations of six onset envelopes at
twelve multiples of a candidate and says how well it would do; the idea of reading a tempo's octave from the pattern is
that of Peeters (2011) and Schreiber and Müller (2014).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.features import FAST_HZ, Features
from sonicforge.analysis.learned import TEMPO
from sonicforge.analysis.periodicity import STEP, at_multiples, autocorrelations, envelopes, frames_of, refined

Floats = NDArray[np.float64]

CANDIDATES = np.exp(np.arange(np.log(42.0), np.log(215.0), 0.02))
"""Tempi in bpm that are tried, 2 % apart."""
MULTIPLES = np.array([1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 3 / 2, 2, 3, 4, 6, 8])

_NEAR = 0.035
_CONTEXT_S = 90.0
_MOVE_COST = 60.0
_JUMP_COST = 12.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """`bpm` (0 for silence), how sure 0..1, and the other candidates: (bpm, probability), likeliest first.

    `times_s` and `bpm_at` follow the tempo through the sound, one value every 12 s.
    """

    bpm: float
    confidence: float
    candidates: tuple[tuple[float, float], ...]
    times_s: Floats
    bpm_at: Floats


def estimate_tempo(features: Features) -> Tempo:
    """Tempo of a whole sound, octave included."""
    return tempo_of(autocorrelations(envelopes(features)))


def tempo_of(windows: NDArray[np.float32]) -> Tempo:
    """Tempo from autocorrelations as `periodicity.autocorrelations` gives them."""
    times = np.asarray((np.arange(len(windows)) + 1.0) * STEP / FAST_HZ, np.float64)
    heard = np.asarray(windows[:, :, 0].any(axis=1), np.bool_)
    if not heard.any():
        return Tempo(0.0, 0.0, (), times, np.zeros(len(windows)))
    mean = windows[heard].mean(axis=0)
    odds = _probabilities(scores(mean))
    found = _peaks(odds)
    best = CANDIDATES[found[0][0]]
    bpm = 60 * FAST_HZ / refined(_sum(mean), float(frames_of(best)))
    others = tuple((round(float(CANDIDATES[at]), 1), round(share, 4)) for at, share in found[:4])
    return Tempo(bpm, min(found[0][1], 1.0), others, times, _followed(windows, heard, bpm))


def candidate_vectors(curves: NDArray[np.float32]) -> Floats:
    """What the model reads of each candidate, (candidates, 81), from one autocorrelation per envelope (6, LAGS)."""
    read = at_multiples(curves, frames_of(CANDIDATES), MULTIPLES).reshape(len(CANDIDATES), -1)
    octave = np.log2(CANDIDATES / 110.0)
    clear = curves[:, 25:200].max(axis=1)
    vague = 1.0 - float(clear.mean())
    prior = [octave, octave**2, octave**3, octave**4]
    prior += [vague * octave, vague * octave**2, vague * octave**3, clear[0] * octave, clear[4] * octave]
    return np.concatenate([read, np.stack(prior, axis=1)], axis=1)


def scores(curves: NDArray[np.float32]) -> Floats:
    """Log odds of each candidate."""
    return candidate_vectors(curves) @ np.array(TEMPO)


def _probabilities(values: Floats) -> Floats:
    shares = np.exp(values - values.max())
    return np.asarray(shares / shares.sum(), np.float64)


def _peaks(odds: Floats) -> list[tuple[int, float]]:
    """Candidates that beat their neighbours, with the probability within 3.5 %, likeliest first."""
    found: list[tuple[int, float]] = []
    left = odds.copy()
    while len(found) < 5 and left.max() > 1e-4:
        at = int(left.argmax())
        near = np.abs(np.log(CANDIDATES / CANDIDATES[at])) < _NEAR
        found.append((at, float(left[near].sum())))
        left[near] = 0
    return found


def _sum(curves: NDArray[np.float32]) -> Floats:
    return np.asarray(curves.sum(axis=0), np.float64)


def _followed(windows: NDArray[np.float32], heard: NDArray[np.bool_], bpm: float) -> Floats:
    """The tempo window by window: the path through the candidates that scores most and moves least."""
    reach = max(1, round(_CONTEXT_S * FAST_HZ / STEP))
    local = np.array([_context(windows, heard, at, reach) for at in range(len(windows))])
    value = np.array([scores(curves) for curves in local])
    value -= value.max(axis=1, keepdims=True)
    apart = np.abs(np.log(CANDIDATES[:, None] / CANDIDATES[None, :]))
    cost = np.minimum(_MOVE_COST * apart, _JUMP_COST)
    best, back = value[0], []
    for row in value[1:]:
        reached = best[:, None] - cost
        back.append(reached.argmax(axis=0))
        best = reached.max(axis=0) + row
    path = [int(best.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    periods = [
        refined(_sum(curves), float(frames_of(_nearest(CANDIDATES[at], bpm))))
        for at, curves in zip(reversed(path), local, strict=True)
    ]
    return 60 * FAST_HZ / np.array(periods)


def _nearest(candidate: float, bpm: float) -> float:
    """The tempo of the whole sound where it agrees with a local candidate, which is coarse."""
    return bpm if abs(np.log(candidate / bpm)) < _NEAR else candidate


def _context(windows: NDArray[np.float32], heard: NDArray[np.bool_], at: int, reach: int) -> NDArray[np.float32]:
    """Mean of the windows around one, nearer ones counting more."""
    first, last = max(0, at - reach), min(len(windows), at + reach + 1)
    weights = (1.0 - np.abs(np.arange(first, last) - at) / (reach + 1)) * heard[first:last]
    weights[at - first] += 1.0
    return np.asarray(np.tensordot(weights / weights.sum(), windows[first:last], axes=1), np.float32)
