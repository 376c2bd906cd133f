import math
from dataclasses import replace

import numpy as np
import pytest
from mix_band import BAR, BARS, BEATS, LENGTH, RATE, hits, make_score, noise, part, plain

from sonicforge.genres.genre import Bell, Compression, Duck, Genre, Send
from sonicforge.mix.decide import REFERENCE_LUFS, decide_stem, over_threshold_db
from sonicforge.mix.decision import BusDecision, Squeeze, StemDecision
from sonicforge.mix.desk import Desk
from sonicforge.mix.share import allowed_db, cuts, width_factor
from sonicforge.music.score import TICKS, Score
from sonicforge.sound.audio import Audio
from sonicforge.sound.loudness import integrated
from sonicforge.sound.spectrum import octave_bands

FLAT = (0.0,) * 10


def _with(genre: Genre, **mix: object) -> Genre:
    return replace(genre, mix=mix, target=replace(genre.target, balance=FLAT, side_mid=(-3.0,) * 10))  # type: ignore[arg-type]


def _behind_fader(stem: str, audio: Audio, score: Score, genre: Genre) -> Audio:
    desk = Desk(score, genre, audio.length)
    return desk.channel(stem, audio, decide_stem(stem, audio, score, genre)).stereo()


@pytest.mark.parametrize("lu", [-4.0, -9.0, -20.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_steady_stem_reads_the_wanted_loudness_behind_its_fader(genre: Genre, lu: float, channels: int) -> None:
    score = make_score(part("d", "pad", [0], BARS * BAR))
    out = _behind_fader("pad", noise(channels), score, _with(genre, pad=plain(lu)))
    assert integrated(out) == pytest.approx(REFERENCE_LUFS + lu, abs=0.3)


def test_equaliser_compression_and_ducking_are_in_the_measure(genre: Genre, stems: dict[str, Audio]) -> None:
    score = make_score(part("k", "kick", BEATS, 100, True), part("d", "pad", [0], BARS * BAR))
    wish = plain(
        -6.0,
        highpass_hz=600,
        eq=(Bell(-4.0, 1500.0, "bell"),),
        compression=Compression(4, 10, 100, 4),
        duck=Duck("k", 8, 200),
    )
    out = _behind_fader("pad", stems["pad"], score, _with(genre, pad=wish))
    assert integrated(out) == pytest.approx(REFERENCE_LUFS - 6, abs=0.4)


def test_sends_take_their_share_off_the_fader(genre: Genre) -> None:
    score = make_score(part("d", "pad", [0], BARS * BAR))
    dry = decide_stem("pad", noise(), score, _with(genre, pad=plain(-6.0)))
    wet = decide_stem("pad", noise(), score, _with(genre, pad=plain(-6.0, reverb=Send("HALL", -3.0))))
    assert dry.reverb == Send("HALL", -20.0) or dry.reverb is None
    assert dry.gain_db - wet.gain_db == pytest.approx(10 * math.log10(1 + 10**-0.3), abs=0.1)


def test_the_measure_is_taken_where_the_piece_is_at_full_energy(genre: Genre) -> None:
    score = make_score(part("d", "pad", [0, BARS // 2 * BAR], BARS // 2 * BAR))
    audio = noise()
    samples = audio.samples.copy()
    samples[:, : LENGTH // 2 - RATE // 2] *= 0.4
    out = _behind_fader("pad", Audio(samples), score, _with(genre, pad=plain(-6.0)))
    assert integrated(Audio(out.samples[:, LENGTH // 2 :])) == pytest.approx(REFERENCE_LUFS - 6, abs=0.5)


def test_a_lone_hit_is_not_lifted_to_the_loudness_of_a_pattern(genre: Genre) -> None:
    genre = _with(genre, kick=plain(-6.0, width=0.0))
    pattern = decide_stem("kick", hits(BEATS, hz=500), make_score(part("k", "kick", BEATS, 100, True)), genre)
    lone = [BARS // 2 * BAR]
    single = decide_stem("kick", hits(lone, hz=500), make_score(part("k", "kick", lone, 100, True)), genre)
    assert single.gain_db - pattern.gain_db < 6.5


def test_peaks_stay_below_full_scale(genre: Genre) -> None:
    audio = hits([0, BAR], hz=900, seconds=0.004, level=0.9)
    score = make_score(part("p", "perc", [0, BAR], 10, True))
    out = _behind_fader("perc", audio, score, _with(genre, perc=plain(0.0)))
    assert np.abs(out.samples).max() < 10 ** (-2.9 / 20)


def test_a_silent_stem_gets_a_closed_fader(genre: Genre, score: Score) -> None:
    decision = decide_stem("pad", Audio(np.zeros((2, LENGTH), np.float32)), score, genre)
    assert decision.gain_db == -120
    assert decision.heard_lufs is None


def test_audio_shorter_than_a_window_is_measured_too(genre: Genre, score: Score) -> None:
    short = Audio(np.ascontiguousarray(noise().samples[:, : RATE * 2]))
    assert -60 < decide_stem("pad", short, score, genre).gain_db < 20


def test_compression_reduces_the_louder_moments_as_wanted(genre: Genre) -> None:
    score = make_score(part("d", "pad", [0], BARS * BAR))
    audio = noise()
    for wanted in (1.5, 3.0, 5.0):
        wish = plain(-6.0, compression=Compression(3.0, 5, 60, wanted))
        decision = decide_stem("pad", audio, score, _with(genre, pad=wish))
        assert decision.compression is not None
        open_decision = replace(decision, compression=None)
        desk = Desk(score, genre, audio.length)
        squeezed, free = (desk.channel("pad", audio, d).samples for d in (decision, open_decision))
        reduction = 20 * math.log10(free.std() / squeezed.std())
        assert reduction == pytest.approx(wanted, abs=1.2)


def test_the_knee_is_counted_when_little_reduction_is_wanted() -> None:
    assert over_threshold_db(2.0, 2.0) == pytest.approx(4.0)
    over = over_threshold_db(0.5, 2.0)
    assert 0.5 * (over + 3) ** 2 / 12 == pytest.approx(0.5)


def test_melodic_parts_without_reverb_get_a_trace_of_the_shortest_room(genre: Genre) -> None:
    genre = _with(genre, pad=plain(-6.0, reverb=Send("HALL", -9)), bass=plain(-8.0), arp=plain(-9.0))
    score = make_score(part("a", "arp", BEATS, 100), part("b", "bass", BEATS, 100))
    assert decide_stem("arp", noise(), score, genre).reverb == Send("HALL", -20.0)
    assert decide_stem("bass", noise(), score, genre).reverb is None


def test_a_stem_that_overfills_a_band_is_cut_there(genre: Genre) -> None:
    target = replace(genre.target, balance=FLAT)
    allowed = allowed_db(target, -20.0)
    boomy = Audio(noise(seed=5, low=180, high=350).samples + noise(seed=6).samples * np.float32(0.1))
    level = octave_bands(boomy)
    found = cuts(boomy, float(allowed[3] - level[3]) + 5.0, allowed)
    assert [band.hz for band in found] == [250.0]
    assert found[0].gain_db == pytest.approx(-4.0, abs=0.2)
    assert cuts(boomy, -40.0, allowed) == ()


def test_the_allowed_bands_add_up_to_the_loudness(genre: Genre) -> None:
    pink_like = allowed_db(genre.target, -20.0)
    assert allowed_db(genre.target, -23.0) == pytest.approx(pink_like - 3)
    assert pink_like.max() < -20


def test_a_stem_far_wider_than_the_mix_should_be_is_narrowed(genre: Genre) -> None:
    target = replace(genre.target, side_mid=(-10.0,) * 10)
    wide = noise(2)
    assert width_factor(wide, target) == pytest.approx(0.5, abs=0.07)
    assert width_factor(noise(1), target) == 1.0
    narrow = Audio(wide.samples[:1] + np.float32(0.1) * wide.samples)
    assert width_factor(narrow, target) == 1.0


def test_a_decision_survives_json() -> None:
    stem = StemDecision(
        "pad", -3.0, 0.1, 1.2, 100.0, 9000.0, 24, (Bell(-2.0, 300.0, "bell"),), Squeeze(-20, 2, 10, 0),
        Send("HALL", -9), None, Duck("ks", 4, 100), False, -9.0, None,
    )  # fmt: skip
    bus = BusDecision(3.0, Squeeze(-12, 1.5, 30, 0), None, 0.5)
    assert StemDecision.from_json(stem.to_json()) == stem
    assert BusDecision.from_json(bus.to_json()) == bus


def test_deciding_leaves_the_audio_alone_and_repeats_itself(
    genre: Genre, score: Score, stems: dict[str, Audio]
) -> None:
    for stem, audio in stems.items():
        kept = audio.samples.copy()
        assert decide_stem(stem, audio, score, genre) == decide_stem(stem, audio, score, genre)
        assert np.array_equal(audio.samples, kept)


def test_time_counts_from_the_tick_the_audio_starts_at(genre: Genre) -> None:
    half = BARS // 2 * BAR
    score = make_score(part("d", "pad", [half], BARS // 2 * BAR))
    audio = noise()
    cut = Audio(np.ascontiguousarray(audio.samples[:, half * RATE // (2 * TICKS) :]))
    genre = _with(genre, pad=plain(-6.0))
    whole, late = decide_stem("pad", audio, score, genre), decide_stem("pad", cut, score, genre, start=half)
    assert late.gain_db == pytest.approx(whole.gain_db, abs=0.3)
