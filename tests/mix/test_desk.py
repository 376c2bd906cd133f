import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from mix_band import BAR, BARS, BEATS, LENGTH, PLAIN_BUS, RATE, make_score, noise, part, plain

from sonicforge.genres.genre import Duck, Genre, Send
from sonicforge.mix.decide import REFERENCE_LUFS, decide_stem
from sonicforge.mix.desk import Desk
from sonicforge.mix.mix import mix, replay
from sonicforge.mix.tape_stop import tape_stop
from sonicforge.music.score import TICKS, Cue, Curve, Score
from sonicforge.sound.audio import Audio
from sonicforge.sound.loudness import integrated
from sonicforge.sound.spectrum import mid_side_octaves

HALF = BARS // 2 * BAR


def _second(tick: int) -> int:
    return tick * RATE // (2 * TICKS)


def _rms_db(x: np.ndarray) -> float:
    return 20 * math.log10(float(np.sqrt((x.astype(np.float64) ** 2).mean())) + 1e-12)


def _channel(score: Score, genre: Genre, stem: str, audio: Audio) -> np.ndarray:
    desk = Desk(score, genre, audio.length)
    return desk.channel(stem, audio, replace(decide_stem(stem, audio, score, genre), bells=())).samples


def _bare(genre: Genre, **mix_rows: object) -> Genre:
    return replace(genre, mix=mix_rows, bus=PLAIN_BUS)  # type: ignore[arg-type]


def test_stem_powers_add_up_to_the_reference(genre: Genre, score: Score, stems: dict[str, Audio]) -> None:
    mixed = mix(stems, score, replace(genre, bus=PLAIN_BUS)).audio
    wanted = 10 * math.log10(sum(10 ** (genre.mix[stem].lu / 10) for stem in stems))
    body = Audio(np.ascontiguousarray(mixed.samples[:, RATE : _second(BARS * BAR) - RATE]))
    assert integrated(body) == pytest.approx(REFERENCE_LUFS + wanted, abs=1.0)


def test_the_same_stems_give_the_same_mixdown_whatever_thread_is_first(
    genre: Genre, score: Score, stems: dict[str, Audio]
) -> None:
    plainly = mix(stems, score, genre)
    desk = Desk(score, genre, LENGTH)
    decisions = {stem: decide_stem(stem, audio, score, genre) for stem, audio in stems.items()}
    with ThreadPoolExecutor(4) as pool:
        for channel in pool.map(lambda stem: desk.channel(stem, stems[stem], decisions[stem]), stems):
            desk.add(channel)
    threaded = desk.finish(threads=3)
    assert np.array_equal(plainly.audio.samples, threaded.audio.samples)
    assert plainly.decision == threaded.decision


def test_replaying_a_recorded_decision_gives_the_same_samples(
    genre: Genre, score: Score, stems: dict[str, Audio]
) -> None:
    first = mix(stems, score, genre)
    again = replay(stems, first.decision, score, genre)
    assert np.array_equal(first.audio.samples, again.audio.samples)
    assert again.decision == first.decision


def test_an_edited_decision_is_obeyed(genre: Genre, score: Score, stems: dict[str, Audio]) -> None:
    genre = replace(genre, bus=PLAIN_BUS)
    alone = {"lead": stems["lead"]}
    first = mix(alone, score, genre)
    edited = {**first.decision, "stems": {"lead": {**first.decision["stems"]["lead"], "gain_db": -40.0}}}
    quieter = replay(alone, edited, score, genre)
    change = _rms_db(first.audio.samples) - _rms_db(quieter.audio.samples)
    assert change == pytest.approx(first.decision["stems"]["lead"]["gain_db"] + 40, abs=0.05)


def test_silence_in_silence_out(genre: Genre, score: Score, stems: dict[str, Audio]) -> None:
    mixed = mix({stem: Audio(np.zeros_like(audio.samples)) for stem, audio in stems.items()}, score, genre)
    assert not mixed.audio.samples.any()


def test_channels_leave_the_audio_untouched(genre: Genre, score: Score, stems: dict[str, Audio]) -> None:
    for stem, audio in stems.items():
        kept = audio.samples.copy()
        _channel(score, genre, stem, audio)
        assert np.array_equal(audio.samples, kept)


def test_a_stem_without_width_comes_back_mono(genre: Genre, score: Score) -> None:
    assert _channel(score, genre, "kick", noise(2)).shape == (1, LENGTH)


def test_the_pad_ducks_under_the_kick_and_not_without_it(genre: Genre) -> None:
    genre = _bare(genre, pad=plain(-6.0, duck=Duck("k", 8.0, 200.0)), kick=plain(-6.0))
    pad, kick = part("d", "pad", [0], BARS * BAR), part("k", "kick", BEATS, 100, True)
    ducked = _channel(make_score(pad, kick), genre, "pad", noise())
    free = _channel(make_score(pad), genre, "pad", noise())
    at = lambda x, ms: _rms_db(np.stack([x[:, _second(b) + ms * 48 :][:, :240] for b in BEATS[:-1]]))  # noqa: E731
    assert at(ducked, 450) - at(ducked, 1) == pytest.approx(8.0, abs=0.7)
    assert abs(at(free, 450) - at(free, 1)) < 0.7


