"""What the analysis says of our own tracks, against their scores. The seeds are none of those it learned from."""

import numpy as np
import pytest

from sonicforge.analysis.beats import track_beats
from sonicforge.analysis.chords import find_chords
from sonicforge.analysis.descriptor import Musical, describe
from sonicforge.analysis.features import features
from sonicforge.analysis.key import find_key
from sonicforge.analysis.tempo import estimate_tempo
from sonicforge.genres.concept import Concept
from sonicforge.music.score import TICKS
from sonicforge.music.time import Clock
from sonicforge.studio.produce import produce

pytestmark = pytest.mark.slow

GENRES = ("drum_and_bass", "house_deep", "jazz_lounge")


@pytest.fixture(scope="module")
def heard() -> dict[str, list[tuple]]:
    found: dict[str, list[tuple]] = {}
    for genre in GENRES:
        for seed in (31, 32):
            take = produce(Concept(genre=genre, seed=seed, length_s=60.0), keep_stems=False)
            known = features(take.audio)
            tempo = estimate_tempo(known)
            beats = track_beats(known, tempo)
            found.setdefault(genre, []).append((take.score, known, tempo, beats))
    return found


@pytest.mark.parametrize("genre", GENRES)
def test_tempo_and_beats_are_those_of_the_score(heard: dict[str, list[tuple]], genre: str) -> None:
    for score, _, tempo, beats in heard[genre]:
        clock = Clock.of(score)
        true = clock.seconds(np.arange(0, score.length, TICKS))
        assert tempo.bpm == pytest.approx(60 / np.median(np.diff(true)), rel=0.04)
        near = np.abs(beats.times_s[:, None] - true[None, :]).min(axis=0)
        assert np.mean(near < 0.07) > 0.85


def test_tracks_of_one_genre_are_nearer_than_others(heard: dict[str, list[tuple]]) -> None:
    vectors, genres = [], []
    for genre, rows in heard.items():
        for _, known, tempo, beats in rows:
            key, chords = find_key(known, beats), find_chords(known, beats)
            vectors.append(describe(known, Musical(tempo, beats, key, chords)))
            genres.append(genre)
    alike = np.array(vectors) @ np.array(vectors).T
    same = np.array(genres)[:, None] == np.array(genres)[None, :]
    others = ~np.eye(len(genres), dtype=bool)
    assert alike[same & others].min() > alike[~same].max()
