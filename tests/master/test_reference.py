"""Reference matching: profiles are right, curves move to the reference within their clamps, doubt asks for less."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.effects.biquad import bell, high_shelf, low_shelf, magnitude_db
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.match import CurveEqualiser, curve_gain_db, minimum_phase
from sonicforge.master.reference import (
    BANDS_HZ,
    MOST_SIDE_DB,
    Profile,
    ProfileListener,
    blended,
    distance_db,
    loudness_change_db,
    match,
    most_db,
)

RATE = 48_000
HZ = np.array(BANDS_HZ)


@lru_cache(maxsize=32)
def pink(seconds: float, *, seed: int = 1, side: float = 0.5, channels: int = 2, rate: int = RATE) -> np.ndarray:
    """Pink noise: the same power in every sixth of an octave; `side` scales the side."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    spectrum = np.fft.rfft(rng.standard_normal((2, n)), axis=1)
    spectrum[:, 1:] /= np.sqrt(np.arange(1, spectrum.shape[1]))
    spectrum[:, 0] = 0
    middle, wide = np.fft.irfft(spectrum, n, axis=1)
    x = np.stack([middle + side * wide, middle - side * wide])[:channels]
    out = (0.1 * x / x.std()).astype(np.float32)
    out.setflags(write=False)
    return out


def heard(x: np.ndarray, rate: int = RATE, sizes: int = 65_536) -> Profile:
    listener = ProfileListener(len(x), rate)
    for first in range(0, x.shape[1], sizes):
        listener.hear(x[:, first : first + sizes])
    return listener.profile()


def test_pink_noise_has_a_flat_profile_and_its_side_lies_where_it_was_put() -> None:
    profile = heard(pink(30, side=0.5))
    middle, side = np.array(profile.middle_db), np.array(profile.side_db)
    inner = (HZ > 60) & (HZ < 18_000)
    assert np.ptp(middle[inner]) < 2.5
    assert np.median(side[inner] - middle[inner]) == pytest.approx(20 * np.log10(0.5), abs=0.3)


def test_the_bands_of_a_sine_add_up_to_its_power() -> None:
    sine = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(10 * RATE) / RATE)
    profile = heard(np.tile(sine, (2, 1)).astype(np.float32))
    assert 10 * np.log10(sum(10 ** (np.array(profile.middle_db) / 10))) == pytest.approx(-9.03, abs=0.05)
    assert int(np.argmax(profile.middle_db)) == int(np.argmin(np.abs(HZ - 1000)))


@settings(max_examples=10, deadline=None)
@given(size=st.integers(100, 70_000))
def test_the_cut_into_blocks_does_not_matter(size: int) -> None:
    x = pink(3)
    assert heard(x, sizes=size) == heard(x)


def test_quiet_passages_are_gated_away() -> None:
    loud, quiet = pink(10), 0.01 * Equaliser([high_shelf(500, 20)]).process(pink(40))
    assert np.allclose(heard(np.concatenate([loud, quiet], axis=1)).middle_db, heard(loud).middle_db, atol=0.6)


@pytest.mark.parametrize("rate", [32_000, 44_100, 96_000])
def test_the_profile_does_not_depend_on_the_rate(rate: int) -> None:
    below = (HZ > 100) & (HZ < 13_000)
    own = np.array(heard(pink(30, rate=rate), rate).middle_db)[below]
    other = np.array(heard(pink(30)).middle_db)[below]
    assert np.median(np.abs((own - own.mean()) - (other - other.mean()))) < 0.5


