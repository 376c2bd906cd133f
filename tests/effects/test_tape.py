"""Tape: hysteresis against its own equation, playback losses against Wallace, hiss, dropouts, the whole machine."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from sonicforge.effects.dropouts import Dropouts
from sonicforge.effects.hiss import Hiss
from sonicforge.effects.hysteresis import _DOWN, _UP, COUPLED_HZ, REFERENCE, SOLVERS, Hysteresis, tape_numbers
from sonicforge.effects.oversampling import Oversampler
from sonicforge.effects.playback_loss import PlaybackLoss, loss_db
from sonicforge.effects.tape import MODELS, Tape
from sonicforge.errors import UnknownName

RATE = 48_000


def tone(hz: float, height: float = 1.0, seconds: float = 0.5) -> np.ndarray:
    return (height * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)[None]


def spectrum_db(y: np.ndarray) -> np.ndarray:
    """Levels of the last quarter second, 4 Hz apart; a full-scale sine reads 0."""
    piece = y[-RATE // 4 :].astype(np.float64)
    window = np.blackman(piece.size)
    return 20 * np.log10(np.abs(np.fft.rfft(piece * window)) / (window.sum() / 2) + 1e-12)


def harmonic_db(y: np.ndarray, hz: float, number: int) -> float:
    levels = spectrum_db(y)
    return float(levels[round(number * hz / 4)] - levels[round(hz / 4)])


def impulse(length: int = 8192, at: int = 1000) -> np.ndarray:
    x = np.zeros((1, length), np.float32)
    x[0, at] = 1
    return x


# ---------------------------------------------------------------- oversampling


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_going_up_and_down_changes_nothing_but_the_time(factor: int) -> None:
    both = Oversampler(factor)
    y = both.down(both.up(impulse()))[0]
    assert int(np.argmax(y)) == 1000 + both.latency
    hz = np.fft.rfftfreq(y.size, 1 / RATE)
    gain = 20 * np.log10(np.abs(np.fft.rfft(y)))
    assert np.abs(gain[hz < 20_000]).max() < 0.01


@pytest.mark.parametrize("factor", [2, 4])
def test_no_image_of_the_treble_is_left_above(factor: int) -> None:
    wide = Oversampler(factor).up(tone(19_000))[0]
    hz = np.fft.rfftfreq(wide.size, 1 / (RATE * factor))
    level = 20 * np.log10(np.abs(np.fft.rfft(wide * np.blackman(wide.size))) + 1e-9)
    assert level[hz > 28_000].max() - level.max() < -85


# ---------------------------------------------------------------- hysteresis


def test_the_fraction_is_the_langevin_function() -> None:
    q = np.linspace(0.01, 8, 500)
    fraction = q * np.polyval(_UP[::-1], q * q) / np.polyval(_DOWN[::-1], q * q)
    assert np.abs(fraction - (1 / np.tanh(q) - 1 / q)).max() < 1e-6


def followed_finely(field: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The equation as it stands in the module's docstring, in very small straight steps."""
    _, _, c, coupling, pinning, floor, _ = numbers
    m, out = 0.0, np.zeros(field.size)
    for i in range(1, field.size):
        step = field[i] - field[i - 1]
        sign = 1.0 if step >= 0 else -1.0
        q = field[i - 1] + step / 2 + coupling * m
        langevin = 1 / math.tanh(q) - 1 / q if abs(q) > 1e-3 else q / 3
        slope = 1 / q**2 - 1 / math.sinh(q) ** 2 if abs(q) > 1e-3 else 1 / 3
        gap = langevin - m
        irreversible = 0.0
        if gap * sign > 0:
            against = sign * max(sign * ((1 - c) * sign * pinning - coupling * gap), floor)
            irreversible = (1 - c) * gap / against
        m += step * (irreversible + c * slope) / (1 - c * coupling * slope)
        out[i] = m
    return out


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("bias", [0.0, 0.8])
def test_the_solvers_follow_the_equation(solver: str, bias: float) -> None:
    numbers = tape_numbers(6.0, 0.3, bias)
    tape = Hysteresis(drive_db=6.0, saturation=0.3, bias=bias, solver=solver)
    x = 0.6 * np.sin(2 * np.pi * 500 * np.arange(2400) / RATE)
    fine = 0.6 * np.sin(2 * np.pi * 500 * np.arange(2400 * 64) / (64 * RATE))
    wanted = numbers[1] * followed_finely(numbers[0] * fine, numbers)[::64]
    got = tape.process(np.pad(x, (0, tape.latency)).astype(np.float32)[None])[0, tape.latency :]
    pole = math.exp(-2 * math.pi * COUPLED_HZ / RATE)
    wanted = lfilter([1, -1], [1, -pole], wanted)
    last = slice(1920, 2304)
    assert np.abs(got[last] - wanted[last]).max() < 0.003 * np.abs(wanted[last]).max()


