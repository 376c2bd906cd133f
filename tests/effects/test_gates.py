"""Gate, expander, talkover, pump: what opens, what shuts, and when."""

import numpy as np
import pytest

from sonicforge.effects.ducker import Pump
from sonicforge.effects.expander import Expander, expanded_db
from sonicforge.effects.gate import Gate
from sonicforge.effects.sidechain import Talkover
from sonicforge.effects.sweep import moving_filter

RATE = 48_000


def sine(hz: float, level_db: float, seconds: float, channels: int = 1) -> np.ndarray:
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.tile(wave, (channels, 1)).astype(np.float32)


def in_time(processor: Gate | Expander, x: np.ndarray) -> np.ndarray:
    padded = np.pad(x, ((0, 0), (0, processor.latency)))
    return processor.process(padded)[:, processor.latency :]


def gain_db(x: np.ndarray, y: np.ndarray, start_s: float, stop_s: float) -> float:
    part = slice(round(start_s * RATE), round(stop_s * RATE))
    return 20 * float(np.log10(np.abs(y[:, part]).max() / np.abs(x[:, part]).max()))


def test_a_gate_lets_loud_sound_pass_and_turns_soft_sound_down_by_its_range() -> None:
    x = np.concatenate([sine(1000, -60, 0.5), sine(1000, -10, 0.5), sine(1000, -60, 1.0)], axis=1)
    y = in_time(Gate(open_db=-40, range_db=24), x)
    assert gain_db(x, y, 0.1, 0.4) == pytest.approx(-24, abs=0.05)
    assert np.array_equal(y[:, RATE // 2 : RATE], x[:, RATE // 2 : RATE])
    assert gain_db(x, y, 1.5, 1.9) == pytest.approx(-24, abs=0.05)


def test_a_gate_holds_then_releases_along_a_raised_cosine_in_db() -> None:
    x = np.concatenate([sine(1000, -10, 0.5), sine(1000, -60, 1.0)], axis=1)
    y = in_time(Gate(open_db=-40, range_db=20, hold_ms=100, release_ms=200, look_ahead_ms=0), x)
    assert gain_db(x, y, 0.55, 0.59) == pytest.approx(0, abs=0.05)
    assert gain_db(x, y, 0.699, 0.703) == pytest.approx(-10, abs=1.3)
    assert gain_db(x, y, 0.82, 0.9) == pytest.approx(-20, abs=0.05)


def test_a_level_that_trembles_around_the_threshold_does_not_make_the_gate_chatter() -> None:
    rng = np.random.default_rng(0)
    level_db = -40 + np.repeat(rng.uniform(-3, 3, 400), 480)
    x = (10 ** (level_db / 20) * np.sin(2 * np.pi * 1000 * np.arange(level_db.size) / RATE))[None].astype(np.float32)

    def turns(hysteresis_db: float) -> int:
        gate = Gate(open_db=-40, hysteresis_db=hysteresis_db, hold_ms=0, attack_ms=0.5, release_ms=5)
        states = []
        for at in range(0, x.shape[1], 480):
            gate.process(x[:, at : at + 480])
            states.append(gate.is_open)
        return int(np.count_nonzero(np.diff(states)))

    assert turns(6.0) <= 1
    assert turns(0.0) > 50


def test_look_ahead_keeps_the_first_edge_of_a_hit() -> None:
    x = np.zeros((1, RATE), np.float32)
    x[:, RATE // 2 :] = sine(2000, -6, 0.5)
    assert np.array_equal(in_time(Gate(), x)[:, RATE // 2 :], x[:, RATE // 2 :])
    late = in_time(Gate(look_ahead_ms=0), x)
    assert np.abs(late[:, RATE // 2 : RATE // 2 + 24]).max() < 0.2


def test_rumble_does_not_open_the_gate_and_a_key_does() -> None:
    rumble = sine(25, -20, 1.0)
    assert gain_db(rumble, in_time(Gate(open_db=-45), rumble), 0.5, 0.9) < -20
    assert gain_db(rumble, in_time(Gate(open_db=-45, key_highpass_hz=0), rumble), 0.5, 0.9) == pytest.approx(0, abs=0.1)
    gate = Gate(open_db=-45)
    y = gate.process(rumble, sine(1000, -10, 1.0))
    assert gain_db(rumble, np.roll(y, -gate.latency, axis=1), 0.5, 0.9) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("level", [-70.0, -50.0, -42.0, -40.0, -38.0, -20.0])
@pytest.mark.parametrize("hz", [60.0, 1000.0])
def test_the_expander_meets_its_static_curve_within_a_tenth_of_a_db(level: float, hz: float) -> None:
    x = sine(hz, level, 2.0)
    y = in_time(Expander(threshold_db=-40, ratio=2.5, range_db=30), x)
    expected = expanded_db(level, threshold_db=-40, ratio=2.5, range_db=30)
    assert gain_db(x, y, 1.2, 1.9) == pytest.approx(expected, abs=0.1)


def test_music_makes_room_for_a_voice_and_comes_back() -> None:
    music, voice = sine(400, -12, 4.0, 2), np.zeros((1, 4 * RATE), np.float32)
    voice[:, RATE : 2 * RATE] = sine(200, -15, 1.0)
    talkover = Talkover(depth_db=12)
    y = np.roll(talkover.process(music, voice), -talkover.latency, axis=1)
    assert np.array_equal(y[:, : RATE - 2000], music[:, : RATE - 2000])
    assert gain_db(music, y, 1.02, 1.98) == pytest.approx(-12, abs=0.05)
    assert gain_db(music, y, 2.1, 2.25) == pytest.approx(-12, abs=0.05)
    assert gain_db(music, y, 3.0, 3.9) == pytest.approx(0, abs=1e-3)


def test_only_the_low_end_makes_room_when_asked() -> None:
    x = sine(50, -12, 2.0) + sine(3000, -12, 2.0)
    key = np.ones((1, 2 * RATE), np.float32)
    y = Talkover(depth_db=12, below_hz=150).process(x, key)
    change = np.abs(np.fft.rfft(y[0, RATE:])) / np.maximum(np.abs(np.fft.rfft(x[0, RATE:])), 1)
    assert 20 * np.log10(change[50]) == pytest.approx(-12, abs=0.5)
    assert 20 * np.log10(change[3000]) == pytest.approx(0, abs=0.1)


def test_the_pump_is_down_on_every_beat_for_ever_and_up_between() -> None:
    pump = Pump(bpm=123, depth_db=8, release=0.5)
    x = np.ones((1, 120 * RATE), np.float32)
    y = 20 * np.log10(np.concatenate([pump.process(x[:, :RATE]), pump.process(x[:, RATE:])], axis=1)[0])
    period = 60 / 123 * RATE
    beats = np.round(np.arange(1, 240) * period).astype(int)
    assert np.abs(y[beats] + 8).max() < 0.1
    assert np.abs(y[(beats + 0.7 * period).astype(int)]).max() < 1e-6
    assert np.abs(np.diff(y)).max() < 0.1


def test_a_moving_filter_travels_once_and_stays() -> None:
    x = (np.random.default_rng(0).standard_normal((3, 3 * RATE)) * 0.1).astype(np.float32)
    y = moving_filter(kind="lowpass", from_hz=18_500, to_hz=300, seconds=1.0).process(x)
    treble = lambda s: np.abs(np.fft.rfft(y[2, s : s + 8192] * np.hanning(8192)))[1000:].mean()  # noqa: E731
    assert treble(0) > 3 * treble(RATE // 2) > 9 * treble(RATE)
    assert treble(2 * RATE) == pytest.approx(treble(RATE + 9000), rel=0.2)