def test_level_curves_reach_their_stem_and_nothing_else(genre: Genre) -> None:
    genre = _bare(genre, pad=plain(-6.0), lead=plain(-6.0))
    parts = part("d", "pad", [0], BARS * BAR), part("l", "lead", [0], BARS * BAR)
    curve = Curve("d", "level_db", ((0, -12.0), (HALF, -12.0), (HALF + 1, 0.0)))
    for stem, step in (("pad", 12.0), ("lead", 0.0)):
        x = _channel(make_score(*parts, curves=(curve,)), genre, stem, noise())
        early, late = x[:, RATE : _second(HALF) - RATE], x[:, _second(HALF) + RATE : -RATE]
        assert _rms_db(late) - _rms_db(early) == pytest.approx(step, abs=0.2)


def test_a_part_that_steps_back_does_not_pull_down_its_neighbour_on_the_stem(genre: Genre) -> None:
    genre = _bare(genre, keys=plain(-6.0))
    curve = Curve("c", "level_db", ((0, -12.0),))
    both = make_score(
        replace(part("c", "keys", [0], BARS * BAR), name="c"),
        replace(part("v", "keys", [HALF], HALF), name="v"),
        curves=(curve,),
    )
    x = _channel(both, genre, "keys", noise())
    early, late = x[:, RATE : _second(HALF) - RATE], x[:, _second(HALF) + RATE : -RATE]
    assert _rms_db(late) - _rms_db(early) == pytest.approx(12.0, abs=0.2)


