"""Records: the playback curve, noise that belongs to turns, wear that can be measured."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sonicforge.effects.biquad import magnitude_db
from sonicforge.effects.groove import SILENT_DB, Groove, Surface
from sonicforge.effects.riaa import riaa, riaa_db
from sonicforge.effects.vinyl import Vinyl

RATE = 48_000
BARE = Groove(crackle_rate=0, pop_rate=0, scratches=0, hiss_db=SILENT_DB, rumble_db=SILENT_DB)
STILL = {"crackle": 0.0, "pops": 0.0, "scratches": 0.0, "hiss_db": -120.0, "rumble_db": -120.0, "warp_percent": 0.0}


def tone(hz: float, height: float, seconds: float = 1.0) -> np.ndarray:
    return (height * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)[None]


def level_at(y: np.ndarray, hz: float) -> float:
    piece = y[-RATE // 2 :].astype(np.float64) * np.blackman(RATE // 2)
    return 20 * math.log10(abs(np.fft.rfft(piece)[round(hz / 2)]) / (0.42 * RATE / 4) + 1e-12)


@pytest.mark.parametrize(
    ("hz", "wanted_db"),
    [(20, 19.27), (50, 16.95), (100, 13.09), (500, 2.65), (1000, 0.0), (2122, -2.87), (10_000, -13.73)],
)
def test_the_playback_curve_goes_through_the_published_points(hz: float, wanted_db: float) -> None:
    assert riaa_db(hz) == pytest.approx(wanted_db, abs=0.02)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000, 96_000, 192_000])
def test_the_filter_keeps_to_the_curve_at_every_rate(rate: int) -> None:
    hz = np.geomspace(20, min(0.4 * rate, 20_000), 200)
    assert np.abs(magnitude_db(riaa(rate), hz, sample_rate=rate) - riaa_db(hz)).max() < 0.3


def test_an_empty_groove_without_anything_is_silent() -> None:
    assert not Surface(BARE).take(RATE).any()


def test_any_stretches_of_a_surface_join_seamlessly() -> None:
    surface = Surface(Groove(crackle_rate=60, pop_rate=3, scratches=20, hum_db=-60), seed=4)
    whole = surface.take(4 * RATE)
    surface.reset()
    assert np.array_equal(
        np.concatenate([surface.take(n) for n in (1, 0, 30, 50_000, 4 * RATE - 50_031)], axis=1), whole
    )


def test_a_scratch_comes_back_with_every_turn() -> None:
    noise = Surface(replace(BARE, scratches=6.0, scratch_db=-20), seed=3).take(60 * RATE)
    turn = round(1.8 * RATE)
    power = np.convolve(noise[0] ** 2, np.ones(240), mode="same")
    spectrum = np.fft.rfft(power - power.mean(), 2 * power.size)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)
    near = likeness[turn - 400 : turn + 400].max() / likeness[0]
    beside = likeness[round(0.3 * RATE) : turn - 3000].max() / likeness[0]
    assert near > 0.4
    assert near > 2 * beside


def test_crackle_is_a_poisson_process_of_its_rate() -> None:
    counts = [len(Surface(replace(BARE, crackle_rate=20), seed=s)._events(0, 60 * RATE)) for s in range(8)]
    assert np.mean(counts) == pytest.approx(1200, rel=0.05)
    assert 15 < np.std(counts) < 70


def test_ticks_have_their_height_behind_the_curve() -> None:
    noise = Surface(replace(BARE, crackle_rate=2, crackle_db=-30), seed=1).take(60 * RATE)
    frames = np.abs(noise).max(axis=0).reshape(-1, 2400).max(axis=1)
    heights = 20 * np.log10(frames[frames > 1e-3])
    assert -42 < np.median(heights) < -29


def test_rumble_shakes_the_needle_up_and_down() -> None:
    noise = Surface(replace(BARE, rumble_db=-40), seed=1).take(20 * RATE)
    middle, side = noise.mean(axis=0), (noise[0] - noise[1]) / 2
    assert side.std() > 1.1 * middle.std()
    hz = np.fft.rfftfreq(side.size, 1 / RATE)
    power = np.abs(np.fft.rfft(side)) ** 2
    assert power[(hz > 5) & (hz < 40)].sum() > 0.6 * power.sum()


def test_hiss_has_its_level() -> None:
    noise = Surface(replace(BARE, hiss_db=-50), seed=1).take(4 * RATE)
    assert 20 * math.log10(noise.std()) == pytest.approx(-50, abs=0.4)


def test_hum_sits_on_the_mains_and_its_harmonics() -> None:
    noise = Surface(replace(BARE, hum_db=-40, mains_hz=60.0), seed=1).take(10 * RATE)[0]
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(noise.size, 1 / RATE)
    lines = sum(power[np.abs(hz - 60 * k) < 1].sum() for k in (1, 2, 3))
    assert lines > 0.95 * power.sum()


def test_wear_dulls_the_treble() -> None:
    x = tone(12_000, 0.1)
    new, worn = (level_at(Vinyl(**{**STILL, "wear": w}).process(x)[0], 12_000) for w in (0.0, 1.0))
    assert new == pytest.approx(-20, abs=0.05)
    assert -7 < worn - new < -4


def test_tracing_distortion_rises_with_level_and_frequency() -> None:
    def second(hz: float, height: float) -> float:
        y = Vinyl(**{**STILL, "wear": 1.0}).process(tone(hz, height))[0]
        return level_at(y, 2 * hz) - level_at(y, hz)

    assert second(1000, 0.2) == pytest.approx(second(1000, 0.1) + 6, abs=1)
    assert second(2000, 0.2) == pytest.approx(second(1000, 0.2) + 6, abs=1)
    assert -50 < second(1000, 0.5) < -35


def test_a_new_record_on_a_flat_platter_changes_nothing() -> None:
    x = tone(1000, 0.5)
    assert np.array_equal(Vinyl(**{**STILL, "wear": 0.0}).process(x), x)


def test_mono_hears_both_walls_of_the_groove() -> None:
    settings = {**STILL, "wear": 0.0, "crackle": 0.6}
    zero = np.zeros((2, RATE), np.float32)
    stereo, mono = Vinyl(seed=2, **settings).process(zero), Vinyl(seed=2, **settings).process(zero[:1])
    assert np.allclose(mono[0], stereo.mean(axis=0), atol=1e-7)


def test_the_surface_is_the_seed_s() -> None:
    zero = np.zeros((2, RATE), np.float32)
    first, again, other = (Vinyl(seed=s).process(zero) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_noise_can_be_moved_as_a_whole() -> None:
    zero = np.zeros((2, 4 * RATE), np.float32)
    settings = {"rumble_db": -120.0, "warp_percent": 0.0}
    near, far = (Vinyl(surface_db=d, **settings).process(zero).std() for d in (0.0, -20.0))
    assert 20 * math.log10(near / far) == pytest.approx(20, abs=0.1)
