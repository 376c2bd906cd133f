"""Reverb, delay, half-band, stereo, moving delays, tape."""

import math

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from sonicforge.effects.biquad import highpass, lowpass, magnitude_db
from sonicforge.effects.chorus import Chorus
from sonicforge.effects.delay import Delay, echo_times_s
from sonicforge.effects.halfband import double_into, halve
from sonicforge.effects.moving_delay import MovingDelay
from sonicforge.effects.presets import DELAYS, REVERBS, ReverbPreset
from sonicforge.effects.reverb import EFFECT_RATE, Reverb, impulse_response, t60_curve
from sonicforge.effects.stereo import MonoBass, balance_gains, correlation, pan_gains, widen
from sonicforge.effects.tape import Tape
from sonicforge.errors import UnknownName


def _octave(x: np.ndarray, hz: float, rate: int) -> np.ndarray:
    edges = [hz / math.sqrt(2), min(hz * math.sqrt(2), 0.49 * rate)]
    return np.asarray(sosfilt(butter(4, edges, "bandpass", fs=rate, output="sos"), x.astype(np.float64), axis=1))


def _schroeder_t60(x: np.ndarray, rate: int) -> float:
    """Decay time from the slope of the backward-integrated energy between -5 and -35 dB."""
    energy = np.cumsum((x**2).sum(axis=0)[::-1])[::-1]
    decay = 10 * np.log10(energy / energy[0] + 1e-30)
    low, high = int(np.argmax(decay < -5)), int(np.argmax(decay < -35))
    t = np.arange(low, high) / rate
    return float(-60 / np.polyfit(t, decay[low:high], 1)[0])


def _designed_t60(preset: ReverbPreset, hz: float) -> float:
    """What the same regression reads on the designed decay: an octave holds many decay times at once."""
    band = np.linspace(hz / math.sqrt(2), hz * math.sqrt(2), 60)
    seconds = t60_curve(preset, band)
    t = np.linspace(0, preset.t60_s, 2000)[:, None]
    tone = np.concatenate(
        [highpass(preset.highpass_hz, sample_rate=24_000), lowpass(preset.lowpass_hz, sample_rate=24_000)]
    )
    weight = 10 ** (magnitude_db(tone, band, sample_rate=24_000) / 10)
    decay = 10 * np.log10((weight * seconds * 10 ** (-6 * t / seconds)).sum(axis=1))
    used = (decay - decay[0] < -5) & (decay - decay[0] > -35)
    return float(-60 / np.polyfit(t[used, 0], decay[used], 1)[0])


@pytest.mark.parametrize("name", REVERBS)
def test_every_octave_decays_as_designed(name: str) -> None:
    preset = REVERBS[name]
    response = impulse_response(preset, seconds=min(1.3 * preset.t60_s, 7.0))
    start = int((preset.predelay_ms + preset.lines_ms[1] + preset.early_ms) / 1000 * EFFECT_RATE)
    octaves = [hz for hz in (250.0, 500.0, 1000.0, 2000.0, 4000.0) if preset.highpass_hz * 1.4 < hz < preset.lowpass_hz]
    for hz in octaves:
        measured = _schroeder_t60(_octave(response, hz, EFFECT_RATE)[:, start:], EFFECT_RATE)
        assert measured == pytest.approx(_designed_t60(preset, hz), rel=0.05)


def test_the_middle_of_the_spectrum_decays_in_the_time_the_preset_names() -> None:
    for name, preset in REVERBS.items():
        assert t60_curve(name, np.array([300.0]))[0] == pytest.approx(preset.t60_s, rel=0.03)


@pytest.mark.parametrize("name", REVERBS)
def test_no_mode_sticks_out_of_the_tail(name: str) -> None:
    response = impulse_response(REVERBS[name]).astype(np.float64)
    start = int((0.1 + REVERBS[name].predelay_ms / 1000) * EFFECT_RATE)
    piece = response[:, start : start + 8192]
    power = (np.abs(np.fft.rfft(piece * np.hanning(piece.shape[1]), axis=1)) ** 2).sum(axis=0)
    hz = np.fft.rfftfreq(piece.shape[1], 1 / EFFECT_RATE)
    smooth = np.convolve(power, np.full(301, 1 / 301), mode="same")
    band = (hz > 2 * REVERBS[name].highpass_hz) & (hz < REVERBS[name].lowpass_hz * 0.7)
    assert 10 * np.log10((power[band] / smooth[band]).max()) < 12


