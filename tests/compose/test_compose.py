from dataclasses import replace
from itertools import pairwise

import pytest
from plans import GENRES, in_key, plan_of, score_of

from sonicforge.compose.compose import ROOMS, compose, recompose
from sonicforge.compose.harmony import voicings_of
from sonicforge.errors import UnknownName
from sonicforge.genres.load import load
from sonicforge.music.score import AUDIBLE_CUES, Part, Score
from sonicforge.music.time import Clock


def _notes(score: Score, codes: str) -> list[tuple[str, Part]]:
    return [(part.name, part) for part in score.of_code(codes)]


@pytest.mark.parametrize("genre", GENRES)
def test_same_plan_gives_the_same_score(genre: str) -> None:
    assert compose(plan_of(genre)) == score_of(genre)


@pytest.mark.parametrize("genre", GENRES)
def test_another_seed_gives_another_score(genre: str) -> None:
    plan = plan_of(genre)
    assert compose(replace(plan, seed=plan.seed + 1)).parts != score_of(genre).parts


@pytest.mark.parametrize("genre", GENRES)
def test_sections_are_those_of_the_plan_and_fill_the_length(genre: str) -> None:
    plan, score = plan_of(genre), score_of(genre)
    assert [(s.name, s.bars) for s in score.sections] == [(row.name, row.bars) for row in plan.form.sections]
    assert score.length == plan.form.bars * score.bar


@pytest.mark.parametrize("genre", GENRES)
def test_every_note_is_playable_and_inside_the_piece(genre: str) -> None:
    score = score_of(genre)
    for part in score.parts:
        for note in part.notes:
            assert 0 <= note.start < score.length
            assert note.length > 0
            assert 1 <= note.velocity <= 127
            assert 20 <= note.pitch <= 110


@pytest.mark.parametrize("genre", GENRES)
def test_notes_of_a_part_are_in_order_of_time(genre: str) -> None:
    for part in score_of(genre).parts:
        assert [note.start for note in part.notes] == sorted(note.start for note in part.notes)


@pytest.mark.parametrize("genre", GENRES)
def test_parts_have_names_of_their_own_and_known_voices(genre: str) -> None:
    found, score = load(genre), score_of(genre)
    names = [part.name for part in score.parts]
    assert len(set(names)) == len(names)
    for part in score.parts:
        assert part.voice in (found.kit if part.drums else found.patches)
        assert part.stem in found.mix


@pytest.mark.parametrize("genre", GENRES)
def test_parts_play_only_in_their_sections(genre: str) -> None:
    score = score_of(genre)
    for part in score.of_code("bucd"):
        for note in part.notes:
            here = {p[0] for p in score.section_at(note.start).parts}
            soon = {p[0] for p in score.section_at(note.start + score.bar).parts}
            assert part.code in here | soon


@pytest.mark.parametrize("genre", GENRES)
def test_chords_stay_inside_their_register(genre: str) -> None:
    keys, pads = voicings_of(load(genre))
    high = max(keys.high, pads.high) + 14
    for part in score_of(genre).of_code("d"):
        assert all(36 <= note.pitch <= high for note in part.notes)


@pytest.mark.parametrize("genre", ["house_deep", "drum_and_bass", "synthwave"])
def test_transposing_the_key_transposes_bass_and_chords(genre: str) -> None:
    low, high = score_of(genre), compose(in_key(plan_of(genre), 3))
    assert [chord.bass for chord in high.chords] == [(chord.bass + 3) % 12 for chord in low.chords]
    for (_, a), (_, b) in zip(_notes(low, "b"), _notes(high, "b"), strict=True):
        assert [note.start for note in a.notes] == [note.start for note in b.notes]
        same = [(x.pitch + 3) % 12 == y.pitch % 12 for x, y in zip(a.notes, b.notes, strict=True)]
        assert sum(same) / len(same) > 0.9


