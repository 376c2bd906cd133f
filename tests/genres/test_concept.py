"""A concept is checked once and survives JSON."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicforge.errors import BadInput, Conflict, OutOfRange, UnknownName
from sonicforge.genres.concept import Concept
from sonicforge.genres.instrument import INSTRUMENTS
from sonicforge.genres.mood import MOODS


def test_words_become_names() -> None:
    wish = Concept(
        genre="Lo-Fi Hip Hop", mood=("sad", "cosy"), key="d-moll", instruments=("rhodes",), without=("beat",)
    )
    plain = wish.validated()
    assert plain.genre == "lofi_hiphop"
    assert plain.mood == ("melancholic", "warm")
    assert plain.key == "D minor"
    assert plain.instruments == ("electric piano",)
    assert plain.without == ("drums",)
    assert plain.validated() == plain


BAD: list[tuple[dict[str, Any], type[BadInput], str]] = [
    ({"bpm": 20.0}, OutOfRange, "bpm is 20.0, but must be between 30.0 and 300.0 bpm"),
    ({"bpm": float("nan")}, OutOfRange, "bpm is nan"),
    ({"length_s": 5.0}, OutOfRange, "between 10.0 and 1800.0 seconds"),
    ({"energy": 1.2}, OutOfRange, "between 0.0 and 1.0"),
    ({"seed": -1}, OutOfRange, "seed is -1"),
    ({"mood": ("purple",)}, UnknownName, "no mood 'purple'"),
    ({"key": "H major"}, UnknownName, "no key"),
    ({"instruments": ("theremin",)}, UnknownName, "no instrument 'theremin'"),
    ({"instruments": ("piano",), "without": ("grand piano",)}, Conflict, "piano cannot be both"),
]


@pytest.mark.parametrize(("fields", "error", "message"), BAD)
def test_a_wish_that_cannot_be_is_told(fields: dict[str, Any], error: type[BadInput], message: str) -> None:
    with pytest.raises(error, match=message):
        Concept(**fields).validated()


@pytest.mark.parametrize(
    "told",
    [
        {"tempo": 3},
        {"bpm": "fast"},
        {"bpm": True},
        {"seed": 1.5},
        {"seed": None},
        {"mood": 3},
        {"mood": [3]},
        {"genre": 7},
        {"text": 3},
    ],
)
def test_json_of_the_wrong_kind_is_told(told: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Concept.from_json(told)


def test_json_that_is_no_object_is_told() -> None:
    with pytest.raises(BadInput, match="must be an object"):
        Concept.from_json([1, 2])  # type: ignore[arg-type]


def test_a_single_word_may_stand_for_a_list() -> None:
    assert Concept.from_json({"mood": "dark", "without": "drums"}).mood == ("dark",)


concepts = st.builds(
    Concept,
    genre=st.sampled_from([None, "ambient", "techno_peak", "my_own"]),
    mood=st.lists(st.sampled_from(sorted(MOODS)), max_size=3, unique=True).map(tuple),
    bpm=st.none() | st.floats(30, 300),
    key=st.sampled_from([None, "F minor", "Bb major", "F# dorian"]),
    energy=st.none() | st.floats(0, 1),
    length_s=st.none() | st.floats(10, 1800),
    form=st.none() | st.text(max_size=8),
    instruments=st.lists(st.sampled_from(sorted(INSTRUMENTS)), max_size=3, unique=True).map(tuple),
    text=st.text(max_size=40),
    seed=st.integers(0, 2**63 - 1),
)


@given(concepts)
def test_json_both_ways_is_the_same_concept(concept: Concept) -> None:
    again = Concept.from_json(concept.to_json())
    assert again == concept.validated()
