"""Every stem check passes good stems and catches the one thing that was spoiled."""

from dataclasses import replace

import numpy as np
import pytest

from sonicforge.critic.judge import hear_stem, judge_stems
from sonicforge.critic.stem_facts import StemFacts
from sonicforge.critic.verdict import Finding
from sonicforge.genres.genre import Genre
from sonicforge.genres.load import load
from sonicforge.music.score import STEP, TICKS, ChordSpan, Note, Part, Score, Section
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio

RATE = 48_000
BARS = 16


def score_of(genre: str, *parts: Part) -> Score:
    length = BARS * 4 * TICKS
    section = Section("groove", 0, BARS, length, (0.6, 0.6), tuple({part.code for part in parts}))
    chord = ChordSpan(0, length, "i", (9, 0, 4), 9, (57, 60, 64))
    return Score(genre, "t", 1, "A minor", 4, ((0, 120.0),), length, (section,), (chord,), parts)


def drum(name: str, code: str, *, every: int = TICKS) -> Part:
    notes = tuple(Note(tick, STEP, 60, 100) for tick in range(0, BARS * 4 * TICKS, every))
    return Part(name, code, name, name, True, notes)


def bass_line(offset: int) -> Part:
    notes = tuple(Note(beat * TICKS + offset, STEP, 33, 100) for beat in range(BARS * 4))
    return Part("bass", "b", "bass", "bass", False, notes)


def played(score: Score, name: str, sound: "np.ndarray | list[np.ndarray]") -> Audio:
    """A stem with a sound (or one of several in turn) at every note."""
    part = next(part for part in score.parts if part.name == name)
    clock = Clock.of(score)
    out = np.zeros(int((clock.duration_s + 6) * RATE), np.float32)
    for number, note in enumerate(part.notes):
        hit = sound[number % len(sound)] if isinstance(sound, list) else sound
        first = round(clock.second(note.start) * RATE)
        out[first : first + len(hit)] += hit
    return Audio(out[None])


def burst(seed: int, tau_s: float = 0.03) -> np.ndarray:
    times = np.arange(int(0.15 * RATE)) / RATE
    return 0.3 * np.random.default_rng(seed).standard_normal(len(times)) * np.exp(-times / tau_s)


def thump(hz: float, length_s: float, phase: float = 0.0) -> np.ndarray:
    times = np.arange(int(length_s * RATE)) / RATE
    return 0.5 * np.sin(2 * np.pi * hz * times + phase) * np.minimum(1.0, np.minimum(times, times[::-1]) / 0.004)


def found(findings: tuple[Finding, ...], number: int) -> Finding:
    return next(finding for finding in findings if finding.id == number)


def judged(score: Score, genre: Genre, stems: dict[str, Audio], number: int, decision: dict | None = None) -> Finding:
    facts = [hear_stem(stem, audio, score, genre) for stem, audio in stems.items()]
    return found(judge_stems(facts, decision or {"reverb_to_dry_db": -12.0}, score, genre), number)


def test_8_one_sample_for_every_hit_fails_and_varied_hits_pass() -> None:
    genre, score = load("house_deep"), score_of("house_deep", drum("clap", "s"))
    varied = played(score, "clap", [burst(seed) for seed in range(64)])
    same = played(score, "clap", burst(1))
    assert judged(score, genre, {"clap": varied}, 8).status == "ok"
    assert judged(score, genre, {"clap": same}, 8).status == "fail"


def test_8_levels_do_not_hide_a_repeated_sample() -> None:
    genre, score = load("house_deep"), score_of("house_deep", drum("clap", "s"))
    louder = played(score, "clap", [gain * burst(1) for gain in (1.0, 0.5, 0.8)])
    assert judged(score, genre, {"clap": louder}, 8).status == "fail"


def test_8_nearly_equal_hits_warn() -> None:
    genre, score = load("house_deep"), score_of("house_deep", drum("clap", "s"))
    near = played(score, "clap", [burst(1) + 0.05 * burst(seed) for seed in range(2, 66)])
    assert judged(score, genre, {"clap": near}, 8).status == "warn"


@pytest.mark.parametrize(("genre_name", "code", "name"), [("house_deep", "k", "kick"), ("chiptune", "s", "snare")])
def test_8_club_kicks_and_chips_may_repeat(genre_name: str, code: str, name: str) -> None:
    genre, score = load(genre_name), score_of(genre_name, drum(name, code))
    assert judged(score, genre, {name: played(score, name, burst(1))}, 8).status == "skipped"


def kick_and_bass(offset: int, phase: float = 0.0) -> tuple[Score, dict[str, Audio]]:
    score = score_of("house_deep", drum("kick", "k"), bass_line(offset))
    stems = {"kick": played(score, "kick", thump(55, 0.15)), "bass": played(score, "bass", thump(55, 0.12, phase))}
    return score, stems


DRY = {"stems": {"bass": {"gain_db": 0.0, "duck": {"key": "", "depth_db": 0.0, "release_ms": 0.0}}}}


def test_10_a_bass_between_the_kicks_passes_and_on_the_kick_fails() -> None:
    genre = load("house_deep")
    for offset, status in ((2 * STEP, "ok"), (0, "fail")):
        score, stems = kick_and_bass(offset)
        assert judged(score, genre, stems, 10, DRY).status == status


