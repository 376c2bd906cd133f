"""Fits the linear models of the analysis to our own tracks and writes src/sonicforge/analysis/learned.py.

    python bench/learn_analysis.py [--tracks DIR] [--seeds 1-9,14-16] [--scores 20-79]

Tempo, bars and chords are fitted to rendered tracks; the key first to many scores, which cost nothing to render, and
then to what is heard of the tracks, whole and cut (music does not always come with its last bar). The descriptor only
learns mean and spread of each of its numbers. `bench/analysis.py` judges with other seeds.
"""

import argparse
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from sonicforge.analysis import beats as beat_tracking
from sonicforge.analysis import chords, key, tempo
from sonicforge.analysis.correlation import StereoStream
from sonicforge.analysis.descriptor import Musical, measures
from sonicforge.analysis.features import FAST_HZ, Features, features
from sonicforge.analysis.onsets import band_flux, pitch_flux, strength
from sonicforge.analysis.periodicity import autocorrelations, envelopes
from sonicforge.compose.compose import compose
from sonicforge.genres.concept import Concept
from sonicforge.genres.load import names
from sonicforge.music.scale import Key
from sonicforge.music.score import TICKS, Score
from sonicforge.sound.files import read
from sonicforge.studio.produce import plan_of
from tracks import TRACKS, Truth, quality, tracks, triad

TARGET = Path(__file__).parent.parent / "src" / "sonicforge" / "analysis" / "learned.py"


@dataclass(frozen=True, slots=True)
class Example:
    """One track: what is heard of it, what is true of it, and how wide it is."""

    known: Features
    truth: Truth
    side_db: float


Heard = list[Example]


def fitted(design: np.ndarray, right: np.ndarray, *, pull: float, prior: np.ndarray | None = None) -> np.ndarray:
    """Weights of a softmax over candidates (cases, candidates, inputs); `right` marks the candidates that are."""
    start = np.zeros(design.shape[2]) if prior is None else prior

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        worth = design @ weights
        shares = np.exp(worth - worth.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        hit = (shares * right).sum(axis=1) + 1e-12
        wanted = shares * right / hit[:, None]
        away = weights - start
        slope = np.einsum("nk,nkf->f", shares - wanted, design) / len(design) + 2 * pull * away
        return float(-np.log(hit).mean() + pull * away @ away), slope

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 400}).x)


def learn_tempo(heard: Heard) -> np.ndarray:
    """Weights that make the true tempo win."""
    seen, right = [], []
    for known, truth in ((example.known, example.truth) for example in heard):
        seen.append(tempo.candidate_vectors(autocorrelations(envelopes(known)).mean(axis=0)))
        right.append(np.abs(np.log(tempo.CANDIDATES / truth.bpm)) < 0.03)
    return fitted(np.array(seen), np.array(right, float), pull=5e-4)


