import pytest

from sonicforge.compose.directions import Movement, parse_directions
from sonicforge.compose.transitions import Windows, muted, parse_moves, windows_of
from sonicforge.genres.load import load, names
from sonicforge.music.score import TICKS, Note

BAR = 4 * TICKS


@pytest.mark.parametrize("genre", names())
def test_every_token_of_every_form_parses(genre: str) -> None:
    for form in load(genre).forms.values():
        for row in form.sections:
            parse_directions(row.automation)
            parse_moves(row.transition, seam=row.bars * BAR, bar=BAR)


def test_entries_count_bars_from_one_and_until_includes_its_bar() -> None:
    asked = parse_directions(("k+s from 9", "h until 12"))
    assert asked.begins == {"k": 8, "s": 8}
    assert asked.ends == {"h": 12}


def test_movement_of_several_parts_is_one_for_each() -> None:
    asked = parse_directions(("c+d.lowpass 6000>400", "x.level 3"))
    assert asked.movements == (
        Movement("c", "lowpass", 6000, 400), Movement("d", "lowpass", 6000, 400), Movement("x", "level", 3, 3),
    )  # fmt: skip


def test_treatments_and_voices_are_told_by_part() -> None:
    asked = parse_directions(("solo l", "thirds v", "voice l=flute", "transpose +2 p .35", "ritard 18"))
    assert asked.treated("solo", "l")
    assert not asked.treated("solo", "v")
    assert asked.voices == {"l": "flute"}
    assert (asked.transpose, asked.transpose_p, asked.ritard) == (2, 0.35, 18)


@pytest.mark.parametrize("token", ["c.loudness 3", "l until", "fly away", "pattern"])
def test_unknown_tokens_are_refused(token: str) -> None:
    with pytest.raises(ValueError):
        parse_directions((token,))


def test_builds_end_where_the_gap_begins() -> None:
    moves = {move.kind: move for move in parse_moves(("RIS(8)", "SNR(4)", "GAP(1)"), seam=16 * BAR, bar=BAR)}
    silence = 16 * BAR - TICKS
    assert moves["GAP"].start == silence
    assert moves["RIS"].end == moves["SNR"].end == silence
    assert moves["SNR"].start == 12 * BAR


def test_crashes_and_downlifters_happen_on_the_one_after() -> None:
    for kind in ("CRS", "DWN", "IMP", "SUB"):
        assert parse_moves((kind,), seam=8 * BAR, bar=BAR)[0].start == 8 * BAR


def test_unknown_transition_is_refused() -> None:
    with pytest.raises(ValueError):
        parse_moves(("BOO(2)",), seam=BAR, bar=BAR)


def test_gap_silences_everybody_and_drop_only_the_low_end() -> None:
    windows = windows_of(parse_moves(("DRP(2)",), seam=4 * BAR, bar=BAR))
    assert windows.silent("k", 4 * BAR - TICKS)
    assert not windows.silent("h", 4 * BAR - TICKS)
    assert not windows.silent("k", 4 * BAR)
    assert windows_of(parse_moves(("GAP(1)",), seam=4 * BAR, bar=BAR)).silent("l", 4 * BAR - 1)


def test_notes_that_ring_into_a_gap_are_cut_at_its_edge() -> None:
    windows = Windows((), ((1000, 2000),), (), ())
    notes = (Note(0, 1500, 60, 80), Note(1500, 100, 62, 80), Note(2000, 100, 64, 80))
    assert [(note.start, note.length) for note in muted(notes, windows, "d")] == [(0, 1000), (2000, 100)]
