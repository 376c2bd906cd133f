"""Every audio check passes good sound and catches the one thing that was spoiled."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from critic_pieces import equalised, good_take, shaped_noise, worst
from scipy.fft import next_fast_len

from sonicforge.critic.judge import judge_audio
from sonicforge.critic.verdict import Finding, verdict
from sonicforge.genres.load import load
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio, Samples, silence

RATE = 48_000
EIGHTH_S = 30 / 122
Spoil = Callable[[Samples], Samples]


def heard(audio: Audio) -> tuple[Finding, ...]:
    score, genre, master = good_take()
    return judge_audio(audio, genre, score, replace(master, audio=audio))


def clean() -> tuple[Finding, ...]:
    return heard(good_take()[2].audio)


def spoiled(change: Spoil) -> tuple[Finding, ...]:
    audio = good_take()[2].audio
    return heard(Audio(np.ascontiguousarray(change(audio.samples.copy()), np.float32)))


def assert_caught(findings: tuple[Finding, ...], number: int, status: str = "fail") -> None:
    finding = worst(findings, number)
    assert finding.status == status, finding.reason
    assert verdict(findings).passed is False or status == "warn"


def test_good_sound_pleases_every_check() -> None:
    complaints = [finding.reason for finding in clean() if finding.status in ("warn", "fail")]
    assert complaints == []
    assert verdict(clean()).passed


def test_1_a_sample_that_is_no_number_fails_at_once() -> None:
    def spoil(x: Samples) -> Samples:
        x[1, 100_000] = np.nan
        return x

    findings = spoiled(spoil)
    assert_caught(findings, 1)
    assert findings[0].values["faults"] == 1
    assert len(findings) == 1


def test_1_an_infinite_last_sample_is_found() -> None:
    def spoil(x: Samples) -> Samples:
        x[0, -1] = np.inf
        return x

    assert_caught(spoiled(spoil), 1)


def test_1_dc_fails() -> None:
    assert_caught(spoiled(lambda x: x * 0.95 + np.float32(0.004)), 1)


def test_1_a_hole_of_two_seconds_fails_and_a_planned_one_does_not() -> None:
    score, genre, master = good_take()
    start = 30 * RATE
    samples = master.audio.samples.copy()
    samples[:, start : start + 2 * RATE] = 0
    audio = Audio(samples)
    assert_caught(heard(audio), 1)
    clock = Clock.of(score)
    ticks = np.interp([30.0, 32.0], clock.seconds([0, score.length]), [0, score.length])
    cue = replace(score.cues[0], kind="GAP", start=int(ticks[0]), length=int(ticks[1] - ticks[0]))
    planned = judge_audio(audio, genre, replace(score, cues=(*score.cues, cue)), replace(master, audio=audio))
    assert worst(planned, 1).status == "ok"


@pytest.mark.parametrize(("seconds", "status"), [(1.0, "warn"), (3.0, "fail")])
def test_1_waiting_for_the_music_is_noticed(seconds: float, status: str) -> None:
    assert_caught(spoiled(lambda x: np.pad(x, ((0, 0), (int(seconds * RATE), 0)))), 1, status)


def test_2_clipping_fails() -> None:
    findings = spoiled(lambda x: np.clip(1.6 * x, -1, 1))
    assert_caught(findings, 2)
    assert worst(findings, 2).values["flat_tops_per_minute"] > 200


def test_2_a_loud_sine_is_not_clipped() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 50 * np.arange(4 * RATE) / RATE)
    finding = worst(judge_audio(Audio(np.stack([tone, tone]).astype(np.float32))), 2)
    assert finding.values["flat_tops_per_minute"] == 0


def test_2_a_clipped_sine_is_found() -> None:
    tone = np.clip(0.7 * np.sin(2 * np.pi * 50 * np.arange(4 * RATE) / RATE), -0.5, 0.5)
    finding = worst(judge_audio(Audio(np.stack([tone, tone]).astype(np.float32))), 2)
    assert finding.values["flat_tops_per_minute"] > 5000


@pytest.mark.parametrize(("gain_db", "status"), [(-1.5, "warn"), (-4.0, "fail")])
def test_3_the_wrong_loudness_is_noticed(gain_db: float, status: str) -> None:
    assert_caught(spoiled(lambda x: x * 10 ** (gain_db / 20)), 3, status)


def test_3_after_the_station_trim_a_decibel_off_fails() -> None:
    score, genre, master = good_take()
    told = judge_audio(master.audio, genre, score, master, station_lufs=master.measures["integrated"] + 0.9)
    assert worst(told, 3).status == "fail"


def test_4_crushed_dynamics_fail() -> None:
    findings = spoiled(lambda x: 0.89 * np.tanh(12 * x))
    assert_caught(findings, 4)


def test_5_and_6_sections_of_one_level_fail() -> None:
    def flat(x: Samples) -> Samples:
        seconds = np.sqrt((x[:, : x.shape[1] // RATE * RATE].reshape(2, -1, RATE) ** 2).mean(axis=(0, 2)))
        return 0.15 * x / np.interp(np.arange(x.shape[1]), (np.arange(len(seconds)) + 0.5) * RATE, seconds)

    findings = spoiled(flat)
    assert_caught(findings, 5)
    assert_caught(findings, 6)


def test_6_energy_upside_down_fails() -> None:
    score, genre, master = good_take()
    clock = Clock.of(score)
    samples = master.audio.samples.copy()
    for section in score.sections:
        span = slice(int(clock.second(section.start) * RATE), int(clock.second(section.end) * RATE))
        samples[:, span] *= 10 ** (-1.6 * section.mean_energy)
    audio = Audio(samples)
    assert_caught(judge_audio(audio, genre, score, replace(master, audio=audio)), 6)


def test_7_a_bright_tilt_fails_and_a_little_warns() -> None:
    audio = good_take()[2].audio
    assert_caught(heard(equalised(audio, {(1400, 20_000): 5.0, (20, 350): -4.0})), 7)
    assert_caught(heard(equalised(audio, {(700, 1400): 4.5})), 7, "warn")


def test_9_a_wide_bass_fails() -> None:
    audio = good_take()[2].audio
    size = next_fast_len(audio.length, real=True)
    spectrum = np.fft.rfft(audio.samples[1], size)
    spectrum[np.fft.rfftfreq(size, 1 / RATE) < 150] *= 1j
    right = np.fft.irfft(spectrum, size)[: audio.length].astype(np.float32)
    assert_caught(heard(Audio(np.stack([audio.samples[0], right]))), 9)


def test_11_a_limiter_that_works_too_hard_fails() -> None:
    score, genre, master = good_take()
    hard = replace(master, measures={**master.measures, "gain_reduction_p95": 8.0})
    assert worst(judge_audio(master.audio, genre, score, master), 11).status == "ok"
    assert_caught(judge_audio(master.audio, genre, score, hard), 11)


def test_11_a_limiter_that_breathes_against_the_beat_fails_and_with_it_does_not() -> None:
    score, genre, master = good_take()
    times = np.arange(int(20 * master.audio.duration_s)) / 20
    beat = 4 * 60 / score.tempo[0][1]
    for period, status in ((beat / 8, "ok"), (0.2713, "fail")):
        curve = 3.3 + 3.2 * np.sin(2 * np.pi * times / period)
        wild = replace(
            master,
            decision={**master.decision, "gain_reduction_db": curve.tolist()},
            measures={"gain_reduction_p95": 3.0},
        )
        assert worst(judge_audio(master.audio, genre, score, wild), 11).status == status


def test_12_clicks_fail() -> None:
    score = good_take()[0]
    calm = min(score.sections, key=lambda section: section.mean_energy)
    start = Clock.of(score).second(calm.start)

    def spoil(x: Samples) -> Samples:
        for k in range(30):
            x[:, int((start + (k + 0.97) * EIGHTH_S) * RATE)] += 0.9
        return x

    assert_caught(spoiled(spoil), 12)


def test_12_clicks_are_found_in_sound_without_a_score() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 220 * np.arange(60 * RATE) / RATE)
    quiet = judge_audio(Audio(np.stack([tone, tone]).astype(np.float32)))
    assert worst(quiet, 12).status == "ok"
    tone[RATE :: 3 * RATE] += 0.5
    assert worst(judge_audio(Audio(np.stack([tone, tone]).astype(np.float32))), 12).status == "fail"


def test_14_mud_fails() -> None:
    assert_caught(heard(equalised(good_take()[2].audio, {(180, 450): 10.0})), 14)


def test_15_harshness_fails() -> None:
    assert_caught(heard(equalised(good_take()[2].audio, {(2500, 6000): 9.0})), 15)


def test_16_a_drowned_rhythm_fails() -> None:
    score, genre, master = good_take()
    audio = shaped_noise(score, genre, pulse=False)
    finding = worst(judge_audio(audio, genre, score, master), 16)
    assert finding.status == "fail", finding.reason


def test_17_a_leaning_picture_fails() -> None:
    assert_caught(spoiled(lambda x: x * np.array([[1.0], [0.6]], np.float32)), 17)


def test_17_channels_out_of_phase_fail() -> None:
    assert_caught(spoiled(lambda x: x * np.array([[1.0], [-1.0]], np.float32)), 17)


def test_20_an_ambient_passage_that_returns_exactly_fails() -> None:
    rng = np.random.default_rng(0)
    walk = np.repeat(10 ** (rng.normal(0, 0.2, 480)), RATE // 4)
    noise = (0.05 * rng.standard_normal((2, len(walk))) * walk).astype(np.float32)
    genre = load("ambient")
    assert worst(judge_audio(Audio(noise), genre), 20).status == "ok"
    looped = np.tile(noise[:, : 50 * RATE], 2)
    assert worst(judge_audio(Audio(np.ascontiguousarray(looped)), genre), 20).status == "fail"


def test_25_a_hard_cut_fails_also_when_silence_follows() -> None:
    peak = int(0.6 * good_take()[2].audio.length)
    assert_caught(spoiled(lambda x: x[:, :peak]), 25)
    assert_caught(spoiled(lambda x: np.pad(x[:, :peak], ((0, 0), (0, 3 * RATE)))), 25)


def test_25_marks_that_only_the_sound_shows_are_counted() -> None:
    audio = good_take()[2].audio
    told = worst(judge_audio(equalised(audio, {(9000, 24_000): 12.0}), load("lofi_hiphop")), 25)
    assert told.values["markers_missing"] == 1
    assert told.status == "warn"


def test_foreign_sound_is_judged_by_what_needs_no_plan() -> None:
    audio = good_take()[2].audio
    told = {finding.id: finding.status for finding in judge_audio(audio)}
    assert {number for number, status in told.items() if status == "skipped"} == {3, 6, 7, 11, 14, 15, 16, 20}
    assert set(told.values()) == {"ok", "skipped"}


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
def test_any_rate_and_mono_are_heard(rate: int) -> None:
    tone = (0.1 * np.sin(2 * np.pi * 440 * np.arange(3 * rate) / rate)).astype(np.float32)[None]
    told = judge_audio(Audio(tone, rate), load("house_deep"))
    assert worst(told, 1).status == "ok"
    assert worst(told, 9).status == "skipped"
    assert worst(told, 3).values["lufs"] == pytest.approx(-23.7, abs=0.2)


@pytest.mark.parametrize("length", [0, 1, 100, 5000, 48_000])
def test_silence_and_scraps_fail_without_an_accident(length: int) -> None:
    told = verdict(judge_audio(silence(2, length), load("ambient")))
    assert not told.passed
    assert told.to_json()["passed"] is False