def learn_bar(heard: Heard) -> np.ndarray:
    """Weights that make the first sixteenth of the bar win, in tracks in 4/4 that have a pulse."""
    seen, right = [], []
    for known, truth in ((example.known, example.truth) for example in heard):
        if truth.per_bar != 4 or truth.genre == "ambient":
            continue
        flux = band_flux(known)
        pace = tempo.Tempo(truth.bpm, 1.0, (), np.array([0.0]), np.array([truth.bpm]))
        times = beat_tracking.follow(strength(flux), pace)
        accents = beat_tracking.bar_accents(flux, pitch_flux(known), times)
        bars = accents[: len(accents) // 16 * 16].reshape(-1, 16, beat_tracking.STREAMS)
        grid = np.interp(np.arange(16 * len(bars)) / 4, np.arange(len(times)), times)
        starts = [np.abs(grid - bar).argmin() % 16 for bar in truth.bars if grid[0] - 0.05 <= bar <= grid[-1]]
        counts = np.bincount(starts, minlength=16)
        if counts.max() < 0.9 * counts.sum():
            continue
        seen.append(beat_tracking.bar_vectors(bars.mean(axis=0)))
        right.append(np.arange(16) == counts.argmax())
    return fitted(np.array(seen), np.array(right, float), pull=1e-2)


def learn_chords(heard: Heard) -> np.ndarray:
    """Weights that make the chord of each second beat win; every track counts the same."""
    rows, wanted, share = [], [], []
    for known, truth in ((example.known, example.truth) for example in heard):
        times = np.append(truth.beats, known.duration_s)
        vectors = chords.beat_vectors(known, times)
        labels = np.array([_label(truth, middle) for middle in (times[1:] + times[:-1]) / 2])
        kept = np.flatnonzero(labels >= 0)[::2]
        if len(kept):
            rows.append(vectors[kept])
            wanted.append(labels[kept])
            share.append(np.full(len(kept), 1 / len(kept)))
    seen, labels, weight = chords.rooted(np.concatenate(rows)), np.concatenate(wanted), np.concatenate(share)
    weight /= weight.sum()
    kinds, width, cases = len(chords.QUALITIES), seen.shape[2], np.arange(len(labels))

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        matrix = flat[: kinds * width].reshape(kinds, width).astype(np.float32)
        worth = np.einsum("nkf,mf->nmk", seen, matrix) + flat[kinds * width :][None, :, None]
        worth = worth.reshape(len(labels), -1)
        shares = np.exp(worth - worth.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        total = -(weight * np.log(shares[cases, labels] + 1e-9)).sum()
        shares[cases, labels] -= 1
        off = (shares * weight[:, None]).reshape(-1, kinds, 12)
        slope = np.einsum("nmk,nkf->mf", off.astype(np.float32), seen).ravel()
        return float(total + 1e-4 * flat @ flat), np.concatenate([slope, off.sum(axis=(0, 2))]) + 2e-4 * flat

    start = np.zeros(kinds * width + kinds)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x)


def _label(truth: Truth, second: float) -> int:
    for start, end, tones in truth.chords:
        if start <= second < end:
            found = quality(tones)
            return -1 if found is None else found[1] * 12 + found[0]
    return -1


def learn_key(heard: Heard, scores: Sequence[Score]) -> np.ndarray:
    """Weights that make the key win: of the scores, then of the tracks, then of cuts from them."""
    read_off = [(key.key_vectors(*score_evidence(score), 0, score.beats_per_bar), score.key) for score in scores]
    truths = np.array([_right_key(Key.parse(name).tonic, Key.parse(name).minor) for _, name in read_off])
    prior = fitted(np.array([seen for seen, _ in read_off]), truths, pull=1e-4)
    seen, right = [], []
    for example in heard:
        found = _key_cases(example)
        seen += found
        right += [_right_key(example.truth.tonic, example.truth.minor)] * len(found)
    return fitted(np.array(seen), np.array(right), pull=5e-5, prior=prior)


def _key_cases(example: Example) -> list[np.ndarray]:
    """What the model reads of a track with the beats that were tracked, and of cuts along the true ones."""
    known, truth = example.known, example.truth
    tracked = beat_tracking.track_beats(known)
    times = chords.chord_times(tracked, known.duration_s)
    cases = [key.key_vectors(*key.evidence(known, times), key.first_bar(times, tracked), tracked.per_bar)]
    triads, chroma = key.evidence(known, np.append(truth.beats, known.duration_s))
    phrase = truth.per_bar * 4
    half = len(triads) // (2 * phrase) * phrase
    cuts = (slice(0, None), slice(0, half), slice(phrase * 2, len(triads) - phrase))
    long_enough = [cut for cut in cuts if len(triads[cut]) >= 2 * phrase]
    return cases + [key.key_vectors(triads[cut], chroma[cut], 0, truth.per_bar) for cut in long_enough]


def _right_key(tonic: int, minor: bool) -> np.ndarray:
    return (np.arange(24) == tonic + 12 * minor).astype(float)


def learn_sound(heard: Heard) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of the descriptor's numbers."""
    rows = []
    for example in heard:
        pace = tempo.estimate_tempo(example.known)
        beats = beat_tracking.track_beats(example.known, pace)
        found = key.find_key(example.known, beats), chords.find_chords(example.known, beats)
        told = measures(example.known, Musical(pace, beats, *found, example.side_db))
        assert told is not None, "our tracks are not silent"
        rows.append(told)
    return np.mean(rows, axis=0), np.maximum(np.std(rows, axis=0), 1e-3)


def score_evidence(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """What `key.evidence` would ideally hear of a score, beat by beat."""
    count = score.length // TICKS
    triads, chroma = np.zeros((count, 24)), np.zeros((count, 24))
    for chord in score.chords:
        found = triad(chord.tones)
        if found is not None:
            triads[chord.start // TICKS : max(chord.start // TICKS + 1, chord.end // TICKS), found] = 1
    for part in (part for part in score.parts if not part.drums):
        for note in part.notes:
            for beat in range(note.start // TICKS, min(count, (note.end - 1) // TICKS + 1)):
                inside = min(note.end, (beat + 1) * TICKS) - max(note.start, beat * TICKS)
                chroma[beat, note.pitch % 12 + 12 * (note.pitch < 52)] += inside * note.velocity
    for half in (slice(0, 12), slice(12, 24)):
        chroma[:, half] /= np.maximum(chroma[:, half].sum(axis=1, keepdims=True), 1)
    return triads, chroma


def table(name: str, values: np.ndarray, words: str) -> str:
    """One tuple as source text, as many numbers to a line as fit."""
    numbers = " ".join(f"{round(float(value), 3) + 0.0}," for value in values)
    rows = textwrap.fill(numbers, 118, initial_indent="    ", subsequent_indent="    ")
    return f'{name} = (\n{rows}\n)  # fmt: skip\n"""{words}"""\n'


def span(words: str) -> list[int]:
    """Numbers from "1-9,14"."""
    ends = [part.partition("-") for part in words.split(",")]
    return [number for first, _, last in ends for number in range(int(first), int(last or first) + 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=Path, default=TRACKS)
    parser.add_argument("--seeds", type=span, default=span("1-9,14-16"))
    parser.add_argument("--scores", type=span, default=span("20-79"))
    options = parser.parse_args()
    heard = [example_of(path, truth) for path, truth in tracks(options.tracks, options.seeds)]
    print(f"{len(heard)} tracks heard at {FAST_HZ:.0f} frames a second", flush=True)
    # Each model reads what those before it find, so they are learned and put to use one after the other.
    tempo.TEMPO = tuple(learn_tempo(heard))
    beat_tracking.BAR = tuple(learn_bar(heard))
    chords.CHORD = tuple(learn_chords(heard))
    ideas = [Concept(genre=genre, seed=seed, length_s=100.0) for seed in options.scores for genre in names()]
    key.KEY = tuple(learn_key(heard, [compose(plan_of(idea)) for idea in ideas]))
    mean, spread = learn_sound(heard)
    tables = (
        table("TEMPO", np.array(tempo.TEMPO), "Weights of `tempo.candidate_vectors`."),
        table(
            "BAR", np.array(beat_tracking.BAR), "Weights of `beats.bar_vectors`: sixteen sixteenths by seven streams."
        ),
        table("CHORD", np.array(chords.CHORD), "Weights of `chords.beat_vectors` by quality, then a bias for each."),
        table("KEY", np.array(key.KEY), "Weights of `key.key_vectors`."),
        table("SOUND_MEAN", mean, "Means of `descriptor.measures`."),
        table("SOUND_SPREAD", spread, "Their standard deviations."),
    )
    head = (
        '"""What the analysis has learned; written by bench/learn_analysis.py from our own tracks, not by hand."""\n\n'
    )
    TARGET.write_text(head + "\n".join(tables))
    print(f"wrote {TARGET}")


def example_of(path: Path, truth: Truth) -> Example:
    """A track, heard."""
    audio = read(path)
    width = StereoStream(audio.sample_rate)
    width.process(audio.samples)
    return Example(features(audio), truth, width.finish().side_db)


if __name__ == "__main__":
    main()
