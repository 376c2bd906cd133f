"""The live analyser: right at any block size, in memory that does not grow."""

import numpy as np
import pytest
from analysis_sounds import drums

from sonicforge.analysis.live import LiveAnalyser
from sonicforge.sound.spectrum import THIRDS_HZ

RATE = 48_000


def fed(samples: np.ndarray, size: int = 512, rate: int = RATE) -> LiveAnalyser:
    analyser = LiveAnalyser(rate, len(samples))
    for first in range(0, samples.shape[1], size):
        analyser.process(samples[:, first : first + size].astype(np.float32))
    return analyser


def sine(hz: float, level: float = 0.5, seconds: float = 2.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


@pytest.mark.parametrize(("hz", "off"), [(100.0, 3.0), (1000.0, 1.0), (7900.0, 1.0)])
def test_a_tone_shows_in_its_third_at_its_level(hz: float, off: float) -> None:
    shown = fed(np.stack([sine(hz)] * 2)).snapshot
    nearest = int(np.abs(np.log(np.array(THIRDS_HZ) / hz)).argmin())
    assert shown.bands_db.argmax() == nearest
    assert shown.bands_db[nearest] == pytest.approx(-6, abs=off)
    assert shown.peak_db[0] == pytest.approx(-6.02, abs=0.3)
    assert shown.rms_db[0] == pytest.approx(-9.03, abs=0.2)


@pytest.mark.parametrize("size", [64, 480, 5000])
def test_what_is_shown_does_not_depend_on_the_block_size_after_all_was_heard(size: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 2 * RATE)) * 0.1
    shown, other = fed(x, size).snapshot, fed(x, 1024).snapshot
    assert np.allclose(shown.bands_db, other.bands_db)
    assert shown.time_s == other.time_s == 2.0


def test_correlation_of_tones_in_quadrature_and_of_opposites() -> None:
    t = np.arange(2 * RATE) / RATE
    both = np.stack([np.sin(2 * np.pi * 500 * t), np.cos(2 * np.pi * 500 * t)])
    assert fed(both).snapshot.correlation == pytest.approx(0, abs=0.02)
    assert fed(np.stack([both[0], -both[0]])).snapshot.correlation == pytest.approx(-1, abs=1e-6)
    assert fed(both[:1]).snapshot.correlation == pytest.approx(1, abs=1e-6)


def test_onsets_are_flagged_once_and_near_their_time() -> None:
    line = np.zeros(4 * RATE)
    planted = (1.0, 1.7, 2.6)
    for second in planted:
        line[int(second * RATE) :][:3000] += (
            np.random.default_rng(1).normal(size=3000) * np.exp(-np.arange(3000) / 400) * 0.5
        )
    analyser, found = LiveAnalyser(RATE, 1), []
    for first in range(0, line.size, 480):
        analyser.process(line[None, first : first + 480].astype(np.float32))
        shown = analyser.snapshot
        if shown.onset:
            found.append(shown.time_s)
    assert len(found) == len(planted)
    assert np.abs(np.array(found) - planted).max() < 0.08


@pytest.mark.parametrize("bpm", [96.0, 124.0])
def test_the_tempo_is_known_after_some_bars(bpm: float) -> None:
    shown = fed(drums(bpm, 16, rate=RATE)[None], 2048).snapshot
    assert shown.bpm == pytest.approx(bpm, rel=0.02)


def test_it_holds_no_more_after_a_minute_than_after_half() -> None:
    import pickle

    analyser = LiveAnalyser(RATE, 2)
    block = np.random.default_rng(2).normal(size=(2, 48_000)).astype(np.float32) * 0.1
    sizes = []
    for second in range(60):
        analyser.process(block)
        if second in (29, 59):
            sizes.append(len(pickle.dumps(analyser.__dict__)))
    assert sizes[1] <= sizes[0] * 1.02


def test_silence_scraps_and_no_numbers_are_no_trouble() -> None:
    analyser = LiveAnalyser(8000, 2)
    for block in (np.zeros((2, 0)), np.zeros((2, 1)), np.full((2, 5000), np.nan), np.full((2, 5000), 1e6)):
        analyser.process(block.astype(np.float32))
        shown = analyser.snapshot
        assert np.isfinite(shown.bands_db).all()
        assert -1 <= shown.correlation <= 1
