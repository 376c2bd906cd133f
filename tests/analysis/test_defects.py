"""Planted faults are found where they are, and clean sound has none."""

from itertools import pairwise

import numpy as np
import pytest
from analysis_sounds import MAJOR, MINOR, burst, chord_line, drums

from sonicforge.analysis.correlation import StereoStream
from sonicforge.analysis.defects import Defect, Faults, FaultStream, find_defects
from sonicforge.analysis.silence import silences, sounding, spans

RATE = 24_000


def faults(samples: np.ndarray, rate: int = RATE) -> Faults:
    stream = FaultStream(rate, len(samples))
    stream.process(samples.astype(np.float32))
    return stream.finish()


def defects(samples: np.ndarray, rate: int = RATE, true_peak_db: float = -1.0) -> dict[str, Defect]:
    image = StereoStream(rate)
    image.process(samples.astype(np.float32))
    return {one.name: one for one in find_defects(faults(samples, rate), image.finish(), true_peak_db)}


@pytest.fixture(scope="module")
def clean() -> np.ndarray:
    line = 0.5 * chord_line([(9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR)] * 3, 2.0)
    line[: 24 * RATE] += 0.3 * drums(120, 24)[: line.size]
    wide = np.stack([line, np.roll(line, 7)])
    return (0.6 * wide / np.abs(wide).max()).astype(np.float32)


def test_clean_sound_has_no_defects(clean: np.ndarray) -> None:
    assert not defects(clean)


def test_clipping_is_counted_and_told(clean: np.ndarray) -> None:
    found = defects(np.clip(clean * 4, -0.8, 0.8))["clipping"]
    assert found.value > 100
    assert found.at_s[0] < 2


def test_the_rounded_top_of_a_bass_in_few_bits_is_not_clipping() -> None:
    t = np.arange(20 * RATE) / RATE
    bass = np.round(0.9 * np.sin(2 * np.pi * 40 * t) * 32767) / 32768
    assert faults(bass[None]).clipped == 0


def test_overs_dc_and_numbers_that_are_none(clean: np.ndarray) -> None:
    assert "overs" in defects(clean, true_peak_db=0.8)
    assert defects(clean + np.float32(0.01))["dc"].value == pytest.approx(0.01, abs=1e-3)
    broken = clean.copy()
    broken[0, 1000:1010] = np.nan
    assert defects(broken)["not_numbers"].value == 10


def test_dropouts_are_found_at_their_places(clean: np.ndarray) -> None:
    holed = clean.copy()
    places = [3.01, 7.52, 15.33]
    for place in places:
        holed[:, int(place * RATE) : int(place * RATE) + 400] = 0
    found = defects(holed)["dropouts"]
    assert found.value == len(places)
    assert np.abs(np.array(found.at_s) - places).max() < 0.002


def test_clicks_are_found_and_drums_are_not_clicks(clean: np.ndarray) -> None:
    clicked = clean.copy()
    rng = np.random.default_rng(3)
    places = np.sort(rng.uniform(0.5, 23, 40))
    for place in places:
        clicked[:, int(place * RATE)] += rng.choice([-0.5, 0.5])
    found = np.array(faults(clicked).clicks_s)
    caught = [np.abs(found - place).min() < 0.002 for place in places]
    assert np.mean(caught) > 0.7
    assert len(found) < 45
    assert not faults(clean).clicks_s


def test_the_edges_of_a_pulse_wave_are_not_clicks() -> None:
    wave = np.sign(np.sin(2 * np.pi * 30 * np.arange(10 * RATE) / RATE)) * 0.3
    assert not faults(wave[None]).clicks_s


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_hum_is_found_under_chords(mains: float) -> None:
    line = 0.3 * chord_line([(9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR)] * 4, 2.0)
    t = np.arange(line.size) / RATE
    hum = sum(0.004 / k * np.sin(2 * np.pi * mains * k * t) for k in (1, 2, 3, 5))
    found = defects((line + hum)[None])["hum"]
    assert f"{mains:.1f} Hz" in found.words
    assert found.value == pytest.approx(20 * np.log10(0.004 * np.sqrt((1 + 1 / 4 + 1 / 9 + 1 / 25) / 2)), abs=2)


def test_a_held_b_is_not_hum() -> None:
    line = chord_line([(11, MINOR)] * 12, 2.0)
    assert faults(0.5 * line[None]).hum is None


def test_silent_ends_and_holes(clean: np.ndarray) -> None:
    lead, hole, trail = (np.zeros((2, int(seconds * RATE))) for seconds in (3, 2, 12))
    found = defects(np.concatenate([lead, clean, hole, clean, trail], axis=1))
    assert found["silent_start"].value == pytest.approx(3, abs=0.05)
    assert found["silent_end"].value == pytest.approx(12, abs=0.2)
    assert found["holes"].value == pytest.approx(2, abs=0.2)


def test_phase_balance_and_bass(clean: np.ndarray) -> None:
    mono = clean[0]
    assert {"phase", "mono"} <= set(defects(np.stack([mono, -mono])))
    assert "right" in defects(np.stack([0.4 * mono, mono]))["balance"].words
    bass = np.sin(2 * np.pi * 60 * np.arange(mono.size) / RATE) * 0.3
    assert "wide_bass" in defects(np.stack([mono * 0.1 + bass, mono * 0.1 - bass]))


@pytest.mark.parametrize("length", [1, 100, 30_000])
def test_silence_is_one_defect(length: int) -> None:
    assert list(defects(np.zeros((2, length)))) == ["silent"]


def test_any_split_into_blocks_finds_the_same(clean: np.ndarray) -> None:
    dirty = np.clip(clean * 3, -0.7, 0.7)
    dirty[:, 50_000:50_300] = 0
    dirty[:, 90_000] += 0.6
    cut = FaultStream(RATE, 2)
    for a, b in pairwise([0, 1, 333, 50_100, 50_101, 200_000, dirty.shape[1]]):
        cut.process(dirty[:, a:b])
    one, other = faults(dirty), cut.finish()
    assert np.array_equal(one.peaks, other.peaks)
    assert (one.clipped, one.gaps) == (other.clipped, other.gaps)
    assert np.allclose(one.clicks_s, other.clicks_s)


def test_spans_silences_and_sounding() -> None:
    peaks = np.zeros(500, np.float32)
    peaks[100:200] = 0.5
    peaks[260:300] = 0.2
    assert silences(peaks) == ((0.0, 1.0), (2.0, 2.6), (3.0, 5.0))
    assert sounding(peaks) == (1.0, 3.0)
    assert sounding(peaks * 0) == (0.0, 0.0)
    assert spans(np.array([True, False, True, True]), 1.0, 2.0) == ((2.0, 4.0),)


def test_a_burst_at_the_very_end_is_heard() -> None:
    line = np.zeros(RATE + 7)
    line[-7:] = burst(0.01, 10, 1)[:7]
    assert faults(line[None]).peaks[-1] > 0