@pytest.mark.parametrize("name", REVERBS)
def test_a_tail_is_wide_but_survives_mono(name: str) -> None:
    response = impulse_response(REVERBS[name])
    tail = response[:, int(0.12 * EFFECT_RATE) :]
    narrow = REVERBS[name].width < 1
    assert abs(correlation(tail)) < (0.5 if narrow else 0.25)
    mono = (tail.sum(axis=0) ** 2).sum() / 2
    assert -4 < 10 * math.log10(mono / (tail**2).sum()) < 1


@pytest.mark.parametrize("name", REVERBS)
def test_pink_noise_in_the_band_comes_back_as_loud_as_it_went_in(name: str) -> None:
    preset = REVERBS[name]
    n = EFFECT_RATE * 8
    rng = np.random.default_rng(3)
    hz = np.fft.rfftfreq(n, 1 / EFFECT_RATE)
    band = (hz > 2 * preset.highpass_hz) & (hz < preset.lowpass_hz / 1.5)
    spectrum = np.where(band, np.exp(2j * np.pi * rng.random(hz.size)) / np.sqrt(np.maximum(hz, 1)), 0)
    x = np.fft.irfft(spectrum, n).astype(np.float32)[None]
    wet = Reverb(name, shimmer=False).process(x)
    late = slice(n // 2, None)
    ratio = 10 * math.log10((wet[:, late] ** 2).sum() / (x[:, late] ** 2).sum())
    assert ratio == pytest.approx(0.0, abs=1.0)


def test_predelay_holds_the_first_sound_back() -> None:
    x = np.zeros((1, EFFECT_RATE), np.float32)
    x[0, 0] = 1
    for name, preset in REVERBS.items():
        wet = np.abs(Reverb(name).process(x)).max(axis=0)
        first = int(np.argmax(wet > wet.max() * 0.01)) / EFFECT_RATE
        assert first >= preset.predelay_ms / 1000 - 0.001


def test_shimmer_raises_an_octave_that_its_absence_does_not_have() -> None:
    t = np.arange(EFFECT_RATE * 4) / EFFECT_RATE
    x = (0.3 * np.sin(2 * np.pi * 440 * t) * (t < 1.5)).astype(np.float32)[None]
    level = {}
    for on in (True, False):
        wet = Reverb("SPACE", shimmer=on).process(x)[0, EFFECT_RATE * 2 :]
        spectrum = np.abs(np.fft.rfft(wet * np.hanning(wet.size))) ** 2
        hz = np.fft.rfftfreq(wet.size, 1 / EFFECT_RATE)
        level[on] = 10 * math.log10(spectrum[np.abs(hz - 880) < 25].sum() / spectrum[np.abs(hz - 440) < 25].sum())
    assert level[True] > level[False] + 15
    assert -40 < level[True] < -6


def test_a_reverb_falls_asleep_and_wakes() -> None:
    reverb = Reverb("ROOM")
    x = np.zeros((1, EFFECT_RATE), np.float32)
    x[0, :100] = 0.5
    first = reverb.process(x)
    for _ in range(4):
        rest = reverb.process(np.zeros_like(x))
    assert not rest.any()
    assert np.abs(reverb.process(x)).max() == pytest.approx(np.abs(first).max(), rel=0.3)


def test_unknown_presets_are_named() -> None:
    with pytest.raises(UnknownName, match="PLATE"):
        Reverb("PLAT")
    with pytest.raises(UnknownName, match="DUB"):
        Delay("DUBB")


@pytest.mark.parametrize("name", DELAYS)
def test_echoes_come_on_the_beat(name: str) -> None:
    delay = Delay(name, bpm=120)
    x = np.zeros((1, EFFECT_RATE), np.float32)
    x[0, 0] = 1
    wet = delay.process(x)
    for side, wanted in enumerate(echo_times_s(DELAYS[name], 120)):
        assert np.abs(wet[side]).argmax() / EFFECT_RATE == pytest.approx(wanted, abs=0.003)


def test_the_dotted_eighth_follows_the_swung_sixteenth() -> None:
    straight, swung = (echo_times_s(DELAYS["D8D"], 120, percent)[0] for percent in (50, 60))
    assert straight == pytest.approx(0.375)
    assert swung == pytest.approx(0.375 + 0.1 * 0.25)
    assert echo_times_s(DELAYS["D8D"], 120, 60)[1] == pytest.approx(0.25)


def test_repeats_fall_thirty_db_within_two_bars_and_four_in_dub() -> None:
    for name, bars in (("D8D", 2), ("D4", 2.5), ("DUB", 4)):
        x = np.zeros((1, int(EFFECT_RATE * (bars + 1) * 2)), np.float32)
        x[0, :200] = 0.3
        wet = np.abs(Delay(name, bpm=120).process(x)).max(axis=0)
        late = wet[int(bars * 2 * EFFECT_RATE) :].max()
        assert 20 * math.log10(late / wet.max()) < -28


def test_echoes_step_back_while_their_source_plays() -> None:
    x = (np.random.default_rng(0).standard_normal((1, EFFECT_RATE * 4)) * 0.2).astype(np.float32)
    x[:, EFFECT_RATE * 2 :] = 0
    wet = Delay("D4", bpm=240).process(x)
    during, after = (wet[:, a:b].std() for a, b in ((42_000, 47_000), (48_500, 53_000)))
    assert during < after * 1.2


def test_a_delay_with_drive_in_its_loop_cannot_run_away() -> None:
    x = (np.random.default_rng(0).standard_normal((1, EFFECT_RATE * 10)) * 3).astype(np.float32)
    assert np.abs(Delay("DUB").process(x)).max() < 3


def test_half_the_rate_and_back_keeps_what_lies_below_9_khz() -> None:
    t = np.arange(9601) / 48_000
    for hz in (60, 1000, 5000, 8500):
        x = np.sin(2 * np.pi * hz * t).astype(np.float32)[None]
        back = np.zeros_like(x)
        double_into(halve(x)[None], back, 0, x.shape[1])
        assert np.abs(back - x)[0, 100:-100].max() < 0.01


def test_halving_removes_what_would_fold() -> None:
    x = np.sin(2 * np.pi * 16_000 * np.arange(9600) / 48_000).astype(np.float32)[None]
    assert np.abs(halve(x)[50:-50]).max() < 0.001


def test_doubling_does_not_depend_on_the_pieces() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3000)).astype(np.float32)
    whole, pieces = np.zeros((2, 6000), np.float32), np.zeros((2, 6000), np.float32)
    double_into(x, whole, 0, 6000)
    for a, b in ((0, 1), (1, 1027), (1027, 2050), (2050, 6000)):
        double_into(x, pieces, a, b)
    assert np.array_equal(whole, pieces)