def test_a_gate_silences_and_opens_without_a_click(genre: Genre) -> None:
    genre = _bare(genre, pad=plain(-6.0))
    curve = Curve("pad", "gate", ((0, 1.0), (HALF, 1.0), (HALF + 1, 0.0), (HALF + BAR, 0.0), (HALF + BAR + 1, 1.0)))
    score = make_score(part("d", "pad", [0], BARS * BAR), curves=(curve,))
    x = _channel(score, genre, "pad", Audio(np.full((2, LENGTH), 0.1, np.float32)))
    assert not x[:, _second(HALF) + RATE // 50 : _second(HALF + BAR) - RATE // 50].any()
    assert np.abs(np.diff(x[:, RATE // 2 : -RATE])).max() < 0.01 * np.abs(x[:, RATE // 2 :]).max()


def test_a_width_curve_narrows(genre: Genre) -> None:
    genre = _bare(genre, pad=plain(-6.0))
    curve = Curve("pad", "width", ((0, 0.0),))
    x = _channel(make_score(part("d", "pad", [0], BARS * BAR), curves=(curve,)), genre, "pad", noise())
    assert np.allclose(x[0], x[1], atol=1e-6)


def test_filter_curves_darken_a_stem_and_the_mix(genre: Genre) -> None:
    genre = _bare(genre, pad=plain(-6.0, highpass_hz=10.0))
    for target in ("d", "pad", "mix"):
        closed = Curve(target, "lowpass_hz", ((0, 300.0), (HALF, 300.0), (HALF + 1, 20_000.0)))
        x = mix({"pad": noise()}, make_score(part("d", "pad", [0], BARS * BAR), curves=(closed,)), genre).audio.samples
        spectra = [np.abs(np.fft.rfft(piece[0])) for piece in (x[:, RATE : 4 * RATE], x[:, -6 * RATE : -3 * RATE])]
        treble = [float((s[6000:9000] ** 2).sum()) for s in spectra]
        assert 10 * math.log10(treble[1] / treble[0]) > 20


def test_throws_reach_a_delay_that_the_stem_has_no_send_to(genre: Genre) -> None:
    genre = _bare(genre, lead=plain(-6.0))
    throw = Curve("l", "delay_db", ((HALF - 100, 0.0), (HALF, 9.0), (HALF + TICKS, 9.0), (HALF + TICKS + 100, 0.0)))
    score = make_score(part("l", "lead", [0], BARS * BAR), curves=(throw,))
    audio = noise(1)
    desk = Desk(score, genre, LENGTH)
    (feed,) = desk.channel("lead", audio, replace(decide_stem("lead", audio, score, genre), reverb=None)).feeds
    assert feed.preset == "D8D"
    assert not feed.samples[: _second(HALF - 200) // 2].any()
    assert feed.samples[_second(HALF) // 2 : _second(HALF + TICKS) // 2].any()


def test_the_wet_ratio_is_recorded_and_follows_the_send(genre: Genre) -> None:
    score = make_score(part("d", "pad", [0], BARS * BAR))
    ratios = []
    for send in (-20.0, -10.0, -4.0):
        rows = {"pad": plain(-6.0, reverb=Send("PLATE", send))}
        decision = mix({"pad": noise(1, low=600, high=4000)}, score, _bare(genre, **rows)).decision
        assert decision["reverb_to_dry_db"] == decision["wet_db"]["PLATE"]
        ratios.append(decision["reverb_to_dry_db"])
    assert ratios == pytest.approx([-20.0, -10.0, -4.0], abs=1.5)


def test_the_gated_room_is_shut_between_hits(genre: Genre) -> None:
    starts = list(range(0, BARS * BAR, BAR))
    score = make_score(part("s", "snare", starts, 100, True))
    burst = np.zeros((1, LENGTH), np.float32)
    for start in starts:
        burst[0, _second(start) : _second(start) + 2400] = np.random.default_rng(start).standard_normal(2400) * 0.3
    rows = {"snare": plain(-8.0, reverb=Send("GATED", -3.0))}
    x = mix({"snare": Audio(burst)}, score, _bare(genre, **rows)).audio.samples
    open_part = x[:, _second(BAR) + 4800 : _second(BAR) + 8000]
    shut_part = x[:, _second(BAR) + 20_000 : _second(BAR) + 40_000]
    assert _rms_db(open_part) > -60
    assert _rms_db(shut_part) < _rms_db(open_part) - 60


def test_the_low_end_of_the_mix_is_mono(genre: Genre, score: Score) -> None:
    stems = {"pad": noise(2, low=25, high=4000)}
    genre = replace(genre, mix={"pad": plain(-6.0, highpass_hz=10.0)})
    mid, side = mid_side_octaves(mix(stems, score, genre).audio)
    assert side[0] - mid[0] < -30
    assert side[1] - mid[1] < -15


def test_the_tape_on_the_bus_does_not_shift_the_mix_in_time(
    genre: Genre, score: Score, stems: dict[str, Audio]
) -> None:
    kick = {"kick": stems["kick"]}
    onsets = []
    for tape in (0.0, 1.0):
        bus = replace(PLAIN_BUS, tape=tape)
        x = mix(kick, score, replace(genre, bus=bus)).audio.samples[0, _second(BEATS[5]) - 2400 :][:4800]
        onsets.append(int(np.argmax(np.abs(x) > 0.5 * np.abs(x).max())))
    assert abs(onsets[0] - onsets[1]) < 100


def test_a_soft_clip_takes_its_decibels_off_the_highest_peaks(
    genre: Genre, stems: dict[str, Audio], score: Score
) -> None:
    peaks = []
    for amount in (0.0, 3.0):
        bus = replace(PLAIN_BUS, soft_clip_db=amount)
        peaks.append(float(np.abs(mix({"kick": stems["kick"]}, score, replace(genre, bus=bus)).audio.samples).max()))
    assert 20 * math.log10(peaks[0] / peaks[1]) == pytest.approx(3.0, abs=0.5)


def test_a_tape_stop_ends_in_silence_and_the_music_returns(genre: Genre) -> None:
    score = make_score(part("d", "pad", [0], BARS * BAR), cues=(Cue("STP", HALF - TICKS, TICKS),))
    x = mix({"pad": noise()}, score, _bare(genre, pad=plain(-6.0))).audio.samples
    stop = _second(HALF)
    assert _rms_db(x[:, stop - 300 : stop]) < _rms_db(x[:, : 4 * RATE]) - 25
    assert _rms_db(x[:, stop + 2400 : stop + RATE]) == pytest.approx(_rms_db(x[:, RATE : 4 * RATE]), abs=1.5)


def test_a_tape_stop_lowers_the_pitch() -> None:
    x = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)[None].repeat(2, axis=0)
    tape_stop(x, 0, RATE // 2, sample_rate=RATE)
    crossings = [int((np.diff(np.signbit(x[0, a:b])) != 0).sum()) for a, b in ((0, 4800), (12_000, 16_800))]
    assert crossings[0] > 160
    assert crossings[1] == pytest.approx(200 * (1 - 0.6) ** 1.6, rel=0.15)


def test_a_mix_can_begin_in_the_middle_of_the_score(genre: Genre, score: Score, stems: dict[str, Audio]) -> None:
    start = _second(HALF)
    late = {stem: Audio(np.ascontiguousarray(audio.samples[:, start:])) for stem, audio in stems.items()}
    bare = replace(genre, bus=PLAIN_BUS)
    whole, half = mix(stems, score, bare).audio.samples, mix(late, score, bare, start=HALF).audio.samples
    assert half.shape[1] == LENGTH - start
    assert _rms_db(half[:, RATE : 5 * RATE]) == pytest.approx(
        _rms_db(whole[:, start + RATE : start + 5 * RATE]), abs=0.6
    )