@pytest.mark.parametrize("room", ["drums", "bass", "chords", "melody"])
def test_rerolling_one_room_leaves_the_others_alone(room: str) -> None:
    codes = {"drums": "kshp", "bass": "b", "chords": "cd", "melody": "lva"}[room]
    others = {"drums": "bcd", "bass": "kshpcd", "chords": "kshpb", "melody": "kshpbcd"}[room]
    plan, score = plan_of("lofi_hiphop", 2), score_of("lofi_hiphop", 2)
    again = recompose(plan, score, {room: 1})
    assert _notes(again, others) == _notes(score, others)
    assert _notes(again, codes) != _notes(score, codes)
    assert recompose(plan, score, {room: 1}) == again
    assert recompose(plan, score, {room: 2}) != again


def test_rerolls_add_up() -> None:
    plan, score = plan_of("synthwave"), score_of("synthwave")
    drummed = recompose(plan, score, {"drums": 1})
    both = recompose(plan, drummed, {"bass": 1})
    assert _notes(both, "kshp") == _notes(drummed, "kshp")


def test_unknown_room_is_refused_by_name() -> None:
    with pytest.raises(UnknownName, match="drums"):
        recompose(plan_of("synthwave"), score_of("synthwave"), {"drumz": 1})
    assert "drums" in ROOMS


@pytest.mark.parametrize("genre", GENRES)
def test_cues_lie_inside_the_piece_and_respect_the_genre(genre: str) -> None:
    score = score_of(genre)
    banned = set(load(genre).identity.get("ban", {}).get("cues", ()))
    for cue in score.cues:
        assert 0 <= cue.start <= score.length
        assert cue.kind not in banned
    crashes = [cue.start for cue in score.cues if cue.kind == "CRS"]
    assert len(crashes) <= 12
    assert all(b - a >= 8 * score.bar for a, b in pairwise(crashes))


@pytest.mark.parametrize("genre", GENRES)
def test_curves_run_forward_within_sane_ranges(genre: str) -> None:
    limits = {"level_db": (-70, 6), "lowpass_hz": (100, 20000), "highpass_hz": (10, 2000), "cutoff_oct": (-5, 5),
              "width": (0, 1.5), "reverb_db": (-12, 15), "delay_db": (-12, 20), "gate": (0, 1)}  # fmt: skip
    for curve in score_of(genre).curves:
        ticks = [tick for tick, _ in curve.points]
        assert ticks == sorted(set(ticks))
        low, high = limits[curve.parameter]
        assert all(low <= value <= high for _, value in curve.points)


@pytest.mark.parametrize("genre", GENRES)
def test_louder_sections_are_not_turned_down_more(genre: str) -> None:
    score = score_of(genre)
    (level,) = [c for c in score.curves if (c.target, c.parameter) == ("mix", "level_db")]
    peak = max(score.sections, key=lambda section: section.mean_energy)
    values = dict(level.points)
    assert max(values.values()) <= 0.01
    assert values.get(peak.start, 0.0) >= max(v for t, v in level.points) - 1.5


def test_cinematic_tempo_breathes_and_slows_at_the_end() -> None:
    score = score_of("cinematic")
    bpm = [value for _, value in score.tempo]
    assert (max(bpm) - min(bpm)) / bpm[0] > 0.02
    assert Clock.of(score).bpm(score.length - 1) < bpm[0]


def test_club_tempo_is_one_number() -> None:
    assert len(score_of("techno_peak").tempo) == 1


@pytest.mark.parametrize("genre", GENRES)
def test_last_chord_rings_to_the_end(genre: str) -> None:
    score = score_of(genre)
    pitched = [part for part in score.of_code("cd") if part.code in {p[0] for p in score.sections[-1].parts}]
    if pitched:
        assert max(note.end for part in pitched for note in part.notes) >= score.length - score.bar // 2


def test_audible_cues_make_a_stem_of_their_own() -> None:
    score = score_of("trance_uplifting")
    assert any(cue.kind in AUDIBLE_CUES for cue in score.cues)
    assert "fx" in score.stems()