def test_it_remembers_where_it_came_from() -> None:
    y = Hysteresis(bias=0.2, saturation=0.5).process(tone(100, 0.5))[0, -RATE // 5 :]
    x = tone(100, 0.5)[0, -RATE // 5 - Hysteresis().latency : -Hysteresis().latency]
    rising = np.gradient(x) > 0
    middle = np.abs(x) < 0.02
    assert y[middle & ~rising].mean() - y[middle & rising].mean() > 0.05


@pytest.mark.parametrize("saturation", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("bias", [0.0, 0.5, 1.0])
def test_a_tone_at_the_reference_comes_back_as_loud_as_it_went_in(saturation: float, bias: float) -> None:
    for drive in (-6.0, 0.0, 12.0):
        y = Hysteresis(drive_db=drive, saturation=saturation, bias=bias).process(tone(500, REFERENCE))[0]
        assert spectrum_db(y)[125] == pytest.approx(20 * math.log10(REFERENCE), abs=0.1)


def test_full_scale_has_about_three_percent_of_third_harmonic_and_no_second() -> None:
    y = Hysteresis(saturation=0.15).process(tone(500))[0]
    assert harmonic_db(y, 500, 3) == pytest.approx(20 * math.log10(0.03), abs=2.5)
    assert harmonic_db(y, 500, 2) < -80


def test_too_little_bias_breaks_up_quiet_sounds() -> None:
    clean, rough = (harmonic_db(Hysteresis(bias=b).process(tone(500, 0.02))[0], 500, 3) for b in (1.0, 0.0))
    assert clean < -70
    assert rough > -45


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("saturation", [0.0, 1.0])
def test_hot_input_never_blows_up(solver: str, saturation: float) -> None:
    rng = np.random.default_rng(1)
    for height in (1.0, 30.0, 1e3, 1e6):
        square = np.sign(tone(6000, 1.0, 0.1)) * height
        noise = (rng.standard_normal((1, 4800)) * height).astype(np.float32)
        for x in (square, noise):
            y = Hysteresis(drive_db=24, saturation=saturation, bias=1.0, solver=solver).process(x.astype(np.float32))
            assert np.abs(y).max() < 4.0
            assert np.isfinite(y).all()


@pytest.mark.parametrize(("solver", "hz", "bar_db"), [("rk4", 5000, -80), ("rk4", 9800, -70), ("rk2", 5000, -58)])
def test_a_full_scale_tone_leaves_no_alias_above_the_bar(solver: str, hz: int, bar_db: float) -> None:
    levels = spectrum_db(Hysteresis(solver=solver).process(tone(hz + 4))[0])
    at = np.arange(levels.size) * 4
    harmonic = np.zeros(at.size, bool)
    for number in range(1, 6):
        harmonic |= np.abs(at - number * (hz + 4)) < 40
    inside = (at > 40) & (at < 19_500) & ~harmonic
    assert levels[inside].max() - levels.max() < bar_db


def test_chimes_get_no_rumble() -> None:
    """Two partials with no odd product of ninth or lower order below 600 Hz: what is found there is alias."""
    t = np.arange(RATE) / RATE
    partials = (3136.0, 7459.0)
    x = sum(0.4 * np.exp(-t * (1 + k)) * np.sin(2 * np.pi * hz * t) for k, hz in enumerate(partials))
    y = Hysteresis(drive_db=6).process(np.asarray(x, np.float32)[None])[0]
    levels = spectrum_db(y)
    assert levels[5:150].max() - levels.max() < -75


# ---------------------------------------------------------------- playback


@pytest.mark.parametrize("speed_ips", [1.875, 3.75, 7.5, 15.0, 30.0])
def test_the_losses_are_those_of_the_formula(speed_ips: float) -> None:
    numbers = {"speed_ips": speed_ips, "spacing_um": 0.5, "thickness_um": 1.5, "gap_um": 3.0}
    head = PlaybackLoss(bump_db=0.0, **numbers)
    y = head.process(impulse())[0]
    assert int(np.argmax(y)) == 1000 + head.latency
    hz = np.fft.rfftfreq(y.size, 1 / RATE)
    wanted = loss_db(hz, **numbers)
    heard = (hz < 18_000) & (wanted > -15)
    assert np.abs(20 * np.log10(np.abs(np.fft.rfft(y))) - wanted)[heard].max() < 0.5


def test_spacing_costs_55_decibels_a_wavelength() -> None:
    wavelength_um = 7.5 * 25_400 / 10_000
    lost = loss_db(10_000, speed_ips=7.5, spacing_um=wavelength_um, thickness_um=0, gap_um=0)
    assert lost == pytest.approx(-54.6, abs=0.1)


def test_moving_the_gap_makes_no_spike() -> None:
    head = PlaybackLoss(gap_um=1.0)
    x = tone(2000, 0.5)
    before = head.process(x[:, :12_000])
    head.move(speed_ips=1.875, spacing_um=5.0, thickness_um=10.0, gap_um=20.0)
    after = head.process(x[:, 12_000:])
    y = np.concatenate([before, after], axis=1)[0, 1000:]
    assert np.abs(np.diff(y, 2)).max() < 1.1 * np.abs(np.diff(before[0, 1000:], 2)).max()
    assert after[0, 6000:].std() < 0.7 * before[0, 6000:].std()


def test_hiss_has_its_level_and_its_own_noise_on_each_side() -> None:
    hiss = Hiss(level_db=-60).process(np.zeros((2, 2 * RATE), np.float32))
    for channel in hiss:
        assert 20 * math.log10(channel.std()) == pytest.approx(-60, abs=0.2)
    assert abs(np.corrcoef(hiss)[0, 1]) < 0.02


def test_hiss_steps_back_under_music_and_returns() -> None:
    x = np.concatenate([tone(200, 0.5, 2.0), np.zeros((1, 2 * RATE), np.float32)], axis=1)
    hiss = Hiss(level_db=-50, duck_db=12).process(x) - x
    under, after = hiss[0, RATE : 2 * RATE].std(), hiss[0, 4 * RATE - RATE // 2 :].std()
    assert 20 * math.log10(after / under) == pytest.approx(12, abs=0.7)


def test_dropouts_only_take_away_and_leave_the_rest_untouched() -> None:
    x = np.random.default_rng(0).standard_normal((2, 20 * RATE)).astype(np.float32) * 0.1
    y = Dropouts(amount=0.4, seed=2).process(x)
    frames_in, frames_out = (z[:, : 20 * RATE].reshape(2, -1, 480).std(axis=2) for z in (x, y))
    assert (frames_out <= frames_in * 1.02).all()
    untouched = (x == y).mean()
    assert 0.8 < untouched < 0.995
    assert (frames_out / frames_in).min() < 0.5


def test_a_dropout_takes_more_treble_than_bass() -> None:
    x = np.random.default_rng(0).standard_normal((1, 20 * RATE)).astype(np.float32) * 0.1
    y = Dropouts(amount=1.0, chew=1.0, seed=2).process(x)
    before, after = (np.abs(np.fft.rfft(z[0])) ** 2 for z in (x, y))
    hz = np.fft.rfftfreq(y.shape[1], 1 / RATE)
    bass, treble = (hz > 50) & (hz < 400), (hz > 8000) & (hz < 16_000)
    kept = [10 * math.log10(after[band].sum() / before[band].sum()) for band in (bass, treble)]
    assert kept[1] < kept[0] - 1


def test_creased_tape_drops_out_more_often() -> None:
    x = np.ones((1, 30 * RATE), np.float32)
    smooth, creased = (Dropouts(amount=0.2, chew=c, seed=1).process(x) for c in (0.0, 0.7))
    assert (creased < 0.9).mean() > 3 * (smooth < 0.9).mean()


# ---------------------------------------------------------------- the machine


@pytest.mark.parametrize("model", MODELS)
def test_dry_and_wet_arrive_together(model: str) -> None:
    still = {"model": model, "wow_percent": 0.0, "flutter_percent": 0.0, "hiss_db": None, "drive_db": -12.0}
    x = np.random.default_rng(3).standard_normal((2, 1 << 14)).astype(np.float32) * 0.05
    dry, wet, half = (Tape(mix=m, **still).process(x) for m in (0.0, 1.0, 0.5))
    assert np.allclose(half, (dry + wet) / 2, atol=1e-6)
    lags = np.fft.irfft(np.fft.rfft(wet[0]) * np.conj(np.fft.rfft(dry[0])))
    assert int(np.argmax(lags)) in (0, 1, lags.size - 1)
    late = Tape(mix=0.0, **still)
    assert np.array_equal(dry[:, late.latency :], x[:, : x.shape[1] - late.latency])


@pytest.mark.parametrize("model", MODELS)
def test_mono_stays_mono_and_more_channels_stay_apart(model: str) -> None:
    x = np.random.default_rng(3).standard_normal((3, 6000)).astype(np.float32) * 0.05
    assert Tape(model=model).process(x[:1]).shape == (1, 6000)
    three = Tape(model=model, hiss_db=None).process(x)
    assert np.array_equal(three[:2], Tape(model=model, hiss_db=None).process(x[:2]))


@pytest.mark.parametrize("model", MODELS)
def test_a_slower_tape_is_darker(model: str) -> None:
    x = np.random.default_rng(0).standard_normal((1, RATE)).astype(np.float32) * 0.02
    hz = np.fft.rfftfreq(RATE, 1 / RATE)
    treble = []
    for speed in (15.0, 7.5, 3.75):
        y = Tape(model=model, speed_ips=speed, hiss_db=None, drive_db=-6).process(x)[0]
        treble.append(10 * math.log10((np.abs(np.fft.rfft(y)) ** 2)[(hz > 8000) & (hz < 14_000)].sum()))
    assert treble[0] > treble[1] + 1
    assert treble[1] > treble[2] + 1


def test_half_the_amount_does_less_of_everything() -> None:
    x = tone(500, 0.5)
    still = {"model": "rk2", "hiss_db": None, "wow_percent": 0.0, "flutter_percent": 0.0}
    third = [harmonic_db(Tape(amount=amount, **still).process(x)[0], 500, 3) for amount in (1.0, 0.5, 0.0)]
    assert third[0] > third[1] + 6
    assert third[1] > third[2]
    assert third[2] < -55


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UnknownName, match="rk2"):
        Tape(model="rk3")
    with pytest.raises(UnknownName, match="rk4"):
        Hysteresis(solver="euler")
