"""A score survives JSON unchanged, and broken documents are named."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.errors import BadDataFile
from sonicforge.music.json import score_from_json, score_to_json
from sonicforge.music.score import ChordSpan, Cue, Curve, Note, Part, Score, Section

notes = st.builds(
    Note,
    start=st.integers(0, 10**6),
    length=st.integers(1, 10**5),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
    shift_ms=st.floats(-40, 40),
    slide=st.booleans(),
    accent=st.booleans(),
    ghost=st.booleans(),
    open=st.booleans(),
    lfo_beats=st.sampled_from([0.0, 0.25, 1 / 3]),
)


def a_score(*found: Note) -> Score:
    part = Part("lead", "l", "lead", "supersaw", False, found)
    return Score(
        genre="trance_uplifting",
        title="Größe — 夜",
        seed=7,
        key="F minor",
        beats_per_bar=4,
        tempo=((0, 138.0), (3840, 138.5)),
        length=7680,
        sections=(Section("intro", 0, 2, 7680, (0.3, 0.5), ("k", "l+"), "four", "B"),),
        chords=(ChordSpan(0, 7680, "i", (5, 8, 0), 5, (53, 60, 68)),),
        parts=(part,),
        curves=(Curve("l", "lowpass_hz", ((0, 400.0), (7680, 4000.0))),),
        cues=(Cue("RIS", 3840, 3840, -3.0, 65),),
        hook=((0, 2), (-3, 4)),
        facts={"hook": "fits"},
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(notes, max_size=8))
def test_a_score_comes_back_equal(found: list[Note]) -> None:
    score = a_score(*found)
    assert score_from_json(score_to_json(score)) == score


def test_indented_json_means_the_same() -> None:
    score = a_score(Note(0, 240, 60, 90))
    assert score_from_json(score_to_json(score, indent=True)) == score


def test_a_plain_note_is_a_row_of_four() -> None:
    document = orjson.loads(score_to_json(a_score(Note(0, 240, 60, 90))))
    assert document["parts"][0]["notes"] == [[0, 240, 60, 90]]


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(BadDataFile, match="not JSON"):
        score_from_json(b"{")


def test_another_format_is_refused() -> None:
    with pytest.raises(BadDataFile, match="format"):
        score_from_json(b'{"format": 2}')


@pytest.mark.parametrize("name", ["parts", "tempo", "seed", "sections"])
def test_a_missing_field_is_named(name: str) -> None:
    document = orjson.loads(score_to_json(a_score()))
    del document[name]
    with pytest.raises(BadDataFile, match=name):
        score_from_json(orjson.dumps(document))


def test_a_misshapen_section_is_named() -> None:
    document = orjson.loads(score_to_json(a_score()))
    document["sections"][0]["colour"] = "blue"
    with pytest.raises(BadDataFile, match="sections"):
        score_from_json(orjson.dumps(document))