def test_halving_a_centred_stereo_sound_keeps_its_power() -> None:
    mono = np.sin(2 * np.pi * 500 * np.arange(4800) / 48_000).astype(np.float32)
    assert np.allclose(halve(np.stack([mono, mono]) * np.float32(0.5**0.5)), halve(mono[None]), atol=1e-5)


def test_pan_laws() -> None:
    for position in (-1, -0.3, 0, 0.5, 1):
        left, right = pan_gains(position)
        assert left**2 + right**2 == pytest.approx(1)
        left, right = pan_gains(position, centre_db=-6)
        assert left + right == pytest.approx(1)
    assert pan_gains(0, centre_db=-4.5)[0] == pytest.approx(10 ** (-4.5 / 20), abs=2e-3)
    assert balance_gains(0) == pytest.approx((1, 1))


def test_correlation_is_the_cosine_of_the_phase_between_channels() -> None:
    t = np.arange(48_000) / 48_000
    for degrees in (0, 45, 90, 180):
        x = np.stack([np.sin(2 * np.pi * 100 * t), np.sin(2 * np.pi * 100 * t + math.radians(degrees))])
        assert correlation(x.astype(np.float32)) == pytest.approx(math.cos(math.radians(degrees)), abs=1e-3)
    assert correlation(np.zeros((2, 10), np.float32)) == 1


