"""Spectral repair fills its box and nothing else; smear blurs in time."""

import numpy as np
import pytest

from sonicforge.effects.restoration.repair import Box, SpectralRepair
from sonicforge.effects.restoration.smear import Smear
from sonicforge.errors import OutOfRange
from sonicforge.sound.audio import Samples

RATE = 48_000


def tones(seconds: float = 3.0) -> Samples:
    t = np.arange(int(seconds * RATE)) / RATE
    x = sum(0.1 * np.sin(2 * np.pi * hz * t + hz) for hz in (440, 1000, 2500, 5200))
    return np.stack([x, 0.5 * x]).astype(np.float32)


def mended(x: Samples, *boxes: Box) -> Samples:
    repair = SpectralRepair(boxes, channels=len(x))
    return repair.process(np.pad(x, ((0, 0), (0, repair.latency))))[:, repair.latency :]


def burst(x: Samples, start_s: float, end_s: float, hz: float = 2500.0) -> Samples:
    """`x` with a loud squeak around `hz`."""
    y, part = x.copy(), slice(round(start_s * RATE), round(end_s * RATE))
    t = np.arange(part.stop - part.start) / RATE
    y[:, part] += (0.7 * np.sin(2 * np.pi * hz * t + 40 * np.sin(90 * t)) * np.hanning(t.size)).astype(np.float32)
    return y


def error_db(y: Samples, x: Samples, start_s: float, end_s: float) -> float:
    part = slice(round(start_s * RATE), round(end_s * RATE))
    return float(10 * np.log10(np.square((y - x)[:, part]).mean() / np.square(x[:, part]).mean()))


@pytest.mark.parametrize("length_s", [0.03, 0.1, 0.4])
def test_a_squeak_over_tones_gives_way_to_the_tones(length_s: float) -> None:
    x = tones()
    y = burst(x, 1.2, 1.2 + length_s)
    z = mended(y, Box(1.2, 1.2 + length_s, 1300, 4500))
    assert error_db(y, x, 1.2, 1.2 + length_s) > 3
    assert error_db(z, x, 1.2, 1.2 + length_s) < -14


def test_outside_the_box_every_sample_stays() -> None:
    y = burst(tones(), 1.2, 1.3)
    z = mended(y, Box(1.2, 1.3, 1300, 4500))
    edge = round(0.006 * RATE)
    before, after = round(1.2 * RATE) - edge, round(1.3 * RATE) + edge
    assert np.array_equal(z[:, :before], y[:, :before])
    assert np.array_equal(z[:, after:], y[:, after:])
    assert not np.array_equal(z[:, before:after], y[:, before:after])


def test_outside_the_band_the_sound_goes_on() -> None:
    x = tones()
    z = mended(burst(x, 1.2, 1.4), Box(1.2, 1.4, 1300, 4500))
    part = slice(round(1.25 * RATE), round(1.35 * RATE))
    for hz in (440, 5200):
        wave = np.exp(-2j * np.pi * hz * np.arange(part.stop - part.start) / RATE)
        assert abs(z[0, part] @ wave) == pytest.approx(abs(x[0, part] @ wave), rel=0.06)


def test_noise_is_filled_with_noise_of_the_same_level() -> None:
    x = (np.random.default_rng(1).standard_normal((1, 3 * RATE)) * 0.1).astype(np.float32)
    y = x.copy()
    y[:, round(1.2 * RATE) : round(1.5 * RATE)] = 0
    z = mended(y, Box(1.2, 1.5))
    inside = z[:, round(1.22 * RATE) : round(1.48 * RATE)]
    assert 20 * np.log10(inside.std() / x.std()) == pytest.approx(0, abs=1.5)


def test_a_short_dropout_of_everything_is_predicted() -> None:
    x = tones()
    y = x.copy()
    y[:, 60_000:60_200] = 0
    z = mended(y, Box(60_000 / RATE, 60_200 / RATE))
    assert error_db(z, x, 60_000 / RATE, 60_200 / RATE) < -25


def test_several_boxes_in_any_order_and_any_split() -> None:
    y = burst(burst(tones(), 0.5, 0.6), 2.0, 2.2, 900)
    boxes = (Box(2.0, 2.2, 300, 2000), Box(0.5, 0.6, 1300, 4500))
    whole = mended(y, *boxes)
    repair = SpectralRepair(boxes)
    flushed = np.pad(y, ((0, 0), (0, repair.latency)))
    pieces = [repair.process(piece) for piece in np.array_split(flushed, 37, axis=1)]
    assert np.array_equal(np.concatenate(pieces, axis=1)[:, repair.latency :], whole)
    assert error_db(whole, tones(), 0.5, 0.6) < -10
    assert error_db(whole, tones(), 2.0, 2.2) < -10


def test_a_box_at_the_very_start_and_over_the_end_is_filled_without_fuss() -> None:
    y = burst(tones(), 0.0, 0.1)
    assert np.isfinite(mended(y, Box(0.0, 0.1, 1000, 5000), Box(2.9, 4.0, 1000, 5000))).all()


@pytest.mark.parametrize(
    "box", [Box(1, 1), Box(2, 1), Box(-1, 1), Box(1, 12), Box(1, 2, 5000, 4000), Box(1, 2, -5, 100)]
)
def test_an_impossible_box_is_refused(box: Box) -> None:
    with pytest.raises(OutOfRange):
        SpectralRepair([box])


def test_smear_carries_a_burst_on_for_about_its_time() -> None:
    x = np.zeros((2, 3 * RATE), np.float32)
    x[:, RATE : RATE + 2400] = np.random.default_rng(2).standard_normal((2, 2400)) * 0.3
    for phase in ("random", "running"):
        smear = Smear(time_ms=300, phase=phase, mix=1.0)
        y = smear.process(np.pad(x, ((0, 0), (0, smear.latency))))[:, smear.latency :]
        levels = [np.square(y[:, round(s * RATE) : round((s + 0.1) * RATE)]).mean() for s in (1.2, 1.5)]
        fall_db = 10 * np.log10(levels[0] / levels[1])
        assert fall_db == pytest.approx(8.7, abs=2.5)  # 300 ms are one time constant of the magnitude


def test_smear_is_the_same_for_the_same_seed_only() -> None:
    x = tones(1.0)
    first, again, other = (Smear(seed=s).process(x) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_mix_is_the_sound_as_it_was() -> None:
    x, smear = tones(1.0), Smear(mix=0.0)
    y = smear.process(np.pad(x, ((0, 0), (0, smear.latency))))[:, smear.latency :]
    assert np.abs(y - x).max() < 1e-6
