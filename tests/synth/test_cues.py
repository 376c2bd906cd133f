"""Transition effects end exactly on the one, in key, without clicks."""

from itertools import pairwise

import numpy as np
import pytest
from drum_scores import BAR, rms, score_of

from sonicforge.genres.load import load
from sonicforge.music.score import AUDIBLE_CUES, TICKS, ChordSpan, Cue, Score
from sonicforge.music.time import Clock
from sonicforge.synth.cues import RECIPES, render_cues

SECOND = 48_000
LEADING = ("RIS", "RCR", "NSE", "REV")
FREE = ("DWN", "IMP", "CRS", "SUB")


def _sound(*cues: Cue, genre: str = "trance_uplifting", bpm: float = 128.0, bars: int = 12, score: Score | None = None):
    score = score or score_of(genre, bars=bars, bpm=bpm, cues=cues)
    clock = Clock.of(score)
    return render_cues(score, load(genre), clock, int((clock.duration_s + 6) * SECOND)).samples


def _cue(kind: str, bar: int = 4, bars: float = 2, **more: float) -> Cue:
    return Cue(kind, bar * BAR, int(bars * BAR), **more)  # type: ignore[arg-type]


def _at(bar: float, bpm: float = 128.0) -> int:
    return round(bar * 4 * 60 / bpm * SECOND)


def test_every_audible_cue_has_a_recipe():
    assert set(RECIPES) == AUDIBLE_CUES


def test_no_cues_are_silence_and_silent_kinds_stay_silent():
    assert not _sound().any()
    assert not _sound(Cue("GAP", BAR, TICKS), Cue("STP", BAR, TICKS), Cue("HPF", BAR, BAR)).any()


@pytest.mark.parametrize("kind", LEADING)
@pytest.mark.parametrize("bpm", [87.0, 128.0, 174.0])
def test_what_leads_to_the_one_ends_on_its_sample(kind, bpm):
    sound = _sound(_cue(kind, 4, 2), bpm=bpm)
    end = _at(6, bpm)
    assert not sound[:, end:].any()
    assert np.abs(sound[:, end - 240 : end]).max() > 1e-6
    if kind != "NSE":
        loudest = np.abs(sound).max()
        assert np.abs(sound[:, end - 2400 : end - 240]).max() > 0.3 * loudest


@pytest.mark.parametrize("kind", FREE)
def test_what_falls_from_the_one_begins_on_its_sample(kind):
    sound = _sound(_cue(kind, 4, 2 if kind == "DWN" else 0))
    start = _at(4)
    assert not sound[:, : start - 1].any()
    assert np.abs(sound[:, start : start + 2400]).max() > 0.02


@pytest.mark.parametrize("kind", sorted(AUDIBLE_CUES))
def test_a_cue_is_finite_stereo_balanced_and_folds_to_mono(kind):
    sound = _sound(_cue(kind, 4, 2))
    assert np.isfinite(sound).all()
    assert 0.05 < np.abs(sound).max() < 1.5
    assert abs(20 * np.log10(rms(sound[0]) / rms(sound[1]))) < 1.0
    middle, side = rms(sound[0] + sound[1]), rms(sound[0] - sound[1])
    assert side < 0.85 * middle


@pytest.mark.parametrize("kind", sorted(AUDIBLE_CUES - {"CRS", "IMP"}))
def test_edges_do_not_click(kind):
    """The first and the last 0.2 ms hold next to nothing of the peak."""
    sound = _sound(_cue(kind, 4, 2))
    lit = np.flatnonzero(np.abs(sound).max(axis=0) > 0)
    peak = np.abs(sound).max()
    assert np.abs(sound[:, lit[0] : lit[0] + 10]).max() < 0.02 * peak
    assert np.abs(sound[:, lit[-1] - 9 : lit[-1] + 1]).max() < 0.02 * peak


def test_level_db_scales_exactly():
    plain, louder = _sound(_cue("IMP", 4, 0)), _sound(_cue("IMP", 4, 0, level_db=6.0))
    assert np.allclose(louder, plain * 10 ** (6 / 20), atol=1e-5)