@pytest.mark.parametrize(
    "fault", [high_shelf(3000, -5), low_shelf(200, 5), bell(1500, 5, q=0.7)], ids=["dull", "boomy", "honky"]
)
def test_the_curve_undoes_a_fault_within_reach(fault: np.ndarray) -> None:
    wanted = blended([heard(pink(60))])
    spoilt = Equaliser([fault]).process(pink(60, seed=2))
    found = match(heard(spoilt), wanted)
    mended = CurveEqualiser(HZ, found.middle_db, found.side_db).process(spoilt)
    before, after = distance_db(heard(spoilt), wanted), distance_db(heard(mended), wanted)
    assert after < 0.35 * before
    inner = (HZ > 80) & (HZ < 11_000)
    error = np.array(found.middle_db) + magnitude_db(fault, HZ)
    assert np.std(error[inner]) < 0.8


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000), depth=st.floats(0, 40), strength=st.floats(0, 1), doubt=st.floats(0, 20),
    wide=st.floats(-40, 20),
)  # fmt: skip
def test_whatever_is_heard_the_curve_keeps_its_clamps_and_the_loudness(
    seed: int, depth: float, strength: float, doubt: float, wide: float
) -> None:
    rng = np.random.default_rng(seed)

    def profile() -> Profile:
        middle = -20 - 3 * np.log2(HZ / 100).clip(0) + depth * rng.standard_normal(len(HZ))
        return Profile(tuple(middle), tuple(middle + wide), (doubt,) * len(HZ), 60.0)

    own = profile()
    found = match(own, blended([profile()]), strength=strength)
    assert loudness_change_db(own, found.middle_db) == pytest.approx(0, abs=0.01)
    gains = np.array(found.middle_db)
    inner = most_db() == most_db().max()
    assert np.ptp(gains[inner]) <= 2 * 6 * strength + 0.05
    assert np.ptp(gains) <= 2 * 6 * strength + 0.05
    assert np.abs(np.array(found.side_db) - gains).max() <= MOST_SIDE_DB * strength + 0.02


def test_strength_scales_the_curve_and_none_leaves_the_sound_alone() -> None:
    own, wanted = heard(Equaliser([high_shelf(3000, -5)]).process(pink(20))), blended([heard(pink(20))])
    assert match(own, wanted, strength=0).flat
    half, full = (np.ptp(match(own, wanted, strength=share).middle_db) for share in (0.5, 1.0))
    assert half == pytest.approx(full / 2, abs=0.05)


def test_a_recording_matched_to_itself_is_left_alone() -> None:
    own = heard(pink(20))
    assert np.abs(match(own, blended([own])).middle_db).max() < 0.05


def test_references_that_disagree_and_short_ones_ask_for_less() -> None:
    dull = heard(Equaliser([high_shelf(3000, -6)]).process(pink(60)))
    bright = [heard(Equaliser([high_shelf(3000, gain)]).process(pink(60, seed=4))) for gain in (0, 6, -6)]
    sure, unsure = match(dull, blended(bright[:1])), match(dull, blended(bright))
    assert np.ptp(unsure.middle_db) < 0.8 * np.ptp(sure.middle_db)
    beat = np.sign(np.sin(2 * np.pi * np.arange(60 * RATE) / RATE / 2)) * 0.45 + 0.55
    restless = pink(60, seed=5) * beat.astype(np.float32)
    assert np.mean(heard(restless[:, : 4 * RATE]).doubt_db) > 1.5 * np.mean(heard(restless).doubt_db)


def test_what_is_not_there_is_not_brought_up() -> None:
    from sonicforge.effects.biquad import lowpass

    muffled = Equaliser([lowpass(2500, slope=24)] * 3).process(pink(20))
    found = match(heard(muffled), blended([heard(pink(20))]))
    assert np.array(found.middle_db)[HZ > 12_000].max() <= np.median(found.middle_db) + 1.0


def test_silence_has_no_profile_and_asks_for_nothing() -> None:
    silent = heard(np.zeros((2, RATE), np.float32))
    assert silent.silent
    assert match(silent, blended([heard(pink(5))])).flat
    with pytest.raises(ValueError, match="silence"):
        blended([silent])


@pytest.mark.parametrize("rate", [32_000, 48_000, 96_000])
def test_the_filter_has_the_curves_gains_and_no_ringing_before_the_beat(rate: int) -> None:
    gains = np.interp(np.log2(HZ), np.log2([30, 100, 400, 3000, 12_000]), [3, -3, 2, 5, -4])
    taps = minimum_phase(HZ, gains, round(4096 * rate / 48_000), sample_rate=rate)
    below = 0.45 * rate > HZ
    assert curve_gain_db(taps, HZ[below], sample_rate=rate) == pytest.approx(gains[below], abs=0.4)
    energy = np.cumsum(taps**2) / np.sum(taps**2)
    assert energy[round(0.001 * rate)] > 0.9


def test_middle_and_side_are_filtered_each_by_its_own_curve() -> None:
    x = pink(8)
    equaliser = CurveEqualiser([100, 10_000], [6, 6], [-6, -6])
    out = equaliser.process(np.pad(x, ((0, 0), (0, equaliser.latency))))[:, equaliser.latency :]
    for sign, gain in ((1, 6), (-1, -6)):
        assert np.allclose(out[0] + sign * out[1], (x[0] + sign * x[1]) * 10 ** (gain / 20), atol=2e-4)
