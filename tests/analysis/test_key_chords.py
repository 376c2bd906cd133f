"""Keys and chords of planted progressions."""

from itertools import pairwise

import numpy as np
import pytest
from analysis_sounds import MAJOR, MINOR, RATE, audio, chord_line, drums

from sonicforge.analysis.beats import Beats
from sonicforge.analysis.chords import NONE, QUALITIES, best_path, find_chords
from sonicforge.analysis.chroma import between, folded
from sonicforge.analysis.features import Features, features
from sonicforge.analysis.key import find_key, keyed
from sonicforge.sound.audio import silence

BEAT = 0.5
POP = ((0, MAJOR), (7, MAJOR), (9, MINOR), (5, MAJOR)) * 3 + ((5, MAJOR), (7, MAJOR), (0, MAJOR), (0, MAJOR))
SAD = ((0, MINOR), (8, MAJOR), (3, MAJOR), (10, MAJOR)) * 3 + ((5, MINOR), (10, MAJOR), (0, MINOR), (0, MINOR))


def moved(chords: tuple, by: int) -> list:
    return [((root + by) % 12, intervals) for root, intervals in chords]


def beats(seconds: float) -> Beats:
    times = np.arange(0, seconds, BEAT)
    return Beats(times, np.arange(0, len(times), 4), 4)


def heard(chords: list, cents: float = 0.0) -> Features:
    return features(audio(chord_line(chords, 2.0, cents=cents)))


@pytest.mark.parametrize("tonic", range(0, 12, 3))
@pytest.mark.parametrize(("song", "minor"), [(POP, False), (SAD, True)])
def test_key_of_a_song_in_any_transposition(song: tuple, minor: bool, tonic: int) -> None:
    found = find_key(heard(moved(song, tonic)), beats(32))
    assert found.key is not None
    assert (found.key.tonic, found.key.minor) == (tonic, minor)
    assert sum(share for _, share in found.candidates) <= 1.001


@pytest.mark.parametrize("song", [moved(POP, 2), moved(SAD, 7)])
def test_chords_are_found_on_their_beats(song: list) -> None:
    found = find_chords(heard(song), beats(32))
    assert found[0].start_s == 0
    assert found[-1].end_s == pytest.approx(32, abs=0.1)
    assert all(one.end_s == other.start_s for one, other in pairwise(found))
    at = np.arange(0.25, 32, 0.5)
    named = [next(chord for chord in found if chord.start_s <= second < chord.end_s).triad for second in at]
    true = [song[int(second // 2)][0] + 12 * (song[int(second // 2)][1] == MINOR) for second in at]
    assert np.mean(np.array(named) == np.array(true)) > 0.9


def test_sevenths_are_told_from_triads() -> None:
    song = [(0, (0, 4, 7, 11)), (9, (0, 3, 7, 10)), (2, (0, 3, 7, 10)), (7, (0, 4, 7, 10))] * 3
    found = find_chords(heard(song), beats(24))
    names = {chord.name for chord in found if chord.end_s - chord.start_s > 1}
    assert len(names & {"Cmaj7", "Am7", "Dm7", "G7"}) >= 3


def test_out_of_tune_songs_have_the_same_chords_and_tell_their_tuning() -> None:
    straight, sharp = heard(moved(POP, 4)), heard(moved(POP, 4), cents=35)
    names = [[chord.name for chord in find_chords(known, beats(32))] for known in (straight, sharp)]
    assert np.mean([a == b for a, b in zip(*names, strict=False)]) > 0.8
    assert find_key(sharp, beats(32)).tuning_hz == pytest.approx(440 * 2 ** (35 / 1200), rel=0.004)


def test_silence_has_no_key_and_no_chord() -> None:
    known = features(silence(1, 10 * RATE, RATE))
    assert find_key(known, beats(10)).key is None
    assert all(chord.root == NONE and chord.name == "-" for chord in find_chords(known, beats(10)))


def test_a_pause_is_no_chord() -> None:
    line = chord_line([(0, MAJOR)] * 4, 2.0)
    line[int(4 * RATE) : int(6 * RATE)] = 0
    found = find_chords(features(audio(line)), beats(8))
    assert any(chord.root == NONE and chord.start_s <= 5 < chord.end_s for chord in found)


def test_drums_do_not_hide_the_key() -> None:
    line = chord_line(moved(POP, 5), 2.0)
    known = features(audio(0.7 * drums(120, 32, start=0.0), line))
    found = find_key(known, beats(32)).key
    assert found is not None
    assert (found.tonic, found.minor) == (5, False)


def test_a_path_changes_only_when_it_pays() -> None:
    values = np.array([[0, -1], [-0.5, 0], [0, -1], [-5, 0], [-5, 0]], float)
    assert best_path(values, np.full(5, 1.0)).tolist() == [0, 0, 0, 1, 1]
    assert best_path(values, np.zeros(5)).tolist() == [0, 1, 0, 1, 1]


def test_keys_see_the_same_row_turned() -> None:
    row = np.arange(12.0)[None]
    seen = keyed(row)
    assert seen[3, :12].tolist() == np.roll(row[0], -3).tolist()
    assert seen[15, 12:24].tolist() == np.roll(row[0], -3).tolist()


def test_means_between_times_and_folding_keep_what_there_is() -> None:
    frames = np.arange(20, dtype=np.float32)[:, None]
    assert between(frames, np.array([0.0, 1.0, 2.0]))[:, 0].tolist() == [4.5, 14.0]
    semitones = np.ones((2, 72), np.float32)
    assert folded(semitones, (36, 60)).tolist() == [[2.0] * 12] * 2


def test_qualities_name_major_before_minor() -> None:
    assert QUALITIES == ("", "maj7", "7", "m", "m7")
