"""Every score check passes a good score and catches the one thing that was spoiled."""

import random
from dataclasses import replace

import pytest
from critic_pieces import good_score, with_notes, with_parts, worst

from sonicforge.critic.judge import judge_score
from sonicforge.critic.score.identity import BANS, ELSEWHERE, MARKERS, NEEDS
from sonicforge.critic.score.melody import covered
from sonicforge.critic.score.repetition import longest_run, recurrence
from sonicforge.critic.score.voicing import low_intervals, motion
from sonicforge.critic.verdict import Finding, verdict
from sonicforge.genres.genre import Genre
from sonicforge.genres.load import load, names
from sonicforge.music.score import STEP, TICKS, Note, Part, Score


def judged(score: Score, genre: Genre, number: int) -> Finding:
    return worst(judge_score(score, genre), number)


def assert_caught(before: Score, after: Score, genre: Genre, number: int, *, status: str = "fail") -> None:
    """The clean score passes the check, the spoiled one loses points, and does not pass where it must fail."""
    assert judged(before, genre, number).status == "ok"
    spoiled = judged(after, genre, number)
    assert spoiled.status == status, spoiled.reason
    told = verdict(judge_score(after, genre))
    assert told.passed is False or status == "warn"
    assert any(spoiled.reason in reason for reason in told.reasons)


def test_14_chords_in_the_cellar_are_mud() -> None:
    score, genre = good_score("house_progressive", 14)
    low = with_notes(score, "cd", lambda i, note: replace(note, pitch=note.pitch - 24))
    assert_caught(score, low, genre, 14)


def test_18_a_stiff_groove_warns() -> None:
    score, genre = good_score("lofi_hiphop", 18)
    stiff = with_notes(score, "hp", lambda i, note: replace(note, shift_ms=3.0))
    assert_caught(score, stiff, genre, 18, status="warn")


def test_18_a_club_kick_off_the_grid_fails() -> None:
    score, genre = good_score("house_deep", 18)
    late = with_notes(score, "k", lambda i, note: replace(note, shift_ms=6.0 if i == 40 else note.shift_ms))
    assert_caught(score, late, genre, 18)


def test_18_stray_hits_fail() -> None:
    score, genre = good_score("house_deep", 18)
    stray = with_notes(score, "shp", lambda i, note: replace(note, shift_ms=60.0 if i % 12 == 5 else note.shift_ms))
    assert_caught(score, stray, genre, 18)


def test_18_a_lofi_snare_on_the_grid_fails() -> None:
    score, genre = good_score("lofi_hiphop", 18)
    early = with_notes(score, "s", lambda i, note: replace(note, shift_ms=note.shift_ms - 14))
    assert_caught(score, early, genre, 18)


def test_18_a_straightened_swing_warns() -> None:
    score, genre = good_score("house_deep", 18)

    def straight(i: int, note: Note) -> Note:
        return replace(note, start=round(note.start / STEP) * STEP)

    assert_caught(score, with_notes(score, "kshp", straight), genre, 18, status="warn")


def test_19_one_velocity_for_all_hats_fails() -> None:
    score, genre = good_score("house_deep", 19)
    assert_caught(score, with_notes(score, "h", lambda i, note: replace(note, velocity=90)), genre, 19)


def test_19_velocities_thrown_by_dice_are_caught() -> None:
    score, genre = good_score("house_deep", 19)
    dice = random.Random(3)
    wild = with_notes(score, "hp", lambda i, note: replace(note, velocity=dice.choice((5, 127))))
    assert judged(wild, genre, 19).status == "fail"


