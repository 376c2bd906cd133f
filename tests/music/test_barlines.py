"""Bar lines come from the score: exact to the microsecond, shifted by what mastering cut, back from JSON unchanged."""

from itertools import pairwise

import pytest

from sonicforge.errors import BadDataFile, BadInput
from sonicforge.genres.concept import Concept
from sonicforge.music.barlines import Barlines, Span, barlines_of
from sonicforge.music.score import Score
from sonicforge.music.time import Clock
from sonicforge.studio.produce import plan_of
from sonicforge.studio.write import write_score


@pytest.fixture(scope="module", params=["house_deep", "jazz_lounge", "cinematic"])
def score(request: pytest.FixtureRequest) -> Score:
    return write_score(plan_of(Concept(genre=request.param, seed=5, length_s=60.0))).score


def test_there_is_a_line_for_every_bar_and_one_for_the_end(score: Score) -> None:
    lines = barlines_of(score)
    clock = Clock.of(score)
    assert lines.bars == score.bars
    assert lines.bars_s[0] == 0.0
    assert lines.bars_s[-1] == pytest.approx(clock.second(score.bars * score.bar))
    assert all(a < b for a, b in pairwise(lines.bars_s))


def test_a_cut_start_moves_every_line_and_section(score: Score) -> None:
    plain, cut = barlines_of(score), barlines_of(score, shift_s=0.25)
    assert cut.bars_s == tuple(second - 0.25 for second in plain.bars_s)
    assert [span.start_s + 0.25 for span in cut.sections] == pytest.approx([span.start_s for span in plain.sections])


def test_sections_join_and_begin_on_bar_lines(score: Score) -> None:
    lines = barlines_of(score)
    assert lines.sections[0].start_s == 0.0
    for left, right in pairwise(lines.sections):
        assert left.end_s == pytest.approx(right.start_s)
    for span in lines.sections:
        assert min(abs(span.start_s - second) for second in lines.bars_s) < 1e-9


def test_sections_say_who_plays(score: Score) -> None:
    clock = Clock.of(score)
    for span, section in zip(barlines_of(score).sections, score.sections, strict=True):
        hits = [n for part in score.parts if part.drums for n in part.notes if section.start <= n.start < section.end]
        assert span.drums == bool(hits)
        assert span.energy == section.mean_energy
        assert span.end_s == pytest.approx(clock.second(section.end))


def test_tempo_of_a_bar_is_the_tempo_of_the_score(score: Score) -> None:
    lines, clock = barlines_of(score), Clock.of(score)
    middle = (lines.bars_s[2] + lines.bars_s[3]) / 2
    assert lines.bar_at(middle) == 2
    assert lines.bpm_at(middle) == pytest.approx(clock.bpm(2.5 * score.bar), rel=0.02)


def test_seconds_outside_the_music_belong_to_its_ends() -> None:
    lines = Barlines(4, (0.5, 2.5, 4.5), (Span("A", 0.5, 4.5, 0.5, drums=True, bass=False, lead=False),))
    assert (lines.bar_at(-3.0), lines.bar_at(0.5), lines.bar_at(2.5), lines.bar_at(99.0)) == (0, 0, 1, 1)
    assert lines.bpm_at(1.0) == 120.0
    assert lines.section_at(-1.0) == lines.section_at(99.0) == lines.sections[0]
    assert Barlines(4, (0.0, 1.0), ()).section_at(0.5) is None


def test_json_gives_them_back(score: Score) -> None:
    lines = barlines_of(score, shift_s=0.05)
    back = Barlines.from_json(lines.to_json())
    assert back.to_json() == lines.to_json()
    assert back.bars_s == pytest.approx(lines.bars_s, abs=1e-6)


@pytest.mark.parametrize("told", [{}, {"beats_per_bar": 4, "bars_s": [1.0, 0.5], "sections": []}, {"bars_s": "x"}])
def test_anything_else_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(BadDataFile):
        Barlines.from_json(told)


def test_lines_that_do_not_rise_are_refused() -> None:
    for bars in ((), (1.0,), (1.0, 1.0), (0.0, float("nan"))):
        with pytest.raises(BadInput):
            Barlines(4, bars, ())