def test_a_riser_grows_brightens_and_widens():
    sound = _sound(_cue("RIS", 2, 4))
    start, end = _at(2), _at(6)
    quarters = np.array_split(np.arange(start, end), 4)
    levels = [rms(sound[:, q]) for q in quarters]
    assert all(b > a for a, b in pairwise(levels))
    assert 20 * np.log10(levels[3] / levels[0]) > 9
    hz = np.fft.rfftfreq(quarters[0].size, 1 / SECOND)
    centres, widths = [], []
    for q in (quarters[0], quarters[3]):
        middle, side = sound[:, q].sum(axis=0), sound[0, q] - sound[1, q]
        power = np.abs(np.fft.rfft(middle, quarters[0].size)) ** 2
        centres.append(float((power[: hz.size] * hz).sum() / power.sum()))
        widths.append(rms(side) / rms(middle))
    assert centres[1] > 3 * centres[0]
    assert widths[1] > 1.3 * widths[0]


def test_a_downlifter_falls_in_level_and_brightness():
    sound = _sound(_cue("DWN", 2, 2))
    thirds = np.array_split(np.arange(_at(2), _at(4)), 3)
    levels = [rms(sound[:, t]) for t in thirds]
    assert levels[0] > 2 * levels[1] > 4 * levels[2]


@pytest.mark.parametrize("pitch", [41, 45, 52, 60])
def test_impact_and_sub_drop_land_on_the_root(pitch):
    for kind in ("IMP", "SUB"):
        sound = _sound(_cue(kind, 4, 0, pitch=pitch))
        late = sound[0, _at(4) + 36_000 : _at(4) + 48_000] * np.hanning(12_000)
        strongest = np.abs(np.fft.rfft(late, 1 << 17)).argmax() * SECOND / (1 << 17)
        distance = (69 + 12 * np.log2(strongest / 440) - pitch) % 12
        assert min(distance, 12 - distance) < 0.35
        assert 26 < strongest < 58


def test_a_sub_drop_is_mono():
    sound = _sound(_cue("SUB", 4, 0))
    assert np.array_equal(sound[0], sound[1])


def test_a_reversed_chord_plays_the_chord_that_comes():
    score = score_of("trance_uplifting", bars=12, bpm=128.0, cues=(_cue("REV", 4, 1),))
    chords = (
        ChordSpan(0, 5 * BAR, "i", (9, 0, 4), 9, (57, 60, 64)),
        ChordSpan(5 * BAR, 7 * BAR, "V", (4, 8, 11), 4, (56, 59, 64)),
    )
    sound = _sound(score=Score(**{f: getattr(score, f) for f in score.__slots__} | {"chords": chords}))
    end = _at(5)
    power = np.abs(np.fft.rfft(sound[0, end - 24_000 : end] * np.hanning(24_000), 1 << 17)) ** 2

    def at(pitch):
        place = round(440 * 2 ** ((pitch - 69) / 12) * (1 << 17) / SECOND)
        return power[place - 4 : place + 5].max()

    assert at(56) > 20 * at(57)
    assert at(59) > 20 * at(60)


def test_same_seed_same_cues_and_one_cue_does_not_change_another():
    one, two = _cue("RIS", 2, 2), _cue("IMP", 8, 0)
    together, alone = _sound(one, two), _sound(one)
    assert np.array_equal(together[:, : _at(8)], alone[:, : _at(8)])
    assert np.array_equal(together, _sound(one, two))


def test_a_cue_before_the_start_or_behind_the_end_is_cut_not_refused():
    score = score_of("trance_uplifting", bars=2, bpm=128.0, cues=(Cue("RCR", 0, 240), Cue("CRS", 2 * BAR, 0)))
    sound = render_cues(score, load("trance_uplifting"), Clock.of(score), 3 * SECOND).samples
    assert np.isfinite(sound).all()
    assert sound.any()


@pytest.mark.parametrize("genre", ["lofi_hiphop", "chiptune", "jazz_lounge"])
def test_a_genre_without_a_crash_still_has_one(genre):
    assert rms(_sound(_cue("CRS", 1, 0), genre=genre, bars=4)) > 1e-3
