"""Tempo, beats and bars of planted drums."""

import numpy as np
import pytest
from analysis_sounds import RATE, audio, drums, rock
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.analysis.beats import track_beats
from sonicforge.analysis.features import features
from sonicforge.analysis.periodicity import LAGS, at_multiples, autocorrelations, refined
from sonicforge.analysis.tempo import CANDIDATES, estimate_tempo
from sonicforge.sound.audio import Audio, silence


def share_near(found: np.ndarray, true: np.ndarray, tolerance: float = 0.05) -> float:
    return float(np.mean(np.abs(found[:, None] - true[None, :]).min(axis=0) < tolerance))


@pytest.mark.parametrize("bpm", [84.0, 97.3, 110.0, 125.5, 140.0, 171.0])
def test_tempo_octave_beats_and_bars_of_a_backbeat(bpm: float) -> None:
    known = rock(bpm)
    tempo = estimate_tempo(known)
    assert tempo.bpm == pytest.approx(bpm, rel=0.005)
    beats = track_beats(known, tempo)
    true = np.arange(0.3, 39, 60 / bpm)
    assert share_near(beats.times_s, true[2:-2]) > 0.97
    assert np.median(np.diff(beats.times_s)) == pytest.approx(60 / bpm, rel=0.02)
    assert beats.per_bar == 4
    assert share_near(beats.bars_s, true[4:-4:4]) > 0.9


def test_level_does_not_change_the_tempo() -> None:
    quiet = audio(0.01 * drums(118, 30))
    loud = audio(1.5 * drums(118, 30))
    found = [estimate_tempo(features(sound)).bpm for sound in (quiet, loud)]
    assert found[0] == pytest.approx(found[1], rel=0.002)


def test_beats_follow_a_change_of_tempo() -> None:
    line = np.concatenate([drums(100, 60, start=0.0), drums(128, 60, start=0.0)])
    tempo = estimate_tempo(features(audio(line)))
    assert tempo.bpm_at[0] == pytest.approx(100, rel=0.02)
    assert tempo.bpm_at[-1] == pytest.approx(128, rel=0.02)
    beats = track_beats(features(audio(line)), tempo).times_s
    for first, last, bpm in ((10, 50, 100), (75, 115, 128)):
        inside = beats[(beats > first) & (beats < last)]
        assert np.median(np.diff(inside)) == pytest.approx(60 / bpm, abs=0.011)


def test_a_waltz_has_three_beats_a_bar() -> None:
    bpm, line = 150, np.zeros(45 * RATE, np.float32)
    from analysis_sounds import burst, put

    kick, snare = burst(0.2, 18, 1, tone=55), burst(0.15, 25, 2)
    for number in range(105):
        put(line, kick if number % 3 == 0 else snare, 0.3 + number * 60 / bpm, 0.8 if number % 3 == 0 else 0.3)
    assert track_beats(features(audio(line))).per_bar == 3


@pytest.mark.parametrize("sound", [silence(1, 30 * RATE, RATE), silence(1, 1, RATE), silence(2, 0, RATE)])
def test_silence_has_no_tempo_and_no_beats(sound: Audio) -> None:
    known = features(sound)
    assert estimate_tempo(known).bpm == 0
    assert not len(track_beats(known).times_s)


def test_dc_has_no_tempo_worth_the_name() -> None:
    known = features(Audio(np.full((1, 20 * RATE), 0.5, np.float32), RATE))
    assert len(track_beats(known).times_s) < 60


def test_beats_rise_and_downbeats_point_at_them() -> None:
    beats = track_beats(rock(125.5))
    assert (np.diff(beats.times_s) > 0.2).all()
    assert (np.diff(beats.downbeats) > 0).all()
    assert beats.downbeats.max() < len(beats.times_s)


@settings(max_examples=25, deadline=None)
@given(st.floats(30, 300))
def test_autocorrelation_of_pulses_peaks_at_their_period(period: float) -> None:
    curve = np.zeros(3000)
    curve[np.round(np.arange(0, 2999, period)).astype(int)] = 1
    smooth = np.convolve(curve, np.hanning(9), "same")
    found = autocorrelations(smooth[None])[0]
    assert found.shape == (1, LAGS)
    near = at_multiples(found, np.array([period]), np.array([1.0, 2.0]))[0, 0]
    assert near.min() > 0.5
    assert refined(found[0].astype(float), period * 1.015) == pytest.approx(period, rel=0.01)


def test_candidates_are_two_percent_apart() -> None:
    assert np.allclose(np.diff(np.log(CANDIDATES)), 0.02)