def test_width_zero_is_mono_and_one_changes_nothing() -> None:
    x = np.random.default_rng(0).standard_normal((2, 500)).astype(np.float32)
    same, mono = x.copy(), x.copy()
    widen(same, 0, 500, 1.0)
    widen(mono, 0, 500, 0.0)
    assert np.array_equal(same, x)
    assert np.allclose(mono[0], mono[1])


def test_bass_becomes_mono_and_the_middle_stays() -> None:
    t = np.arange(48_000) / 48_000
    side = np.sin(2 * np.pi * 40 * t).astype(np.float32)
    high = np.sin(2 * np.pi * 2000 * t).astype(np.float32)
    out = MonoBass().process(np.stack([side + high, -side + high]))
    assert (out[0] - out[1])[9600:].std() < 0.25 * side.std()
    assert np.allclose((out[0] + out[1]) / 2, high, atol=1e-4)


def test_a_moving_delay_reads_between_samples() -> None:
    n = np.arange(9600)
    x = np.sin(n * 2 * np.pi * 3000 / 48_000).astype(np.float32)[None]
    law = lambda at: 20.3 + 5 * np.sin(at / 500)  # noqa: E731
    y = MovingDelay((law,), 40).process(x)
    grid = np.arange(0, 9700, 32)
    wanted = np.sin((n - np.interp(n, grid, law(grid))) * 2 * np.pi * 3000 / 48_000)
    assert np.abs(y[0] - wanted)[100:].max() < 1e-4


def test_a_chorus_makes_mono_wide() -> None:
    x = np.random.default_rng(0).standard_normal((1, 48_000)).astype(np.float32)
    y = Chorus(wet_db=0).process(x)
    assert y.shape == (2, 48_000)
    assert 0.2 < correlation(y) < 0.9


def test_wow_bends_the_pitch_by_the_wanted_cents() -> None:
    t = np.arange(48_000 * 6) / 48_000
    x = (0.1 * np.sin(2 * np.pi * 3150 * t)).astype(np.float32)[None]
    y = Tape(hiss_db=None, amount=1.0).process(x)[0].astype(np.float64)
    spectrum = np.fft.fft(y)
    spectrum[y.size // 2 :] = 0
    phase = np.unwrap(np.angle(np.fft.ifft(spectrum)))
    speed = np.diff(phase)[4800:-4800] * 48_000 / (2 * np.pi) / 3150
    slow = np.convolve(speed, np.full(4800, 1 / 4800), mode="valid")
    cents = 1200 * np.log2(slow)
    assert 5.0 < np.abs(cents).max() < 10.0


def test_hiss_has_its_level_and_differs_between_the_sides() -> None:
    hiss = Tape(hiss_db=-62).process(np.zeros((2, 48_000), np.float32))
    assert 20 * math.log10(hiss[0].std()) == pytest.approx(-62, abs=0.2)
    assert abs(correlation(hiss)) < 0.03


def test_the_tape_darkens_and_warms() -> None:
    x = (np.random.default_rng(0).standard_normal((2, 96_000)) * 0.05).astype(np.float32)
    y = Tape(hiss_db=None).process(x)
    before, after = (np.abs(np.fft.rfft(z[0])) ** 2 for z in (x, y))
    hz = np.fft.rfftfreq(96_000, 1 / 48_000)
    treble, bump = (hz > 14_000) & (hz < 18_000), (hz > 75) & (hz < 110)
    assert 10 * math.log10(after[treble].sum() / before[treble].sum()) < -4
    assert 10 * math.log10(after[bump].sum() / before[bump].sum()) > 0.7