def test_10_a_bass_that_cancels_the_kick_fails() -> None:
    genre = load("house_deep")
    score = score_of("house_deep", drum("kick", "k"), bass_line(0))
    long = {"kick": played(score, "kick", thump(55, 0.4)), "bass": played(score, "bass", thump(55, 0.5, np.pi))}
    finding = judged(score, genre, long, 10, DRY)
    assert finding.values["correlation"] < -0.9
    assert finding.status == "fail"


def test_10_the_side_chain_of_the_decision_makes_room() -> None:
    genre = load("house_deep")
    score = score_of("house_deep", drum("kick", "k"), bass_line(0))
    stems = {"kick": played(score, "kick", thump(55, 0.15)), "bass": played(score, "bass", thump(55, 0.48))}
    deep = {"stems": {"bass": {"gain_db": 0.0, "duck": {"key": "k", "depth_db": 24.0, "release_ms": 150.0}}}}
    dry, ducked = (judged(score, genre, stems, 10, told).values["overlap_share"] for told in (DRY, deep))
    assert dry > 15
    assert ducked < 0.4 * dry


def test_10_jazz_may_play_together() -> None:
    score, stems = kick_and_bass(0)
    assert judged(score, load("jazz_lounge"), stems, 10, DRY).status == "skipped"


def high_notes() -> Score:
    notes = tuple(Note(bar * 4 * TICKS, 3 * TICKS, 84 + bar % 5, 100) for bar in range(BARS))
    return score_of("synthwave", Part("lead", "l", "lead", "lead", False, notes))


def sung(score: Score, wave: str) -> Audio:
    clock = Clock.of(score)
    out = np.zeros(int((clock.duration_s + 6) * RATE))
    for note in score.parts[0].notes:
        first, last = (round(clock.second(tick) * RATE) for tick in (note.start, note.end))
        times = np.arange(last - first) / RATE
        hz = 440 * 2 ** ((note.pitch - 69) / 12)
        if wave == "naive":
            tone = 2 * ((hz * times) % 1.0) - 1
        else:
            tone = sum(np.sin(2 * np.pi * n * hz * times) / n for n in range(1, int(23_000 / hz) + 1))
        out[first:last] += 0.3 * tone
    return Audio(out.astype(np.float32)[None])


def synth_genre() -> Genre:
    genre = load("synthwave")
    return replace(genre, patches={**genre.patches, "lead": {"osc": ["saw@0*1"], "ae": [5, 100, 0.9, 20]}})


def test_13_a_naive_saw_fails_and_a_clean_one_passes() -> None:
    score, genre = high_notes(), synth_genre()
    assert judged(score, genre, {"lead": sung(score, "clean")}, 13).status == "ok"
    naive = judged(score, genre, {"lead": sung(score, "naive")}, 13)
    assert naive.status == "fail", naive.reason


def test_13_bells_and_bits_are_left_alone() -> None:
    score, genre = high_notes(), load("synthwave")
    bell = replace(genre, patches={**genre.patches, "lead": {"fm": {"car": [1, 1], "mod": [[3.5, 1, 600, 0.5]]}}})
    assert judged(score, bell, {"lead": sung(score, "naive")}, 13).status == "skipped"


@pytest.mark.parametrize(("genre", "wet", "status"), [
    ("house_deep", -8.0, "ok"), ("house_deep", -6.0, "warn"), ("house_deep", -2.0, "fail"),
    ("ambient", 1.5, "ok"), ("ambient", 3.0, "warn"), ("cinematic", -4.5, "ok"), ("cinematic", -3.0, "warn"),
])  # fmt: skip
def test_16_drowning_in_reverb_is_noticed(genre: str, wet: float, status: str) -> None:
    score = score_of(genre, drum("clap", "s"))
    assert found(judge_stems((), {"reverb_to_dry_db": wet}, score, load(genre)), 16).status == status


def test_12_clicks_beside_a_crackling_texture_fail_and_the_texture_itself_does_not() -> None:
    genre, score = load("lofi_hiphop"), score_of("lofi_hiphop", bass_line(0))
    tone = 0.1 * np.sin(2 * np.pi * 110 * np.arange(40 * RATE) / RATE)
    clicking = tone.copy()
    clicking[1234 :: 2 * RATE] += 0.5
    for sound, status in ((tone, "ok"), (clicking, "fail")):
        assert judged(score, genre, {"bass": Audio(sound.astype(np.float32)[None])}, 12).status == status
    assert hear_stem("texture", Audio(clicking.astype(np.float32)[None]), score, genre).clicks is None


def test_facts_are_small() -> None:
    score, stems = kick_and_bass(0)
    fact = hear_stem("bass", stems["bass"], score, load("house_deep"))
    assert isinstance(fact, StemFacts)
    assert fact.low is not None
    assert fact.low.nbytes < stems["bass"].samples.nbytes / 50


def test_silent_stems_are_judged_in_peace() -> None:
    score, stems = kick_and_bass(0)
    silent = {name: Audio(np.zeros_like(audio.samples)) for name, audio in stems.items()}
    facts = [hear_stem(name, audio, score, load("house_deep")) for name, audio in silent.items()]
    assert {f.status for f in judge_stems(facts, {}, score, load("house_deep"))} == {"skipped"}