def loop(score: Score, bars: int = 1) -> Score:
    """The score with its eighth and following bars repeated for ever."""
    span, start = bars * score.bar, 40 * score.bar

    def looped(part: Part) -> Part:
        cell = [note for note in part.notes if start <= note.start < start + span]
        turns = range(score.length // span)
        return replace(part, notes=tuple(replace(n, start=n.start - start + k * span) for k in turns for n in cell))

    return with_parts(score, "kshpbucdalv", looped)


def test_20_a_loop_of_one_bar_fails() -> None:
    score, genre = good_score("house_deep", 20)
    assert_caught(score, loop(score), genre, 20)


def test_20_a_piece_that_never_returns_fails() -> None:
    score, genre = good_score("synthwave", 20)
    dice = random.Random(1)

    def aimless(i: int, note: Note) -> Note:
        return replace(note, start=note.start + STEP * dice.randrange(4), pitch=note.pitch + dice.randrange(-7, 8))

    assert_caught(score, with_notes(score, "lvabuc", aimless), genre, 20)


def test_20_an_ambient_loop_of_a_minute_fails() -> None:
    score, genre = good_score("ambient", 20)
    dice = random.Random(2)
    cell = tuple(Note(k * 4 * TICKS, 4 * TICKS, dice.randrange(60, 80), 60) for k in range(16))
    turns = tuple(replace(n, start=n.start + k * 64 * TICKS) for k in range(3) for n in cell)
    looped = with_parts(score, "cdluva", lambda part: replace(part, notes=turns))
    assert_caught(score, looped, genre, 20)


def test_21_nothing_new_for_half_the_piece_fails() -> None:
    score, genre = good_score("house_deep", 21)
    still = replace(loop(score, 4), cues=(), curves=(), chords=score.chords[:1])
    assert_caught(score, still, genre, 21)


def test_21_eight_effects_in_two_bars_fail() -> None:
    score, genre = good_score("house_deep", 21)
    cue = next(cue for cue in score.cues)
    at = next(s for s in score.sections[1:] if "k" in s.parts).start + 4 * score.bar
    crowd = tuple(replace(cue, kind="ECH", start=at + k * TICKS, length=TICKS) for k in range(8))
    assert_caught(score, replace(score, cues=score.cues + crowd), genre, 21)


def test_22_a_melody_a_semitone_off_fails() -> None:
    score, genre = good_score("trance_uplifting", 22)
    sour = with_notes(score, "lvb", lambda i, note: replace(note, pitch=note.pitch + 1))
    assert_caught(score, sour, genre, 22)


def test_23_voicings_that_jump_fail() -> None:
    score, genre = good_score("synthwave", 23)
    chords = tuple(
        replace(chord, voicing=tuple(pitch + 12 * (number % 2) for pitch in chord.voicing))
        for number, chord in enumerate(score.chords)
    )
    assert_caught(score, replace(score, chords=chords), genre, 23)


def test_24_an_aimless_melody_fails() -> None:
    score, genre = good_score("synthwave", 24)
    dice = random.Random(4)

    def wander(part: Part) -> Part:
        spans = [s for s in score.sections if any(p[0] == "l" for p in s.parts)]
        ticks = [tick for s in spans for tick in range(s.start, s.end, TICKS) if dice.random() < 0.6]
        pick = [tick + STEP * dice.randrange(4) for tick in ticks]
        return replace(part, notes=tuple(Note(t, STEP, dice.randrange(58, 92), 90) for t in pick))

    assert_caught(score, with_parts(score, "l", wander), genre, 24)


def test_24_a_leap_of_two_octaves_fails() -> None:
    score, genre = good_score("synthwave", 24)
    leaping = with_notes(score, "l", lambda i, note: replace(note, pitch=note.pitch + (20 if i % 9 == 4 else 0)))
    assert_caught(score, leaping, genre, 24)


def test_25_a_tempo_outside_the_genre_fails() -> None:
    score, genre = good_score("house_deep", 25)
    assert_caught(score, replace(score, tempo=((0, 150.0),)), genre, 25)


def test_25_one_missing_marker_warns_and_two_fail() -> None:
    score, genre = good_score("house_deep", 25)
    off = with_notes(score, "k", lambda i, note: replace(note, start=note.start + 3 * STEP))
    assert_caught(score, off, genre, 25, status="warn")
    both = with_notes(off, "s", lambda i, note: replace(note, start=note.start + 3 * STEP))
    assert_caught(score, both, genre, 25)


def test_25_a_section_of_seven_bars_warns() -> None:
    score, genre = good_score("house_deep", 25)
    first = replace(score.sections[0], bars=7)
    assert_caught(score, replace(score, sections=(first, *score.sections[1:])), genre, 25, status="warn")


@pytest.mark.parametrize("name", names())
def test_every_marker_in_the_genre_files_is_understood(name: str) -> None:
    identity = load(name).identity
    assert set(identity) <= set(MARKERS) | ELSEWHERE
    assert set(identity.get("need", {})) <= set(NEEDS) | ELSEWHERE
    assert set(identity.get("ban", {})) <= set(BANS)


@pytest.mark.parametrize("name", names())
def test_every_genre_can_be_judged_and_every_check_answers_in_a_sentence(name: str) -> None:
    score, genre = good_score(name, 23)
    findings = judge_score(score, genre)
    assert [finding.id for finding in findings] == [14, 18, 19, 20, 21, 22, 23, 24, 25]
    assert all(len(finding.reason) > 10 for finding in findings)


def test_an_empty_score_is_judged_without_complaint_about_arithmetic() -> None:
    score, genre = good_score("house_deep", 23)
    empty = replace(score, parts=(), chords=(), cues=(), curves=())
    assert verdict(judge_score(empty, genre)).passed is False


def test_judging_twice_says_the_same() -> None:
    score, genre = good_score("house_deep", 23)
    assert judge_score(score, genre) == judge_score(score, genre)


def test_low_intervals_know_the_limits() -> None:
    assert low_intervals((36, 43), 0) == 0
    assert low_intervals((35, 42), 0) == 1
    assert low_intervals((47, 51), 0) == 0
    assert low_intervals((46, 50), 0) == 1
    assert low_intervals((47, 51), 5) == 1


def test_motion_is_zero_when_nothing_moves() -> None:
    assert motion((60, 64, 67), (60, 64, 67)) == 0.0
    assert motion((60, 64, 67), (60, 65, 69)) == 1.0


def test_runs_and_recurrence_of_bars() -> None:
    assert longest_run(["a", "a", "b", "b", "b", None, None]) == 3
    assert recurrence(["a", "b", "a", "c"]) == 0.5


def test_short_gaps_are_articulation() -> None:
    import numpy as np

    start, end = np.array([0, 480, 1920]), np.array([300, 900, 2400])
    assert covered(start, end, 10_000) == 900 + 480
