from itertools import pairwise

import pytest
from plans import GENRES, plan_of, score_of

from sonicforge.compose.groove import compile_bar
from sonicforge.genres.genre import DrumPattern
from sonicforge.genres.load import load
from sonicforge.music.score import STEP, TICKS, Part, Score

BAR = 4 * TICKS
FOUR = ("house_deep", "house_progressive", "techno_melodic", "techno_peak", "trance_uplifting")


def _part(score: Score, voice: str) -> Part:
    return next(part for part in score.parts if part.voice == voice and part.drums)


def test_a_pattern_of_two_bars_alternates_and_returns() -> None:
    pattern = DrumPattern({"k": "9...|....|....|....|..9.|....|....|...."}, "16", (0, 1))
    ticks = [[s.tick for s in compile_bar(pattern, run, BAR, unit=16, percent=50)] for run in range(4)]
    assert ticks == [[0], [2 * STEP], [0], [2 * STEP]]


def test_off_beat_16ths_are_swung_and_ruffs_stay_even() -> None:
    pattern = DrumPattern({"h": ".9.R|....|....|...."}, "16", (0, 1))
    off, first, second = (stroke.tick for stroke in compile_bar(pattern, 0, BAR, unit=16, percent=58))
    assert off == round(0.58 * 2 * STEP)
    assert first == 2 * STEP + off
    assert second == 3 * STEP + STEP // 2


@pytest.mark.parametrize("genre", FOUR)
def test_kick_stands_on_every_beat_of_the_groove(genre: str) -> None:
    score = score_of(genre)
    onsets = {note.start for note in _part(score, "kick").notes}
    body = [section for section in score.sections if "k" in section.parts]
    beats = [tick for section in body for tick in range(section.start, section.end, TICKS)]
    assert sum(tick in onsets for tick in beats) / len(beats) > 0.9


@pytest.mark.parametrize("genre", [g for g in GENRES if tuple(load(g).identity.get("backbeat", ())) == (4, 12)])
def test_backbeat_stands_on_two_and_four(genre: str) -> None:
    score = score_of(genre)
    steps = [(n.start % score.bar) // STEP for p in score.of_code("s") for n in p.notes if n.velocity > 70]
    assert steps
    assert sum(step in (4, 8, 12) for step in steps) / len(steps) > 0.5


@pytest.mark.parametrize("genre", [g for g in GENRES if load(g).club])
def test_club_kicks_never_wander(genre: str) -> None:
    kicks = [note for part in score_of(genre).of_code("k") for note in part.notes if part.voice == "kick"]
    mean = max(abs(timing[0]) for row, timing in load(genre).drums.timing.items() if row in ("k", "second_kicks"))
    if "second_kicks" not in load(genre).drums.timing:
        assert all(abs(note.shift_ms) <= mean + 2.0 for note in kicks)


def test_lofi_snare_lags() -> None:
    shifts = [note.shift_ms for note in _part(score_of("lofi_hiphop"), "snare").notes if not note.ghost]
    assert 10 < sorted(shifts)[len(shifts) // 2] < 18


def test_a_chip_has_no_touch_and_no_drift() -> None:
    score = score_of("chiptune")
    assert {note.shift_ms for part in score.parts if part.drums for note in part.notes} == {0.0}


def test_open_hats_end_at_the_next_hat() -> None:
    notes = _part(score_of("house_deep"), "hat").notes
    assert any(note.open for note in notes)
    for note, after in pairwise(notes):
        if note.open:
            assert note.end <= max(after.start, note.start + STEP // 2)


def test_roll_gets_denser_louder_and_higher() -> None:
    score = score_of("trance_uplifting")
    cue = max((cue for cue in score.cues if cue.kind == "SNR"), key=lambda cue: cue.length)
    hits = [n for n in _part(score, "snare").notes if cue.start <= n.start < cue.start + cue.length]
    third = len(hits) // 3
    gaps = [b.start - a.start for a, b in pairwise(hits)]
    assert gaps[0] > gaps[-1]
    assert max(n.velocity for n in hits[:third]) < min(n.velocity for n in hits[-third:])
    assert hits[0].pitch < hits[-1].pitch


def test_kick_and_bass_are_out_in_a_drop_and_everybody_in_a_gap() -> None:
    for genre in ("techno_peak", "drum_and_bass", "dubstep", "trance_uplifting"):
        score = score_of(genre)
        for cue in score.cues:
            if cue.kind in ("GAP", "DRP"):
                codes = "kbu" if cue.kind == "DRP" else "kshpbucdalv"
                inside = [
                    note for part in score.of_code(codes) for note in part.notes
                    if cue.start <= note.start < cue.start + cue.length
                ]  # fmt: skip
                assert not inside


def test_second_kit_follows_the_first() -> None:
    score = score_of("drum_and_bass")
    layer = _part(score, "break_layer")
    mains = {note.start for name in ("kick", "snare", "hat") for note in _part(score, name).notes}
    assert {note.pitch for note in layer.notes} <= {36, 38, 42}
    assert {note.start for note in layer.notes} <= mains


def test_parts_left_out_by_the_plan_do_not_play() -> None:
    for genre in GENRES:
        without = set(plan_of(genre).without)
        assert not without & {part.code for part in score_of(genre).parts}
