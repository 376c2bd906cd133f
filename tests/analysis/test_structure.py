"""Sections of planted pieces."""

import numpy as np
import pytest
from analysis_sounds import MAJOR, MINOR, RATE, audio, chord_line, drums

from sonicforge.analysis.beats import Beats
from sonicforge.analysis.features import features
from sonicforge.analysis.structure import bar_edges, find_sections, segment
from sonicforge.sound.audio import silence

BAR = 2.0


def bars(seconds: float) -> Beats:
    times = np.arange(0, seconds, BAR / 4)
    return Beats(times, np.arange(0, len(times), 4), 4)


def test_sections_begin_where_the_band_changes_and_equal_ones_share_a_letter() -> None:
    quiet = 0.3 * chord_line([(0, MAJOR), (5, MAJOR)] * 4, BAR)[: int(16 * RATE)]
    loud = drums(120, 32, start=0.0) + chord_line([(9, MINOR), (7, MAJOR)] * 8, BAR)[: int(32 * RATE)]
    known = features(audio(np.concatenate([quiet, loud, quiet])))
    found = find_sections(known, bars(64))
    assert [round(section.start_s) for section in found] == [0, 16, 48]
    assert [section.label for section in found] == ["A", "B", "A"]
    assert found[1].level > found[0].level
    assert found[-1].end_s == pytest.approx(known.duration_s)


def test_a_cut_falls_where_the_rows_change() -> None:
    rows = np.random.default_rng(0).normal(size=(32, 6)) * 0.1
    rows[8:24] += 3
    assert segment(rows - rows.mean(axis=0)).tolist() == [0, 8, 24, 32]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_bars_that_are_all_the_same_are_one_section(count: int) -> None:
    assert segment(np.zeros((count, 3))).tolist() == [0, count]


def test_without_beats_there_are_bars_of_two_seconds() -> None:
    none = Beats(np.zeros(0), np.zeros(0, np.int64), 4)
    assert np.allclose(np.diff(bar_edges(none, 10.0)), 2)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 5.0])
def test_silence_has_at_most_one_section(seconds: float) -> None:
    known = features(silence(1, int(seconds * RATE), RATE))
    assert len(find_sections(known, Beats(np.zeros(0), np.zeros(0, np.int64), 4))) == (seconds > 0)
