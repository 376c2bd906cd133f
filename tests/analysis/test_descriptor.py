"""The descriptor: fixed length, stable, deaf to level and key, near for what sounds alike."""

import numpy as np
import pytest
from analysis_sounds import MAJOR, MINOR, RATE, audio, chord_line, drums, rock

from sonicforge.analysis.beats import track_beats
from sonicforge.analysis.chords import find_chords
from sonicforge.analysis.descriptor import LENGTH, Musical, describe, likeness
from sonicforge.analysis.features import Features, features
from sonicforge.analysis.key import find_key
from sonicforge.analysis.tempo import estimate_tempo
from sonicforge.sound.audio import Audio, silence

SONG = [(9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR)] * 3


def described(known: Features, side_db: float = -20.0) -> np.ndarray:
    tempo = estimate_tempo(known)
    beats = track_beats(known, tempo)
    return describe(known, Musical(tempo, beats, find_key(known, beats), find_chords(known, beats), side_db))


def song(*, by: int = 0, level: float = 1.0) -> Audio:
    moved = [((root + by) % 12, intervals) for root, intervals in SONG]
    mix = audio(0.8 * drums(120, 24, start=0.0), chord_line(moved, 2.0))
    return Audio(mix.samples * np.float32(level), RATE)


def test_it_has_64_numbers_and_length_one() -> None:
    vector = described(features(song()))
    assert vector.shape == (LENGTH,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_silence_is_all_zeros_and_like_nothing() -> None:
    vector = described(features(silence(1, RATE * 5, RATE)))
    assert not vector.any()
    assert likeness(vector, described(features(song()))) == 0


def test_level_does_not_count_and_key_hardly() -> None:
    first = described(features(song()))
    assert likeness(first, described(features(song(level=0.05)))) > 0.99
    assert likeness(first, described(features(song(by=2)))) > 0.8


def test_the_same_sound_gives_the_same_descriptor() -> None:
    assert np.array_equal(described(features(song())), described(features(song())))


def test_two_drum_tracks_are_nearer_than_a_drum_track_and_a_pad() -> None:
    pad = features(audio(0.5 * chord_line([(0, MAJOR), (9, MINOR)] * 2, 8.0)))
    one, other = described(rock(110.0)), described(rock(125.5))
    assert likeness(one, other) > likeness(one, described(pad)) + 0.2


@pytest.mark.parametrize("length", [1, 500, RATE // 2])
def test_scraps_have_a_finite_descriptor(length: int) -> None:
    known = features(Audio(np.full((1, length), 0.2, np.float32), RATE))
    assert np.isfinite(described(known)).all()
