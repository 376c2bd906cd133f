"""Space and movement as they stand in the catalogue: what every knob promises, measured."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from sonicforge.effects.biquad import bell, high_shelf, highpass, low_shelf, lowpass, magnitude_db
from sonicforge.effects.catalogue import build
from sonicforge.effects.delay import NOTES
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.flanger import SHORTEST_MS, Flanger
from sonicforge.effects.insert import Insert, dry_wet
from sonicforge.effects.pan import AutoPan, Pan
from sonicforge.effects.parametric import ParametricEqualiser
from sonicforge.effects.plate import Plate
from sonicforge.effects.stereo import correlation
from sonicforge.effects.widener import Widener
from sonicforge.errors import OutOfRange, UnknownName

RATE = 48_000


def noise(seconds: float = 1.0, channels: int = 2, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((channels, int(seconds * RATE))) * 0.1).astype(np.float32)


def impulse(seconds: float = 1.0, channels: int = 2) -> np.ndarray:
    x = np.zeros((channels, int(seconds * RATE)), np.float32)
    x[:, 0] = 1.0
    return x


def power_db(x: np.ndarray) -> float:
    return 10 * math.log10(float((x.astype(np.float64) ** 2).mean()) + 1e-30)


def decay_s(x: np.ndarray, hz: float, *, low: float = -8.0, high: float = -33.0) -> float:
    """T60 of an octave from the slope of the backward-integrated energy."""
    sos = butter(3, [hz / math.sqrt(2), hz * math.sqrt(2)], "bandpass", fs=RATE, output="sos")
    energy = np.cumsum((sosfiltfilt(sos, x.astype(np.float64), axis=1) ** 2).sum(axis=0)[::-1])[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-30)
    a, b = int(np.argmax(level < low)), int(np.argmax(level < high))
    return float(-60 / np.polyfit(np.arange(a, b) / RATE, level[a:b], 1)[0])


# ---------------------------------------------------------------- parametric equaliser

BANDS = {
    "low cut 12": ({"low_cut_hz": 200.0}, highpass(200)),
    "low cut 24": ({"low_cut_hz": 200.0, "low_cut_slope": "24"}, highpass(200, slope=24)),
    "low shelf": ({"low_shelf_hz": 150.0, "low_shelf_db": 7.0}, low_shelf(150, 7)),
    "bell up": ({"bell_2_hz": 900.0, "bell_2_db": 9.0, "bell_2_q": 3.0}, bell(900, 9, q=3)),
    "bell down": ({"bell_4_hz": 6000.0, "bell_4_db": -12.0, "bell_4_q": 0.5}, bell(6000, -12, q=0.5)),
    "high shelf": ({"high_shelf_hz": 5000.0, "high_shelf_db": -6.0}, high_shelf(5000, -6)),
    "high cut 12": ({"high_cut_hz": 4000.0}, lowpass(4000)),
    "high cut 24": ({"high_cut_hz": 4000.0, "high_cut_slope": "24"}, lowpass(4000, slope=24)),
}


@pytest.mark.parametrize("name", BANDS)
def test_a_band_has_the_response_of_the_cookbook(name: str) -> None:
    wanted, sections = BANDS[name]
    response = np.fft.rfft(ParametricEqualiser(**wanted).process(impulse())[0].astype(np.float64))
    hz = np.fft.rfftfreq(RATE, 1 / RATE)
    heard = (hz > 25) & (magnitude_db(sections, hz) > -60)
    assert np.allclose(20 * np.log10(np.abs(response[heard])), magnitude_db(sections, hz[heard]), atol=0.05)


def test_a_flat_equaliser_is_the_sound_itself() -> None:
    x = noise(0.2, channels=3)
    assert np.array_equal(ParametricEqualiser(channels=3).process(x), x)


def test_every_channel_gets_the_same() -> None:
    mono = noise(0.2, channels=1)
    alone = ParametricEqualiser(channels=1, bell_1_db=6.0).process(mono)
    for channels in (2, 3, 5):
        y = ParametricEqualiser(channels=channels, bell_1_db=6.0).process(np.repeat(mono, channels, axis=0))
        assert np.array_equal(y, np.repeat(alone, channels, axis=0))


MOVES = (
    {"bell_1_hz": 8000.0, "bell_1_db": 18.0, "bell_1_q": 8.0},
    {"low_cut_hz": 1500.0, "low_cut_slope": "24"},
    {"high_cut_hz": 300.0},
    {"low_shelf_db": -20.0, "high_shelf_db": 20.0},
)


@pytest.mark.parametrize("move", MOVES)
def test_a_move_does_not_click_and_arrives(move: dict[str, float | str]) -> None:
    """A 250 Hz tone has nothing above 4 kHz; a click would."""
    t = np.arange(RATE) / RATE
    x = np.repeat((0.5 * np.sin(2 * np.pi * 250 * t)).astype(np.float32)[None], 2, axis=0)
    moved = ParametricEqualiser(bell_1_hz=100.0)
    parts = [moved.process(x[:, :20_011])]
    moved.move(**move)
    y = np.concatenate([*parts, moved.process(x[:, 20_011:])], axis=1)
    sos = butter(6, 4000, "high", fs=RATE, output="sos")
    around = sosfiltfilt(sos, y[0].astype(np.float64))[19_000:24_000]
    assert 20 * math.log10(np.abs(around).max() / np.abs(y).max()) < -70
    fresh = ParametricEqualiser(**{"bell_1_hz": 100.0, **move})
    assert np.allclose(fresh.process(x)[:, -4800:], y[:, -4800:], atol=1e-4)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8))
@settings(max_examples=15, deadline=None)
def test_moves_sound_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    x = noise(0.2)
    outputs = []
    for places in ([], sorted(cuts)):
        one = ParametricEqualiser(low_shelf_db=6.0)
        at, parts = 0, []
        for stop in sorted({*places, 3001, 3777, x.shape[1]}):
            parts.append(one.process(x[:, at:stop]))
            at = stop
            if stop == 3001:
                one.move(bell_1_db=12.0, low_shelf_db=0.0)
            if stop == 3777:
                one.move(bell_1_db=-12.0, high_cut_hz=2000.0)
        outputs.append(np.concatenate(parts, axis=1))
    assert np.array_equal(outputs[0], outputs[1])


def test_a_move_to_where_nothing_is_is_refused() -> None:
    one = ParametricEqualiser()
    with pytest.raises(OutOfRange, match="bell_1_db"):
        one.move(bell_1_db=99.0)
    with pytest.raises(UnknownName, match="bell_9_db"):
        one.move(bell_9_db=1.0)


# ---------------------------------------------------------------- rooms and plates


@pytest.mark.parametrize("seconds", [1.5, 3.0, 6.0])
def test_a_plate_decays_in_its_time(seconds: float) -> None:
    response = Plate(decay_s=seconds, damping_hz=20_000.0).process(impulse(1.2 * seconds + 0.5))
    for hz in (500.0, 1000.0, 2000.0):
        assert decay_s(response, hz) == pytest.approx(seconds, rel=0.08)


def test_damping_takes_the_treble_of_a_plate_first() -> None:
    response = Plate(decay_s=3.0, damping_hz=2000.0).process(impulse(3.0))
    assert decay_s(response, 8000.0) < 0.6 * decay_s(response, 500.0)


@pytest.mark.parametrize("effect", ["plate", "reverb"])
def test_no_mode_sticks_out_of_a_tail_and_the_sides_are_strangers(effect: str) -> None:
    tail = build(effect, {"mix": 1.0}, sample_rate=RATE).process(impulse(1.5)).astype(np.float64)[:, 7200:]
    power = (np.abs(np.fft.rfft(tail[:, :16_384] * np.hanning(16_384), axis=1)) ** 2).sum(axis=0)
    hz = np.fft.rfftfreq(16_384, 1 / RATE)
    smooth = np.convolve(power, np.full(301, 1 / 301), mode="same")
    band = (hz > 500) & (hz < 4000)
    assert 10 * math.log10((power[band] / smooth[band]).max()) < 12
    assert abs(correlation(tail.astype(np.float32))) < 0.2


@pytest.mark.parametrize("settings", [{}, {"decay_s": 0.5}, {"decay_s": 6.0}])
@pytest.mark.parametrize("effect", ["plate", "reverb"])
def test_the_wet_sound_is_as_loud_as_the_dry_one(effect: str, settings: dict[str, float]) -> None:
    x = noise(6.0, channels=1)
    spectrum = np.fft.rfft(x)
    hz = np.fft.rfftfreq(x.shape[1], 1 / RATE)
    pink = np.fft.irfft(np.where((hz > 500) & (hz < 3500), spectrum / np.sqrt(np.maximum(hz, 1)), 0), x.shape[1])
    both = np.repeat((pink / pink.std() * 0.1).astype(np.float32), 2, axis=0)
    wet = build(effect, {**settings, "mix": 1.0}, sample_rate=RATE).process(both)
    assert power_db(wet[:, 3 * RATE :]) == pytest.approx(power_db(both[:, 3 * RATE :]), abs=2.0)


@pytest.mark.parametrize("wanted", [0.4, 1.8, 4.0])
def test_a_reverb_decays_in_its_time(wanted: float) -> None:
    row = {
        "decay_s": wanted,
        "treble": 0.95,
        "early_db": -60.0,
        "mix": 1.0,
        "low_cut_hz": 20.0,
        "high_cut_hz": 20_000.0,
    }
    response = build("reverb", row, sample_rate=RATE).process(impulse(1.3 * wanted + 0.3))
    for hz in (500.0, 1000.0, 2000.0):
        assert decay_s(response, hz) == pytest.approx(wanted, rel=0.06)


def test_a_reverb_in_a_channel_sleeps_at_the_same_place_however_the_stream_is_cut() -> None:
    x = np.concatenate([noise(0.1), np.zeros((2, 3 * RATE), np.float32), noise(0.2, seed=1)], axis=1)
    for effect in ("reverb", "delay"):
        row = {"decay_s": 0.2} if effect == "reverb" else {"feedback": 0.1, "time_ms": 40.0}
        whole = build(effect, row, sample_rate=RATE).process(x)
        cut = build(effect, row, sample_rate=RATE)
        pieces = [cut.process(x[:, a : a + 777]) for a in range(0, x.shape[1], 777)]
        assert np.array_equal(np.concatenate(pieces, axis=1), whole)


@pytest.mark.parametrize("note", NOTES)
def test_an_echo_comes_on_its_note(note: str) -> None:
    row = {"note": note, "bpm": 100.0, "spread_ms": 0.0, "wow_cents": 0.0, "mix": 1.0, "feedback": 0.0}
    y = np.abs(build("delay", row, sample_rate=RATE).process(impulse(1.5))[0])
    assert int(y.argmax()) / RATE == pytest.approx(NOTES[note] * 0.6, abs=0.001)


def test_echoes_get_quieter_by_the_feedback() -> None:
    row = {"time_ms": 100.0, "spread_ms": 0.0, "wow_cents": 0.0, "mix": 1.0, "feedback": 0.5, "duck_db": 0.0}
    y = np.abs(build("delay", row, sample_rate=RATE).process(impulse(0.6))[0])
    heights = [y[int(0.1 * n * RATE) - 200 : int(0.1 * n * RATE) + 600].max() for n in (1, 2, 3)]
    assert 0.3 < heights[1] / heights[0] < 0.5
    assert 0.3 < heights[2] / heights[1] < 0.5


def test_crossed_echoes_change_sides() -> None:
    row = {"time_ms": 100.0, "spread_ms": 50.0, "wow_cents": 0.0, "mix": 1.0, "feedback": 0.6, "duck_db": 0.0}
    for cross, second in ((0.0, 0.2), (1.0, 0.25)):
        left = np.abs(build("delay", {**row, "cross": cross}, sample_rate=RATE).process(impulse(0.5))[0])
        later = left[int(0.16 * RATE) : int(0.29 * RATE)]
        assert (int(later.argmax()) / RATE + 0.16) == pytest.approx(second, abs=0.003)


# ---------------------------------------------------------------- movement


def test_the_teeth_of_a_flanger_lie_where_the_delay_puts_them() -> None:
    """At the start of its sweep the delay is the shortest one: notches at odd halves of its frequency."""
    response = np.abs(np.fft.rfft(Flanger(feedback=0.0, spread=0.0, rate_hz=0.01).process(impulse(0.1))[0]))
    hz = np.fft.rfftfreq(4800, 1 / RATE)
    notch = 1000 / SHORTEST_MS / 2
    assert response[np.abs(hz - notch) < 40].min() < 0.05 * response.max()
    assert response[np.abs(hz - 2 * notch) < 40].min() > 0.9 * response.max()


def test_a_flanger_with_the_most_feedback_stays_finite_and_dies_away() -> None:
    one = Flanger(feedback=-0.95)
    loud = one.process(noise(1.0))
    after = one.process(np.zeros((2, 4 * RATE), np.float32))
    assert np.abs(loud).max() < 4.0
    assert not after[:, -RATE:].any()


def test_autopan_keeps_the_power_and_reaches_both_walls() -> None:
    x = np.full((2, RATE), 0.5, np.float32)
    y = AutoPan(rate_hz=2.0, depth=1.0).process(x)
    assert np.allclose((y**2).sum(axis=0), 0.5, atol=1e-3)
    assert y[0].min() < 1e-3 < 0.7 < y[0].max()
    assert y[1].min() < 1e-3 < 0.7 < y[1].max()


@given(st.floats(-1, 1))
@settings(max_examples=20, deadline=None)
def test_pan_keeps_the_power_of_the_middle_or_the_mono_sum(position: float) -> None:
    mono = np.repeat(noise(0.05, channels=1), 2, axis=0)
    balanced = Pan(position=position).process(mono)
    assert power_db(balanced) == pytest.approx(power_db(mono), abs=0.01)
    x = noise(0.05)
    assert np.allclose(Pan(position=position, law="fold").process(x).sum(axis=0), x.sum(axis=0), atol=1e-6)


def test_pan_in_the_middle_changes_nothing() -> None:
    x = noise(0.05)
    for law in ("balance", "fold"):
        assert np.allclose(Pan(law=law).process(x), x, atol=1e-7)


def test_a_widener_makes_mono_wide_and_leaves_its_sum_alone() -> None:
    mono = np.repeat(noise(2.0, channels=1), 2, axis=0)
    y = Widener(width=0.8).process(mono)
    gain = 1 / math.sqrt(1 + 0.8**2)
    assert np.allclose(y.sum(axis=0), gain * mono.sum(axis=0), atol=1e-6)
    assert correlation(mono) == pytest.approx(1.0)
    assert correlation(y) < 0.35
    assert power_db(y) == pytest.approx(power_db(mono), abs=0.3)


def test_a_widener_leaves_the_bass_in_the_middle_and_both_sides_equally_bright() -> None:
    mono = np.repeat(noise(4.0, channels=1), 2, axis=0)
    y = Widener(width=0.8, from_hz=200.0).process(mono).astype(np.float64)
    bass = sosfiltfilt(butter(4, 60, fs=RATE, output="sos"), y, axis=1)
    assert correlation(bass.astype(np.float32)) > 0.95
    for hz in (500.0, 1000.0, 2000.0, 4000.0, 8000.0):
        sos = butter(3, [hz / math.sqrt(2), hz * math.sqrt(2)], "bandpass", fs=RATE, output="sos")
        left, right = sosfiltfilt(sos, y, axis=1)
        assert power_db(left) == pytest.approx(power_db(right), abs=2.0)


def test_a_widener_doubles_no_click() -> None:
    """All energy of a click lies within a few milliseconds: no second one as a short delay would give."""
    y = Widener(width=1.0).process(impulse(0.2))[0].astype(np.float64) ** 2
    assert y[:240].sum() > 0.9 * y.sum()


# ---------------------------------------------------------------- effects in a channel


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_an_insert_gives_as_many_channels_as_it_got(channels: int) -> None:
    insert = Insert(Plate, channels=channels, dry=1.0, wet=0.5)
    x = noise(0.1, channels)
    y = insert.process(x)
    assert y.shape == x.shape
    assert not np.array_equal(y, x)


@given(st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_dry_and_wet_share_one_power(mix: float) -> None:
    gains = dry_wet(mix)
    assert gains["dry"] ** 2 + gains["wet"] ** 2 == pytest.approx(1.0)


def test_only_wet_holds_nothing_of_the_sound() -> None:
    x = impulse(0.2)
    for effect in ("plate", "reverb", "delay"):
        assert not build(effect, {"mix": 1.0}, sample_rate=RATE).process(x)[:, :32].any()


def test_only_dry_is_the_sound_itself() -> None:
    x = noise(0.2)
    for effect in ("plate", "reverb", "delay", "flanger"):
        assert np.allclose(build(effect, {"mix": 0.0}, sample_rate=RATE).process(x), x, atol=1e-7)


def test_mono_bass_leaves_the_middle_as_it_is_and_takes_the_low_sides() -> None:
    t = np.arange(RATE) / RATE
    side, middle = np.sin(2 * np.pi * 40 * t), np.sin(2 * np.pi * 60 * t)
    x = np.stack([middle + side, middle - side]).astype(np.float32) * 0.4
    for slope, kept in (("6", 0.4), ("12", 0.15), ("24", 0.03)):
        y = build("mono_bass", {"slope": slope}, sample_rate=RATE).process(x)
        assert np.allclose(y.sum(axis=0), x.sum(axis=0), atol=1e-5)
        assert (y[0] - y[1])[RATE // 2 :].std() < kept * (x[0] - x[1]).std()


def test_many_channels_are_filtered_alike() -> None:
    mono = noise(0.1, channels=1)
    sections = [highpass(60), bell(500, 4)]
    alone = Equaliser(sections).process(mono)
    assert np.allclose(Equaliser(sections).process(np.repeat(mono, 5, axis=0)), alone, atol=1e-6)
