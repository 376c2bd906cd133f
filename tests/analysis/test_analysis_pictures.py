"""Pictures of analyses: drawn for anything, the size that was asked for, the bright spot where the sound is."""

import io

import numpy as np
import pytest
from analysis_sounds import MAJOR, audio, chord_line, rock
from PIL import Image

from sonicforge.analysis.beats import Beats, track_beats
from sonicforge.analysis.chords import find_chords
from sonicforge.analysis.correlation import StereoStream
from sonicforge.analysis.curves import Line, draw_chroma, draw_correlation, draw_lines, draw_loudness
from sonicforge.analysis.features import features
from sonicforge.analysis.panorama import HIGH_HZ, LOW_HZ, MOST_COLUMNS, ROWS, Skyline, draw_panorama
from sonicforge.analysis.structure import Section, find_sections

NO_BEATS = Beats(np.zeros(0), np.zeros(0, np.int64), 4)


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), np.int64)


def test_a_tone_is_bright_in_its_row() -> None:
    skyline = Skyline(48_000)
    skyline.process(np.sin(2 * np.pi * 1000 * np.arange(96_000) / 48_000).astype(np.float32)[None])
    levels = skyline.levels()
    assert levels.shape[0] == ROWS
    row = int(ROWS * np.log(1000 / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ))
    assert abs(int(levels[:, 10].argmax()) - row) <= 2


def test_columns_stay_few_however_long_the_sound() -> None:
    skyline = Skyline(8000)
    block = np.random.default_rng(0).normal(size=(1, 400_000)).astype(np.float32)
    for _ in range(10):
        skyline.process(block)
    assert skyline.levels().shape[1] <= MOST_COLUMNS


def test_the_panorama_shows_everything_that_was_found() -> None:
    known = rock(125.5)
    beats = track_beats(known)
    levels = np.random.default_rng(0).normal(size=(ROWS, 100)) * 10
    whole = opened(draw_panorama(levels, 40, beats, find_chords(known, beats), find_sections(known, beats)))
    bare = opened(draw_panorama(levels, 40, NO_BEATS, (), ()))
    assert whole.shape == bare.shape
    assert (whole[:58] != bare[:58]).any(axis=2).mean() > 0.05


@pytest.mark.parametrize("duration", [0.0, 0.5])
def test_nothing_draws_an_empty_sheet(duration: float) -> None:
    assert opened(draw_panorama(np.zeros((ROWS, 0)), duration, NO_BEATS, (), ())).shape[1] == 1600
    assert opened(draw_loudness(np.zeros(0), np.zeros(0), duration, ())).any()
    assert opened(draw_correlation(StereoStream(48_000).finish(), duration, ())).any()


def test_a_louder_curve_lies_higher() -> None:
    def height(value: float) -> float:
        picture = opened(draw_lines([Line("", np.full(50, value))], 5, (), low=-60, high=0, marks=()))
        return float(np.median(np.nonzero((picture == (120, 200, 240)).all(axis=2))[0]))

    assert height(-10) < height(-40)


def test_the_chroma_of_a_chord_is_bright_in_its_rows() -> None:
    known = features(audio(chord_line([(0, MAJOR)] * 4, 1.0)))
    picture = opened(draw_chroma(known, (Section(0, 4, "A", 1.0),), row=20)).sum(axis=2)
    rows = [
        float(picture[30 + (11 - tone) * 20 + 4 : 30 + (11 - tone) * 20 + 16, 200:1500].mean()) for tone in range(12)
    ]
    assert set(np.argsort(rows)[-3:]) == {0, 4, 7}


def test_sections_narrower_than_a_pixel_are_drawn() -> None:
    many = tuple(Section(k * 0.001, k * 0.001 + 0.001, "A'", 0.5) for k in range(1000))
    assert opened(draw_panorama(np.zeros((ROWS, 10)), 5000.0, NO_BEATS, (), many)).shape[1] == 1600
